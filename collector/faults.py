"""What can go wrong in one call to AWS, in the few kinds that make a difference to a run."""

from __future__ import annotations

from enum import StrEnum


class FaultKind(StrEnum):
    """The kinds that are treated differently; the wire codes are in facts F2.2."""

    # A permission, a trust policy or an SCP says no.
    DENIED = "denied"
    # Too many calls: come again later.
    THROTTLED = "throttled"
    # Generate's `LimitExceeded`: AWS has no capacity for another report right now (facts F2.5).
    LIMIT_EXCEEDED = "limit_exceeded"
    # The report is still being generated. An answer rather than a fault, but one to come back for.
    IN_PROGRESS = "in_progress"
    # There is no report: it was never asked for, or another caller's request replaced ours (facts F2.3).
    NOT_PRESENT = "not_present"
    # The report is older than four hours: ask for a new one.
    REPORT_EXPIRED = "report_expired"
    # The session's credentials ran out: assume the role again.
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 -- the name of a kind, not a token
    # STS is switched off in this Region for the account (opt-in Regions; us-east-1 never is).
    REGION_DISABLED = "region_disabled"
    # 500s.
    SERVICE_FAILURE = "service_failure"
    # The answer was cut, reset, unreadable, or did not come.
    CONNECTION = "connection"
    # There is no such thing; for the password policy this means that none is set.
    NO_SUCH_ENTITY = "no_such_entity"
    # The caller has no credentials that AWS takes.
    NO_CREDENTIALS = "no_credentials"
    OTHER = "other"


class CallFault(Exception):  # noqa: N818 -- an answer that a run deals with, most often not an error of ours
    """One call's failure: the kind, AWS's own code and text, and which call it was."""

    def __init__(self, kind: FaultKind, code: str, message: str, operation: str) -> None:
        """Take AWS's code and text as they came."""
        super().__init__(f"{operation}: {code}: {message}")
        self.kind = kind
        self.code = code
        self.message = message
        self.operation = operation
