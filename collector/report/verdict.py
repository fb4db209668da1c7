"""What became of one report, and the sentence that says why it is not all there.

A sentence names columns, counts and row numbers (row 1 is the first below the header), never a value or a user's name:
it ends up in logs and in `account.error_message`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

# How many row numbers a sentence lists before it only counts.
LISTED_ROWS = 5


@dataclass(frozen=True, slots=True)
class ParsedReport:
    """One report, read.

    Attributes:
        outcome: COLLECTED, PARTIAL, MALFORMED_REPORT or WRONG_ACCOUNT.
        users: a table of `schema.PARSED_REPORT`, in the report's order; None where nothing may be published.
        unreadable_rows: rows left out.
        unreadable_values: values set to null with the reason `unparsed`.
        has_root: whether the root row is among the rows.
        problem: one sentence for `error_message` where the outcome is not COLLECTED.
        unknown_columns: the headers that this version does not know.
    """

    outcome: Outcome
    users: pa.Table | None = field(repr=False)  # it holds names, and a repr ends up in logs
    unreadable_rows: int
    unreadable_values: int
    has_root: bool
    problem: str | None
    unknown_columns: tuple[str, ...]


class RowFault(StrEnum):
    """Why a row was left out."""

    TOO_FEW_FIELDS = "too few fields"
    TOO_MANY_FIELDS = "too many fields, and no single way to put them together"
    BROKEN_QUOTES = "broken quotes"
    NO_IAM_ARN = "no ARN of an IAM user or of root"
    DISAGREEMENT = "user and ARN do not agree"
    REPEATED = "a repetition of another row"
    CONFLICTING = "another row of the same user says otherwise"


@dataclass(slots=True)
class Findings:
    """What is wrong with a report that can be read: row numbers by fault, and by column for single values."""

    rows: int = 0
    left_out: dict[RowFault, list[int]] = field(default_factory=dict)
    unparsed: dict[str, list[int]] = field(default_factory=dict)
    has_root: bool = False

    def leave_out(self, row: int, fault: RowFault) -> None:
        """Note that a row of the report is not among the rows kept."""
        self.left_out.setdefault(fault, []).append(row)

    @property
    def unreadable_rows(self) -> int:
        """How many rows were left out."""
        return sum(map(len, self.left_out.values()))

    @property
    def unreadable_values(self) -> int:
        """How many values were set to null because they could not be read."""
        return sum(map(len, self.unparsed.values()))

    @property
    def problem(self) -> str | None:
        """The sentence for a report that is not wholly there; None for one that is."""
        parts = []
        if self.left_out:
            verb = "was" if self.unreadable_rows == 1 else "were"
            parts.append(
                f"{self.unreadable_rows} of {_count(self.rows, 'row')} {verb} left out: {_places(self.left_out)}"
            )
        if self.unparsed:
            parts.append(f"{_count(self.unreadable_values, 'value')} could not be read: {_places(self.unparsed)}")
        if not self.has_root:
            parts.append("there is no root row")
        if not parts:
            return None
        sentence = "; ".join(parts)
        where = " Row 1 is the first below the header." if self.left_out or self.unparsed else ""
        return f"{sentence[0].upper()}{sentence[1:]}.{where}"


def nothing_to_publish(outcome: Outcome, problem: str, unknown_columns: tuple[str, ...] = ()) -> ParsedReport:
    """The verdict on bytes of which no row may be published."""
    return ParsedReport(
        outcome=outcome,
        users=None,
        unreadable_rows=0,
        unreadable_values=0,
        has_root=False,
        problem=problem,
        unknown_columns=unknown_columns,
    )


def published(users: pa.Table, findings: Findings, unknown_columns: tuple[str, ...]) -> ParsedReport:
    """The verdict on a report whose rows go into the snapshot: whole, or with something missing."""
    problem = findings.problem
    return ParsedReport(
        outcome=Outcome.COLLECTED if problem is None else Outcome.PARTIAL,
        users=users,
        unreadable_rows=findings.unreadable_rows,
        unreadable_values=findings.unreadable_values,
        has_root=findings.has_root,
        problem=problem,
        unknown_columns=unknown_columns,
    )


def _places(rows_of: Mapping[RowFault, Sequence[int]] | Mapping[str, Sequence[int]]) -> str:
    return ", ".join(f"{what} ({_rows(rows)})" for what, rows in rows_of.items())


def _rows(rows: Sequence[int]) -> str:
    listed = ", ".join(map(str, rows[:LISTED_ROWS]))
    more = f" and {len(rows) - LISTED_ROWS} more" if len(rows) > LISTED_ROWS else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {listed}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
