"""The life cycle of one account's credential report: asked for, being generated, there, four hours old (facts F2).

Pure: every method takes the present moment, and nothing happens between calls. A report whose time has come is found
ready by the next call, so all accounts generate at the same time and cost nothing meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from collector.simulator.answers import RefusedError
from collector.simulator.refusals import REPORT_EXPIRED, REPORT_IN_PROGRESS, REPORT_NOT_PRESENT

if TYPE_CHECKING:
    from collections.abc import Callable

# AWS makes at most one report in four hours for an account, whoever asks.
REPORT_LIFETIME = timedelta(hours=4)

STARTED = "STARTED"
IN_PROGRESS = "INPROGRESS"
COMPLETE = "COMPLETE"

STARTED_DESCRIPTION = "No report exists. Starting a new report generation task"


class StoredReport:
    """A finished report: its time, and its bytes, which are rendered when first asked for and then stay."""

    def __init__(self, generated_at: datetime, render: Callable[[], bytes]) -> None:
        self.generated_at = generated_at
        self._render = render

    @cached_property
    def content(self) -> bytes:
        """The report's bytes."""
        return self._render()


@dataclass(frozen=True, slots=True)
class GenerateAnswer:
    """What Generate says. A description was seen with STARTED only."""

    state: str
    description: str | None = None


class ReportTask:
    """One account's report and the task that makes it.

    Args:
        seconds: How long a report takes, `math.inf` for ever.
        render: Gives the bytes of a report made now.
        stored: A report that is there already.
    """

    def __init__(self, seconds: float, render: Callable[[], bytes], stored: StoredReport | None = None) -> None:
        self._seconds = seconds
        self._render = render
        self._stored = stored
        self._started_at: datetime | None = None

    def generate(self, now: datetime) -> GenerateAnswer:
        """Ask for a report: starts a task, unless one runs or there is a report younger than four hours."""
        self._finish(now)
        if self._started_at is not None:
            return GenerateAnswer(IN_PROGRESS)
        if self._stored is not None and not _is_expired(self._stored, now):
            return GenerateAnswer(COMPLETE)
        self._started_at = now
        return GenerateAnswer(STARTED, STARTED_DESCRIPTION)

    def get(self, now: datetime) -> StoredReport:
        """The report; refused while there is none to give, with the reason as AWS's error."""
        self._finish(now)
        if self._started_at is not None:
            raise RefusedError(REPORT_IN_PROGRESS)
        if self._stored is None:
            raise RefusedError(REPORT_NOT_PRESENT)
        if _is_expired(self._stored, now):
            raise RefusedError(REPORT_EXPIRED)
        return self._stored

    def is_ready(self, now: datetime) -> bool:
        """Whether Get would give the report now."""
        self._finish(now)
        return self._started_at is None and self._stored is not None and not _is_expired(self._stored, now)

    def drop(self) -> None:
        """Lose the report: only Generate brings another."""
        self._stored = None

    def rebuild(self, now: datetime) -> None:
        """Start anew, as when another caller had the report made again."""
        self._stored = None
        self._started_at = now

    @property
    def stored(self) -> StoredReport | None:
        """The finished report, expired or not."""
        return self._stored

    def _finish(self, now: datetime) -> None:
        if self._started_at is None or (now - self._started_at).total_seconds() < self._seconds:
            return
        self._stored = StoredReport(self._started_at + timedelta(seconds=self._seconds), self._render)
        self._started_at = None


def _is_expired(report: StoredReport, now: datetime) -> bool:
    return now - report.generated_at >= REPORT_LIFETIME
