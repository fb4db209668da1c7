"""What a run is measured by: CloudWatch metrics, printed as lines of the log (embedded metric format).

CloudWatch reads them from there, so the role needs no right to put metrics. Names are the alarms' of
`deploy/collector.yaml`, and there is one dimension, so that an alarm can name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.collection.result import RunResult

NAMESPACE = "credlake"
DIMENSION = "lake"

Unit = Literal["Count", "Percent", "Seconds", "None"]


class Figure(NamedTuple):
    """One measurement."""

    name: str
    unit: Unit
    value: float


def figures_of(result: RunResult | None, seconds: float) -> list[Figure]:
    """The figures of a run that ended after so many seconds; None: it ended before the organization could be read.

    `Coverage` is a rate from 0 to 1, of the ACTIVE accounts. A run that wrote no tables has none: a run that was cut
    off is not one that covered nothing.
    """
    is_published = result is not None and result.record is not None
    figures = [Figure("SnapshotsPublished", "Count", int(is_published)), Figure("Duration", "Seconds", seconds)]
    if result is None:
        return figures
    figures += [Figure(_metric(outcome), "Count", result.counts[outcome]) for outcome in Outcome]
    if result.written is not None:
        figures += [
            Figure("Coverage", "None", float(result.written.accounts.coverage)),
            Figure("Users", "Count", result.written.users),
        ]
    return figures


def print_figures(figures: Iterable[Figure], lake: str) -> None:
    """Print the figures as one line for CloudWatch; `lake` is the dimension's value."""
    # Only the function and the container bring it.
    from aws_lambda_powertools.metrics.provider.cloudwatch_emf import (  # type: ignore[import-not-found]  # noqa: PLC0415
        cloudwatch,
    )

    provider = cloudwatch.AmazonCloudWatchEMFProvider(namespace=NAMESPACE)
    provider.add_dimension(DIMENSION, lake)
    for figure in figures:
        provider.add_metric(figure.name, figure.unit, figure.value)
    provider.flush_metrics()


def _metric(outcome: Outcome) -> str:
    return f"Accounts{outcome.value.title().replace('_', '')}"
