"""What a run shows to a person: its progress (a bar on a terminal, log events otherwise) and its result."""

from __future__ import annotations

import shlex
import sys
import time
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from collector.aws.iam import POLICY_TO_GRANT
from collector.collection.result import Watch, attention_rows, next_steps
from collector.evidence import SINGLE_ACCOUNT
from collector.outcome import Outcome
from collector.process.streams import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.collection.result import AccountResult, RunResult
    from collector.collection.run import Plan

_log = structlog.get_logger()
_SECONDS_BETWEEN_EVENTS = 10.0
# The view collection_coverage lists them all.
_MAX_LISTED = 50
_WIDTH_WITHOUT_TERMINAL = 140
# An account is named in the progress once it takes this long; most are collected within 3 seconds (facts F2.4).
_SLOW_SECONDS = 5.0
_MAX_SLOWEST = 3
_INTERRUPTED = "Interrupted. The reports collected so far are kept: `credlake collect --resume` continues the run."


@contextmanager
def watch_for(*, is_terminal: bool) -> Iterator[Watch]:
    """The watch that fits stderr; stdout is for data."""
    if not is_terminal:
        yield _EventWatch()
        return
    watch = _BarWatch()
    columns = (MofNCompleteColumn(), BarColumn(bar_width=12), TimeElapsedColumn(), _StatusColumn(watch))
    with Progress(*columns, console=Console(file=sys.stderr), transient=True, expand=True) as watch.progress:
        watch.bar = watch.progress.add_task("", total=None)
        yield watch


class _BarWatch(Watch):
    """A progress bar, on a terminal."""

    progress: Progress
    bar: TaskID

    def __init__(self) -> None:
        self._collected = self._failed = self._listed = 0
        self._waiting: dict[str, float] = {}
        """When each account was listed that is not finished yet, so the one that takes longest comes first."""

    def listed(self, account_id: str) -> None:
        self._listed += 1
        self._waiting[account_id] = time.monotonic()
        self.progress.update(self.bar, total=self._listed)

    def finished(self, result: AccountResult) -> None:
        self._waiting.pop(result.account_id, None)
        self._collected += result.outcome.is_covered
        self._failed += result.outcome.needs_attention and not result.outcome.is_covered
        self.progress.update(self.bar, advance=1)

    def interrupted(self) -> None:
        self.progress.console.print(_INTERRUPTED, highlight=False, soft_wrap=True)

    def status(self) -> str:
        """Counts, and the accounts that take longest; the end of it is cut off where the terminal is narrow."""
        if not self._listed:
            return "listing accounts"
        now = time.monotonic()
        slowest = [
            f"{account_id} {now - since:.0f} s"
            for account_id, since in islice(self._waiting.copy().items(), _MAX_SLOWEST)
            if now - since > _SLOW_SECONDS
        ]
        counts = f"{self._collected} collected, {self._failed} failed"
        return f"{counts}; waiting for {', '.join(slowest)}" if slowest else counts


class _StatusColumn(ProgressColumn):
    """The status of the run, redrawn as time passes."""

    def __init__(self, watch: _BarWatch) -> None:
        super().__init__(Column(no_wrap=True, overflow="ellipsis", ratio=1))
        self._watch = watch

    def render(self, task: Task) -> Text:  # noqa: ARG002 -- rich's signature
        return _text(self._watch.status())


class _EventWatch(Watch):
    """Log events: each account that was not collected in full, and how far the run is."""

    def __init__(self) -> None:
        self._listed = self._finished = 0
        self._next = time.monotonic() + _SECONDS_BETWEEN_EVENTS

    def listed(self, account_id: str) -> None:  # noqa: ARG002 -- as the watch on a terminal
        self._listed += 1

    def interrupted(self) -> None:
        _log.warning("run.interrupted", next_step=_INTERRUPTED)

    def finished(self, result: AccountResult) -> None:
        self._finished += 1
        if result.outcome.needs_attention:
            _log.warning(
                "account.partly_read" if result.outcome.is_covered else "account.not_collected",
                account_id=result.account_id,
                outcome=result.outcome.value,
                error_code=result.error_code,
            )
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS_BETWEEN_EVENTS
            _log.info("run.under_way", listed=self._listed, finished=self._finished)


def print_result(result: RunResult, *, lake: str) -> None:
    """Print the outcomes, the accounts that failed with reason and next step, and where the snapshot is."""
    console = _console()
    outcomes = Table(title=f"{result.run.organization_id}, {result.run.snapshot_date}", title_justify="left")
    outcomes.add_column("outcome")
    outcomes.add_column("accounts", justify="right")
    outcomes.add_column("meaning")
    for outcome in Outcome:
        if result.counts[outcome]:
            outcomes.add_row(outcome.value, str(result.counts[outcome]), outcome.meaning)
    outcomes.add_section()
    outcomes.add_row("total", str(result.counts.total()), "")
    console.print(outcomes)
    if result.run.inventory_source == SINGLE_ACCOUNT:
        console.print(
            f"A single account: {result.run.organization_id} "
            + ("" if result.run.settings.get("single_account") else "belongs to no organization, so it ")
            + "was collected alone, with the caller's own credentials."
        )
    if result.needs_attention:
        print_accounts(result)
    if result.untagged:
        console.print(f"The tags of {result.untagged} accounts could not be read; see the log.", style="yellow")
    _print_warnings(console, result.warnings)
    if result.run.settings.get("retry_failed"):
        console.print(
            f"{result.taken_over} accounts were taken over from the snapshot of {result.run.snapshot_date}, "
            f"{result.collected_now} were collected now."
        )
    if result.record is not None and result.written is not None:
        covered, active = result.written.accounts.covered, result.written.accounts.active
        console.print(
            f"Published: {covered} of {active} ACTIVE accounts, {result.written.users} users, "
            f"run {result.run.run_id}.\nTo query it: credlake query --lake {shlex.quote(lake)} findings",
            soft_wrap=True,
        )


def print_plan(plan: Plan) -> None:
    """Print which accounts would be collected, and why not the others."""
    console, planned = _console(), plan.accounts
    table = Table(title=f"{plan.organization_id}: dry run", title_justify="left")
    has_roles = any(account.role_arn for account, _ in planned)
    for name in ("account", "name", "OU", "collected", "why not", *(("role",) if has_roles else ())):
        table.add_column(name)
    for account, why_not in planned:
        texts = [_text(text or "") for text in (account.name, account.location.ou_path, why_not)]
        roles = (_text(account.role_arn or ""),) if has_roles else ()
        table.add_row(account.account_id, *texts[:2], "no" if why_not else "yes", texts[2], *roles)
    console.print(table)
    _print_warnings(console, plan.warnings)
    count = f"{sum(why_not is None for _, why_not in planned)} of {len(planned)}"
    console.print(f"{count} accounts would be collected. No account was called, and nothing written.")


def _print_warnings(console: Console, warnings: list[str]) -> None:
    for warning in warnings:
        console.print(_text(f"{warning} It has no effect: correct it, or remove it from the settings."), style="yellow")


def print_accounts(result: RunResult) -> None:
    """Print the accounts that failed, each with its reason, and the next step for each outcome."""
    console = _console()
    table = Table(title="Accounts that need attention", title_justify="left")
    for name in ("account", "name", "outcome", "why"):
        table.add_column(name, overflow="fold")
    rows = attention_rows(result.needs_attention)
    for row in rows[:_MAX_LISTED]:
        table.add_row(row.account, _text(row.name), row.first.outcome.value, _text(row.why))
    console.print(table)
    if result.run.inventory_source == SINGLE_ACCOUNT:
        # Whatever was denied, the caller needs these four and no role.
        console.print(Text(f"If a call was denied, grant the caller this policy:\n{POLICY_TO_GRANT}"))
        return
    if len(rows) > _MAX_LISTED:
        console.print(f"… and {len(rows) - _MAX_LISTED} more: query the view collection_coverage.")
    for step in next_steps(result.needs_attention):
        console.print(_text(step))


def _text(text: str) -> Text:
    """Names and messages are AWS's: they may look like markup, or hold what steers a terminal."""
    return Text(printable(text))


def _console() -> Console:
    # A pipe or a log has no width: lines are not cut there.
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
