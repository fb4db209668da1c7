"""How a Parquet file of the lake is written: what Athena reads without surprise, and can skip parts of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from collector.lake.faults import disk_faults
from collector.lake.layout import ACCOUNTS_FILE
from collector.lake.raw import file_sha256
from collector.lake.record import PublishedFile
from collector.lake.rows import ACCOUNT_RECORD, ACCOUNT_SCHEMA, account_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from collector.lake.store import Store

# Python's rows take ten times the memory of Arrow's, so few of the former at a time.
_ROWS_AT_ONCE = 512
_ROWS_OF_A_GROUP = 16_384


def open_parquet(sink: str | pa.NativeFile, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer whose timestamps are INT64 milliseconds (the schema's, never INT96), with statistics per group and page.

    AWS's Lambda layer has a pyarrow without zstd; every pyarrow has snappy, and every reader reads both.
    """
    return pq.ParquetWriter(
        sink,
        schema,
        version="2.6",
        compression="zstd" if pa.Codec.is_available("zstd") else "snappy",
        write_statistics=True,
        write_page_index=True,
        # With these, a flipped bit in a page is an error to who reads it, not another value.
        write_page_checksum=True,
        use_deprecated_int96_timestamps=False,
    )


def put_parquet(store: Store, key: str, path: Path, record_type: str, rows: int) -> PublishedFile:
    """Put a finished file into the store and remove it here; what the record says of it."""
    with disk_faults("Reading", path):
        size, sha256 = path.stat().st_size, file_sha256(path)
    store.put_file(key, path)
    with disk_faults("Removing", path):
        path.unlink()
    return PublishedFile(path=key, record_type=record_type, rows=rows, bytes=size, sha256=sha256)


def put_accounts(store: Store, folder: str, scratch: Path, rows: Iterable[dict[str, Any]]) -> PublishedFile:
    """Write the file of accounts from rows in the order of their ids, a few hundred at a time, and put it."""
    path = scratch / ACCOUNTS_FILE
    written = 0
    with disk_faults("Writing", path), open_parquet(str(path), ACCOUNT_SCHEMA) as writer:
        for group in _groups(rows):
            writer.write_table(group, row_group_size=group.num_rows)
            written += group.num_rows
    return put_parquet(store, f"{folder}/{ACCOUNTS_FILE}", path, ACCOUNT_RECORD, written)


def _groups(rows: Iterable[dict[str, Any]]) -> Iterable[pa.Table]:
    tables: list[pa.Table] = []
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _ROWS_AT_ONCE:
            tables.append(account_table(batch))
            batch = []
        if len(tables) * _ROWS_AT_ONCE >= _ROWS_OF_A_GROUP:
            yield pa.concat_tables(tables)
            tables = []
    if batch:
        tables.append(account_table(batch))
    if tables:
        yield pa.concat_tables(tables)
