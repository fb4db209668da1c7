"""A lake as tables and views of an in-process DuckDB, which may read the snapshot's files and nothing else."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeGuard

import duckdb

from collector.errors import LakeError
from collector.query.definitions import Definitions
from collector.query.relations import literal, relation_sql
from collector.query.rows import stream
from collector.query.snapshots import LakeSnapshots, read_snapshots
from collector.views.files import CURRENT_TABLE, shipped_views

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import TracebackType

    from collector.lake.s3_store import S3Store
    from collector.lake.store import Store
    from collector.query.remote_files import RemoteFiles
    from collector.query.rows import Rows
    from collector.views.files import PreparedViews

# What DuckDB may hold before it writes to its temporary folder. Besides, there are the interpreter and Arrow's batches.
_MEMORY_LIMIT = "2GB"


class LocalLake:
    """The views of a lake in a folder, or of one on S3 that DuckDB is to read.

    Use it as a context manager: it owns a temporary folder, for what does not fit into memory.
    """

    def __init__(
        self,
        lake: str,
        organization_ids: Collection[str] = (),
        *,
        views: PreparedViews | None = None,
        memory_limit: str = _MEMORY_LIMIT,
    ) -> None:
        """Read the publication records and set the session up; no data file is opened yet.

        Args:
            lake: the lake's folder, or `s3://bucket/prefix`.
            organization_ids: the organizations to read; all of the lake where none is named.
            views: the views; those of this version unless given.
            memory_limit: what DuckDB may hold in memory, in its own notation.

        Raises:
            LakeError: no such lake, nothing published in it, or a record that cannot be read.
        """
        self.snapshots: LakeSnapshots = read_snapshots(lake, organization_ids)
        self._scratch = tempfile.mkdtemp(prefix="credlake-query-")
        try:
            self.connection = self._open(memory_limit)
        except BaseException:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        self._remote = _remote_files(self.snapshots.store, self.connection)
        self._definitions = Definitions(self.connection, self._files_sql, shipped_views() if views is None else views)

    def __enter__(self) -> Self:
        """The lake itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection and remove the temporary folder."""
        self.close()

    def close(self) -> None:
        """Close the connection and remove the temporary folder."""
        self.connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def rows(self, text: str) -> Rows:
        """Start a query: the name of a view, or one statement in DuckDB's SQL that reads.

        Raises:
            UsageError: an unknown name, or SQL that DuckDB refuses.
            LakeError: a file of the lake is missing.
            QueryError: DuckDB cannot carry the query out. The batches raise it too.
        """
        return stream(self.connection, self._definitions.prepare(text), known=self._definitions.columns)

    def _open(self, memory_limit: str) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "temp_directory": self._scratch,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                # A Python variable that happens to have a table's name is not a table.
                "python_enable_replacements": False,
            }
        )
        # The lake's timestamps are UTC.
        connection.execute("set TimeZone = 'UTC'")
        files = [] if _is_remote(self.snapshots.store) else self.snapshots.files(newest_only=False)
        paths = ", ".join(literal(file.path) for file in files)
        connection.execute(f"set allowed_paths = [{paths}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        return connection

    def _files_sql(self, table: str, record_type: str | None) -> str:
        files = self.snapshots.files(newest_only=table == CURRENT_TABLE)
        if self._remote is not None:
            return relation_sql(files, record_type, source=self._remote.source)
        for file in files:
            if not Path(file.path).is_file():
                raise LakeError(
                    f"The publication record names the file {file.path}, and it is not there: the lake was copied or "
                    "cleaned in part. Run `credlake verify` to see what else is missing, and `credlake rebuild` to "
                    "make the tables again from the raw zone.",
                    path=file.path,
                )
        return relation_sql(files, record_type)


def _is_remote(store: Store) -> TypeGuard[S3Store]:
    """Whether the lake is one that DuckDB cannot read by its paths."""
    return "://" in store.uri


def _remote_files(store: Store, connection: duckdb.DuckDBPyConnection) -> RemoteFiles | None:
    if not _is_remote(store):
        return None
    # Arrow's data sets import pandas, which takes as long as half a query of a folder.
    from collector.query.remote_files import RemoteFiles  # noqa: PLC0415

    return RemoteFiles(store, connection)
