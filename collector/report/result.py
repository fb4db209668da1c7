"""The result of reading one report, and a sentence about what is missing from it.

A sentence names columns, counts and row numbers (row 1 is the first below the header), never a value or a user's name:
it is shown in logs and in `account.error_message`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

# A sentence lists this many row numbers and counts the others.
MAX_LISTED_ROWS = 5


@dataclass(frozen=True, slots=True)
class ParsedReport:
    """One report, read."""

    outcome: Outcome  # COLLECTED, PARTIAL, MALFORMED_REPORT or WRONG_ACCOUNT.
    # A table of `schema.PARSED_REPORT`, in the report's order; None where nothing may be published. It holds names, so
    # it is not part of the repr, which may be logged.
    users: pa.Table | None = field(repr=False)
    unreadable_rows: int  # Rows skipped.
    unreadable_values: int  # Values set to null with the reason `unparsed`.
    has_root: bool  # Whether the root row is among the rows.
    problem: str | None  # One sentence for `error_message`; None where the outcome is COLLECTED.
    unknown_columns: tuple[str, ...]  # The headers that this version does not know.


class SkipReason(StrEnum):
    """Why a row was skipped."""

    TOO_FEW_FIELDS = "too few fields"
    TOO_MANY_FIELDS = "too many fields, and no single way to put them together"
    BROKEN_QUOTES = "broken quotes"
    NO_IAM_ARN = "no ARN of an IAM user or of root"
    DISAGREEMENT = "user and ARN do not agree"
    REPEATED = "a repetition of another row"
    CONFLICTING = "another row of the same user says otherwise"


@dataclass(slots=True)
class Problems:
    """What is wrong with a report that can be read."""

    rows: int = 0  # Rows of the report, skipped ones included.
    skipped: dict[SkipReason, list[int]] = field(default_factory=dict)  # The numbers of the rows skipped, by reason.
    unparsed: dict[str, list[int]] = field(default_factory=dict)  # Column → numbers of the rows with unreadable values.
    has_root: bool = False  # Whether the root row is among the rows kept.

    def skip(self, row: int, reason: SkipReason) -> None:
        """Note that a row of the report is not among the rows kept."""
        self.skipped.setdefault(reason, []).append(row)

    @property
    def unreadable_rows(self) -> int:
        """How many rows were skipped."""
        return sum(map(len, self.skipped.values()))

    @property
    def unreadable_values(self) -> int:
        """How many values were set to null because they could not be read."""
        return sum(map(len, self.unparsed.values()))

    def sentence(self, *, may_lack_root: bool) -> str | None:
        """All problems as one sentence; None if there is none. `verify` compares it with lakes: keep its wording."""
        parts = []
        if self.skipped:
            verb = "was" if self.unreadable_rows == 1 else "were"
            parts.append(
                f"{self.unreadable_rows} of {_count(self.rows, 'row')} {verb} left out: {_places(self.skipped)}"
            )
        if self.unparsed:
            parts.append(f"{_count(self.unreadable_values, 'value')} could not be read: {_places(self.unparsed)}")
        if not (self.has_root or may_lack_root):
            parts.append("there is no root row")
        if not parts:
            return None
        sentence = "; ".join(parts)
        where = " Row 1 is the first below the header." if self.skipped or self.unparsed else ""
        return f"{sentence[0].upper()}{sentence[1:]}.{where}"


def unpublishable(outcome: Outcome, problem: str, unknown_columns: tuple[str, ...] = ()) -> ParsedReport:
    """The result for bytes of which no row may be published."""
    return ParsedReport(
        outcome=outcome,
        users=None,
        unreadable_rows=0,
        unreadable_values=0,
        has_root=False,
        problem=problem,
        unknown_columns=unknown_columns,
    )


def publishable(
    users: pa.Table, problems: Problems, unknown_columns: tuple[str, ...], *, may_lack_root: bool
) -> ParsedReport:
    """The result for a report whose rows go into the snapshot, complete or not."""
    problem = problems.sentence(may_lack_root=may_lack_root)
    return ParsedReport(
        outcome=Outcome.COLLECTED if problem is None else Outcome.PARTIAL,
        users=users,
        unreadable_rows=problems.unreadable_rows,
        unreadable_values=problems.unreadable_values,
        has_root=problems.has_root,
        problem=problem,
        unknown_columns=unknown_columns,
    )


def _places(rows_of: Mapping[SkipReason, Sequence[int]] | Mapping[str, Sequence[int]]) -> str:
    return ", ".join(f"{what} ({_rows(rows)})" for what, rows in rows_of.items())


def _rows(rows: Sequence[int]) -> str:
    listed = ", ".join(map(str, rows[:MAX_LISTED_ROWS]))
    more = f" and {len(rows) - MAX_LISTED_ROWS} more" if len(rows) > MAX_LISTED_ROWS else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {listed}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
