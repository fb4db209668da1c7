"""The rows of a query as CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import json
import math
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collector.errors import CredlakeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, TextIO

    from collector.query.rows import Rows

# 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def write_json(rows: Rows, stream: TextIO) -> None:
    """Write a JSON array with one object a line; nothing before the first rows are computed.

    Raises:
        UsageError: two columns have the same name.
        CredlakeError: see `plain_values`.
    """
    names = _distinct(rows.schema.names)
    start = "[\n"
    for batch in rows.batches:
        columns = [plain_values(column) for column in batch.columns]
        lines = [_ENCODER.encode(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
        if lines:
            stream.write(start + ",\n".join(lines))
            start = ",\n"
    stream.write("\n]\n" if start == ",\n" else "[]\n")


def write_csv(rows: Rows, stream: TextIO) -> None:
    """Write a header and one line a row; null is empty, maps and arrays are JSON."""
    writer = csv.writer(stream, lineterminator="\n")
    # The header waits for the first rows: a query that fails at once writes nothing.
    batches = iter(rows.batches)
    first = next(batches, None)
    writer.writerow(rows.schema.names)
    while first is not None:
        writer.writerows(zip(*(cells(column) for column in first.columns), strict=True))
        first = next(batches, None)


def write_parquet(rows: Rows, stream: BinaryIO) -> None:
    """Write a Parquet file with the lake's own types: UTC timestamps in milliseconds, which Athena reads.

    Raises:
        UsageError: two columns have the same name.
    """
    _distinct(rows.schema.names)
    schema = pa.schema([pa.field(field.name, _file_type(field.type)) for field in rows.schema])
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in rows.batches:
            columns = [_file_column(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def plain_values(column: pa.Array[Any]) -> list[Any]:
    """The values as JSON has them: instants as ISO 8601 with `Z`, maps and structs as dicts, decimals as numbers.

    Raises:
        CredlakeError: a date or instant that is infinite or outside the years 1 to 9999.
    """
    convert = next((convert for is_of, convert in _CONVERSIONS if is_of(column.type)), None)
    return list(column.to_pylist()) if convert is None else convert(column)


def cells(column: pa.Array[Any]) -> Iterator[Any]:
    """The values as one cell of text each; null is empty, and a decimal has all its digits."""
    values = column.to_pylist() if pa.types.is_decimal(column.type) else plain_values(column)
    for value in values:
        if isinstance(value, Decimal):
            yield format(value, "f")
        elif isinstance(value, bool):
            yield "true" if value else "false"
        elif isinstance(value, dict | list):
            yield _ENCODER.encode(value)
        else:
            yield value


def instant_texts(column: pa.Array[Any]) -> list[str | None]:
    """`2026-09-11T13:14:52Z`, with milliseconds where there are any. Instants without a zone are UTC in the lake."""
    texts = pc.strftime(instants(column), format="%Y-%m-%dT%H:%M:%S")
    return [None if text is None else f"{text.removesuffix('.000')}Z" for text in texts.to_pylist()]


def instants(column: pa.Array[Any]) -> pa.TimestampArray[Any, None]:
    """Dates or instants in milliseconds, in UTC and without a zone.

    Raises:
        CredlakeError: one is infinite or outside the years 1 to 9999.
    """
    milliseconds = pc.cast(_within_the_calendar(column), pa.timestamp("ms"), safe=False)
    return cast("pa.TimestampArray[Any, None]", milliseconds)


def _within_the_calendar(column: pa.Array[Any]) -> pa.Array[Any]:
    """The dates or instants; an error if one is infinite or outside the years 1 to 9999, which Arrow would distort."""
    seconds = pc.cast(pc.cast(column, pa.timestamp("s"), safe=False), pa.int64())
    low, high = pc.min(seconds).as_py(), pc.max(seconds).as_py()
    if low is not None and high is not None and not _FIRST_SECOND <= low <= high <= _LAST_SECOND:
        raise CredlakeError(
            "The query returned a date or timestamp that is infinite or outside the years 1 to 9999, which this format "
            "cannot hold. Cast it to varchar."
        )
    return column


def _days(column: pa.Array[Any]) -> list[str | None]:
    return list(pc.cast(_within_the_calendar(column), pa.string()).to_pylist())


def _lists(column: pa.Array[Any]) -> list[list[Any] | None]:
    items = iter(plain_values(cast("pa.ListArray[Any]", column).flatten()))
    return [None if n is None else list(islice(items, n)) for n in pc.list_value_length(column).to_pylist()]


def _structs(column: pa.Array[Any]) -> list[dict[str, Any] | None]:
    names = [field.name for field in column.type]
    rows = zip(*map(plain_values, cast("pa.StructArray", column).flatten()), strict=True)
    valid = column.is_valid().to_pylist()
    return [dict(zip(names, row, strict=True)) if held else None for row, held in zip(rows, valid, strict=True)]


def _maps(column: pa.Array[Any]) -> list[dict[str, Any] | None]:
    kind = column.type
    if pa.types.is_string(kind.item_type):
        return [None if entries is None else dict(entries) for entries in column.to_pylist()]
    entries: list[Any] = _lists(column.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)]))))
    return [None if found is None else {entry["key"]: entry["value"] for entry in found} for found in entries]


def _decimals(column: pa.Array[Any]) -> list[float | str | None]:
    return [_number(value) for value in column.to_pylist()]


def _number(value: Decimal | None) -> float | str | None:
    """A decimal as a JSON number; as text where it has more digits than a JSON reader's double would keep."""
    if value is None:
        return None
    if value.as_tuple().exponent == 0:
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else format(value, "f")


def _floats(column: pa.Array[Any]) -> list[float | str | None]:
    return [_finite(number) for number in column.to_pylist()]


def _finite(number: float | None) -> float | str | None:
    """JSON has no number for NaN and the infinities; Trino's clients get them as text as well."""
    if number is None or math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


_CONVERSIONS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array[Any]], list[Any]]], ...] = (
    (pa.types.is_timestamp, instant_texts),
    (pa.types.is_date, _days),
    (pa.types.is_decimal, _decimals),
    (pa.types.is_floating, _floats),
    (pa.types.is_map, _maps),
    (pa.types.is_struct, _structs),
    (pa.types.is_list, _lists),
)


def _distinct(names: list[str]) -> list[str]:
    """The names, if they are distinct: an object or a Parquet file can hold only one column of a name."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError([f"Two columns are named {name}: rename one with `as`." for name in twice])
    return names


def _file_type(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("ms", tz="UTC") if pa.types.is_timestamp(kind) else kind


def _file_column(column: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.cast(pc.cast(column, pa.timestamp("ms"), safe=False), kind)
