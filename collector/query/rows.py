"""The rows of an answer as a stream of Arrow batches, in the types that every format knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from collector.errors import CredlakeError, UsageFaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Rows held at once. Large enough that a batch costs more than its handling, small enough for any format's copies.
_BATCH_ROWS = 20_000

# `sum` of integers is wider in DuckDB than in Athena, where it is a bigint.
_WIDE_INTEGERS = frozenset({"HUGEINT", "UHUGEINT", "UBIGINT"})


# Types that have no place in a file, with what to write instead.
_UNWRITABLE = {
    "INTERVAL": "an interval, which no format holds: write date_diff('second', a, b) for a number",
    "BLOB": "binary, which no text holds: write to_hex(x)",
}


_ARROW_STREAM = "reading the stream registered as"


class QueryError(CredlakeError):
    """A query that was understood and could not be carried out."""


@dataclass(frozen=True, slots=True)
class Rows:
    """An answer: its schema at once, its rows as they come."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


def stream(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    """Start a query; its rows are worked out while they are read, and never all held in memory.

    Raises:
        UsageFaultsError: a column of a type that has no place in a file, such as an interval.
        QueryError: DuckDB cannot carry the query out. The batches raise it too.
    """
    try:
        relation = connection.sql(sql)
        names, kinds = list(relation.columns), [str(kind) for kind in relation.types]
        _refuse_unwritable(names, kinds)
        reader = relation.to_arrow_reader(_BATCH_ROWS)
    except duckdb.Error as error:
        raise query_error(error) from error
    wide = [place for place, kind in enumerate(kinds) if kind in _WIDE_INTEGERS]
    schema = reader.schema
    for place in wide:
        schema = schema.set(place, pa.field(names[place], pa.int64()))
    return Rows(schema, _batches(reader, schema, wide))


def _refuse_unwritable(names: list[str], kinds: list[str]) -> None:
    faults = [
        f"The column {name} is {_UNWRITABLE[kind]}."
        for name, kind in zip(names, kinds, strict=True)
        if kind in _UNWRITABLE
    ]
    if faults:
        raise UsageFaultsError(faults)


def _batches(reader: pa.RecordBatchReader, schema: pa.Schema, wide: list[int]) -> Iterator[pa.RecordBatch]:
    # Closed however the reading ends: a connection answers nothing else while a result of it is open.
    with reader:
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            except (duckdb.Error, OSError) as error:  # Arrow's stream interface knows no other error than OSError
                raise query_error(error) from error
            yield _narrowed(batch, schema, wide) if wide else batch


def _narrowed(batch: pa.RecordBatch, schema: pa.Schema, wide: list[int]) -> pa.RecordBatch:
    columns = list(batch.columns)
    for place in wide:
        try:
            columns[place] = pc.cast(columns[place], pa.int64())
        except pa.ArrowInvalid as error:
            raise QueryError(f"The column {schema.names[place]} has a sum that is larger than a bigint.") from error
    return pa.RecordBatch.from_arrays(columns, schema=schema)


_CAUSES = {
    "Out of Memory Error": "It needs more memory or temporary disk than it may have. Ask for fewer columns or days.",
    "Invalid Input Error": "Athena would refuse it too.",
    "Conversion Error": "Athena would refuse it too.",
    "Out of Range Error": "Athena would refuse it too.",
    "IO Error": "Is the lake whole and readable? `credlake verify` says.",
}


def query_error(error: BaseException) -> QueryError:
    """DuckDB's error in one sentence with the next step."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    kind, _, rest = text.partition(": ")
    if rest.startswith(_ARROW_STREAM):
        # A file on S3 could not be read; DuckDB knows it only as a stream of Arrow's.
        kind, rest = "IO Error", rest.partition(" failed: ")[2]
    hint = _CAUSES.get(kind, "The local engine cannot do this; Athena may. Try a plainer select.")
    return QueryError(f"The query failed: {rest or text}. {hint}", **_facts(kind))


def _facts(kind: str) -> dict[str, Any]:
    return {"engine": "duckdb", "kind": kind}
