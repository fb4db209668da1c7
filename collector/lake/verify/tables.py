"""The Parquet files of a published snapshot, opened for `verify`, and their rows by account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector.lake.raw import file_sha256
from collector.lake.rows import USER_SCHEMA
from collector.lake.store import MissingObjectError
from collector.lake.verify.difference import DifferenceKind, differing_columns
from collector.schema import file_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from collector.lake.record import PublishedFile, PublishedSnapshot
    from collector.lake.store import Store
    from collector.lake.verify.difference import Differences

# What Arrow raises on bytes that are not Parquet, or are damaged.
UNREADABLE = (pa.ArrowException, OSError, ValueError)


@dataclass(slots=True, kw_only=True)
class PublishedTable:
    """A file that could be opened.

    Attributes:
        file: its entry in the record.
        where: its path or URI, for messages.
        parquet: the open file.
        names: the columns that it should have and has, with the right type.
        is_damaged: whether a row group could not be read.
    """

    file: PublishedFile
    where: str
    parquet: pq.ParquetFile
    names: tuple[str, ...]
    is_damaged: bool = False

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
            found.add(
                DifferenceKind.FILE,
                "The record does not name this file, but Athena would read it: it reads whole folders.",
                store.location(f"{snapshot.folder}/{name}"),
            )
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
    if size != file.bytes:
        found.add(DifferenceKind.FILE, f"It has {size} bytes, the record has {file.bytes}.", where)
    elif file_sha256(path) != file.sha256:
        found.add(DifferenceKind.FILE, "Its SHA-256 is not the one in the record: it was altered.", where)
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
            self._differences.add(
                DifferenceKind.VALUE,
                "The value differs from the raw zone.",
                self._table.where,
                account_id=account_id,
                column=column,
            )

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
        last: dict[str | None, tuple[int, int]] = {}
        for number, table in enumerate(self.tables):
            for group in table.groups:
                ids = table.read(group, ["account_id"], self._differences).column(0).to_pylist()
                last |= dict.fromkeys(ids, (number, group))
        begun: dict[str | None, list[pa.Table]] = {}
        for number, table in enumerate(self.tables):
            for group in table.groups:
                for account_id, rows in _by_account(table.read(group, self.names, self._differences)):
                    begun.setdefault(account_id, []).append(rows)
                    if last.get(account_id) == (number, group):
                        yield account_id, pa.concat_tables(begun.pop(account_id))


def _by_account(rows: pa.Table) -> Iterator[tuple[str | None, pa.Table]]:
    places: dict[str | None, list[int]] = {}
    for place, account_id in enumerate(rows.column("account_id").to_pylist()):
        places.setdefault(account_id, []).append(place)
    for account_id, of_account in places.items():
        first, count = of_account[0], len(of_account)
        is_one_piece = of_account[-1] - first + 1 == count
        yield account_id, rows.slice(first, count) if is_one_piece else rows.take(of_account)
