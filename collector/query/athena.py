"""The result of a query on Athena as typed Arrow batches.

Athena writes a result as CSV in which every value is quoted and null is empty, so null differs from the empty string.
One GET streams the file, while GetQueryResults returns a thousand rows a call; so pages are read only for results of
one page, and for workgroups whose results Athena stores itself. The column types come with the first page.
"""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.csv as pacsv

from collector.aws.athena import AthenaError
from collector.aws.errors import translated
from collector.aws.pages import every_page
from collector.errors import CallFault, FaultKind
from collector.query.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from types_boto3_athena import AthenaClient
    from types_boto3_athena.type_defs import (
        ColumnInfoTypeDef,
        GetQueryResultsInputTypeDef,
        GetQueryResultsOutputTypeDef,
        RowTypeDef,
    )
    from types_boto3_s3 import S3Client

    from collector.aws.athena import AthenaQueries, FinishedQuery
    from collector.query.statement import AthenaStatement

_RESULTS = "athena:GetQueryResults"
_PAGE_ROWS = 1000
_BLOCK_BYTES = 4 << 20

_TYPES: dict[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "float": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}
_MAP = pa.map_(pa.string(), pa.string())
# Athena's text of these types, `{a=b, c=d}`, cannot be parsed. The field of such a column has its type as metadata.
_NESTED = frozenset({"map", "array", "row"})
_ATHENA_TYPE = b"athena_type"


@dataclass(frozen=True, slots=True)
class AthenaResult:
    """The result of a select."""

    rows: Rows  # The rows, fetched while they are read.
    query: FinishedQuery  # The query: its id, time and bytes read.
    text_columns: dict[str, str]
    """The columns of a nested type that Athena returned as its own text, with that type: `{"tags": "map"}`."""


def run_on_athena(queries: AthenaQueries, statement: AthenaStatement) -> AthenaResult:
    """Run a select; its rows are fetched while they are read, and never all held in memory.

    Raises:
        CredlakeError: it could not be started, or it failed. Reading the rows raises it too.
    """
    query = queries.run(statement.sql)
    s3 = queries.s3 if query.output_location is not None else None
    rows = _read_rows(queries.athena, s3, query.query_execution_id, query.output_location, statement.map_columns)
    nested = {f.name: kind.decode() for f in rows.schema if (kind := (f.metadata or {}).get(_ATHENA_TYPE))}
    return AthenaResult(rows, query, nested)


def _read_rows(
    athena: AthenaClient,
    s3: S3Client | None,
    query_execution_id: str,
    location: str | None,
    map_columns: frozenset[str],
) -> Rows:
    """The rows of a finished select; without `s3` or `location` (`s3://bucket/key.csv`) from pages alone."""
    first = _page(athena, query_execution_id, None)
    schema = _schema(first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"])
    target = pa.schema([f.with_type(_MAP).remove_metadata() if f.name in map_columns else f for f in schema])
    if "NextToken" in first and s3 is not None and location is not None and location.endswith(".csv"):
        batches = _from_file(s3, location, schema)
    else:
        batches = _from_pages(athena, query_execution_id, first, schema)
    return Rows(target, (_with_maps(batch, target) for batch in batches))


def _schema(columns: list[ColumnInfoTypeDef]) -> pa.Schema:
    return pa.schema([_field(column) for column in columns])


def _field(column: ColumnInfoTypeDef) -> pa.Field[Any]:
    kind = str(column["Type"])
    return pa.field(column["Name"], _type(column), metadata={_ATHENA_TYPE: kind} if kind in _NESTED else None)


def _type(column: ColumnInfoTypeDef) -> pa.DataType:
    """The Arrow type; text where no format could hold one."""
    if column["Type"] == "decimal":
        return pa.decimal128(column["Precision"], column["Scale"])
    return _TYPES.get(column["Type"], pa.string())


def _page(athena: AthenaClient, query_execution_id: str, token: str | None) -> GetQueryResultsOutputTypeDef:
    request: GetQueryResultsInputTypeDef = {"QueryExecutionId": query_execution_id, "MaxResults": _PAGE_ROWS}
    if token is not None:
        request["NextToken"] = token
    with _explained(_RESULTS):
        return athena.get_query_results(**request)


def _from_pages(
    athena: AthenaClient, query_id: str, first: GetQueryResultsOutputTypeDef, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    def pages() -> Iterator[GetQueryResultsOutputTypeDef]:
        page = first
        yield page
        while (token := page.get("NextToken")) is not None:
            yield (page := _page(athena, query_id, token))

    numbers = count()
    skipped = 1  # the first row of the first page is the header
    with _explained(_RESULTS):
        # Equal rows are no repetition.
        for page in every_page(_RESULTS, pages(), lambda page: [next(numbers) for _ in page["ResultSet"]["Rows"]]):
            rows = page["ResultSet"]["Rows"][skipped:]
            skipped = 0
            if rows:
                yield _typed(rows, schema)


def _typed(rows: list[RowTypeDef], schema: pa.Schema) -> pa.RecordBatch:
    columns = []
    for place, field in enumerate(schema):
        read = _reader(field.type)
        cells = [row["Data"][place].get("VarCharValue") for row in rows]
        columns.append(pa.array([None if cell is None else read(cell) for cell in cells], field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _reader(kind: pa.DataType) -> Callable[[str], Any]:
    """What parses a cell's text."""
    readers: tuple[tuple[Callable[[pa.DataType], bool], Callable[[str], Any]], ...] = (
        (pa.types.is_boolean, "true".__eq__),
        (pa.types.is_integer, int),
        (pa.types.is_floating, float),
        (pa.types.is_decimal, Decimal),
        (pa.types.is_date, date.fromisoformat),
        (pa.types.is_timestamp, datetime.fromisoformat),
    )
    return next((read for is_of, read in readers if is_of(kind)), str)


def _from_file(s3: S3Client, location: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    # Two columns may have the same name; their positions differ.
    places = [str(place) for place in range(len(schema))]
    try:
        with (
            _explained("s3:GetObject"),
            closing(s3.get_object(Bucket=bucket, Key=key)["Body"]) as body,
            pacsv.open_csv(
                cast("IO[bytes]", pa.PythonFile(body, mode="r")),  # which the stubs of `csv` lack
                read_options=pacsv.ReadOptions(column_names=places, skip_rows=1, block_size=_BLOCK_BYTES),
                parse_options=pacsv.ParseOptions(newlines_in_values=True),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict(zip(places, schema.types, strict=True)),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    true_values=["true"],
                    false_values=["false"],
                ),
            ) as reader,
        ):
            for batch in reader:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
    except (pa.ArrowInvalid, OSError) as error:
        raise AthenaError(f"The result at {location} cannot be read: {error}", location=location) from error


def _with_maps(batch: pa.RecordBatch, target: pa.Schema) -> pa.RecordBatch:
    """The batch with its JSON converted to maps."""
    columns = [
        _maps(column) if pa.types.is_map(field.type) else column
        for column, field in zip(batch.columns, target, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=target)


def _maps(column: pa.Array[Any]) -> pa.Array[Any]:
    texts = column.to_pylist()
    return pa.array([None if text is None else list(json.loads(text).items()) for text in texts], _MAP)


@contextmanager
def _explained(operation: str) -> Iterator[None]:
    """Raise a failed call within as an AthenaError."""
    try:
        with translated(operation):
            yield
    except CallFault as fault:
        hint = (
            " Grant the caller s3:GetObject on the folder of the results, and kms:Decrypt if it has a key."
            if fault.kind is FaultKind.DENIED
            else f" {fault.environment_step or 'Run the query again.'}"
        )
        raise AthenaError(
            f"The query succeeded, but its result could not be fetched: {operation}: {fault.code}: "
            f"{fault.message}{hint}",
            operation=operation,
            code=fault.code,
        ) from fault
