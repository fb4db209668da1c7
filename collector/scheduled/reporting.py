"""What a scheduled run reports: a notice where accounts were not collected in full, and metrics. Names no user.

CloudWatch reads the metrics from the log (embedded metric format), so the role needs no permission to put them. The
alarms of `deploy/collector.yaml` use the names; the one dimension is fixed, so that an alarm can name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from collector.collection.result import attention_rows, next_steps
from collector.outcome import Outcome
from collector.process.streams import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.collection.result import RunResult

NAMESPACE = "credlake"
DIMENSION = "lake"

Unit = Literal["Count", "Percent", "Seconds", "None"]

# The SNS topic for notices. Not a setting: the command line reports to its user.
TOPIC = "NOTICE_TOPIC_ARN"

# SNS takes 256 KB, a mail reader far less.
_MAX_LISTED = 100
# SNS: ASCII, below 100 characters, no line breaks.
_MAX_SUBJECT = 99


class Notice(NamedTuple):
    """A message."""

    subject: str  # ASCII, one line
    text: str


def notice_of(result: RunResult) -> Notice | None:
    """The notice of a run; None where every account in its scope was collected in full and no setting is stale."""
    accounts, rows = result.needs_attention, attention_rows(result.needs_attention)
    warnings = result.warnings
    if not accounts and not warnings:
        return None
    run = result.run
    state = "published" if result.record is not None else "NOT published"
    lines = [
        f"Run {run.run_id} of {run.organization_id}, {run.snapshot_date}: {state}.",
        f"{len(accounts)} of {result.counts.total()} accounts were not collected in full.",
        "",
        # AWS's text, in which a line break would begin a line that looks like one of ours.
        *(printable(f"{row.account}  {row.first.outcome}  {row.why}".rstrip()) for row in rows[:_MAX_LISTED]),
    ]
    if len(rows) > _MAX_LISTED:
        lines.append(f"and {len(rows) - _MAX_LISTED} more: query the view collection_coverage")
    lines += ["", *map(printable, next_steps(accounts))]
    if warnings:
        lines += ["", "These settings have no effect. Correct them, or remove them:", *warnings]
    if not accounts:
        subject = f"credlake {run.snapshot_date}: {len(warnings)} settings match no account, {state}"
        return Notice(subject, "\n".join(lines))
    subject = f"credlake {run.snapshot_date}: {len(accounts)} accounts not collected in full, {state}"
    return Notice(subject[:_MAX_SUBJECT], "\n".join(lines))


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
    for outcome in Outcome:
        name = f"Accounts{outcome.value.title().replace('_', '')}"
        metrics.append(Metric(name, "Count", result.counts[outcome]))
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
