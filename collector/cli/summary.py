"""The result of a run: outcomes, the accounts that need attention, and how to query the snapshot."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from collector.outcome import Outcome
from collector.process.streams import printable

if TYPE_CHECKING:
    from collector.collection.dry_run import Plan
    from collector.collection.result import AccountResult, RunResult

# The view collection_coverage lists them all.
_MAX_LISTED = 50
_WIDTH_WITHOUT_TERMINAL = 140
_MAX_REASON = 76


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
    if result.needs_attention:
        _print_accounts(console, result)
    if result.untagged:
        console.print(f"The tags of {result.untagged} accounts could not be read; see the log.", style="yellow")
    if result.record is not None and result.written is not None:
        covered, active = result.written.accounts.covered, result.written.accounts.active
        console.print(
            f"Published: {covered} of {active} ACTIVE accounts, {result.written.users} users, "
            f"run {result.run.run_id}.\nTo query it: credlake query --lake {shlex.quote(lake)} findings",
            soft_wrap=True,
        )


def print_plan(plan: Plan) -> None:
    """Print which accounts would be collected, and why not the others."""
    console = _console()
    table = Table(title=f"{plan.organization_id}: dry run", title_justify="left")
    for name in ("account", "name", "OU", "collected", "why not"):
        table.add_column(name)
    for account in plan.accounts:
        table.add_row(
            account.account_id,
            _text(account.name or ""),
            _text(account.ou_path),
            "no" if account.why_not else "yes",
            _text(account.why_not or ""),
        )
    console.print(table)
    collected = sum(account.why_not is None for account in plan.accounts)
    console.print(
        f"{collected} of {len(plan.accounts)} accounts would be collected. No account was called, and nothing written."
    )


def _print_accounts(console: Console, result: RunResult) -> None:
    table = Table(title="Accounts that need attention", title_justify="left", show_lines=False)
    for name in ("account", "name", "outcome", "why"):
        table.add_column(name, overflow="fold")
    accounts = sorted(
        result.needs_attention, key=lambda account: (list(Outcome).index(account.outcome), account.account_id)
    )
    for account in accounts[:_MAX_LISTED]:
        table.add_row(account.account_id, _text(account.name or ""), account.outcome.value, _text(_why(account)))
    console.print(table)
    if len(accounts) > _MAX_LISTED:
        console.print(f"… and {len(accounts) - _MAX_LISTED} more: query the view collection_coverage.")
    steps = {account.outcome: account.outcome.next_step for account in accounts if account.outcome.next_step}
    for outcome, step in steps.items():
        console.print(Text(f"{outcome.value}: {step}"))
    if any(account.password_policy_error for account in accounts):
        console.print(Text("password policy: allow iam:GetAccountPasswordPolicy in the role."))


def _why(account: AccountResult) -> str:
    parts = []
    if account.error_code:
        parts.append(_shortened(f"{account.error_code}: {account.error_message or ''}".rstrip(": ")))
    if account.password_policy_error:
        parts.append(_shortened(f"password policy unknown: {account.password_policy_error}"))
    return "; ".join(parts)


def _text(text: str) -> Text:
    """Names and messages are AWS's: they may look like markup, or hold what steers a terminal."""
    return Text(printable(text))


def _shortened(text: str) -> str:
    """AWS's messages are long and begin with the caller; the whole text is in `account.error_message`."""
    return text if len(text) <= _MAX_REASON else text[: _MAX_REASON - 1] + "…"


def _console() -> Console:
    # A pipe or a log has no width: lines are not cut there.
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
