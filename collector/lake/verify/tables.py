"""The Parquet files of a published snapshot, opened for `verify`: what is wrong with a file is noted."""

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
    from collector.lake.verify.difference import Notes


# What Arrow raises on bytes that are no Parquet, or not any more.
UNREADABLE = (pa.ArrowException, OSError, ValueError)


@dataclass(slots=True, kw_only=True)
class PublishedTable:
    """A file that could be opened. `names` are the columns that it should have and has, with the right type."""

    file: PublishedFile
    where: str
    parquet: pq.ParquetFile
    names: tuple[str, ...]
    # Whether a part of it turned out not to be readable.
    is_damaged: bool = False

    @property
    def groups(self) -> range:
        """The numbers of its row groups."""
        return range(self.parquet.num_row_groups)

    def read(self, group: int, names: Sequence[str], notes: Notes) -> pa.Table:
        """These columns of one row group; no rows where it cannot be read, which is noted."""
        try:
            return self.parquet.read_row_group(group, columns=list(names))
        except UNREADABLE:
            self.is_damaged = True
            notes.note(DifferenceKind.FILE, f"Row group {group} of it cannot be read.", self.where)
            return self.parquet.schema_arrow.empty_table().select(names)


def open_tables(store: Store, snapshot: PublishedSnapshot, scratch: Path, notes: Notes) -> list[PublishedTable]:
    """The files that can be read; whatever is not as the record says is noted."""
    known = {file.path.rpartition("/")[2] for file in snapshot.files}
    for name in store.names(snapshot.folder):
        if name not in known:
            notes.note(
                DifferenceKind.FILE,
                "The record does not name this file, and Athena would read it: it reads whole folders.",
                store.location(f"{snapshot.folder}/{name}"),
            )
    tables = (_open(store, file, snapshot.columns, scratch, notes) for file in snapshot.files)
    return [table for table in tables if table is not None]


def _open(
    store: Store, file: PublishedFile, columns: Mapping[str, int], scratch: Path, notes: Notes
) -> PublishedTable | None:
    where = store.location(file.path)
    try:
        path = store.fetch(file.path, scratch)
    except MissingObjectError:
        notes.note(DifferenceKind.FILE, "The record names this file, and it is not there.", where)
        return None
    size = path.stat().st_size
    if size != file.bytes:
        notes.note(DifferenceKind.FILE, f"It has {size} bytes, and the record says {file.bytes}.", where)
    elif file_sha256(path) != file.sha256:
        notes.note(DifferenceKind.FILE, "Its SHA-256 is not the one in the record: it was altered.", where)
    try:
        parquet = pq.ParquetFile(path, page_checksum_verification=True)
    except UNREADABLE:
        notes.note(DifferenceKind.FILE, "It cannot be read as Parquet.", where)
        return None
    if parquet.metadata.num_rows != file.rows:
        notes.note(
            DifferenceKind.FILE, f"It has {parquet.metadata.num_rows} rows, and the record says {file.rows}.", where
        )
    names = _sound_columns(parquet.schema_arrow, file_schema(file.record_type), columns[file.record_type], where, notes)
    if "account_id" not in names:
        return None
    return PublishedTable(file=file, where=where, parquet=parquet, names=names)


def _sound_columns(found: pa.Schema, known: pa.Schema, width: int, where: str, notes: Notes) -> tuple[str, ...]:
    """The columns that are as they should be. An older version's file has the first `width` columns of today's."""
    wanted = known.names[:width]
    sound = []
    for name in wanted:
        if name not in found.names:
            notes.note(DifferenceKind.FILE, "The column is not in the file.", where, column=name)
        elif found.field(name).type != known.field(name).type:
            notes.note(DifferenceKind.FILE, "The column is of another type.", where, column=name)
        else:
            sound.append(name)
    if width <= len(known.names):
        for name in found.names:
            if name not in wanted:
                notes.note(DifferenceKind.FILE, "The column should not be in the file.", where, column=name)
    elif width != len(found.names):
        # A newer version's columns: their names are not known, their number is.
        notes.note(DifferenceKind.FILE, f"It has {len(found.names)} columns, and the record says {width}.", where)
    return tuple(sound)


class PublishedAccounts:
    """The rows of the file of accounts. There is one such file, or none that can be read."""

    def __init__(self, tables: list[PublishedTable], notes: Notes) -> None:
        """Read the file."""
        self._notes = notes
        self._table = tables[0] if tables else None
        self._rows: pa.Table | None = None
        self._places: dict[str | None, int] = {}
        if self._table is None:
            return
        groups = [self._table.read(group, self._table.names, notes) for group in self._table.groups]
        if not groups:
            return
        self._rows = pa.concat_tables(groups)
        for place, account_id in enumerate(self._rows.column("account_id").to_pylist()):
            if account_id in self._places:
                self._note_row("The account is there more than once.", account_id)
            self._places[account_id] = place

    def note_unknown(self, known: Collection[str]) -> None:
        """Note the accounts that the run knows nothing of."""
        for account_id in self._places:
            if account_id not in known:
                self._note_row("The run knows nothing of this account.", account_id)

    def compare(self, expected: dict[str, Any]) -> None:
        """Hold one account's row against what it should be."""
        if self._table is None:
            return
        account_id = expected["account_id"]
        place = self._places.get(account_id)
        if self._rows is None or place is None:
            if not self._table.is_damaged:
                self._note_row("The account is not in the table.", account_id)
            return
        [found] = self._rows.slice(place, 1).to_pylist()
        for column in differing_columns(expected, found, self._table.names):
            self._notes.note(
                DifferenceKind.VALUE,
                "The value is not what the raw zone says.",
                self._table.where,
                account_id=account_id,
                column=column,
            )

    def _note_row(self, what: str, account_id: str | None) -> None:
        where = self._table.where if self._table else ""
        self._notes.note(DifferenceKind.ROWS, what, where, account_id=account_id)


class PublishedUsers:
    """The rows of the files of users."""

    def __init__(self, tables: list[PublishedTable], notes: Notes) -> None:
        """Take the files that could be opened."""
        self.tables = tables
        # The columns that every file has as it should.
        self.names = [name for name in USER_SCHEMA.names if all(name in table.names for table in tables)]
        self._notes = notes

    @property
    def are_damaged(self) -> bool:
        """Whether a part of a file turned out not to be readable."""
        return any(table.is_damaged for table in self.tables)

    def by_account(self) -> Iterator[tuple[str | None, pa.Table]]:
        """The users of each account, each account once, one row group in memory at a time.

        An account whose rows lie in several row groups (no file of ours is like that) is kept until its last one.
        """
        last: dict[str | None, tuple[int, int]] = {}
        for number, table in enumerate(self.tables):
            for group in table.groups:
                ids = table.read(group, ["account_id"], self._notes).column(0).to_pylist()
                last |= dict.fromkeys(ids, (number, group))
        begun: dict[str | None, list[pa.Table]] = {}
        for number, table in enumerate(self.tables):
            for group in table.groups:
                for account_id, rows in _by_account(table.read(group, self.names, self._notes)):
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
