"""CloudWatch metrics of a run, printed as lines of the log (embedded metric format).

CloudWatch reads them there, so the role needs no permission to put metrics. The alarms of `deploy/collector.yaml` use
the names; the one dimension is fixed, so that an alarm can name it.
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


class Metric(NamedTuple):
    """One measurement."""

    name: str
    unit: Unit
    value: float


def metrics_of(result: RunResult | None, seconds: float) -> list[Metric]:
    """The metrics of a run that took so many seconds; None: it ended before the organization could be read.

    `Coverage` is a rate from 0 to 1, of the ACTIVE accounts. A run that wrote no tables has none: an interrupted run is
    not one that covered nothing.
    """
    is_published = result is not None and result.record is not None
    metrics = [Metric("SnapshotsPublished", "Count", int(is_published)), Metric("Duration", "Seconds", seconds)]
    if result is None:
        return metrics
    metrics += [Metric(_name(outcome), "Count", result.counts[outcome]) for outcome in Outcome]
    if result.written is not None:
        metrics += [
            Metric("Coverage", "None", float(result.written.accounts.coverage)),
            Metric("Users", "Count", result.written.users),
        ]
    return metrics


def print_metrics(metrics: Iterable[Metric], lake: str) -> None:
    """Print the metrics as one line for CloudWatch; `lake` is the dimension's value."""
    # Only the function and the container have it.
    from aws_lambda_powertools.metrics.provider.cloudwatch_emf import (  # type: ignore[import-not-found]  # noqa: PLC0415
        cloudwatch,
    )

    provider = cloudwatch.AmazonCloudWatchEMFProvider(namespace=NAMESPACE)
    provider.add_dimension(DIMENSION, lake)
    for metric in metrics:
        provider.add_metric(metric.name, metric.unit, metric.value)
    provider.flush_metrics()


def _name(outcome: Outcome) -> str:
    return f"Accounts{outcome.value.title().replace('_', '')}"
