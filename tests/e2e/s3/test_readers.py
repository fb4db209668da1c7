"""Who reads a lake on S3, by Glue's pointer or by the record, sees exactly the published snapshot."""

from __future__ import annotations

import io
import json
import secrets
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from collector.catalog.sync import sync_catalog
from collector.errors import CredlakeError, LakeError
from collector.lake.publish import publish
from collector.lake.record import read_record
from collector.lake.s3_store import open_s3_store
from collector.query.duckdb import LocalLake
from collector.query.run import run_query
from tests.fixtures.examples import DAY, FINISHED, ORGANIZATION, account_evidence, denied_evidence, run_of, write
from tests.fixtures.faulty_wire import Fault, faulty_wire
from tests.fixtures.reports import report

EARLIER = "2026-11-22"


@pytest.fixture(name="in_moto", scope="module")
def _in_moto(moto):
    """moto is what the environment names, as AWS would be; yields the proxy that sees what is asked."""
    with faulty_wire(moto) as (wire, server), pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment().items():
            patch.setenv(name, value)
        moto.client().create_bucket(Bucket="lakes-of-readers")
        yield wire


@pytest.fixture(name="lake")
def _lake(in_moto):
    return open_s3_store(f"s3://lakes-of-readers/{secrets.token_hex(6)}")


@pytest.fixture(name="collect_day")
def _collect_day(lake, tmp_path):
    def collect_day(day, number, *users):
        accounts = [
            (account_evidence("111111111111"), report("111111111111", *users)),
            (denied_evidence("222222222222"), None),
        ]
        written = write(lake, tmp_path, accounts, run=run_of(day, number))
        return publish(lake, written, now=lambda: FINISHED)

    return collect_day


def independent_filesystem(server_url):
    """pyarrow set up by hand, as a stranger would."""
    return pyarrow.fs.S3FileSystem(
        endpoint_override=urlsplit(server_url).netloc, scheme="http", access_key="x", secret_key="y", region="us-east-1"
    )


HIVE_TYPES = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "timestamp": pa.timestamp("ms", tz="UTC"),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
}


def rows_at(server, descriptor):
    """All rows in all files under a partition's location, by the columns that Glue says, as pyarrow finds them."""
    columns = [(column["Name"], HIVE_TYPES[column["Type"]]) for column in descriptor["Columns"]]
    files = independent_filesystem(server.url)
    place = descriptor["Location"].removeprefix("s3://")
    return ds.dataset(place, schema=pa.schema(columns), format="parquet", filesystem=files).to_table()


def users_at(server, descriptor):
    rows = rows_at(server, descriptor).select(["record_type", "run_id", "user_name"]).to_pylist()
    return sorted((row["run_id"], row["user_name"]) for row in rows if row["record_type"] == "user")


def test_pyarrow_over_the_location_of_a_partition_sees_exactly_the_snapshot(lake, collect_day, moto):
    glue = moto.client("glue")
    collect_day(EARLIER, 1, "alice")
    collect_day(DAY, 1, "alice", "bob")
    collect_day(DAY, 2, "alice", "carol")
    sync_catalog(lake, ORGANIZATION, database="readers", client=glue)

    def partition(table, *values):
        answer = glue.get_partition(DatabaseName="readers", TableName=table, PartitionValues=list(values))
        return answer["Partition"]["StorageDescriptor"]

    second = [("20261123T010203Z-00000002", name) for name in ("<root_account>", "alice", "carol")]
    assert users_at(moto, partition("snapshot_record", ORGANIZATION, DAY)) == second
    assert users_at(moto, partition("snapshot_record_latest", ORGANIZATION)) == second
    accounts = rows_at(moto, partition("snapshot_record_latest", ORGANIZATION)).select(["account_id", "outcome"])
    assert sorted(row["account_id"] for row in accounts.to_pylist() if row["outcome"]) == ["111111111111", "2" * 12]
    assert users_at(moto, partition("snapshot_record", ORGANIZATION, EARLIER)) == [
        ("20261122T010203Z-00000001", name) for name in ("<root_account>", "alice")
    ]


def answer_of(lake, question):
    out, err = io.StringIO(), io.StringIO()
    run_query(lake.uri, question, format="json", out_stream=out, err_stream=err, now=datetime(2026, 11, 24, tzinfo=UTC))
    return json.loads(out.getvalue()), err.getvalue()


def test_duckdb_returns_the_same_from_a_lake_on_s3_as_from_a_folder(lake, collect_day):
    collect_day(EARLIER, 1, "alice")
    collect_day(DAY, 1, "alice", "bob")

    newest, said = answer_of(lake, "select user_name, user_creation_time from credential_report order by 1")
    history, _ = answer_of(
        lake, "select snapshot_date, count(*) as users from credential_report_history group by 1 order by 1"
    )
    accounts, _ = answer_of(lake, "select account_id, outcome, minimum_password_length from account order by 1")

    assert newest == [
        {"user_name": "<root_account>", "user_creation_time": "2025-08-25T13:49:23Z"},
        {"user_name": "alice", "user_creation_time": "2026-09-11T13:14:44Z"},
        {"user_name": "bob", "user_creation_time": "2026-09-11T13:14:44Z"},
    ]
    assert history == [{"snapshot_date": EARLIER, "users": 2}, {"snapshot_date": DAY, "users": 3}]
    assert accounts == [
        {"account_id": "111111111111", "outcome": "collected", "minimum_password_length": 14},
        {"account_id": "222222222222", "outcome": "assume_denied", "minimum_password_length": None},
    ]
    assert said.startswith("o-abcdefghij: snapshot 2026-11-23, ")


def opened(wire):
    """The Parquet files that were asked for, by day and name."""
    paths = {line.split(" ")[1].partition("?")[0] for line in wire.seen if line.startswith(("GET", "HEAD"))}
    return sorted("/".join(path.split("/")[-3::2]) for path in paths if path.endswith(".parquet"))


@pytest.mark.parametrize(
    ("question", "files"),
    [
        ("select * from account", [f"{DAY}/accounts.parquet"]),
        ("select * from report_rows", [f"{DAY}/users-00000.parquet"]),
        ("select * from credential_report", [f"{DAY}/accounts.parquet", f"{DAY}/users-00000.parquet"]),
        (
            "select * from credential_report_history where snapshot_date = '2026-11-22'",
            [f"{EARLIER}/accounts.parquet", f"{EARLIER}/users-00000.parquet"],
        ),
        ("select count(*) from account_history where organization_id = 'o-zzzzzzzzzz'", []),
    ],
)
def test_a_query_opens_no_more_files_than_it_needs(lake, collect_day, in_moto, question, files):
    collect_day("2026-11-21", 1, "alice")
    collect_day(EARLIER, 1, "alice")
    collect_day(DAY, 1, "alice", "bob")
    in_moto.clear()

    answer_of(lake, question)

    assert opened(in_moto) == files


def test_a_missing_file_of_the_record_is_an_error_that_names_it(lake, collect_day, moto):
    record = collect_day(DAY, 1, "alice")
    path = record.newest.files[0].path
    moto.client().delete_object(Bucket=lake.place.bucket, Key=lake.place.key(path))

    with pytest.raises(CredlakeError, match=rf"{path}.*credlake verify"):
        answer_of(lake, "select * from account")


@pytest.mark.parametrize("bytes_left", [100, 100_000])
def test_a_file_of_another_size_than_recorded_is_an_error_that_names_it(lake, collect_day, moto, bytes_left):
    file = collect_day(DAY, 1, "alice").newest.files[0]
    content = lake.read(file.path)
    spoiled = (content + bytes(bytes_left))[:bytes_left]
    moto.client().put_object(Bucket=lake.place.bucket, Key=lake.place.key(file.path), Body=spoiled)

    with pytest.raises(LakeError, match=rf"{file.path} is damaged: it has .* bytes.*credlake rebuild"):
        answer_of(lake, "select * from account")


@pytest.mark.parametrize(("checksum", "message"), [("SHA256", "SHA-256 is not"), ("CRC32", "credlake verify")])
def test_a_flipped_bit_is_found_by_the_stored_checksum_or_that_of_the_page(lake, collect_day, moto, checksum, message):
    file = collect_day(DAY, 1, "alice").newest.files[0]
    content = bytearray(lake.read(file.path))
    parquet = pq.ParquetFile(io.BytesIO(content))
    column = parquet.metadata.row_group(0).column(parquet.schema_arrow.names.index("account_id"))
    content[column.dictionary_page_offset + 30] ^= 1
    moto.client().put_object(
        Bucket=lake.place.bucket, Key=lake.place.key(file.path), Body=bytes(content), ChecksumAlgorithm=checksum
    )

    with pytest.raises(CredlakeError, match=message) as caught:
        answer_of(lake, "select * from account")
    assert caught.value.exit_code == 3


def test_a_denied_read_is_the_error_of_the_lake_with_the_permission_to_grant(lake, collect_day, in_moto):
    file = collect_day(DAY, 1, "alice").newest.files[0]
    in_moto.spoil(Fault.DENIED, method="GET", part="accounts.parquet", times=100)
    try:
        with pytest.raises(LakeError, match=rf"^Reading s3://.*{file.path} failed: .*Grant the caller s3:GetObject"):
            answer_of(lake, "select * from account")
    finally:
        in_moto.clear()


def test_of_a_large_file_a_query_reads_the_footer_and_its_columns_in_few_requests(lake, collect_day, in_moto):
    collect_day(DAY, 1, *(f"user-{number}-{secrets.token_hex(30)}" for number in range(4_000)))
    (file,) = [file for file in read_record(lake, ORGANIZATION).record.newest.files if file.record_type == "user"]
    in_moto.clear()

    newest, _ = answer_of(lake, "select count(mfa_active) as users from report_rows")

    assert newest == [{"users": 4_001}]
    requests = [line for line in in_moto.seen if line.startswith("GET") and "users-00000" in line]
    assert file.bytes > 250_000
    assert len(requests) <= 3


def test_a_session_on_a_lake_on_s3_reads_only_its_files(lake, collect_day, tmp_path):
    collect_day(DAY, 1, "alice")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with LocalLake(lake.uri) as opened_lake, pytest.raises(Exception, match=r"disabled by configuration"):
        opened_lake.connection.execute("select * from read_csv($1)", [str(tmp_path / "secret.csv")]).fetchall()


def test_a_lake_on_s3_without_a_snapshot_is_an_error(lake):
    lake.check_writable()

    with pytest.raises(LakeError, match="holds no snapshot"):
        answer_of(lake, "account")
    assert read_record(lake, ORGANIZATION).record is None
