"""How values of DuckDB's types are written in each format, without loss."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.errors import CredlakeError
from collector.query.run import run_query

# DuckDB's expression, the value in JSON, the cell in CSV.
VALUES = [
    ("timestamptz '2026-01-01 02:00:00+02'", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ("timestamp '2026-01-01 00:00:00.1239'", "2026-01-01T00:00:00.123Z", "2026-01-01T00:00:00.123Z"),
    ("'2026-01-01 10:00:00'::timestamp_s", "2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
    ("'2026-01-01 10:00:00.123456789'::timestamp_ns", "2026-01-01T10:00:00.123Z", "2026-01-01T10:00:00.123Z"),
    ("date '2026-01-02'", "2026-01-02", "2026-01-02"),
    ("time '10:11:12.5'", "10:11:12.5", "10:11:12.5"),
    ("timetz '10:11:12+02'", "10:11:12+02", "10:11:12+02"),
    ("interval 1 day + interval 90 minute", "1 day 01:30:00", "1 day 01:30:00"),
    ("1.50::decimal(10, 2)", 1.5, "1.50"),
    ("7::decimal(10, 0)", 7, "7"),
    ("-0.05::decimal(10, 2)", -0.05, "-0.05"),
    ("12345678901234567890.123456789::decimal(38, 9)", "12345678901234567890.123456789", None),
    ("sum(7)", 7, "7"),
    ("9223372036854775807::hugeint", 9223372036854775807, "9223372036854775807"),
    ("18446744073709551615::ubigint", 18446744073709551615, "18446744073709551615"),
    ("1e0 / 3", 1 / 3, str(1 / 3)),
    ("'nan'::double", "NaN", "NaN"),
    ("[1, null, 3]", [1, None, 3], "[1,null,3]"),
    ("[timestamp '2026-01-01 00:00:00']", ["2026-01-01T00:00:00Z"], '["2026-01-01T00:00:00Z"]'),
    ("[interval 1 day]", ["1 day"], '["1 day"]'),
    ("array_value(1, 2)", [1, 2], "[1,2]"),
    ("[0.5, 1.25]", [0.5, 1.25], "[0.5,1.25]"),
    ("{'a': 1, 'b': {'c': [date '2026-01-02']}}", {"a": 1, "b": {"c": ["2026-01-02"]}}, None),
    ("[{'a': 1}, null]", [{"a": 1}, None], '[{"a":1},null]'),
    ("null::struct(a integer)", None, ""),
    ("map {'k': 'v'}", {"k": "v"}, '{"k":"v"}'),
    ("map {1: timestamp '2026-01-01 00:00:00'}", {"1": "2026-01-01T00:00:00Z"}, None),
    ("map {'k': [1.5]}", {"k": [1.5]}, '{"k":[1.5]}'),
    ("""'{"a": 1}'::json""", '{"a": 1}', '{"a": 1}'),
    ("'a'::blob", "a", "a"),
    ("'\\xAA'::blob", "\\xAA", "\\xAA"),
    ("'101'::bit", "101", "101"),
    ("uuid '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001", None),
    ("'a'::enum('a', 'b')", "a", "a"),
    ("union_value(n := 1)", "1", "1"),
    ("row(1, 'a')", "(1, a)", "(1, a)"),
    ("null", None, ""),
]
IDS = [entry[0] for entry in VALUES]


@pytest.fixture(name="write")
def _write(make_lake):
    path = make_lake({"2026-11-22": {"accounts": [{}]}})

    def write(sql, format_name):
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
        run_query(path, sql, format=format_name, out_stream=out, err_stream=io.StringIO())
        out.flush()
        return out.buffer.getvalue()

    return write


@pytest.mark.parametrize(("expression", "expected", "cell"), VALUES, ids=IDS)
def test_a_value_in_json_and_csv(write, expression, expected, cell):
    found = json.loads(write(f"select {expression} as x", "json"))
    assert found == [{"x": expected}]
    assert type(found[0]["x"]) is type(expected)
    if cell is not None:
        line = write(f"select {expression} as x, 'end' as y", "csv").decode().splitlines()[1]
        quoted = '"' + cell.replace('"', '""') + '"' if set(cell) & {",", '"'} else cell
        assert line == f"{quoted},end"


@pytest.mark.parametrize(("expression", "expected"), [entry[:2] for entry in VALUES], ids=IDS)
def test_a_value_in_a_table_and_in_parquet(write, expression, expected):
    assert write(f"select {expression} as x", "table")
    table = pq.read_table(pa.BufferReader(write(f"select {expression} as x", "parquet")))
    assert table.num_rows == 1
    assert (table.column("x").null_count == 1) == (expected is None)


def test_every_type_that_duckdb_has_can_be_written(write):
    # Without the extremes of instants, which the calendars of the formats lack.
    columns = "* exclude (date, timestamp, timestamp_s, timestamp_ms, timestamp_ns, timestamp_tz, timestamp_tz_ns, "
    columns += "date_array, timestamp_array, timestamptz_array, hugeint, uhugeint)"
    for name in ("json", "csv", "table", "parquet"):
        assert write(f"select {columns} from test_all_types()", name)  # noqa: S608 -- a literal statement


@pytest.mark.parametrize(
    "expression",
    [
        "'infinity'::timestamp",
        "'-infinity'::date",
        "date '12000-01-01'",
        "date '0044-03-15 (BC)'",
        "['infinity'::timestamptz]",
        "map {'k': date '12000-01-01'}",
    ],
)
def test_an_instant_outside_the_calendar_is_an_error(write, expression):
    for name in ("json", "csv", "table"):
        with pytest.raises(CredlakeError, match="Cast it to varchar"):
            write(f"select {expression} as x", name)
    assert b"x" in write(f"select ({expression})::varchar as x", "csv")


def test_parquet_keeps_the_types_of_numbers_and_instants(write):
    sql = "select sum(7) as s, 1.5::decimal(10, 2) as d, now() as t, [1] as l, {'a': 1} as r, interval 1 day as i"
    schema = pq.read_schema(pa.BufferReader(write(sql, "parquet")))
    assert [str(field.type) for field in schema] == [
        "int64",
        "decimal128(10, 2)",
        "timestamp[ms, tz=UTC]",
        "list<element: int32>",
        "struct<a: int32>",
        "string",
    ]


def test_a_sum_that_exceeds_a_bigint_is_an_error(write):
    with pytest.raises(CredlakeError, match="INT64"):
        write("select 170141183460469231731687303715884105727::hugeint as x", "json")
    assert json.loads(write("select (9223372036854775807::hugeint + 1)::varchar as x", "json")) == [
        {"x": "9223372036854775808"}
    ]
