"""The files of a lake on S3 as Arrow data sets over explicit lists of files: DuckDB reads them without an extension."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as ds

from collector.query.relations import identifier
from collector.schema import ORGANIZATION_ID, SNAPSHOT_DATE, file_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    from pyarrow.fs import FileSystem

    from collector.lake.s3_store import S3Store
    from collector.query.snapshots import DataFile


class RemoteFiles:
    """Makes data sets known to a connection of DuckDB, under names of their own.

    Each file says which organization and day it is of, so a question about one day opens no file of another; columns
    and conditions reach the files as with DuckDB's own reader.
    """

    def __init__(self, store: S3Store, connection: duckdb.DuckDBPyConnection) -> None:
        """No file is opened yet, and no server asked."""
        self._store = store
        self._connection = connection
        self._filesystem: FileSystem | None = None
        self._registered = 0

    def source(self, files: Sequence[DataFile]) -> str:
        """What to select from, for files of one kind and equally many columns."""
        if self._filesystem is None:
            from collector.query.s3_filesystem import s3_filesystem  # noqa: PLC0415  # a local lake needs no botocore

            self._filesystem = s3_filesystem(self._store)
        schema = pa.schema(list(file_schema(files[0].record_type))[: files[0].columns])
        file_format = ds.ParquetFileFormat()
        fragments = [
            file_format.make_fragment(
                file.path.removeprefix("s3://"), self._filesystem, partition_expression=_of_one_day(file)
            )
            for file in files
        ]
        name = f"remote_files_{self._registered}"
        self._registered += 1
        self._connection.register(name, ds.FileSystemDataset(fragments, schema, file_format, self._filesystem))
        return identifier(name)


def _of_one_day(file: DataFile) -> ds.Expression:
    values = {ORGANIZATION_ID.name: file.organization_id, SNAPSHOT_DATE.name: file.snapshot_date}
    return reduce(and_, (ds.field(name) == value for name, value in values.items()))
