"""What is sent when accounts failed: which, why, and what to do. Pure. No user is named in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.outcome import NEXT_STEPS

if TYPE_CHECKING:
    from collector.collection.result import AccountResult, RunResult

# Who is told of the accounts that failed; not a setting, since the command line tells its user.
TOPIC = "NOTICE_TOPIC_ARN"

# SNS takes 256 KB, a mail reader far less.
_MOST_LISTED = 100
_LONGEST_REASON = 300
# SNS: ASCII, below 100 characters, no line breaks.
_LONGEST_SUBJECT = 99


@dataclass(frozen=True, slots=True)
class Notice:
    """A message with its subject."""

    subject: str
    text: str


def notice_of(result: RunResult) -> Notice | None:
    """The notice of a run; None where every account in its scope was collected in full."""
    told = sorted(result.needs_attention, key=lambda account: (account.outcome, account.account_id))
    if not told:
        return None
    run = result.run
    state = "published" if result.record is not None else "NOT published"
    lines = [
        f"Run {run.run_id} of {run.organization_id}, {run.snapshot_date}: {state}.",
        f"{len(told)} of {result.counts.total()} accounts were not collected in full.",
        "",
        *(_line(account) for account in told[:_MOST_LISTED]),
    ]
    if len(told) > _MOST_LISTED:
        lines.append(f"and {len(told) - _MOST_LISTED} more: ask the view collection_coverage")
    steps = {account.outcome: NEXT_STEPS[account.outcome] for account in told if account.outcome in NEXT_STEPS}
    lines += ["", *(f"{outcome}: {step}" for outcome, step in steps.items())]
    subject = f"credlake {run.snapshot_date}: {len(told)} accounts not collected in full, {state}"
    return Notice(subject[:_LONGEST_SUBJECT], "\n".join(lines))


def _line(account: AccountResult) -> str:
    reasons = [f"{account.error_code}: {account.error_message or ''}".rstrip(": ")] if account.error_code else []
    if account.password_policy_error:
        reasons.append(f"password policy unknown: {account.password_policy_error}")
    return f"{account.account_id}  {account.outcome}  {'; '.join(reasons)[:_LONGEST_REASON]}".rstrip()
