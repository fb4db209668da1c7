"""A run that is written becomes the files of a snapshot, and their content."""

from __future__ import annotations

import gzip
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.lake import parquet as user_files
from collector.lake.local_store import LocalStore
from collector.lake.publish import publish
from collector.lake.writer import SnapshotWriter
from collector.schema import file_schema
from tests.fixtures.examples import (
    FINISHED,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    RUN,
    account_evidence,
    denied_evidence,
    run_evidence,
    some_accounts,
    write,
)
from tests.fixtures.reports import report

RAW = f"raw/{ORGANIZATION}/{RUN}"
TABLES = f"snapshots/{ORGANIZATION}/2026-11-23/{RUN}"


def rows(store, scratch, written, record_type, *columns):
    tables = [
        pq.read_table(store.fetch(file.path, scratch), partitioning=None)
        for file in written.files
        if file.record_type == record_type
    ]
    return [tuple(row.values()) for row in pa.concat_tables(tables).select(columns).to_pylist()]


def files_under(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_run_becomes_the_files_of_the_lakes_format(store, scratch, tmp_path):
    write(store, scratch, some_accounts())

    assert files_under(tmp_path / "lake") == [
        f"{RAW}/111111111111.csv.gz",
        f"{RAW}/333333333333.csv.gz",
        f"{RAW}/444444444444.csv.gz",
        f"{RAW}/555555555555.csv.gz",
        f"{RAW}/accounts.jsonl.gz",
        f"{RAW}/run.json",
        f"{TABLES}/accounts.parquet",
        f"{TABLES}/users-00000.parquet",
    ]
    assert files_under(scratch) == []


def test_every_account_is_a_row_and_every_user_of_a_collected_one(store, scratch):
    written = write(store, scratch, some_accounts())

    assert rows(store, scratch, written, "account", "account_id", "outcome", "user_count") == [
        ("111111111111", "collected", 3),
        ("222222222222", "assume_denied", None),
        ("333333333333", "collected", 2),
        ("444444444444", "malformed_report", None),
        ("555555555555", "wrong_account", None),
        ("666666666666", "skipped_state", None),
    ]
    assert rows(store, scratch, written, "user", "account_id", "user_name") == [
        ("111111111111", "<root_account>"),
        ("111111111111", "alice"),
        ("111111111111", "bob"),
        ("333333333333", "<root_account>"),
        ("333333333333", "carol"),
    ]


def test_the_snapshot_has_the_counts_of_its_coverage(store, scratch):
    written = write(store, scratch, some_accounts())

    assert (written.accounts.total, written.accounts.active, written.accounts.covered) == (6, 5, 2)
    assert written.accounts.by_outcome == {
        "collected": 2,
        "partial": 0,
        "skipped_state": 1,
        "excluded": 0,
        "assume_denied": 1,
        "report_denied": 0,
        "report_timeout": 0,
        "not_reached": 0,
        "throttled": 0,
        "malformed_report": 1,
        "wrong_account": 1,
        "failed": 0,
    }
    assert written.users == 5
    assert written.columns == {kind: len(file_schema(kind)) for kind in ("account", "user", "exception")}


def test_the_outcome_of_each_account_that_will_be_published_is_handed_back(store, scratch):
    written = []
    with SnapshotWriter(store, run_evidence(), scratch, on_written=written.extend) as writer:
        for evidence, content in some_accounts():
            writer.add(evidence, content)
        writer.finish(FINISHED)

    assert [account.evidence.account_id for account in written] == [one.account_id for one, _ in some_accounts()]
    assert [account.result.outcome for account in written] == [
        "collected",
        "assume_denied",
        "malformed_report",
        "collected",
        "wrong_account",
        "skipped_state",
    ]


def test_the_bytes_of_every_report_are_kept_unmodified(store, scratch, tmp_path):
    write(store, scratch, some_accounts())

    kept = {
        name: gzip.decompress((tmp_path / "lake" / RAW / f"{name}.csv.gz").read_bytes())
        for name in ("111111111111", "444444444444", "555555555555")
    }
    assert kept == {
        "111111111111": report("111111111111", "alice", "bob"),
        "444444444444": b"<html>Service Unavailable</html>",
        "555555555555": report("999999999999", "mallory"),
    }


def test_each_raw_file_is_proved_by_a_hash_in_the_one_above_it(store, scratch, tmp_path):
    written = write(store, scratch, some_accounts())

    folder = tmp_path / "lake" / RAW
    run = (folder / "run.json").read_bytes()
    lines = (folder / "accounts.jsonl.gz").read_bytes()
    first = json.loads(gzip.decompress(lines).splitlines()[0])
    content = report("111111111111", "alice", "bob")
    assert written.run_sha256 == hashlib.sha256(run).hexdigest()
    assert json.loads(run)["accounts_sha256"] == hashlib.sha256(lines).hexdigest()
    assert first["stored_sha256"] == hashlib.sha256((folder / "111111111111.csv.gz").read_bytes()).hexdigest()
    assert first["raw_sha256"] == hashlib.sha256(content).hexdigest()


def test_the_record_has_the_size_and_hash_of_each_file(store, scratch, tmp_path):
    written = write(store, scratch, some_accounts())

    for file in written.files:
        content = (tmp_path / "lake" / file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert [(file.record_type, file.rows) for file in written.files] == [("account", 6), ("user", 5)]


def test_the_order_of_the_accounts_changes_no_byte(tmp_path, scratch):
    one, two = LocalStore(tmp_path / "one"), LocalStore(tmp_path / "two")

    assert write(one, scratch, some_accounts()) == write(two, scratch, some_accounts()[::-1])
    assert (tmp_path / "one" / RAW / "run.json").read_bytes() == (tmp_path / "two" / RAW / "run.json").read_bytes()


def test_accounts_may_be_added_from_many_threads_at_once(store, scratch):
    names = [f"{number:012d}" for number in range(300)]
    with SnapshotWriter(store, run_evidence(), scratch) as writer, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: writer.add(account_evidence(name), report(name, "alice")), names))
        written = writer.finish(FINISHED)

    assert rows(store, scratch, written, "user", "account_id", "user_name") == [
        (name, user) for name in names for user in ("<root_account>", "alice")
    ]


def test_users_are_sorted_by_account_in_a_row_group_and_no_account_is_in_two(store, scratch, monkeypatch):
    monkeypatch.setattr("collector.lake.writer._BATCH_ACCOUNTS", 1)
    monkeypatch.setattr(user_files.UserFiles.__init__, "__kwdefaults__", {"file_bytes": 10**9, "group_rows": 50})
    in_order = [f"{number:012d}" for number in range(100)]
    names = in_order[::2] + in_order[::-2]

    written = write(store, scratch, [(account_evidence(name), report(name, "alice", "bob")) for name in names])

    [users] = [file for file in written.files if file.record_type == "user"]
    parquet = pq.ParquetFile(store.fetch(users.path, scratch))
    groups = [parquet.read_row_group(number)["account_id"].to_pylist() for number in range(parquet.num_row_groups)]
    assert [len(group) for group in groups] == [51, 51, 51, 51, 51, 45]
    assert all(group == sorted(group) for group in groups)
    assert sum(len(set(group)) for group in groups) == 100


def test_a_new_file_of_users_begins_before_one_grows_too_large(store, scratch, monkeypatch):
    monkeypatch.setattr("collector.lake.writer._BATCH_ACCOUNTS", 1)
    monkeypatch.setattr(user_files.UserFiles.__init__, "__kwdefaults__", {"file_bytes": 6_000, "group_rows": 20})
    names = [f"{number:012d}" for number in range(60)]

    written = write(store, scratch, [(account_evidence(name), report(name, "alice")) for name in names])

    users = [file for file in written.files if file.record_type == "user"]
    assert len(users) > 1
    assert [file.path.rpartition("/")[2] for file in users[:2]] == ["users-00000.parquet", "users-00001.parquet"]
    assert sum(file.rows for file in users) == 120
    # Of files this small the footer is the larger part; of one of 256 MB it is nothing.
    for file in users:
        metadata = pq.ParquetFile(store.fetch(file.path, scratch)).metadata
        data = sum(
            metadata.row_group(group).column(column).total_compressed_size
            for group in range(metadata.num_row_groups)
            for column in range(metadata.num_columns)
        )
        assert data <= 6_000
    assert rows(store, scratch, written, "user", "account_id")[::2] == [(name,) for name in names]


def test_a_run_without_users_has_no_file_of_users(store, scratch):
    written = write(store, scratch, [(denied_evidence("222222222222"), None)])

    assert [file.record_type for file in written.files] == ["account"]
    assert (written.accounts.covered, written.users) == (0, 0)


def test_a_run_that_ends_after_midnight_keeps_the_date_of_its_start(store, scratch):
    started = datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC)
    run = run_evidence(started_at=started, run_id="20261123T235958Z-1a2b3c4d")

    written = write(store, scratch, some_accounts(), run=run, finished_at=started + timedelta(minutes=5))

    assert written.snapshot_date == "2026-11-23"
    assert written.files[0].path == f"snapshots/{ORGANIZATION}/2026-11-23/20261123T235958Z-1a2b3c4d/accounts.parquet"
    assert rows(store, scratch, written, "user", "snapshot_date")[0] == ("2026-11-23",)


def test_two_organizations_in_one_lake_keep_their_accounts_apart(store, scratch):
    account = [(account_evidence("111111111111"), report("111111111111", "alice"))]
    one = write(store, scratch, account)
    two = write(store, scratch, some_accounts(), run=run_evidence(organization_id=OTHER_ORGANIZATION))
    for written in (one, two):
        publish(store, written, now=lambda: FINISHED)

    assert rows(store, scratch, one, "account", "organization_id", "account_id") == [(ORGANIZATION, "111111111111")]
    assert {name for (name,) in rows(store, scratch, two, "user", "organization_id")} == {OTHER_ORGANIZATION}


def test_what_is_known_only_at_the_end_of_a_run_is_stored(store, scratch, tmp_path):
    with SnapshotWriter(store, run_evidence(), scratch) as writer:
        writer.add(*some_accounts()[0])
        writer.finish(FINISHED, endpoints={"iam": "http://127.0.0.1:5000"})

    run = json.loads((tmp_path / "lake" / RAW / "run.json").read_bytes())
    assert run["endpoints"] == {"iam": "http://127.0.0.1:5000"}
    assert run["finished_at"] == "2026-11-23T15:24:00.123456Z"


@pytest.fixture(name="metadata")
def _metadata(store, scratch):
    written = write(store, scratch, some_accounts())
    return {file.record_type: pq.ParquetFile(store.fetch(file.path, scratch)).metadata for file in written.files}


@pytest.mark.parametrize("record_type", ["account", "user"])
def test_timestamps_are_int64_milliseconds_in_utc_and_never_int96(metadata, record_type):
    schema = metadata[record_type].schema
    columns = [schema.column(number) for number in range(len(schema.names))]
    stamps = [
        column
        for column in columns
        if column.name.endswith(("_at", "_date", "_time")) and column.name != "snapshot_date"
    ]

    assert len(stamps) >= 4
    for column in stamps:
        assert (column.physical_type, column.converted_type) == ("INT64", "TIMESTAMP_MILLIS")
        assert json.loads(column.logical_type.to_json())["isAdjustedToUTC"] is True
    assert "INT96" not in {column.physical_type for column in columns}


@pytest.mark.parametrize("record_type", ["account", "user"])
def test_files_hold_exactly_the_columns_of_their_kind_with_their_meaning(metadata, record_type):
    found = metadata[record_type].schema.to_arrow_schema()

    assert found.names == file_schema(record_type).names
    assert found.types == file_schema(record_type).types
    assert found.field("account_id").metadata[b"comment"] == b"The account: 12 digits, as text (leading zeros count)."


def test_statistics_let_readers_skip_row_groups(metadata):
    group = metadata["user"].row_group(0)
    columns = {group.column(number).path_in_schema: group.column(number) for number in range(group.num_columns)}

    assert (columns["account_id"].statistics.min, columns["account_id"].statistics.max) == (
        "111111111111",
        "333333333333",
    )
    assert columns["account_id"].has_column_index
    assert columns["account_id"].compression == "ZSTD"
