"""One look of the doctor: a call that fails within it is a finding of its own, and hinders no other look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from collector.doctor.finding import Finding, failed, refused
from collector.errors import CallFault, CredlakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def looked(check: str, subject: str, judged: Callable[[], Finding]) -> Iterator[Finding]:
    """What the call and its judgement give, or that the call failed."""
    with Look(check, subject) as look:
        look.found(judged())
    yield from look.findings


class Look:
    """Takes findings; a fault of a call, or an error told to users, becomes one."""

    def __init__(self, check: str, subject: str) -> None:
        """Name what is looked at, for a call that fails."""
        self._check = check
        self._subject = subject
        self.findings: list[Finding] = []

    def found(self, *findings: Finding) -> None:
        """Take findings."""
        self.findings += findings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, CallFault):
            self.findings.append(refused(self._check, self._subject, error))
        elif isinstance(error, CredlakeError):
            self.findings.append(failed(self._check, self._subject, error))
        else:
            return False
        return True
