"""The rows of a DuckDB statement as a stream of Arrow batches, and DuckDB's errors as messages for the user."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import duckdb
import pyarrow as pa

from collector.errors import CredlakeError, UsageError
from collector.query.statement import identifier, literal, mentioned, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from duckdb.sqltypes import DuckDBPyType

    # Runs a select on either engine, and returns its rows.
    Run = Callable[[str], "Rows"]

T = TypeVar("T")

# Rows held at once: enough that a batch outweighs its overhead, few enough for the copies that a format makes.
_BATCH_ROWS = 20_000

# The types that every format can hold; values of other types are returned as DuckDB's text.
_PLAIN = frozenset(
    {
        *("boolean", "tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"),
        *("float", "double", "decimal", "varchar", "date"),
        *("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone", "timestamptz_ns"),
    }
)
# `sum` of integers is a hugeint; it becomes a bigint, which Athena's sum is, and which Parquet can hold.
_WIDE_INTEGERS = frozenset({"hugeint", "uhugeint"})

# Errors in the SQL itself, found before a row is read; all others are raised while rows are computed.
_SQL_ERRORS = (
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.PermissionException,
    duckdb.NotSupportedError,
)
_MISSING_TABLE = re.compile(r"Table with name (?P<name>\S+) does not exist")
_MISSING_COLUMN = re.compile(
    r'"(?P<name>[^"]+)" not found in FROM clause|does not have a column named "(?P<other>[^"]+)"'
)
_MISSING_DATABASE = re.compile(r'because (schema|catalog) "[^"]+" does not exist')
_CANDIDATES = re.compile(r"^(Did you mean|Candidate bindings:).*\n?", re.MULTILINE)
_TOO_DEEP = "The SQL, or a value that it returns, is nested too deeply. Write it with fewer levels."
_EXCEEDED = "The query needs more {what}. Select fewer columns or days, or raise the limit."
_MEMORY = _EXCEEDED.format(what="memory than --memory-limit allows")
_DISK = _EXCEEDED.format(what="temporary disk space than --disk-limit allows")
_DAMAGED = (
    " Run `credlake verify` to list everything that is damaged, and `credlake rebuild --date YYYY-MM-DD` to rebuild "
    "the tables of a day from the raw zone."
)
_NOT_WRITTEN = re.compile(r"\bwrit(e|ing|ten)\b|No space left", re.IGNORECASE)
_FULL = " Free space in the folder for temporary files, or set TMPDIR to one on a larger disk."
_HINTS = {
    "IO Error": _DAMAGED,
    "Conversion Error": " try_cast returns null for a value that cannot be cast.",
}
_INTERRUPT_SECONDS = 0.1
_ARROW_STREAM = "reading the stream registered as"


class QueryError(CredlakeError):
    """A valid query that DuckDB could not complete."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a query returns, from either engine."""

    schema: pa.Schema  # The columns, known before the first row.
    batches: Iterator[pa.RecordBatch]  # The rows, computed while they are read.


def stream(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    *,
    known: Mapping[str, Collection[str]] | None = None,
    time_limit: float | None = None,
) -> Rows:
    """Start a statement; its rows are computed while they are read, and never all held in memory.

    Args:
        connection: a session in which everything that the statement reads is defined.
        sql: a statement that only reads.
        known: the columns of every table and view by its name, to suggest the right one.
        time_limit: the seconds that DuckDB may compute, without the time that the reader of the rows takes.

    Raises:
        UsageError: SQL that DuckDB rejects.
        QueryError: DuckDB could not complete the query. Reading the batches raises it too.
    """
    calls = _Calls(connection, time_limit)
    try:
        reader = calls.run(lambda: _started(connection, sql))
    except (duckdb.Error, pa.ArrowException, RecursionError) as error:
        raise query_error(error, sql, known) from error
    return Rows(reader.schema, _batches(calls, reader))


def _started(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    relation = connection.sql(sql)
    targets = [_target(kind) for kind in relation.types]
    if targets != [str(kind) for kind in relation.types]:
        outputs = enumerate(zip(relation.columns, targets, strict=True), start=1)
        relation = relation.project(
            ", ".join(f"cast(#{place} as {target}) as {identifier(name)}" for place, (name, target) in outputs)
        )
    reader: pa.RecordBatchReader = relation.to_arrow_reader(_BATCH_ROWS)
    return reader


class _Calls:
    """Calls of DuckDB, which a signal ends, and a limit of their time in all.

    Python handles signals in the main thread between two of its own instructions, so in a call that computes for
    minutes it would handle none. A call therefore runs in another thread while the main thread waits.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, time_limit: float | None) -> None:
        """Take the session, and the limit in seconds; None for none."""
        self._connection = connection
        self._time_limit = time_limit
        self._left = time_limit

    def run(self, call: Callable[[], T]) -> T:
        """The result of a call; QueryError where the time is over."""
        started = time.monotonic()
        with ThreadPoolExecutor(max_workers=1) as pool:
            running = pool.submit(call)
            try:
                return running.result(timeout=self._left)
            except BaseException as error:
                is_late = isinstance(error, TimeoutError) and not running.done()
                while not running.done():
                    # Again and again: an interrupt before the statement has started has no effect.
                    self._connection.interrupt()
                    wait([running], timeout=_INTERRUPT_SECONDS)
                if is_late:
                    raise QueryError(
                        f"The query was stopped: it computed for {self._time_limit:g} s, which is its limit. Select "
                        "fewer columns or days, or raise --time-limit.",
                        time_limit=self._time_limit,
                    ) from error
                raise
            finally:
                if self._left is not None:
                    self._left = max(0, self._left - (time.monotonic() - started))


def records(run: Run, kind: Callable[..., T], sql: str) -> list[T]:
    """The rows of a select, each as `kind` of its values; for few rows, because all are held in memory."""
    return list(stream_records(run, kind, sql))


def stream_records(run: Run, kind: Callable[..., T], sql: str) -> Iterator[T]:
    """The same for many rows, of which a batch is held in memory; until the last no other query can run."""
    for batch in run(sql).batches:
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield kind(*values)


def unreadable_tables(error: Exception) -> QueryError:
    """The error of tables that DuckDB cannot read although nothing is wrong with the SQL."""
    return QueryError(f"The lake's files cannot be read: {type(error).__name__}.{_DAMAGED}", engine="duckdb")


def query_error(
    error: BaseException, sql: str = "", known: Mapping[str, Collection[str]] | None = None
) -> CredlakeError:
    """The error for the user: UsageError if the SQL is wrong, QueryError otherwise.

    Args:
        error: DuckDB's error, or Arrow's while rows are read.
        sql: the statement.
        known: the columns of every table and view by its name.
    """
    text = str(error).strip() or type(error).__name__
    if isinstance(error, RecursionError | pa.ArrowException) or "expression depth limit" in text:
        return UsageError([_TOO_DEEP])
    if isinstance(error, _SQL_ERRORS):
        return UsageError(_with_suggestion(text, sql, known or {}).splitlines())
    if isinstance(error, duckdb.OutOfMemoryException):
        # DuckDB's own text advises settings that a query cannot change.
        return QueryError(_DISK if "max_temp_directory_size" in text else _MEMORY, engine="duckdb")
    kind, _, rest = text.splitlines()[0].partition(": ")
    if rest.startswith(_ARROW_STREAM):
        # A file on S3 could not be read; DuckDB knows it only as an Arrow stream.
        kind, rest = "IO Error", rest.partition(" failed: ")[2]
    # DuckDB writes nothing but temporary files.
    hint = _FULL if kind == "IO Error" and _NOT_WRITTEN.search(text) else _HINTS.get(kind, "")
    return QueryError(f"The query failed: {_sentence(rest or text, hint)}", engine="duckdb", kind=kind)


def _with_suggestion(text: str, sql: str, known: Mapping[str, Collection[str]]) -> str:
    """DuckDB's text with our names instead of its candidates, which include tables of its own catalog."""
    hint = ""
    missing_table = _MISSING_TABLE.search(text)
    if _MISSING_DATABASE.search(text):
        hint = " Tables and views of a lake in DuckDB have no database: use the name alone."
    elif missing_table:
        hint = suggestion(missing_table["name"], known)
    elif match := _MISSING_COLUMN.search(text):
        columns = {column for name in mentioned(sql, known) for column in known[name]}
        name = match["name"] or match["other"]
        hint = suggestion(name, columns)
        if not hint and f'"{name}"' in sql:
            hint = f" Text stands in single quotes: {literal(name)}."
    elif "disabled by configuration" in text:
        hint = " A query can read the lake's own tables and views, and no other file."
    first, _, rest = text.expandtabs(4).partition("\n")
    if hint or missing_table:
        rest = _CANDIDATES.sub("", rest)
    return "\n".join([_sentence(first, hint), *(line for line in rest.splitlines() if line.strip())])


def _sentence(text: str, hint: str) -> str:
    """DuckDB's text, which often ends without a full stop, followed by a sentence of ours, if there is one."""
    return text + hint if not hint or text.endswith((".", "!", "?")) else f"{text}.{hint}"


def _target(kind: DuckDBPyType) -> str:
    """The type in which a column is returned: nested types by their parts, varchar for what no format holds."""
    if kind.id in _PLAIN:
        return str(kind)
    if kind.id in _WIDE_INTEGERS:
        return "BIGINT"
    if kind.id not in {"list", "array", "map", "struct"}:
        return "VARCHAR"
    # The second child of an array is its length; only the first is used.
    parts = cast("list[tuple[str, DuckDBPyType]]", kind.children)
    if kind.id == "map":
        return f"MAP(VARCHAR, {_target(parts[1][1])})"
    if kind.id == "struct":
        fields = ", ".join(f"{identifier(name)} {_target(part)}" for name, part in parts)
        return f"STRUCT({fields})" if parts else "VARCHAR"
    return f"{_target(parts[0][1])}[]"


def _batches(calls: _Calls, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    # Closed however the reading ends: a connection runs nothing else while a result is open.
    with reader:
        while True:
            try:
                batch = calls.run(reader.read_next_batch)
            except StopIteration:
                return
            except (duckdb.Error, OSError) as error:  # Arrow's stream interface raises nothing but OSError
                raise query_error(error) from error
            yield batch
