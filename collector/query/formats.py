"""An answer as text or as a file: csv, json, parquet. The table for people is in `table`."""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collector.errors import UsageFaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, TextIO

    from collector.query.rows import Rows

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def write_json(rows: Rows, stream: TextIO) -> int:
    """One JSON array of objects, an object a line. Nothing is written before the first rows are there.

    Returns:
        The number of rows.
    """
    names = _distinct(rows.schema.names)
    count = 0
    for batch in rows.batches:
        columns = [plain_values(column) for column in batch.columns]
        lines = [_ENCODER.encode(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
        if lines:
            stream.write(("[\n" if count == 0 else ",\n") + ",\n".join(lines))
            count += len(lines)
    stream.write("[]\n" if count == 0 else "\n]\n")
    return count


def write_csv(rows: Rows, stream: TextIO) -> int:
    """A header and a line a row; null is empty, maps and arrays are JSON.

    Returns:
        The number of rows.
    """
    writer = csv.writer(stream, lineterminator="\n")
    count = 0
    # The header waits for the first rows: a query that fails at once leaves nothing behind.
    batches = iter(rows.batches)
    first = next(batches, None)
    writer.writerow(rows.schema.names)
    while first is not None:
        writer.writerows(zip(*(cells(column) for column in first.columns), strict=True))
        count += first.num_rows
        first = next(batches, None)
    return count


def write_parquet(rows: Rows, stream: BinaryIO) -> int:
    """A Parquet file with the lake's own types: UTC timestamps of milliseconds, which Athena reads.

    Returns:
        The number of rows.
    """
    _distinct(rows.schema.names)
    schema = pa.schema([pa.field(field.name, _file_type(field.type)) for field in rows.schema])
    count = 0
    with pq.ParquetWriter(stream, schema, compression="zstd" if pa.Codec.is_available("zstd") else "snappy") as writer:
        for batch in rows.batches:
            columns = [_file_column(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
            count += batch.num_rows
    return count


def plain_values(column: pa.Array[Any]) -> list[Any]:
    """The values as JSON knows them: instants as ISO 8601 with `Z`, maps as dicts, numbers as they are."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return instant_texts(column)
    if pa.types.is_date(kind):
        return [None if day is None else day.isoformat() for day in column.to_pylist()]
    if pa.types.is_map(kind):
        return [None if entries is None else dict(entries) for entries in column.to_pylist()]
    if pa.types.is_floating(kind):
        return [_finite(number) for number in column.to_pylist()]
    if pa.types.is_list(kind):
        return [None if items is None else _plain_items(kind.value_type, items) for items in column.to_pylist()]
    return list(column.to_pylist())


def cells(column: pa.Array[Any]) -> Iterator[Any]:
    """The values as one cell of text each; null is empty."""
    for value in plain_values(column):
        if isinstance(value, bool):
            yield "true" if value else "false"
        elif isinstance(value, dict | list):
            yield _ENCODER.encode(value)
        else:
            yield value


def instant_texts(column: pa.Array[Any]) -> list[str | None]:
    """`2026-09-11T13:14:52Z`, with milliseconds where there are any. Instants without a zone are UTC in the lake."""
    milliseconds = cast("pa.TimestampArray[Any, None]", pc.cast(column, pa.timestamp("ms"), safe=False))
    texts = pc.strftime(milliseconds, format="%Y-%m-%dT%H:%M:%S")
    return [None if text is None else f"{text.removesuffix('.000')}Z" for text in texts.to_pylist()]


def _plain_items(kind: pa.DataType, items: list[Any]) -> list[Any]:
    return plain_values(pa.array(items, kind))


def _finite(number: float | None) -> float | str | None:
    """JSON has no word for these; Trino's clients get them as text, too."""
    if number is None or math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _distinct(names: list[str]) -> list[str]:
    """The names, where each occurs once: of two equal ones an object or a file could hold one alone."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageFaultsError([f"Two columns are named {name}: give one another name with `as`." for name in twice])
    return names


def _file_type(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("ms", tz="UTC") if pa.types.is_timestamp(kind) else kind


def _file_column(column: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.cast(pc.cast(column, pa.timestamp("ms"), safe=False), kind)
