"""One report from every engine: a lake in a folder, the same on S3, and Athena's results as text, page by page."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pytest

from collector.aws.athena import AthenaQueries
from collector.query.athena import run_on_athena
from collector.query.duckdb import LocalLake
from collector.query.statement import athena_statement
from collector.reports.data import read_report
from collector.reports.page import render
from collector.reports.scope import Scope
from collector.reports.workbook import write_report
from collector.views.files import shipped_views
from tests.reports.conftest import ALPHA, BETA

# Far fewer rows than Athena sends at once, so that a result has several pages.
PAGE_ROWS = 5
TYPES = {
    pa.string(): "varchar",
    pa.bool_(): "boolean",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.timestamp("ms"): "timestamp",
    pa.timestamp("us"): "timestamp",
    pa.date32(): "date",
    "sum": "bigint",
}


class AthenaOfLake:
    """Athena's calls, answered from a lake: typed columns, and every value as text, as Athena returns it.

    That Trino and DuckDB return the same rows is tested in tests/e2e/trino.
    """

    def __init__(self, lake: LocalLake) -> None:
        self._lake = lake
        self._results: list[tuple[list[dict], list[dict]]] = []

    def start_query_execution(self, *, QueryString, **_):  # noqa: N803 -- boto3's name
        rows = self._lake.rows(QueryString)
        # A sum is a decimal in DuckDB, a bigint in Athena.
        kinds = [TYPES["sum" if pa.types.is_decimal(kind) else kind] for kind in rows.schema.types]
        columns = [{"Name": name, "Type": kind} for name, kind in zip(rows.schema.names, kinds, strict=True)]
        cells = [dict(zip(rows.schema.names, rows.schema.names, strict=True))]
        cells += [row for batch in rows.batches for row in batch.to_pylist()]
        self._results.append((columns, [{"Data": [_cell(value) for value in row.values()]} for row in cells]))
        return {"QueryExecutionId": str(len(self._results) - 1)}

    def get_query_execution(self, *, QueryExecutionId):  # noqa: N803 -- boto3's name
        return {
            "QueryExecution": {
                "QueryExecutionId": QueryExecutionId,
                "Status": {"State": "SUCCEEDED"},
                "Statistics": {"DataScannedInBytes": 0, "TotalExecutionTimeInMillis": 1},
            }
        }

    def get_query_results(self, *, QueryExecutionId, NextToken="0", **_):  # noqa: N803 -- boto3's names
        columns, rows = self._results[int(QueryExecutionId)]
        start = int(NextToken)
        page = {"ResultSet": {"Rows": rows[start : start + PAGE_ROWS], "ResultSetMetadata": {"ColumnInfo": columns}}}
        return page | ({"NextToken": str(start + PAGE_ROWS)} if start + PAGE_ROWS < len(rows) else {})


def _cell(value: object) -> dict[str, str]:
    if value is None:
        return {}
    return {"VarCharValue": str(value).lower() if isinstance(value, bool) else str(value)}


@pytest.fixture(name="on_athena")
def _on_athena(lake):
    with LocalLake(lake) as local:
        queries = AthenaQueries(database="credlake", athena=AthenaOfLake(local), sleep=lambda _: None)
        yield lambda sql: run_on_athena(queries, athena_statement(sql, shipped_views())).rows


def test_the_page_from_athena_is_that_from_the_folder(on_athena, lake, data):
    found = read_report(on_athena, lake=lake, scope=Scope(), published=lambda _: data.published)

    assert render(found, language="ja") == render(data, language="ja")


def test_the_workbook_of_one_reader_from_athena_is_that_from_the_folder(on_athena, lake):
    books = [io.BytesIO(), io.BytesIO()]
    scope = Scope(accounts=(ALPHA, BETA))
    with LocalLake(lake) as local:
        write_report(local.rows, books[0], lake=lake, scope=scope)
    write_report(on_athena, books[1], lake=lake, scope=scope)

    assert books[0].getvalue() == books[1].getvalue()


def test_the_page_from_s3_is_that_from_the_folder(lake, data, moto, monkeypatch):
    for name, value in moto.environment().items():
        monkeypatch.setenv(name, value)
    bucket = moto.new_bucket()
    place = f"s3://{bucket}/lake"
    for path in sorted(Path(lake).rglob("*")):
        if path.is_file():
            moto.client().put_object(
                Bucket=bucket, Key=f"lake/{path.relative_to(lake).as_posix()}", Body=path.read_bytes()
            )

    with LocalLake(place) as local:
        found = read_report(local.rows, lake=place, scope=Scope(), published=lambda _: data.published)
    assert render(found).replace(place, lake) == render(data)
