"""The Lambda function: makes the scheduled run; with `{"command": "doctor"}`, checks the deployment instead.

With `{"joined": true}`, accounts have joined the organization, and only what today's snapshot does not cover is
collected.

A run that is published returns its summary, complete or not (exit codes 0 and 1 of `credlake collect`). Everything
else raises, so that Lambda counts an error, retries once, and then keeps the event in the dead-letter queue.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from collector.errors import UsageError
from collector.process.logs import set_up_logs
from collector.scheduled.after import has_channels
from collector.scheduled.job import job_of, with_deadline
from collector.scheduled.reporting import TOPIC
from collector.settings.sources import read_settings

# Publishing, Glue and the notice take a few seconds; Lambda ends a function without warning.
RESERVE_SECONDS = 60.0
# As long as the queries of a page, or of notices, may take.
_FOLLOW_UP_SECONDS = 60.0
# By then a statement that is under way should be done.
_VIEWS_RESERVE_SECONDS = 15.0
# Checking all accounts of a large organization takes longer than a person waits for an answer.
_SAMPLE = 50


class LambdaContext(Protocol):
    """The part of Lambda's context that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the function."""


def handle(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run the event's command.

    Raises:
        CredlakeError: see `result_of`.
    """
    set_up_logs(for_person=False)
    left = context.get_remaining_time_in_millis() / 1000
    return result_of(event, lambda: _collect(left, is_for_new=bool(event.get("joined"))))


def result_of(event: Mapping[str, Any], collect: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result of the event's command, of function and container alike: the summary of a run, or the findings.

    Args:
        event: its `command` is `collect` (the default), `doctor` or `age` (of the newest snapshot, for an alarm).
        collect: makes the run.

    Raises:
        UsageError: there is no such command.
        CredlakeError: nothing was published, Glue or the views could not be synced, or there are no credentials.
    """
    match event.get("command", "collect"):
        case "collect":
            return collect()
        case "doctor":
            return examine(os.environ, event)
        case "age":
            from collector.scheduled.age import measure_age

            return measure_age(os.environ)
        case other:
            raise UsageError([f"Unknown command {other!r}: use collect, doctor or age."])


def examine(environment: Mapping[str, str], event: Mapping[str, Any]) -> dict[str, Any]:
    """The doctor's findings, those that are not OK first. The event may set the `sample` of accounts; null checks all.

    Raises:
        CredlakeError: the settings are wrong, or there are no valid credentials.
    """
    # ruff: noqa: PLC0415 -- a run does not need them
    from collector.doctor.checkup import findings_of
    from collector.doctor.finding import Status, is_healthy

    settings = read_settings({}, environment, directory=Path.cwd())
    sample = event.get("sample", _SAMPLE)
    if sample is not None and not (isinstance(sample, int) and sample > 0):
        raise UsageError([f"sample {sample!r}: is not a number of accounts above 0."])
    topic_arn = environment.get(TOPIC) or None
    findings = list(findings_of(settings, sample=sample, topic_arn=topic_arn, deployed_by_run=True))
    return {
        "is_healthy": is_healthy(findings),
        "findings": [finding.as_json() for finding in sorted(findings, key=lambda one: one.status is Status.OK)],
    }


def exit_code_of(result: Mapping[str, Any]) -> int:
    """The exit code of `credlake collect` for a run that was published, or of `credlake doctor` (docs/settings.md)."""
    return 0 if result.get("is_healthy", result.get("is_complete")) else 1


def _collect(left: float, *, is_for_new: bool) -> dict[str, Any]:
    job = job_of(os.environ, lambda collection: asyncio.run(collection.run()), is_for_new=is_for_new)
    has_queries = job.settings.publish_page or has_channels(job.settings)
    reserve = RESERVE_SECONDS + (_FOLLOW_UP_SECONDS if has_queries else 0)
    if left <= reserve:
        raise UsageError([f"The function has {left:.0f} s left and needs {reserve:.0f} s to publish: give it 900 s."])
    return with_deadline(job, left - reserve).do(ends_at=time.monotonic() + left - _VIEWS_RESERVE_SECONDS)
