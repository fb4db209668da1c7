"""What `verify` finds: a difference between what is published and the raw zone or the publication record. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

_USER_KEY = "user_arn"


class DifferenceKind(StrEnum):
    """What differs."""

    # The publication record, or its counts.
    RECORD = "record"
    # A complete run that is not published although the rules allow it.
    RUN = "run"
    # A published Parquet file: missing, altered, of other columns, or extra.
    FILE = "file"
    # A file of the raw zone.
    RAW = "raw"
    # Rows that are missing, or that are not in the raw zone.
    ROWS = "rows"
    # A value.
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. It names accounts and columns, never a user and never a value: it ends up in logs.

    Attributes:
        kind: what differs.
        organization_id: whose snapshot.
        what: how it differs, in sentences.
        where: the absolute path or URI of the file.
        snapshot_date: of which day; None where it is the record as a whole.
        account_id: of which account, where it is one.
        column: of which column, where it is one.
    """

    kind: DifferenceKind
    organization_id: str
    what: str
    where: str
    snapshot_date: str | None = None
    account_id: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        """One line for people."""
        place = [
            self.organization_id,
            self.snapshot_date,
            self.account_id and f"account {self.account_id}",
            self.column,
        ]
        return f"{', '.join(part for part in place if part)}: {self.what} ({self.where})"


class Differences:
    """The differences of one snapshot, each once."""

    def __init__(self, organization_id: str, snapshot_date: str | None) -> None:
        """Name the snapshot."""
        self._organization_id = organization_id
        self._snapshot_date = snapshot_date
        self._found: dict[Difference, None] = {}

    def add(
        self, kind: DifferenceKind, what: str, where: str, *, account_id: str | None = None, column: str | None = None
    ) -> None:
        """Add one difference."""
        difference = Difference(
            kind=kind,
            organization_id=self._organization_id,
            snapshot_date=self._snapshot_date,
            what=what,
            where=where,
            account_id=account_id,
            column=column,
        )
        self._found[difference] = None

    def all(self) -> list[Difference]:
        """All of them, in the order they were found."""
        return list(self._found)


def differing_columns(expected: dict[str, Any], published: dict[str, Any], names: Iterable[str]) -> list[str]:
    """The columns in which two rows differ."""
    return [name for name in names if _plain(expected[name]) != _plain(published[name])]


def user_differences(expected: pa.Table, published: pa.Table, names: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """The differences between the users of one account as (column, sentence); column None where whole rows differ.

    Args:
        expected: the rows from the raw zone, all columns.
        published: the rows in the table.
        names: the columns that the published file should have, and has.
    """
    if _is_equal(expected, published, names):
        return
    expected_rows, published_rows = _by_user(expected.select(names)), _by_user(published.select(names))
    missing = sum((Counter(_sizes(expected_rows)) - Counter(_sizes(published_rows))).values())
    extra = sum((Counter(_sizes(published_rows)) - Counter(_sizes(expected_rows))).values())
    if missing:
        yield None, f"{missing} of {expected.num_rows} users of the report are not in the table"
    if extra:
        yield (
            None,
            f"{extra} of {published.num_rows} rows in the table belong to no user of the report, or are duplicates",
        )
    differing: Counter[str] = Counter()
    for user, rows in expected_rows.items():
        for one, other in zip(rows, published_rows.get(user, []), strict=False):
            differing.update(differing_columns(one, other, names))
    for name in names:
        if differing[name]:
            yield name, f"{differing[name]} of {expected.num_rows} values differ from the report"


def _is_equal(expected: pa.Table, published: pa.Table, names: Sequence[str]) -> bool:
    if expected.num_rows != published.num_rows:
        return False
    return all(_same_column(expected.column(name), published.column(name)) for name in names)


def _same_column(expected: pa.ChunkedArray[Any], published: pa.ChunkedArray[Any]) -> bool:
    return expected.type == published.type and expected.equals(published)


def _by_user(table: pa.Table) -> dict[object, list[dict[str, Any]]]:
    rows: dict[object, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row.get(_USER_KEY), []).append(row)
    return rows


def _sizes(rows: dict[object, list[dict[str, Any]]]) -> dict[object, int]:
    return {user: len(of_user) for user, of_user in rows.items()}


def _plain(value: object) -> object:
    """A map's entries have no order."""
    return sorted(value) if isinstance(value, list) else value
