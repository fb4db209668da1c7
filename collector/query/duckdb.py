"""A lake as tables and views of an in-process DuckDB, which can read the snapshots' files and nothing else.

The files of a snapshot are of two kinds, each with the columns of its kind. In `snapshot_record` each kind is a branch
with a constant `record_type`, so a query of accounts opens no file of users. Files of equally many columns are read
together; a column that a file is too old to have is null (columns are only ever added).
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeGuard

import duckdb
import pyarrow as pa

from collector.errors import UsageError
from collector.evidence import UNKNOWN, RunEvidence
from collector.lake.layout import is_on_s3
from collector.lake.rows import EXCEPTION_RECORD, EXCEPTION_SCHEMA, USER_RECORD, exception_rows
from collector.process.scratch import scratch_folder
from collector.query.deciding_reports import REPORT_KEY
from collector.query.definitions import Definitions
from collector.query.file_check import FileCheck
from collector.query.rows import QueryError, Rows, stream
from collector.query.snapshots import LakeSnapshots, read_snapshots
from collector.query.statement import identifier, literal
from collector.schema import (
    ORGANIZATION_ID,
    RECORD_TYPE,
    SNAPSHOT_DATE,
    SNAPSHOT_RECORD,
    Column,
    ColumnType,
    file_schema,
)
from collector.views.files import CURRENT_TABLE, shipped_views

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from types import TracebackType

    from collector.lake.s3_store import S3Store
    from collector.lake.store import Store
    from collector.query.s3_files import S3Files
    from collector.query.snapshots import DataFile
    from collector.views.files import PreparedViews


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """What a query may take. Sizes are in DuckDB's notation: `4GB`."""

    time_limit: float | None = None  # The seconds that DuckDB may compute; None for no limit.
    memory_limit: str = "50%"
    """What DuckDB may hold before it writes to temporary files, apart from the interpreter and Arrow's batches; a share
    is of the machine's memory, or of its container's."""
    disk_limit: str = "10GB"  # What DuckDB may write to temporary files.


_NO_LIMITS = QueryLimits()
_OTHER_EXCEPTIONS = "exceptions of a file"
_REPORTS = "reports that decide"
_DAY = (ORGANIZATION_ID.name, SNAPSHOT_DATE.name)


class LocalLake:
    """The tables and views of a lake in DuckDB; the lake may be on S3.

    A context manager: it owns a temporary folder, for what does not fit into memory.
    """

    def __init__(
        self,
        lake: str,
        organization_ids: Collection[str] = (),
        *,
        views: PreparedViews | None = None,
        limits: QueryLimits = _NO_LIMITS,
        exceptions: Sequence[dict[str, str]] | None = None,
        until: str | None = None,
    ) -> None:
        """Read the publication records and open the session; no data file is opened yet.

        Args:
            lake: the lake's folder, or `s3://bucket/prefix`.
            organization_ids: the organizations to read; by default all of the lake.
            views: the views; by default those of this version.
            limits: what a query may take.
            exceptions: those of the newest snapshots, instead of their own: what would they cover?
            until: the day whose snapshots are the newest ones here; later ones are not read.

        Raises:
            LakeError: no such lake, nothing published in it, or a record that cannot be read.
            UsageError: DuckDB rejects a limit.
        """
        self._limits = limits
        self.snapshots: LakeSnapshots = read_snapshots(lake, organization_ids, until=until)
        with ExitStack() as stack:
            self._scratch = str(stack.enter_context(scratch_folder()))
            self.connection = self._open()
            self._open_resources = stack.pop_all()
        self._s3_files = _s3_files(self.snapshots.store, self.connection)
        self._file_check = FileCheck(self.snapshots.root, self.snapshots.files(newest_only=False))
        self._has_other_exceptions = exceptions is not None
        if exceptions is not None:
            self._register(exceptions)
        self._definitions = Definitions(self.connection, self._table_sql, shipped_views() if views is None else views)

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
        self._open_resources.close()

    @property
    def columns(self) -> Mapping[str, Collection[str]]:
        """The columns of every table and view, by its name."""
        return self._definitions.columns

    def rows(self, text: str) -> Rows:
        """Start a query: the name of a view, or one statement in DuckDB's SQL that only reads.

        Raises:
            UsageError: an unknown name, or SQL that DuckDB rejects.
            LakeError: a file of the lake is missing, unreadable or damaged.
            QueryError: DuckDB could not complete the query. Reading the batches raises it too.
        """
        with self._lake_errors():
            sql = self._definitions.prepare(text)
            rows = stream(self.connection, sql, known=self._definitions.columns, time_limit=self._limits.time_limit)
        return Rows(rows.schema, self._read(rows.batches))

    def _read(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with self._lake_errors():
            yield from batches

    @contextmanager
    def _lake_errors(self) -> Iterator[None]:
        """Raise why a file on S3 could not be read, instead of DuckDB's text about an Arrow stream."""
        try:
            yield
        except QueryError as error:
            if self._s3_files is not None and self._s3_files.failure is not None:
                raise self._s3_files.failure from error
            raise

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(
                config={
                    "memory_limit": self._limits.memory_limit,
                    "temp_directory": self._scratch,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    # Otherwise a Python variable with a table's name would be a table.
                    "python_enable_replacements": False,
                }
            )
            # Given in `config`, it is shown as set, but not enforced (DuckDB 2.0).
            connection.execute(f"set max_temp_directory_size = {literal(self._limits.disk_limit)}")
        except duckdb.Error as error:
            raise UsageError([f"DuckDB rejects --memory-limit or --disk-limit: {error}"]) from error
        # The lake's timestamps are UTC.
        connection.execute("set TimeZone = 'UTC'")
        files = [] if _is_s3_store(self.snapshots.store) else self.snapshots.files(newest_only=False)
        connection.execute(f"set allowed_paths = [{', '.join(literal(file.path) for file in files)}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        return connection

    def _register(self, exceptions: Sequence[dict[str, str]]) -> None:
        tables = [
            exception_rows(
                RunEvidence(
                    organization_id=record.organization_id,
                    run_id=record.newest.run_id,
                    started_at=record.newest.run_started_at,
                    inventory_source=UNKNOWN,
                    exceptions=list(exceptions),
                )
            )
            for record in self.snapshots.records.values()
        ]
        self.connection.register(_OTHER_EXCEPTIONS, pa.concat_tables(tables))

    def _table_sql(self, table: str, record_type: str | None, reports: pa.Table | None = None) -> str:
        """A select of all columns of `snapshot_record`, in order, over the table's files, or over those of one kind.

        Given reports, only those of its rows of users: DuckDB would open every file of users to join them.
        """
        if self._has_other_exceptions and (table, record_type) == (CURRENT_TABLE, EXCEPTION_RECORD):
            return _branch(EXCEPTION_RECORD, len(EXCEPTION_SCHEMA), identifier(_OTHER_EXCEPTIONS))
        files = [
            file
            for file in self.snapshots.files(newest_only=table == CURRENT_TABLE)
            if record_type in {None, file.record_type}
        ]
        if reports is None or record_type != USER_RECORD:
            return self._files_sql(files)
        self.connection.register(_REPORTS, reports)
        days = set(zip(*(reports[name].to_pylist() for name in _DAY), strict=True))
        rows = self._files_sql([file for file in files if (file.organization_id, file.snapshot_date) in days])
        return f"from ({rows}) semi join {identifier(_REPORTS)} using ({', '.join(REPORT_KEY)})"

    def _files_sql(self, files: Sequence[DataFile]) -> str:
        groups: dict[tuple[str, int], list[DataFile]] = {}
        for file in files:
            groups.setdefault((file.record_type, file.columns), []).append(file)
        source = self._local_files if self._s3_files is None else self._s3_files.source
        branches = [_branch(kind, width, source(some)) for (kind, width), some in sorted(groups.items())]
        return "\nunion all\n".join(branches) or f"{_select(lambda column: _null(column.type))} where false"

    def _local_files(self, files: Sequence[DataFile]) -> str:
        self._file_check.check(files)
        paths = ", ".join(literal(file.path) for file in files)
        # A lake is not partitioned in Hive's way, and a path that looks like it must not add a column.
        return f"read_parquet([{paths}], hive_partitioning = false)"

    def notes(self) -> list[str]:
        """What the user should know about the files that the query reads, in sentences."""
        count = len(self._file_check.compared_by_size)
        what = f"{count} file{'' if count == 1 else 's'} of earlier days: only the size was compared with the record"
        return [f"{what}. `credlake verify` compares everything."] if count else []


def _is_s3_store(store: Store) -> TypeGuard[S3Store]:
    return is_on_s3(store.uri)


def _s3_files(store: Store, connection: duckdb.DuckDBPyConnection) -> S3Files | None:
    """The files of a lake on S3; None for a folder."""
    if not _is_s3_store(store):
        return None
    # Arrow's datasets import pandas where it is installed, which takes half as long as a query of a folder.
    from collector.query.s3_files import S3Files  # noqa: PLC0415

    return S3Files(store, connection)


def _branch(record_type: str, width: int, source: str) -> str:
    held = set(file_schema(record_type).names[:width])

    def value(column: Column) -> str:
        name = identifier(column.name)
        if column.name == RECORD_TYPE.name:
            return literal(record_type)
        if column.name not in held:
            return _null(column.type)
        if column.type is ColumnType.TIMESTAMP:
            # Files hold UTC-adjusted instants, which DuckDB reads as TIMESTAMP WITH TIME ZONE and Athena as
            # timestamp(3). A cast would use the calendar of a time zone: three times as slow as these two functions.
            return f"make_timestamp(epoch_us({name}))"
        return name

    return f"{_select(value)} from {source}"


def _select(value: Callable[[Column], str]) -> str:
    # A view has no bound parameters; names are those of the schema, and paths are quoted.
    columns = ", ".join(f"{value(column)} as {identifier(column.name)}" for column in SNAPSHOT_RECORD.columns)
    return f"select {columns}"


def _null(kind: ColumnType) -> str:
    return f"cast(null as {kind.duckdb})"
