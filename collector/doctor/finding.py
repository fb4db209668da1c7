"""The result of one check, and how a call that fails becomes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from collector.denial import short_message
from collector.errors import CallFault, CredlakeError, FaultKind


class Status(StrEnum):
    """What a check found. UNKNOWN is what could not be checked: never reported as OK."""

    OK = "OK"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check of one thing."""

    check: str  # what was checked, such as `bucket policy`; several findings may share it
    subject: str  # the thing itself: a bucket, an account id, a database
    status: Status
    message: str  # continues the sentence that the subject begins ("is not encrypted"), or quotes the error
    remediation: str | None = None  # the next step, in a sentence or as a command; None if and only if the status is OK

    def as_json(self) -> dict[str, str | None]:
        """The finding as `--format json` prints it. Scripts rely on the keys."""
        return {
            "check": self.check,
            "subject": self.subject,
            "verdict": str(self.status),
            "message": self.message,
            "mend": self.remediation,
        }


def ok(check: str, subject: str, message: str) -> Finding:
    """A check that passed."""
    return Finding(check, subject, Status.OK, message)


def fail(check: str, subject: str, message: str, remediation: str) -> Finding:
    """A check that failed."""
    return Finding(check, subject, Status.FAIL, message, remediation)


def not_checked(check: str, subject: str, why: str, remediation: str) -> Finding:
    """A check that was not made; `why` is the rest of a sentence."""
    return Finding(check, subject, Status.UNKNOWN, f"was not checked: {why}", remediation)


def call_failed(check: str, subject: str, error: CallFault) -> Finding:
    """A check that could not be made because AWS refused a call of it."""
    match error.kind:
        case _ if error.environment_step:
            remediation = error.environment_step
        case FaultKind.DENIED:
            remediation = f"Grant {error.operation} to the caller, and check that no SCP denies it."
        case FaultKind.NO_CREDENTIALS | FaultKind.TOKEN_EXPIRED:
            remediation = "Provide valid AWS credentials."
        case FaultKind.CONNECTION:
            remediation = "Check the network, the Region and the AWS_ENDPOINT_URL variables."
        case _:
            remediation = "Try again later. If the error persists, look up its code in the service's API reference."
    return Finding(check, subject, Status.UNKNOWN, describe_fault(error), remediation)


def describe_fault(error: CallFault) -> str:
    """`operation: code: message.`, ending in one full stop; the action and the reason first where a call was denied."""
    short = short_message(error.message)
    if short != error.message:
        return f"{error.code}: {short}."
    return f"{error.operation}: {error.code}: {error.message}".rstrip(": .") + "."


def error_reported(check: str, subject: str, error: CredlakeError) -> Finding:
    """A check that failed with an error for the user, whose last sentence is the next step."""
    message, separator, remediation = error.message.rpartition(". ")
    if not separator:
        return fail(check, subject, error.message, error.message)
    return fail(check, subject, f"{message}.", remediation)


def run_check(check: str, subject: str, evaluate: Callable[[], Finding | Iterable[Finding]]) -> Iterator[Finding]:
    """Yield the findings of one check. An error in it is a finding too, so that the other checks are still made."""
    try:
        found = evaluate()
        yield from [found] if isinstance(found, Finding) else found
    except CallFault as error:
        yield call_failed(check, subject, error)
    except CredlakeError as error:
        yield error_reported(check, subject, error)


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether every check passed. UNKNOWN does not count as passed."""
    return all(finding.status is Status.OK for finding in findings)
