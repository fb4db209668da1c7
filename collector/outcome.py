"""How the collection of one account ended: exactly one of these, for every account of the organization."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The contract's `account.outcome` (part 2)."""

    # Report fetched, and every value of every row read.
    COLLECTED = "collected"
    # Report fetched, but a value or a row could not be read, or there is no root row.
    PARTIAL = "partial"
    # Not ACTIVE, so not asked.
    SKIPPED_STATE = "skipped_state"
    # Left out by the run's own include and exclude rules.
    EXCLUDED = "excluded"
    # STS refused the role. AWS answers the same for a missing role, a wrong external id and an SCP (facts F5).
    ASSUME_DENIED = "assume_denied"
    # IAM refused the report: an SCP, or a permission that the role lacks.
    REPORT_DENIED = "report_denied"
    # Asked, and still being generated at the deadline.
    REPORT_TIMEOUT = "report_timeout"
    # The deadline passed before the account was asked.
    NOT_REACHED = "not_reached"
    # Retries used up on throttling or LimitExceeded.
    THROTTLED = "throttled"
    # The bytes are not a credential report, or a required column is missing.
    MALFORMED_REPORT = "malformed_report"
    # The report's ARNs name another account than the one asked for. Nothing of it is published.
    WRONG_ACCOUNT = "wrong_account"
    # Anything else; error_code and error_message say what.
    FAILED = "failed"

    @property
    def is_covered(self) -> bool:
        """Whether the account's users are in the snapshot."""
        return self in COVERED

    @property
    def is_in_scope(self) -> bool:
        """Whether the run set out to collect the account."""
        return self not in OUT_OF_SCOPE


COVERED = frozenset({Outcome.COLLECTED, Outcome.PARTIAL})
OUT_OF_SCOPE = frozenset({Outcome.SKIPPED_STATE, Outcome.EXCLUDED})

# Outcome → what to do about it.
NEXT_STEPS: dict[Outcome, str] = {
    Outcome.PARTIAL: "The raw report is kept; see error_message in `account` for what could not be read.",
    Outcome.ASSUME_DENIED: "Is the role deployed in this account, does it trust the collector, and is the external "
    "id right? AWS answers the same for each (and for an SCP).",
    Outcome.REPORT_DENIED: "Allow iam:GenerateCredentialReport and iam:GetCredentialReport in the role, and look for "
    "an SCP that denies them.",
    Outcome.REPORT_TIMEOUT: "Run again: the report goes on being made. If it recurs, raise --account-deadline or "
    "--deadline.",
    Outcome.NOT_REACHED: "Raise --deadline or --concurrency.",
    Outcome.THROTTLED: "Run again later: another tool may be asking for the same report.",
    Outcome.MALFORMED_REPORT: "The raw bytes are kept; if AWS changed the report, please tell us.",
    Outcome.WRONG_ACCOUNT: "Nothing of it was published; the raw bytes are kept. Check what answers for this account: "
    "an endpoint variable, or a proxy.",
    Outcome.FAILED: "See the error code; run again if it may pass.",
}
