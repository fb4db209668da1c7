"""The differences that `verify` finds, and the Parquet files of a snapshot in which it looks for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector.lake.raw import file_sha256
from collector.lake.rows import USER_SCHEMA
from collector.lake.store import MissingObjectError
from collector.schema import file_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from collector.lake.record import PublishedFile, PublishedSnapshot
    from collector.lake.store import Store

# What Arrow raises on bytes that are not Parquet, or are damaged.
UNREADABLE = (pa.ArrowException, OSError, ValueError)


class DifferenceKind(StrEnum):
    """What differs."""

    RECORD = "record"  # the publication record, or its counts
    RUN = "run"  # a complete run that is not published although the rules allow it
    FILE = "file"  # a published Parquet file: missing, altered, of other columns, or extra
    RAW = "raw"  # a file of the raw zone
    ROWS = "rows"  # rows that are missing, or that are not in the raw zone
    VALUE = "value"  # a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. It names accounts and columns, never a user and never a value: it ends up in logs."""

    kind: DifferenceKind  # what differs
    organization_id: str  # whose snapshot
    what: str  # how it differs, in sentences
    where: str  # the absolute path or URI of the file
    snapshot_date: str | None = None  # of which day; None where it is the record as a whole
    account_id: str | None = None  # of which account, where it is one
    column: str | None = None  # of which column, where it is one

    def __str__(self) -> str:
        """One line for people."""
        account = self.account_id and f"account {self.account_id}"
        place = (self.organization_id, self.snapshot_date, account, self.column)
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


@dataclass(slots=True, kw_only=True)
class PublishedTable:
    """A file that could be opened."""

    file: PublishedFile  # its entry in the record
    where: str  # its path or URI, for messages
    parquet: pq.ParquetFile  # the open file
    names: tuple[str, ...]  # the columns that it should have and has, with the right type
    is_damaged: bool = False  # whether a row group could not be read

    @property
    def groups(self) -> range:
        """The numbers of its row groups."""
        return range(self.parquet.num_row_groups)

    def read(self, group: int, names: Sequence[str], found: Differences) -> pa.Table:
        """These columns of one row group; no rows where it cannot be read, which is a difference."""
        try:
            return self.parquet.read_row_group(group, columns=list(names))
        except UNREADABLE:
            self.is_damaged = True
            found.add(DifferenceKind.FILE, f"Row group {group} cannot be read.", self.where)
            return self.parquet.schema_arrow.empty_table().select(names)


def open_tables(store: Store, snapshot: PublishedSnapshot, scratch: Path, found: Differences) -> list[PublishedTable]:
    """The files that can be read; anything that the record does not match is a difference."""
    known = {file.path.rpartition("/")[2] for file in snapshot.files}
    for name in store.names(snapshot.folder):
        if name not in known:
            what = "The record does not name this file, but Athena would read it: it reads whole folders."
            found.add(DifferenceKind.FILE, what, store.location(f"{snapshot.folder}/{name}"))
    tables = (_open(store, file, snapshot.columns, scratch, found) for file in snapshot.files)
    return [table for table in tables if table is not None]


def _open(
    store: Store, file: PublishedFile, columns: Mapping[str, int], scratch: Path, found: Differences
) -> PublishedTable | None:
    where = store.location(file.path)
    try:
        path = store.fetch(file.path, scratch)
    except MissingObjectError:
        found.add(DifferenceKind.FILE, "The record names this file, but it does not exist.", where)
        return None
    size = path.stat().st_size
    try:
        if size != file.bytes:
            found.add(DifferenceKind.FILE, f"It has {size} bytes, the record has {file.bytes}.", where)
        elif file_sha256(path) != file.sha256:
            found.add(DifferenceKind.FILE, "Its SHA-256 is not the one in the record: it was altered.", where)
    except OSError as error:
        found.add(DifferenceKind.FILE, f"It cannot be read: {error.strerror}.", where)
        return None
    try:
        parquet = pq.ParquetFile(path, page_checksum_verification=True)
    except UNREADABLE:
        found.add(DifferenceKind.FILE, "It cannot be read as Parquet.", where)
        return None
    if parquet.metadata.num_rows != file.rows:
        found.add(DifferenceKind.FILE, f"It has {parquet.metadata.num_rows} rows, the record has {file.rows}.", where)
    names = _valid_columns(parquet.schema_arrow, file_schema(file.record_type), columns[file.record_type], where, found)
    if "account_id" not in names:
        return None
    return PublishedTable(file=file, where=where, parquet=parquet, names=names)


def _valid_columns(actual: pa.Schema, known: pa.Schema, width: int, where: str, found: Differences) -> tuple[str, ...]:
    """The columns that match the schema. An older version's file has the first `width` columns of today's."""
    expected = known.names[:width]
    valid = []
    for name in expected:
        if name not in actual.names:
            found.add(DifferenceKind.FILE, "The column is missing from the file.", where, column=name)
        elif actual.field(name).type != known.field(name).type:
            found.add(DifferenceKind.FILE, "The column has another type.", where, column=name)
        else:
            valid.append(name)
    if width <= len(known.names):
        for name in actual.names:
            if name not in expected:
                found.add(DifferenceKind.FILE, "The column is extra.", where, column=name)
    elif width != len(actual.names):
        # A newer version's columns: this version knows their number, not their names.
        found.add(DifferenceKind.FILE, f"It has {len(actual.names)} columns, the record has {width}.", where)
    return tuple(valid)


class PublishedAccounts:
    """The rows of the file of accounts. There is one such file, or none that can be read."""

    def __init__(self, tables: list[PublishedTable], found: Differences) -> None:
        """Read the file, if it could be opened."""
        self._differences = found
        self._table = tables[0] if tables else None
        self._rows: pa.Table | None = None
        self._places: dict[str | None, int] = {}
        if self._table is None:
            return
        groups = [self._table.read(group, self._table.names, found) for group in self._table.groups]
        if not groups:
            return
        self._rows = pa.concat_tables(groups)
        for place, account_id in enumerate(self._rows.column("account_id").to_pylist()):
            if account_id in self._places:
                self._add_row("The account occurs more than once.", account_id)
            self._places[account_id] = place

    def add_unknown(self, known: Collection[str]) -> None:
        """Add the accounts that the run does not have."""
        for account_id in self._places:
            if account_id not in known:
                self._add_row("The run has no such account.", account_id)

    def compare(self, expected: dict[str, Any]) -> None:
        """Compare one account's row with what it should be."""
        if self._table is None:
            return
        account_id = expected["account_id"]
        place = self._places.get(account_id)
        if self._rows is None or place is None:
            if not self._table.is_damaged:
                self._add_row("The account is missing from the table.", account_id)
            return
        [published] = self._rows.slice(place, 1).to_pylist()
        for column in differing_columns(expected, published, self._table.names):
            what, where = "The value differs from the raw zone.", self._table.where
            self._differences.add(DifferenceKind.VALUE, what, where, account_id=account_id, column=column)

    def _add_row(self, what: str, account_id: str | None) -> None:
        where = self._table.where if self._table else ""
        self._differences.add(DifferenceKind.ROWS, what, where, account_id=account_id)


class PublishedUsers:
    """The rows of the files of users."""

    def __init__(self, tables: list[PublishedTable], found: Differences) -> None:
        """Name the files that could be opened."""
        self.tables = tables
        # The columns that are valid in every file.
        self.names = [name for name in USER_SCHEMA.names if all(name in table.names for table in tables)]
        self._differences = found

    @property
    def are_damaged(self) -> bool:
        """Whether a row group could not be read."""
        return any(table.is_damaged for table in self.tables)

    def by_account(self) -> Iterator[tuple[str | None, pa.Table]]:
        """The users of each account, each account once, one row group in memory at a time.

        An account whose rows are in several row groups (we write no such file) is kept until its last one.
        """
        groups = [(table, group) for table in self.tables for group in table.groups]
        last: dict[str | None, int] = {}
        for number, (table, group) in enumerate(groups):
            ids = table.read(group, ["account_id"], self._differences).column(0).to_pylist()
            last |= dict.fromkeys(ids, number)
        begun: dict[str | None, list[pa.Table]] = {}
        for number, (table, group) in enumerate(groups):
            for account_id, rows in _by_account(table.read(group, self.names, self._differences)):
                begun.setdefault(account_id, []).append(rows)
                if last.get(account_id) == number:
                    yield account_id, pa.concat_tables(begun.pop(account_id))


def _by_account(rows: pa.Table) -> Iterator[tuple[str | None, pa.Table]]:
    places: dict[str | None, list[int]] = {}
    for place, account_id in enumerate(rows.column("account_id").to_pylist()):
        places.setdefault(account_id, []).append(place)
    for account_id, of_account in places.items():
        first, count = of_account[0], len(of_account)
        is_one_piece = of_account[-1] - first + 1 == count
        yield account_id, rows.slice(first, count) if is_one_piece else rows.take(of_account)


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
    expected, published = expected.select(names), published.select(names)
    if expected.equals(published):
        return
    expected_rows, published_rows = _by_user(expected), _by_user(published)
    expected_count = Counter({user: len(rows) for user, rows in expected_rows.items()})
    published_count = Counter({user: len(rows) for user, rows in published_rows.items()})
    if missing := (expected_count - published_count).total():
        yield None, f"{missing} of {expected.num_rows} users of the report are not in the table"
    if extra := (published_count - expected_count).total():
        of_rows = f"{extra} of {published.num_rows} rows in the table"
        yield None, f"{of_rows} belong to no user of the report, or are duplicates"
    differing: Counter[str] = Counter()
    for user, rows in expected_rows.items():
        for one, other in zip(rows, published_rows.get(user, []), strict=False):
            differing.update(differing_columns(one, other, names))
    for name in names:
        if differing[name]:
            yield name, f"{differing[name]} of {expected.num_rows} values differ from the report"


def _by_user(table: pa.Table) -> dict[object, list[dict[str, Any]]]:
    rows: dict[object, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row.get("user_arn"), []).append(row)
    return rows


def _plain(value: object) -> object:
    """A map's entries have no order."""
    return sorted(value) if isinstance(value, list) else value
