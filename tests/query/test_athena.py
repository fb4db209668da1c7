"""Queries on Athena: over HTTP with moto, and with stubbed responses for what moto cannot do (failures, pages)."""

from __future__ import annotations

import io
import json
import urllib.request
from datetime import UTC, date, datetime
from decimal import Decimal

import botocore.session
import pyarrow as pa
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from collector.aws.athena import AthenaError, AthenaQueries, ScanLimitError, StaleViewError, TimeLimitError
from collector.errors import UsageError
from collector.query.athena import run_on_athena
from collector.query.statement import AthenaStatement
from tests.fixtures.s3_servers import moto_server

QUERY = "0a1b2c3d-0000-4000-8000-000000000001"
TYPES = ["varchar", "boolean", "integer", "bigint", "double", "timestamp", "date", "decimal", "varchar"]
NAMES = ["name", "flag", "small", "large", "rate", "at", "day", "money", "reasons"]
CELLS = ["", "true", "7", "9000000000", "0.25", "2026-11-23 10:11:12.345", "2026-11-23", "1.50", '{"a, b=":"c=d"}']
ROW = ["", True, 7, 9_000_000_000, 0.25, datetime(2026, 11, 23, 10, 11, 12, 345000), date(2026, 11, 23)]  # noqa: DTZ001  # Athena's have no zone
EXPECTED = [*ROW, Decimal("1.50"), [("a, b=", "c=d")]]
MAPS = frozenset({"reasons"})


def column_info():
    columns = [{"Name": name, "Type": kind} for name, kind in zip(NAMES, TYPES, strict=True)]
    columns[7] |= {"Precision": 10, "Scale": 2}
    return columns


def data(cells):
    return {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in cells]}


def values(rows):
    return [list(row.values()) for batch in rows.batches for row in batch.to_pylist(maps_as_pydicts=None)]


def client(service):
    session = botocore.session.Session()
    session.set_credentials("testing", "testing")
    return session.create_client(service, region_name="us-east-1")


@pytest.fixture(scope="module")
def moto():
    with moto_server() as server:
        server.client("s3").create_bucket(Bucket="results")
        yield server


@pytest.fixture
def stubbed():
    athena = client("athena")
    with Stubber(athena) as stub:
        yield athena, stub
        stub.assert_no_pending_responses()


def execution(state, *, scanned=0, **status):
    return {
        "QueryExecution": {
            "QueryExecutionId": QUERY,
            "Status": {"State": state, **status},
            "Statistics": {"DataScannedInBytes": scanned, "TotalExecutionTimeInMillis": 1800},
            "ResultConfiguration": {"OutputLocation": f"s3://results/{QUERY}.csv"},
        }
    }


def queries(athena, **settings):
    return AthenaQueries(database="credlake", athena=athena, sleep=lambda _: None, **settings)


def test_rows_are_typed(moto):
    rows = [data(NAMES), data(CELLS), data([None] * len(NAMES))]
    body = {"results": [{"rows": rows, "column_info": [{**c, "Label": c["Name"]} for c in column_info()]}]}
    request = urllib.request.Request(  # noqa: S310  # moto on loopback
        f"{moto.url}/moto-api/static/athena/query-results",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()  # noqa: S310  # the same

    over_http = queries(moto.client("athena"), output_location="s3://results/here/")
    result = run_on_athena(over_http, AthenaStatement("select …", MAPS))

    assert values(result.rows) == [EXPECTED, [None] * len(NAMES)]
    assert result.rows.schema.field("at").type == pa.timestamp("ms")
    assert result.query.output_location is not None
    assert result.query.output_location.startswith("s3://results/here/")


def test_a_workgroup_that_does_not_exist_is_named_with_the_next_step(moto):
    with pytest.raises(AthenaError, match=r"There is no workgroup analysts in this account and Region.*--workgroup"):
        queries(moto.client("athena"), workgroup="analysts").run("select 1")


def started(stub):
    stub.add_response("start_query_execution", {"QueryExecutionId": QUERY})


def test_the_request_names_database_workgroup_and_output_location(stubbed):
    athena, stub = stubbed
    stub.add_response(
        "start_query_execution",
        {"QueryExecutionId": QUERY},
        {
            "QueryString": "select 1",
            "QueryExecutionContext": {"Database": "credlake"},
            "WorkGroup": "analysts",
            "ResultConfiguration": {"OutputLocation": "s3://results/"},
        },
    )
    for state in ("QUEUED", "RUNNING", "RUNNING", "SUCCEEDED"):
        stub.add_response("get_query_execution", execution(state, scanned=12_300_000))

    finished = queries(athena, workgroup="analysts", output_location="s3://results/").run("select 1")

    assert (finished.bytes_scanned, finished.milliseconds) == (12_300_000, 1800)
    assert finished.cost() == f"Athena read 12.3 MB in 1.8 s (query {QUERY})"


CALL_FAULTS = [
    (
        "InvalidRequestException",
        (
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        ),
        "has no location for results.*--output-location",
    ),
    ("InvalidRequestException", "WorkGroup is not found.", "There is no workgroup analysts"),
    ("InvalidRequestException", "WorkGroup analysts is disabled.", "is disabled"),
    (
        "InvalidRequestException",
        "Unable to verify/create output bucket nobodys-results",
        "Results cannot be written to.*s3:PutObject",
    ),
    (
        "AccessDeniedException",
        "User: arn:aws:iam::111111111111:user/a is not authorized to perform: athena:StartQueryExecution",
        "athena:StartQueryExecution was denied in the workgroup analysts.*Grant it",
    ),
    ("TooManyRequestsException", "You have exceeded the limit", "too many queries"),
    ("InternalServerException", "oh", "athena:StartQueryExecution failed: InternalServerException: oh"),
]


@pytest.mark.parametrize(("code", "text", "message"), CALL_FAULTS, ids=[text[:40] for _, text, _ in CALL_FAULTS])
def test_a_query_that_cannot_be_started_is_explained_with_the_next_step(stubbed, code, text, message):
    athena, stub = stubbed
    stub.add_client_error("start_query_execution", code, text, 400)
    with pytest.raises(AthenaError, match=message):
        queries(athena, workgroup="analysts").run("select 1")


FAILURES = [
    (
        (
            "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.credlake.findings' is stale or in invalid state: column "
            "[x] of type boolean projected from query view at position 8 cannot be coerced"
        ),
        StaleViewError,
        "no longer fits what it reads: run `credlake views deploy --force`",
    ),
    (
        "INVALID_VIEW: line 3:6: Failed analyzing stored view 'awsdatacatalog.credlake.findings': line 4:1: x",
        StaleViewError,
        "credlake views deploy",
    ),
    (
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.credlake.findings' does not exist",
        StaleViewError,
        "not exist. `credlake views deploy` creates.*credlake collect.*database credlake",
    ),
    (
        "Query exhausted resources: Bytes scanned limit was exceeded",
        ScanLimitError,
        "The limit is the workgroup's",
    ),
    (
        (
            "PERMISSION_DENIED: com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; "
            "Status Code: 403; Error Code: AccessDenied)"
        ),
        AthenaError,
        "grant s3:GetObject and s3:ListBucket on the lake's bucket",
    ),
    (
        (
            "User: arn:aws:sts::111111111111:assumed-role/a is not authorized to perform: kms:Decrypt on the resource "
            "associated with this ciphertext"
        ),
        AthenaError,
        "Grant kms:Decrypt on the lake's key",
    ),
    (
        "User: arn:aws:iam::111111111111:user/a is not authorized to perform: glue:CreateTable on resource: x",
        AthenaError,
        "Grant glue:CreateTable on the catalog, the database credlake",
    ),
    ("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", UsageError, "Athena rejected the query"),
    ("GENERIC_INTERNAL_ERROR: oh", AthenaError, "The query failed: GENERIC_INTERNAL_ERROR: oh"),
]


@pytest.mark.parametrize(("reason", "kind", "message"), FAILURES, ids=[reason[:30] for reason, _, _ in FAILURES])
def test_a_query_that_fails_is_explained_with_the_next_step(stubbed, reason, kind, message):
    athena, stub = stubbed
    started(stub)
    stub.add_response("get_query_execution", execution("FAILED", StateChangeReason=reason))
    with pytest.raises(kind, match=message) as caught:
        queries(athena).run("select 1")
    assert type(caught.value) is kind
    assert reason in caught.value.message


def test_a_query_that_reads_more_than_the_limit_is_stopped(stubbed):
    athena, stub = stubbed
    started(stub)
    stub.add_response("get_query_execution", execution("RUNNING", scanned=999))
    stub.add_response("get_query_execution", execution("RUNNING", scanned=1001))
    stub.add_response("stop_query_execution", {}, {"QueryExecutionId": QUERY})
    with pytest.raises(ScanLimitError, match="had read 1,001 bytes, and --scan-limit allows 1,000"):
        queries(athena, scan_limit=1000).run("select 1")


def test_a_query_that_takes_longer_than_the_limit_is_stopped(stubbed):
    athena, stub = stubbed
    started(stub)
    stub.add_response("get_query_execution", execution("QUEUED"))
    stub.add_response("stop_query_execution", {}, {"QueryExecutionId": QUERY})
    with pytest.raises(TimeLimitError, match=r"after 1e-09 s.*--time-limit"):
        queries(athena, time_limit=1e-9).run("select 1")


def test_a_finished_query_returns_rows_even_beyond_the_limit(stubbed):
    athena, stub = stubbed
    started(stub)
    stub.add_response("get_query_execution", execution("SUCCEEDED", scanned=1001))
    assert queries(athena, scan_limit=1000).run("select 1").bytes_scanned == 1001


def test_an_interrupted_query_is_stopped(stubbed):
    athena, stub = stubbed
    started(stub)
    stub.add_response("get_query_execution", execution("RUNNING"))
    stub.add_response("stop_query_execution", {}, {"QueryExecutionId": QUERY})

    def interrupt(_seconds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        AthenaQueries(database="credlake", athena=athena, sleep=interrupt).run("select 1")


def finished(stub):
    started(stub)
    stub.add_response("get_query_execution", execution("SUCCEEDED"))


def page(rows, **more):
    return {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": column_info()}}, **more}


def test_a_result_of_many_rows_is_streamed_from_its_file(stubbed):
    athena, stub = stubbed
    finished(stub)
    stub.add_response("get_query_results", page([data(NAMES)], NextToken="more"))
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in CELLS)
    text = ",".join(f'"{name}"' for name in NAMES) + f"\n{quoted}\n" + "," * (len(NAMES) - 1) + "\n"
    text += quoted.replace('""', '"line 1\nline 2"', 1) + "\n"
    s3 = client("s3")
    with Stubber(s3) as files:
        body = StreamingBody(io.BytesIO(text.encode()), len(text.encode()))
        files.add_response("get_object", {"Body": body}, {"Bucket": "results", "Key": f"{QUERY}.csv"})
        rows = run_on_athena(queries(athena, s3=s3), AthenaStatement("select …", MAPS)).rows
        found = values(rows)

    assert found == [EXPECTED, [None] * len(NAMES), ["line 1\nline 2", *EXPECTED[1:]]]


def test_a_result_that_athena_stores_itself_is_read_by_pages(stubbed):
    athena, stub = stubbed
    started(stub)
    kept = execution("SUCCEEDED")
    del kept["QueryExecution"]["ResultConfiguration"]
    stub.add_response("get_query_execution", kept)
    stub.add_response("get_query_results", page([data(NAMES), data(CELLS)], NextToken="more"))
    stub.add_response(
        "get_query_results",
        page([data(CELLS)]),
        {"QueryExecutionId": QUERY, "MaxResults": 1000, "NextToken": "more"},
    )
    assert values(run_on_athena(queries(athena), AthenaStatement("select …", MAPS)).rows) == [EXPECTED, EXPECTED]


def test_a_result_that_cannot_be_fetched_names_the_missing_permission(stubbed):
    athena, stub = stubbed
    finished(stub)
    stub.add_client_error("get_query_results", "AccessDeniedException", "no", 400)
    with pytest.raises(
        AthenaError, match=r"succeeded, but its result could not be fetched.*Grant the caller s3:GetObject"
    ):
        run_on_athena(queries(athena), AthenaStatement("select 1"))


def test_a_client_of_s3_that_cannot_be_made_is_reported_to_the_user(stubbed, monkeypatch):
    athena, stub = stubbed
    finished(stub)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "nonsense")
    with pytest.raises(AthenaError, match="client of s3 failed: InvalidEndpoint"):
        run_on_athena(queries(athena), AthenaStatement("select 1"))


def test_timestamps_are_utc(stubbed):
    """Athena's timestamps have no zone and are UTC: the formats write them with `Z`."""
    athena, stub = stubbed
    finished(stub)
    stub.add_response("get_query_results", page([data(NAMES), data(CELLS)]))
    [batch] = run_on_athena(queries(athena), AthenaStatement("select …", MAPS)).rows.batches
    instant = batch.column(5).cast(pa.timestamp("ms", tz="UTC"))[0].as_py()
    assert instant == datetime(2026, 11, 23, 10, 11, 12, 345000, tzinfo=UTC)


def test_a_nested_column_that_is_returned_as_text_is_named_with_its_type(stubbed):
    athena, stub = stubbed
    stub.add_response("start_query_execution", {"QueryExecutionId": QUERY})
    stub.add_response("get_query_execution", execution("SUCCEEDED"))
    columns = [{"Name": "account_id", "Type": "varchar"}, {"Name": "tags", "Type": "map"}]
    rows = [data(["account_id", "tags"]), data(["111111111111", "{team=pay}"])]
    stub.add_response("get_query_results", {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns}}})

    result = run_on_athena(queries(athena, s3=object()), AthenaStatement("select account_id, tags from account"))

    assert result.text_columns == {"tags": "map"}
    assert values(result.rows) == [["111111111111", "{team=pay}"]]
