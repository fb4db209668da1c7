"""The Parquet files of a published snapshot, opened for `verify`: what is wrong with a file is noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from collector.lake.raw import file_sha256
from collector.lake.store import MissingObjectError
from collector.lake.verify.difference import DifferenceKind
from collector.schema import file_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
