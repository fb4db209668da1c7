"""What a resumed run knows of an account without asking it again. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.answers import Answers

if TYPE_CHECKING:
    from collector.lake.resumption import KeptReport


def kept_answers(kept: KeptReport) -> Answers:
    """The answers as they came the first time: same report, same times. Where the account stands now is asked anew."""
    evidence = kept.evidence
    return Answers(
        outcome=evidence.outcome,
        error_code=evidence.error_code,
        error_message=evidence.error_message,
        attempts=evidence.attempts,
        started_at=evidence.started_at,
        finished_at=evidence.finished_at,
        report=kept.report,
        report_generated_at=evidence.report_generated_at,
        password_policy_state=evidence.password_policy_state,
        password_policy=evidence.password_policy,
        password_policy_error=evidence.password_policy_error,
        summary=evidence.summary,
        summary_error=evidence.summary_error,
    )
