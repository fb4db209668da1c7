"""The notice that is sent when accounts were not collected in full: which, why, and what to do. Pure; names no user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.collection.result import AccountResult, RunResult

# The SNS topic for notices. Not a setting: the command line reports to its user.
TOPIC = "NOTICE_TOPIC_ARN"

# SNS takes 256 KB, a mail reader far less.
_MAX_LISTED = 100
_MAX_REASON = 300
# SNS: ASCII, below 100 characters, no line breaks.
_MAX_SUBJECT = 99


@dataclass(frozen=True, slots=True)
class Notice:
    """A message."""

    # ASCII, one line.
    subject: str
    text: str


def notice_of(result: RunResult) -> Notice | None:
    """The notice of a run; None where every account in its scope was collected in full."""
    accounts = sorted(result.needs_attention, key=lambda account: (account.outcome, account.account_id))
    if not accounts:
        return None
    run = result.run
    state = "published" if result.record is not None else "NOT published"
    lines = [
        f"Run {run.run_id} of {run.organization_id}, {run.snapshot_date}: {state}.",
        f"{len(accounts)} of {result.counts.total()} accounts were not collected in full.",
        "",
        *(_line(account) for account in accounts[:_MAX_LISTED]),
    ]
    if len(accounts) > _MAX_LISTED:
        lines.append(f"and {len(accounts) - _MAX_LISTED} more: query the view collection_coverage")
    steps = {account.outcome: account.outcome.next_step for account in accounts if account.outcome.next_step}
    lines += ["", *(f"{outcome}: {step}" for outcome, step in steps.items())]
    subject = f"credlake {run.snapshot_date}: {len(accounts)} accounts not collected in full, {state}"
    return Notice(subject[:_MAX_SUBJECT], "\n".join(lines))


def _line(account: AccountResult) -> str:
    reasons = [f"{account.error_code}: {account.error_message or ''}".rstrip(": ")] if account.error_code else []
    if account.password_policy_error:
        reasons.append(f"password policy unknown: {account.password_policy_error}")
    return f"{account.account_id}  {account.outcome}  {'; '.join(reasons)[:_MAX_REASON]}".rstrip()
