"""The Parquet files of a lake on S3 as Arrow datasets, which DuckDB reads without an extension.

Every byte comes through the process's own S3 client: pyarrow's S3 client ignores proxies, FIPS and dual-stack switches,
most CA bundles and endpoint variables, and does not refresh credentials (facts F11.5).
"""

from __future__ import annotations

import io
from functools import reduce
from operator import and_
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.dataset as ds

from collector.errors import LakeError
from collector.lake.store import MissingObjectError
from collector.query.snapshots import damaged_file, missing_file
from collector.query.statement import identifier
from collector.schema import ORGANIZATION_ID, SNAPSHOT_DATE, file_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from collector.lake.s3_store import S3Store
    from collector.query.snapshots import DataFile

# A request takes some 30 ms, in which S3 sends a few MB: columns that are less far apart are read by one.
_COALESCED = pa.CacheOptions(hole_size_limit=2**20, range_size_limit=2**25)
_FORMAT = ds.ParquetFileFormat(
    default_fragment_scan_options=ds.ParquetFragmentScanOptions(
        cache_options=_COALESCED, page_checksum_verification=True
    )
)


class S3Files:
    """Registers datasets of explicit lists of files with a DuckDB connection.

    Each file is declared to be of one organization and day, so a query of one day opens no file of another; DuckDB
    pushes columns and conditions down to the files as with its own reader.
    """

    def __init__(self, store: S3Store, connection: duckdb.DuckDBPyConnection) -> None:
        """Nothing is opened, and no call is made yet."""
        self._store = store
        self._connection = connection
        self._registered = 0
        self._checked: set[str] = set()
        # Why a file could not be read. Arrow and DuckDB pass on nothing but a text around it.
        self.failure: LakeError | None = None

    def source(self, files: Sequence[DataFile]) -> str:
        """What a select reads from, for files of one kind and equally many columns."""
        schema = pa.schema(list(file_schema(files[0].record_type))[: files[0].columns])
        fragments = [
            _FORMAT.make_fragment(
                cast("IO[bytes]", _S3File(self, file)), partition_expression=_of_one_day(file), file_size=file.bytes
            )
            for file in files
        ]
        name = f"s3_files_{self._registered}"
        self._registered += 1
        self._connection.register(name, ds.FileSystemDataset(fragments, schema, _FORMAT))
        return identifier(name)

    def read(self, file: DataFile, start: int, length: int) -> bytes:
        """Bytes of a file; thread-safe.

        Raises:
            LakeError: they cannot be read. It is kept in `failure`.
        """
        try:
            return self._read(file, start, length)
        except LakeError as error:
            self.failure = error
            raise

    def _read(self, file: DataFile, start: int, length: int) -> bytes:
        key = file.path.removeprefix(f"{self._store.uri}/")
        try:
            self._check_hash(key, file)
            content, size = self._store.read_range(key, start, length)
        except MissingObjectError as error:
            raise missing_file(file.path) from error
        except LakeError as error:
            if error.facts.get("code") == "InvalidRange":
                raise damaged_file(file.path, f"it has fewer than the {file.bytes} bytes recorded") from error
            raise
        if size != file.bytes:
            raise damaged_file(file.path, f"it has {size} bytes, not {file.bytes} as recorded")
        return content

    def _check_hash(self, key: str, file: DataFile) -> None:
        """Compare the SHA-256 that S3 stores with the object, once. Computing one would mean to read all of it."""
        if file.path not in self._checked:
            if self._store.stored_sha256(key) not in (None, file.sha256):
                raise damaged_file(file.path, "its SHA-256 is not the one in the publication record")
            self._checked.add(file.path)


class _S3File(io.RawIOBase):
    """A file as Arrow reads it: every read is one request for exactly those bytes. Nothing is read ahead or kept."""

    def __init__(self, files: S3Files, file: DataFile) -> None:
        self._files = files
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.bytes}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        left = max(self._file.bytes - self._position, 0)
        length = left if size < 0 else min(size, left)
        content = self._files.read(self._file, self._position, length) if length else b""
        self._position += len(content)
        return content


def _of_one_day(file: DataFile) -> ds.Expression:
    values = {ORGANIZATION_ID.name: file.organization_id, SNAPSHOT_DATE.name: file.snapshot_date}
    return reduce(and_, (ds.field(name) == value for name, value in values.items()))
