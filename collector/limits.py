"""The limits that controls compare with, and how large a report may be: each is declared here and nowhere else.

From a declaration in `Limits` come the default, the setting in `[limits]` with its check, the column `limit_…` of
`account` and the control's default limit. `discovery.limits` decides which hold for an account.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The declaration of one limit."""

    name: str  # The name in `[limits]` and in `run.json`.
    default: int  # What holds where the settings name none.
    highest: int  # The largest number that makes sense; the smallest is 1.
    unit: str  # What the number counts: `days`, `characters` or `passwords`.
    meaning: str  # When something fails, as a sentence: the comment of the column.

    @property
    def column(self) -> str:
        """The column of `account` that holds the limit in force."""
        return f"limit_{self.name}"


# Days have no natural end; a hundred years is beyond any account's age.
_MOST_DAYS = 36500


def _limit(default: int, *, highest: int = _MOST_DAYS, unit: str = "days", meaning: str) -> int:
    metadata = {"default": default, "highest": highest, "unit": unit, "meaning": meaning}
    declared: int = field(default=default, metadata=metadata)
    return declared


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits in force for one account in one run."""

    access_key_rotation_days: int = _limit(90, meaning="An active key created longer ago than this fails.")
    access_key_unused_days: int = _limit(45, meaning="An active key idle this long fails.")
    password_unused_days: int = _limit(45, meaning="A password idle this long fails.")
    root_use_days: int = _limit(1, meaning="A root credential used within this time fails.")
    # A password policy's minimum length is at most 128, and it prevents reuse of at most 24 passwords (facts F3).
    password_length: int = _limit(
        14, highest=128, unit="characters", meaning="A password policy that requires less fails."
    )
    password_reuse: int = _limit(
        24, highest=24, unit="passwords", meaning="A password policy that prevents reuse of fewer passwords fails."
    )


LIMITS: tuple[Limit, ...] = tuple(Limit(name=declared.name, **declared.metadata) for declared in fields(Limits))


# What is larger is `malformed_report`, so that one account's answer cannot take the memory or the CPU time of a run.
# AWS writes 22 or 23 columns (facts F1.2). An account has at most 5,000 users, and a row with the longest name and path
# some 1,000 bytes (facts F1.1, F1.5), so its report has at most 5 MB.
MAX_REPORT_BYTES = 16 << 20
MAX_REPORT_LINES = 100_000
MAX_REPORT_COLUMNS = 128
