"""The Python API: `collector.open_lake(lake).read("findings")` as an Arrow table (docs/python.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pyarrow as pa

from collector.query.duckdb import LocalLake, QueryLimits
from collector.query.statement import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from types import TracebackType

__all__ = ["OpenLake", "open_lake"]


def open_lake(
    lake: str | PathLike[str],
    *,
    organization_ids: Sequence[str] = (),
    time_limit: float | None = None,
    memory_limit: str = "50%",
    disk_limit: str = "10GB",
) -> OpenLake:
    """Open a lake to query it with DuckDB in this process; only its publication records are read yet.

    A lake on S3 is read with the AWS credentials of the environment: `s3:GetObject` and `s3:ListBucket` suffice.

    Args:
        lake: the lake's folder, or `s3://bucket/prefix`.
        organization_ids: the organizations to read; by default all of the lake.
        time_limit: the seconds that DuckDB may compute for one query; None for no limit.
        memory_limit: what DuckDB may hold in memory: a size (`4GB`), or a share of the machine's memory.
        disk_limit: what DuckDB may write to temporary files where memory does not suffice.

    Returns:
        The lake. Close it, or use it in a `with`: it owns a temporary folder.

    Raises:
        collector.errors.LakeError: no such lake, nothing published in it, or a record that cannot be read.
        collector.errors.UsageError: DuckDB rejects a limit.
    """
    limits = QueryLimits(time_limit=time_limit, memory_limit=memory_limit, disk_limit=disk_limit)
    return OpenLake(LocalLake(str(lake), organization_ids, limits=limits))


class OpenLake:
    """The views of a lake. Not for several threads at once."""

    def __init__(self, lake: LocalLake) -> None:
        """Take the lake, as `open_lake` opens it."""
        self._lake = lake

    def __enter__(self) -> Self:
        """The lake itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the lake."""
        self.close()

    @property
    def views(self) -> Mapping[str, Sequence[str]]:
        """The columns of every table and view, by its name."""
        return {name: list(columns) for name, columns in self._lake.columns.items()}

    def read(self, query: str, *, columns: Sequence[str] = ()) -> pa.Table:
        """The rows of a view or of a select, in the order of the view.

        Timestamps are UTC and have no time zone. `.to_pandas()` of the table makes a DataFrame; it needs pandas.

        Args:
            query: the name of a view (`findings`, `findings_history`), or one select in DuckDB's SQL.
            columns: for the name of a view, the columns to read, in this order; by default all. Fewer take less memory.

        Raises:
            collector.errors.UsageError: an unknown view or column, or anything but one statement that only reads.
            collector.errors.LakeError: a file of the lake is missing or damaged.
            collector.errors.CredlakeError: DuckDB could not complete the query.
        """
        batches = self.batches(query, columns=columns)
        return pa.Table.from_batches(batches, batches.schema)

    def batches(self, query: str, *, columns: Sequence[str] = ()) -> pa.RecordBatchReader:
        """The same rows as a stream, for results that do not fit into memory. Read it before the next query."""
        if columns:
            query = f"select {', '.join(map(identifier, columns))} from {identifier(query)}"  # noqa: S608 -- only reads
        rows = self._lake.rows(query)
        return pa.RecordBatchReader.from_batches(rows.schema, rows.batches)

    def close(self) -> None:
        """Close the session and remove the temporary folder."""
        self._lake.close()
