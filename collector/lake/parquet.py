"""The Parquet files of a snapshot: one of accounts, those of users, and one of exceptions where there are any.

Users are buffered, sorted by account within a row group, and a new file is started before one grows too large.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector.lake.layout import ACCOUNTS_FILE, EXCEPTIONS_FILE, users_file
from collector.lake.raw import file_sha256
from collector.lake.record import PublishedFile
from collector.lake.rows import (
    ACCOUNT_RECORD,
    ACCOUNT_SCHEMA,
    EXCEPTION_RECORD,
    EXCEPTION_SCHEMA,
    USER_RECORD,
    USER_SCHEMA,
    exception_rows,
)
from collector.lake.store import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from collector.evidence import RunEvidence
    from collector.lake.store import Store

_FILE_BYTES = 256 * 2**20
# Rows of a row group: some 15 MB as Arrow tables. Twice as many would be a tenth of the process's memory.
_GROUP_ROWS = 32_768
# A table costs some 30 kB apart from its rows, however few: this many small ones are concatenated.
_LOOSE_TABLES = 128
# Rows as Python objects take ten times the memory of Arrow's, so only a few of the former at a time.
_ROWS_AT_ONCE = 512
_ROWS_OF_A_GROUP = 16_384


class UserFiles:
    """Writes the users of one snapshot to the store. One thread at a time.

    All rows of an account are in one row group, so that its statistics show readers which groups to skip.
    """

    def __init__(
        self, store: Store, folder: str, scratch: Path, *, file_bytes: int = _FILE_BYTES, group_rows: int = _GROUP_ROWS
    ) -> None:
        """Name the store's folder for the files, and a folder of this machine for files in progress."""
        self._store = store
        self._folder = folder
        self._scratch = scratch
        self._file_bytes = file_bytes
        self._group_rows = group_rows
        self._loose: list[pa.Table] = []
        self._buffered: list[pa.Table] = []
        self._buffered_rows = 0
        self._largest_group = 0
        self._open: _OpenFile | None = None
        self._files: list[PublishedFile] = []

    def add(self, rows: pa.Table) -> None:
        """Add the rows of one account."""
        if not rows.num_rows:
            return
        self._loose.append(rows)
        self._buffered_rows += rows.num_rows
        if len(self._loose) >= _LOOSE_TABLES:
            self._buffered.append(pa.concat_tables(self._loose).combine_chunks())
            self._loose = []
        if self._buffered_rows >= self._group_rows:
            self._write_group()

    def finish(self) -> tuple[PublishedFile, ...]:
        """Write the remaining rows and close the last file; returns all files in the store."""
        if self._buffered_rows:
            self._write_group()
        self._roll()
        return tuple(self._files)

    def discard(self) -> None:
        """Close the open file, which never reaches the store."""
        if self._open is not None:
            with suppress(OSError, pa.ArrowException):
                self._open.close()
            self._open = None

    def _write_group(self) -> None:
        # sort_by is stable: an account's users keep the order of its report.
        group = pa.concat_tables([*self._buffered, *self._loose]).combine_chunks().sort_by("account_id")
        self._buffered, self._loose, self._buffered_rows = [], [], 0
        if self._open is not None and self._open.bytes + self._largest_group > self._file_bytes:
            self._roll()
        if self._open is None:
            self._open = _OpenFile(self._scratch / users_file(len(self._files)))
        before = self._open.bytes
        self._open.write(group)
        self._largest_group = max(self._largest_group, self._open.bytes - before)

    def _roll(self) -> None:
        if self._open is None:
            return
        self._open.close()
        name = users_file(len(self._files))
        self._files.append(
            _put_parquet(self._store, f"{self._folder}/{name}", self._open.path, USER_RECORD, self._open.rows)
        )
        self._open = None


class _OpenFile:
    """A Parquet file being written in the scratch folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        with disk_errors("Writing", path):
            self._sink = pa.OSFile(str(path), "wb")
            self._writer = _open_parquet(self._sink, USER_SCHEMA)

    @property
    def bytes(self) -> int:
        """How many are written so far."""
        return self._sink.tell()

    def write(self, group: pa.Table) -> None:
        """Write one row group."""
        with disk_errors("Writing", self.path):
            self._writer.write_table(group, row_group_size=group.num_rows)
        self.rows += group.num_rows

    def close(self) -> None:
        """Write the footer."""
        with disk_errors("Writing", self.path):
            self._writer.close()
            self._sink.close()


def _open_parquet(sink: str | pa.NativeFile, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer with timestamps as INT64 milliseconds (the schema's, never INT96), and statistics per group and page."""
    return pq.ParquetWriter(
        sink,
        schema,
        version="2.6",
        compression="zstd",
        write_statistics=True,
        write_page_index=True,
        # With these, a flipped bit in a page is an error for readers, not another value.
        write_page_checksum=True,
        use_deprecated_int96_timestamps=False,
    )


def _put_parquet(store: Store, key: str, path: Path, record_type: str, rows: int) -> PublishedFile:
    """Put a finished file into the store and remove it here; returns its entry in the record."""
    with disk_errors("Reading", path):
        size, sha256 = path.stat().st_size, file_sha256(path)
    store.put_file(key, path)
    with disk_errors("Removing", path):
        path.unlink()
    return PublishedFile(path=key, record_type=record_type, rows=rows, bytes=size, sha256=sha256)


def put_accounts(store: Store, folder: str, scratch: Path, rows: Iterable[dict[str, Any]]) -> PublishedFile:
    """Write the file of accounts, a few hundred rows at a time, in the order of their ids; put it into the store."""
    path = scratch / ACCOUNTS_FILE
    written = 0
    with disk_errors("Writing", path), _open_parquet(str(path), ACCOUNT_SCHEMA) as writer:
        for group in _groups(rows):
            writer.write_table(group, row_group_size=group.num_rows)
            written += group.num_rows
    return _put_parquet(store, f"{folder}/{ACCOUNTS_FILE}", path, ACCOUNT_RECORD, written)


def put_exceptions(store: Store, folder: str, scratch: Path, run: RunEvidence) -> tuple[PublishedFile, ...]:
    """Write the file of the run's exceptions and put it into the store; no file where the run has none."""
    rows = exception_rows(run)
    if not rows.num_rows:
        return ()
    path = scratch / EXCEPTIONS_FILE
    with disk_errors("Writing", path), _open_parquet(str(path), EXCEPTION_SCHEMA) as writer:
        writer.write_table(rows)
    return (_put_parquet(store, f"{folder}/{EXCEPTIONS_FILE}", path, EXCEPTION_RECORD, rows.num_rows),)


def _groups(rows: Iterable[dict[str, Any]]) -> Iterator[pa.Table]:
    left = iter(rows)
    while tables := [
        pa.Table.from_pylist(batch, schema=ACCOUNT_SCHEMA)
        for _ in range(_ROWS_OF_A_GROUP // _ROWS_AT_ONCE)
        if (batch := list(islice(left, _ROWS_AT_ONCE)))
    ]:
        yield pa.concat_tables(tables)
