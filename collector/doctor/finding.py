"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from collector.errors import FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.errors import CallFault, CredlakeError


class Verdict(StrEnum):
    """`unknown` is something that could not be looked at: never shown as fine."""

    FINE = "fine"
    FAULT = "fault"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` says how a fault is mended, or how the unknown can be known."""

    check: str
    subject: str
    verdict: Verdict
    message: str
    mend: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """The finding as `--format json` prints it."""
        return asdict(self) | {"verdict": str(self.verdict)}


def fine(check: str, subject: str, message: str) -> Finding:
    """There is nothing to mend."""
    return Finding(check, subject, Verdict.FINE, message)


def fault(check: str, subject: str, message: str, mend: str) -> Finding:
    """Something has to be mended before a run can do its work well."""
    return Finding(check, subject, Verdict.FAULT, message, mend)


def refused(check: str, subject: str, error: CallFault) -> Finding:
    """What a call that failed leaves unknown, and the permission or the step that it takes to know."""
    said = f"{error.operation}: {error.code}: {error.message}".rstrip(": .") + "."
    match error.kind:
        case FaultKind.DENIED:
            mend = f"Grant the caller {error.operation}; look for an SCP that denies it."
        case FaultKind.NO_CREDENTIALS | FaultKind.TOKEN_EXPIRED:
            mend = "Give credentials that AWS takes."
        case FaultKind.CONNECTION:
            mend = "Check the network, the Region and the AWS_ENDPOINT_URL variables."
        case _:
            mend = "Ask again later; if it stays, look the code up in the service's reference."
    return Finding(check, subject, Verdict.UNKNOWN, said, mend)


def failed(check: str, subject: str, error: CredlakeError) -> Finding:
    """A fault that is told with its mend in one text, as every error of ours is: the last sentence is the next step."""
    said, separator, mend = error.message.rpartition(". ")
    if not separator:
        return fault(check, subject, error.message, error.message)
    return fault(check, subject, f"{said}.", mend)


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether everything is fine; what is unknown is not."""
    return all(finding.verdict is Verdict.FINE for finding in findings)
