"""The rows of a query as a stream of Arrow batches, in the types that every format knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import duckdb

from collector.query.errors import query_error
from collector.query.relations import identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pyarrow as pa
    from duckdb.sqltypes import DuckDBPyType

# Rows held at once. Large enough that a batch costs more than its handling, small enough for any format's copies.
_BATCH_ROWS = 20_000

# The types that every format can hold as they are; of the others DuckDB gives the text.
_PLAIN = frozenset(
    {
        *("boolean", "tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"),
        *("float", "double", "decimal", "varchar", "date"),
        *("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone", "timestamptz_ns"),
    }
)
# What `sum` of integers returns; a bigint is what Athena's returns, and what Parquet can hold.
_WIDE_INTEGERS = frozenset({"hugeint", "uhugeint"})


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a query returns."""

    schema: pa.Schema
    """The columns, known at once."""
    batches: Iterator[pa.RecordBatch]
    """The rows, as they come."""


def stream(
    connection: duckdb.DuckDBPyConnection, sql: str, *, known: Mapping[str, Collection[str]] | None = None
) -> Rows:
    """Start a query; its rows are worked out while they are read, and never all held in memory.

    Args:
        connection: a session in which everything that the statement reads is defined.
        sql: a statement that reads.
        known: the columns of every table and view by its name, to suggest the right one.

    Raises:
        UsageError: SQL that DuckDB refuses.
        QueryError: DuckDB cannot carry the query out. The batches raise it too.
    """
    try:
        relation = connection.sql(sql)
        targets = [_target(kind) for kind in relation.types]
        if targets != [str(kind) for kind in relation.types]:
            outputs = enumerate(zip(relation.columns, targets, strict=True), start=1)
            relation = relation.project(
                ", ".join(f"cast(#{place} as {target}) as {identifier(name)}" for place, (name, target) in outputs)
            )
        reader = relation.to_arrow_reader(_BATCH_ROWS)
    except duckdb.Error as error:
        raise query_error(error, sql, known) from error
    return Rows(reader.schema, _batches(reader))


def _target(kind: DuckDBPyType) -> str:
    """The type of a column as it is written: nested ones by their parts, text for what no format holds."""
    if kind.id in _PLAIN:
        return str(kind)
    if kind.id in _WIDE_INTEGERS:
        return "BIGINT"
    if kind.id not in {"list", "array", "map", "struct"}:
        return "VARCHAR"
    # An array's second child is its length, and only the first is looked at.
    parts = cast("list[tuple[str, DuckDBPyType]]", kind.children)
    if kind.id == "map":
        return f"MAP(VARCHAR, {_target(parts[1][1])})"
    if kind.id == "struct":
        fields = ", ".join(f"{identifier(name)} {_target(part)}" for name, part in parts)
        return f"STRUCT({fields})" if parts else "VARCHAR"
    return f"{_target(parts[0][1])}[]"


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    # Closed however the reading ends: a connection runs nothing else while a result of it is open.
    with reader:
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            except (duckdb.Error, OSError) as error:  # Arrow's stream interface knows no other error than OSError
                raise query_error(error) from error
            yield batch
