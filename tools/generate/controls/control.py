"""What a control is: one question asked of an account, a user or a credential, with its severity and its limit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Severity(Enum):
    """How bad a failure is, worst first; the value is the rank that findings are sorted by."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4

    @property
    def label(self) -> str:
        """The name in the views."""
        return self.name.lower()


class JudgedPer(StrEnum):
    """What one verdict is about."""

    ACCOUNT = "account"
    USER = "user"
    ACCESS_KEY = "access_key"
    PASSWORD = "password"  # noqa: S105 - the kind of credential, not one


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The number that a control compares with: a field of `collector.evidence.Limits`, its default and its unit."""

    setting: str
    default: int
    unit: str

    @property
    def column(self) -> str:
        """The column of `account` that holds the limit in force."""
        return f"limit_{self.setting}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control of contract part 3.

    `fails_when` is the rule in words; `mend` is what to do about a failure, most effective first.
    """

    control_id: str
    title: str
    fails_when: str
    why: str
    mend: str
    severity: Severity
    judged_per: JudgedPer
    limit: Limit | None = None
