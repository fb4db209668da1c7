"""How the collection of one account ended: exactly one outcome for every account of the organization.

Each is declared here and nowhere else; docs/columns.md is generated from it. The view `collection_coverage` repeats the
meanings in SQL; a test compares them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Outcome(StrEnum):
    """A value of `account.outcome`.

    Attributes:
        meaning: how the collection ended, as a sentence.
        next_step: what to do about it; empty where nothing is to be done.
    """

    meaning: str
    next_step: str

    COLLECTED = "collected", "The report was fetched and every value of every row read."
    PARTIAL = (
        "partial",
        "The report was fetched, but is stale, has no root row, or could not all be read.",
        "The raw report is kept; `error_message` in `account` says what is wrong with it.",
    )
    SKIPPED_STATE = "skipped_state", "The account is not ACTIVE, so it was not called."
    EXCLUDED = "excluded", "The include and exclude rules of the run left the account out."
    # AWS returns the same error for a missing role, a wrong external id and an SCP (facts F5).
    ASSUME_DENIED = (
        "assume_denied",
        "STS denied the role.",
        "Check the role, its trust policy, the external id and SCPs: AWS returns the same error for each.",
    )
    REPORT_DENIED = (
        "report_denied",
        "IAM denied the report.",
        "Allow iam:GenerateCredentialReport and iam:GetCredentialReport in the role, and check SCPs that deny them.",
    )
    REPORT_TIMEOUT = (
        "report_timeout",
        "The report was still being generated at the deadline.",
        "Run again: AWS goes on generating the report. If it recurs, raise --account-deadline or --deadline.",
    )
    NOT_REACHED = (
        "not_reached",
        "The deadline passed before the account was called.",
        "Raise --deadline or --concurrency.",
    )
    THROTTLED = (
        "throttled",
        "AWS throttled every attempt.",
        "Run again later: another tool may be requesting the same report.",
    )
    MALFORMED_REPORT = (
        "malformed_report",
        "The response is not a credential report, or lacks a required column.",
        "The raw bytes are kept; if AWS changed the report, please open an issue.",
    )
    # Nothing of it is published.
    WRONG_ACCOUNT = (
        "wrong_account",
        "The report is about another account.",
        "Nothing of it was published; the raw bytes are kept. Check endpoint variables and proxies.",
    )
    FAILED = "failed", "Another error occurred.", "See the error code; run again if it may be temporary."

    def __new__(cls, value: str, meaning: str = "", next_step: str = "") -> Self:
        """Take the value and its attributes; `Outcome("collected")` finds a member by its value alone."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        member.next_step = next_step
        return member

    @property
    def is_in_scope(self) -> bool:
        """Whether the run set out to collect the account."""
        return self not in {Outcome.SKIPPED_STATE, Outcome.EXCLUDED}

    @property
    def is_covered(self) -> bool:
        """Whether the account's users are in the snapshot."""
        return self in {Outcome.COLLECTED, Outcome.PARTIAL}

    @property
    def needs_attention(self) -> bool:
        """Whether the run set out to collect the account and did not get all of it."""
        return self.is_in_scope and self is not Outcome.COLLECTED
