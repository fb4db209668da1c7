"""A lake as tables and views of an in-process DuckDB, which may read the snapshot's files and nothing else."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

import duckdb

from collector.errors import LakeError
from collector.query.annotation import Names
from collector.query.dialect import SESSION, duckdb_tables, split_name, to_duckdb
from collector.query.relations import identifier, literal, relation_sql
from collector.query.remote_files import RemoteFiles, is_remote
from collector.query.snapshots import LakeSnapshots, read_snapshots
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE, shipped_views

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import TracebackType

    from sqlglot import exp

    from collector.views.files import ViewFile

# What DuckDB may hold before it writes to its temporary folder. Beside it stand the interpreter and Arrow's batches.
_MEMORY_LIMIT = "2GB"


class LocalLake:
    """The views of a lake in a folder. Tables and views are made when a question needs them, with what they read.

    Use it as a context manager: it owns a temporary folder, for what does not fit into memory.
    """

    def __init__(
        self,
        lake: str,
        organization_ids: Collection[str] = (),
        *,
        views: Mapping[str, ViewFile] | None = None,
        memory_limit: str = _MEMORY_LIMIT,
    ) -> None:
        """Read the publication records and set the session up; no data file is opened yet.

        Args:
            lake: the lake's folder, or `s3://bucket/prefix`.
            organization_ids: the organizations to read; all of the lake where none is named.
            views: the view files; those of this version unless given.
            memory_limit: what DuckDB may hold in memory, in its own notation.

        Raises:
            LakeError: no such lake, nothing published in it, or a record that cannot be read.
        """
        self.snapshots: LakeSnapshots = read_snapshots(lake, organization_ids)
        self.names = Names(shipped_views() if views is None else views)
        self._defined: set[str] = set()
        self._scratch = tempfile.mkdtemp(prefix="credlake-query-")
        try:
            self.connection = self._open(memory_limit)
        except BaseException:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        self._remote = RemoteFiles(self.snapshots.store, self.connection) if is_remote(self.snapshots.store) else None

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

    def _open(self, memory_limit: str) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "temp_directory": self._scratch,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                # A Python variable that happens to have a table's name is no table.
                "python_enable_replacements": False,
            }
        )
        for statement in SESSION:
            connection.execute(statement)
        files = [] if is_remote(self.snapshots.store) else self.snapshots.files(newest_only=False)
        paths = ", ".join(literal(file.path) for file in files)
        connection.execute(f"set allowed_paths = [{paths}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        return connection

    def prepare(self, tree: exp.Query) -> str:
        """DuckDB's SQL for an annotated statement, with all that it reads defined."""
        for table in sorted(duckdb_tables(tree)):
            self._define(table)
        return to_duckdb(tree)

    def _define(self, name: str) -> None:
        if name in self._defined:
            return
        table, record_type = split_name(name)
        if table in {HISTORY_TABLE, CURRENT_TABLE}:
            sql = self._files_sql(record_type, newest_only=table == CURRENT_TABLE)
        elif name in self.names.views:
            sql = self.prepare(self.names.view_tree(name))
        else:
            return  # a name that the statement's own `with` defines
        self.connection.execute(f"create view {identifier(name)} as {sql}")
        self._defined.add(name)

    def _files_sql(self, record_type: str | None, *, newest_only: bool) -> str:
        files = self.snapshots.files(newest_only=newest_only)
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
