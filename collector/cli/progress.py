"""The progress of a run: a bar on a terminal, log events otherwise."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Self

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from collector.collection.result import Watch
from collector.outcome import Outcome

if TYPE_CHECKING:
    from types import TracebackType

    from collector.collection.result import AccountResult

_log = structlog.get_logger()
_SECONDS_BETWEEN_EVENTS = 10.0


class BarWatch(Watch):
    """A progress bar with counts by outcome, on a terminal."""

    def __init__(self) -> None:
        """Draw on stderr, because stdout is for data."""
        self._counts: Counter[Outcome] = Counter()
        self._progress = Progress(
            TextColumn("collecting"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[outcomes]}"),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._bar = self._progress.add_task("", total=0, outcomes="listing accounts")

    def __enter__(self) -> Self:
        """Start drawing."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the bar."""
        self._progress.stop()

    def listed(self) -> None:
        """One more account is known."""
        self._progress.update(self._bar, total=(self._progress.tasks[0].total or 0) + 1)

    def finished(self, result: AccountResult) -> None:
        """One more account has its outcome."""
        self._counts[result.outcome] += 1
        counts = "  ".join(f"{outcome} {self._counts[outcome]}" for outcome in Outcome if self._counts[outcome])
        self._progress.update(self._bar, advance=1, outcomes=counts)


class EventWatch(Watch):
    """Log events: each account that was not collected in full, and how far the run is."""

    def __init__(self) -> None:
        """Start counting."""
        self._listed = 0
        self._counts: Counter[Outcome] = Counter()
        self._next = time.monotonic() + _SECONDS_BETWEEN_EVENTS

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to clean up."""

    def listed(self) -> None:
        """One more account is known."""
        self._listed += 1

    def finished(self, result: AccountResult) -> None:
        """One more account has its outcome."""
        self._counts[result.outcome] += 1
        if result.outcome.needs_attention:
            _log.warning(
                "account.not_collected" if not result.outcome.is_covered else "account.partly_read",
                account_id=result.account_id,
                outcome=result.outcome.value,
                error_code=result.error_code,
            )
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS_BETWEEN_EVENTS
            _log.info("run.under_way", listed=self._listed, finished=self._counts.total())


def watch_for(*, is_terminal: bool) -> BarWatch | EventWatch:
    """The watch that fits stderr."""
    return BarWatch() if is_terminal else EventWatch()
