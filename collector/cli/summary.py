"""What a user is told at the end of a run: outcomes, the accounts that need attention, and where the snapshot is."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from collector.outcome import NEXT_STEPS, Outcome

if TYPE_CHECKING:
    from collector.collection.dry_run import Plan
    from collector.collection.result import AccountResult, RunResult

# So many accounts are listed; the rest is one query away.
_MOST_LISTED = 50
_WIDE_ENOUGH = 140
_LONGEST_REASON = 76

_MEANINGS = {
    Outcome.COLLECTED: "report fetched, every value read",
    Outcome.PARTIAL: "report fetched, but not all of it could be read",
    Outcome.SKIPPED_STATE: "not ACTIVE, not asked",
    Outcome.EXCLUDED: "left out by this run's rules",
    Outcome.ASSUME_DENIED: "the role was refused",
    Outcome.REPORT_DENIED: "the report was refused",
    Outcome.REPORT_TIMEOUT: "the report was not ready in time",
    Outcome.NOT_REACHED: "the deadline came first",
    Outcome.THROTTLED: "AWS had no capacity, retries used up",
    Outcome.MALFORMED_REPORT: "the answer was no credential report",
    Outcome.WRONG_ACCOUNT: "the report was another account's",
    Outcome.FAILED: "something else",
}


def print_result(result: RunResult, *, lake: str) -> None:
    """Print the outcomes, the accounts that failed with reason and next step, and where the snapshot is."""
    console = _console()
    outcomes = Table(title=f"{result.run.organization_id}, {result.run.snapshot_date}", title_justify="left")
    outcomes.add_column("outcome")
    outcomes.add_column("accounts", justify="right")
    outcomes.add_column("meaning")
    for outcome in Outcome:
        if result.counts[outcome]:
            outcomes.add_row(outcome.value, str(result.counts[outcome]), _MEANINGS[outcome])
    outcomes.add_section()
    outcomes.add_row("all", str(result.counts.total()), "")
    console.print(outcomes)
    if result.needs_attention:
        _print_accounts(console, result)
    if result.untagged:
        console.print(f"The tags of {result.untagged} accounts could not be read; the log says why.", style="yellow")
    if result.record is not None and result.written is not None:
        covered, active = result.written.accounts.covered, result.written.accounts.active
        console.print(
            f"Published: {covered} of {active} ACTIVE accounts, {result.written.users} users, "
            f"run {result.run.run_id}.\nAsk it: credlake query --lake {shlex.quote(lake)} findings"
        )


def print_plan(plan: Plan) -> None:
    """Print which accounts would be asked, and why the others not."""
    console = _console()
    table = Table(title=f"{plan.organization_id}: what a run would ask", title_justify="left")
    for name in ("account", "name", "OU", "asked", "why not"):
        table.add_column(name)
    for account in plan.accounts:
        table.add_row(
            account.account_id,
            Text(account.name or ""),
            Text(account.ou_path),
            "no" if account.why_not else "yes",
            Text(account.why_not or ""),
        )
    console.print(table)
    asked = sum(account.why_not is None for account in plan.accounts)
    console.print(
        f"{asked} of {len(plan.accounts)} accounts would be asked. Nothing was asked of any, nothing written."
    )


def _print_accounts(console: Console, result: RunResult) -> None:
    table = Table(title="Accounts that need attention", title_justify="left", show_lines=False)
    for name in ("account", "name", "outcome", "why"):
        table.add_column(name, overflow="fold")
    told = sorted(
        result.needs_attention, key=lambda account: (list(Outcome).index(account.outcome), account.account_id)
    )
    for account in told[:_MOST_LISTED]:
        table.add_row(account.account_id, Text(account.name or ""), account.outcome.value, Text(_why(account)))
    console.print(table)
    if len(told) > _MOST_LISTED:
        console.print(f"… and {len(told) - _MOST_LISTED} more: ask the view collection_coverage.")
    steps = {account.outcome: NEXT_STEPS[account.outcome] for account in told if account.outcome in NEXT_STEPS}
    for outcome, step in steps.items():
        console.print(Text(f"{outcome.value}: {step}"))
    if any(account.password_policy_error for account in told):
        console.print(Text("password policy: allow iam:GetAccountPasswordPolicy in the role."))


def _why(account: AccountResult) -> str:
    parts = []
    if account.error_code:
        parts.append(_shortened(f"{account.error_code}: {account.error_message or ''}".rstrip(": ")))
    if account.password_policy_error:
        parts.append(_shortened(f"password policy unknown: {account.password_policy_error}"))
    return "; ".join(parts)


def _shortened(text: str) -> str:
    """AWS's refusals are long and begin with who was refused; the whole text is in `account.error_message`."""
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"


def _console() -> Console:
    # Into a pipe or a log there is no width to fit: lines are not cut there. Names may hold what looks like markup.
    width = None if sys.stdout.isatty() else _WIDE_ENOUGH
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
