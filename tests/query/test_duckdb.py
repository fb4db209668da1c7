"""A lake in a folder as DuckDB's tables and views: which rows, which files, which types."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from collector.errors import LakeError, NewerLakeError
from collector.query.duckdb import LocalLake
from collector.query.snapshots import NoSnapshotError
from collector.schema import SNAPSHOT_RECORD, file_schema
from collector.views.files import shipped_views

DAY_1, DAY_2 = "2026-11-21", "2026-11-22"


def fetch(lake: LocalLake, sql: str) -> list[tuple]:
    return lake.connection.execute(lake._definitions.prepare(sql)).fetchall()


@pytest.fixture
def open_lake(make_lake):
    opened = []

    def open_(days, **options) -> LocalLake:
        lake = LocalLake(make_lake(days, **options))
        opened.append(lake)
        return lake

    yield open_
    for lake in opened:
        lake.close()


def test_a_view_reads_the_newest_day_and_its_history_all_days(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{"account_name": "old"}]}, DAY_2: {"accounts": [{"account_name": "new"}]}})
    assert fetch(lake, "select account_name from account") == [("new",)]
    assert fetch(lake, "select snapshot_date, account_name from account_history order by 1") == [
        (DAY_1, "old"),
        (DAY_2, "new"),
    ]


def test_files_that_the_record_does_not_name_are_not_read(open_lake, make_lake):
    lake_path = Path(make_lake({DAY_1: {"accounts": [{"account_name": "superseded"}]}}))
    superseded = next(lake_path.glob("snapshots/*/*/*/accounts.parquet"))
    superseded.rename(superseded.with_name("superseded.parquet"))
    lake = open_lake({DAY_1: {"accounts": [{"account_name": "live"}]}})
    assert fetch(lake, "select account_name from account_history") == [("live",)]


def test_a_current_view_reads_each_organizations_newest_day(make_lake):
    make_lake({DAY_1: {"accounts": [{}]}}, organization="o-aaaaaaaaaa")
    path = make_lake({DAY_2: {"accounts": [{}]}}, organization="o-bbbbbbbbbb")
    with LocalLake(path) as lake:
        expected = [("o-aaaaaaaaaa", DAY_1), ("o-bbbbbbbbbb", DAY_2)]
        assert fetch(lake, "select organization_id, snapshot_date from account order by 1") == expected
    with LocalLake(path, ["o-aaaaaaaaaa"]) as lake:
        assert fetch(lake, "select organization_id from account") == [("o-aaaaaaaaaa",)]


def test_a_column_that_an_older_file_lacks_reads_as_null(open_lake):
    whole = {"accounts": [{"account_name": "new", "users": 7}]}
    # The older version's files end before `users`.
    width = file_schema("account").names.index("users")
    lake = open_lake({DAY_1: {"accounts": [{"account_name": "old"}], "widths": {"account": width}}, DAY_2: whole})
    assert fetch(lake, "select account_name, users from account_history order by 1") == [("new", 7), ("old", None)]


def test_a_snapshot_without_any_user_has_typed_columns_and_no_rows(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{}]}})
    assert fetch(lake, "select count(*), count(password_last_used) from credential_report") == [(0, 0)]
    described = lake.connection.execute('describe "credential_report"').fetchall()
    assert dict(row[:2] for row in described)["password_last_used"] == "TIMESTAMP"


def test_timestamps_are_utc_without_a_zone_and_maps_are_maps(open_lake):
    used = datetime(2026, 9, 11, 13, 14, 52, 123000, tzinfo=UTC)
    lake = open_lake({DAY_1: {"accounts": [{"tags": [("team", "pay")]}], "users": [{"password_last_used": used}]}})
    assert fetch(lake, "select password_last_used from credential_report") == [(used.replace(tzinfo=None),)]
    assert fetch(lake, "select tags from account") == [({"team": "pay"},)]


def test_snapshot_record_has_the_columns_of_the_schema_with_both_kinds_of_rows(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{}], "users": [{}, {"user_name": "bob"}]}})
    sql = "select record_type, count(*) from snapshot_record_latest group by 1 order by 1"
    assert fetch(lake, sql) == [("account", 1), ("user", 2)]
    described = lake.connection.execute("describe snapshot_record_latest").fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [(c.name, c.type.duckdb) for c in SNAPSHOT_RECORD.columns]


def test_account_ids_keep_their_leading_zeros(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{"account_id": "000000000012"}]}})
    assert fetch(lake, "select account_id from account") == [("000000000012",)]


@pytest.fixture
def log_opened_files(monkeypatch):
    """Have DuckDB log the files it touches from the start: the session's settings are locked once it is open."""
    connect = duckdb.connect

    def connect_and_log(**options):
        connection = connect(**options)
        connection.execute("call enable_logging('FileSystem')")
        return connection

    monkeypatch.setattr(duckdb, "connect", connect_and_log)


def opened_files(lake: LocalLake) -> set[Path]:
    rows = lake.connection.execute("select distinct path from duckdb_logs_parsed('FileSystem')").fetchall()
    return {Path(path).relative_to(lake.snapshots.root) for (path,) in rows if path.endswith(".parquet")}


@pytest.mark.usefixtures("log_opened_files")
def test_a_query_of_accounts_opens_no_file_of_users(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{}], "users": [{}]}})
    assert fetch(lake, "select count(*) from account") == [(1,)]
    assert {path.name for path in opened_files(lake)} == {"accounts.parquet"}


@pytest.mark.usefixtures("log_opened_files")
def test_a_current_view_over_400_snapshots_opens_no_more_files_than_over_one(open_lake):
    days = [str(date(2025, 1, 1) + timedelta(days=n)) for n in range(400)]
    lake = open_lake({key: {"accounts": [{}], "users": [{}]} for key in days})
    sql = "select count(*) from credential_report r join account a on a.account_id = r.account_id"
    assert fetch(lake, sql) == [(1,)]
    assert {(path.parts[2], path.name) for path in opened_files(lake)} == {
        (days[-1], "accounts.parquet"),
        (days[-1], "users-00000.parquet"),
    }
    assert fetch(lake, "select count(*) from account_history") == [(400,)]
    assert len(opened_files(lake)) == 1 + 400


def test_a_lake_without_a_snapshot_is_an_error(tmp_path):
    with pytest.raises(NoSnapshotError, match=r"holds no snapshot.*credlake collect --lake") as caught:
        LocalLake(str(tmp_path))
    assert caught.value.exit_code == 3


def test_a_lake_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(LakeError, match="no lake at"):
        LocalLake(str(tmp_path / "lkae"))


def test_an_organization_that_is_not_in_the_lake_is_an_error(make_lake):
    path = make_lake({DAY_1: {"accounts": [{}]}})
    with pytest.raises(NoSnapshotError, match="of o-bbbbbbbbbb"):
        LocalLake(path, ["o-bbbbbbbbbb"])


def test_a_lake_of_a_newer_version_is_refused(make_lake):
    path = make_lake({DAY_1: {"accounts": [{}]}})
    record = next(Path(path).glob("catalog/*.json"))
    record.write_text(record.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(NewerLakeError):
        LocalLake(path)


def test_a_missing_file_of_a_snapshot_is_an_error_that_names_it(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{}]}})
    next(lake.snapshots.root.glob("snapshots/*/*/*/accounts.parquet")).unlink()
    with pytest.raises(LakeError, match=r"accounts\.parquet.*credlake rebuild"):
        fetch(lake, "select * from account")


def test_a_folder_whose_name_looks_like_a_pattern_or_a_partition_can_be_read(make_lake, tmp_path):
    path = make_lake({DAY_1: {"accounts": [{"account_name": "pay"}]}}, root=tmp_path / "it's [a] l*ke dt=2020-01-01")
    with LocalLake(path) as lake:
        assert fetch(lake, "select account_name from account") == [("pay",)]
        assert fetch(lake, "select count(*) from snapshot_record") == [(1,)]


def test_freshness_shows_the_snapshot_with_its_age_and_coverage(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{}]}, DAY_2: {"accounts": [{}]}})
    assert lake.snapshots.freshness(datetime(2026, 11, 24, 11, tzinfo=UTC)) == [
        (
            "o-abcdefghij: snapshot 2026-11-22, 2 days old; coverage 50.0% (1 of 2 ACTIVE accounts); "
            "2 snapshots in the lake"
        )
    ]


DUCKDB_TYPES = {
    "varchar": "VARCHAR",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "timestamp(3)": "TIMESTAMP",
    "map(varchar, varchar)": "MAP(VARCHAR, VARCHAR)",
}


def test_every_view_has_the_columns_and_types_that_the_index_names(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{}], "users": [{}]}})
    for name, view in shipped_views().by_name.items():
        expected = [(column, DUCKDB_TYPES[kind]) for column, kind in view.columns.items()]
        assert [(column, kind) for column, kind, *_ in fetch(lake, f"describe {name}")] == expected, name


def test_a_view_by_name_is_ordered_and_a_union_is_materialized_before_it_is_sorted(open_lake):
    lake = open_lake({DAY_1: {"accounts": [{}]}})
    assert lake._definitions.prepare("account") == 'select * from "account"'
    assert lake._definitions.prepare("Snapshots;") == 'select * from "snapshots" order by snapshot_date'
    assert lake._definitions.prepare("stale_access_keys") == (
        'with "rows of the view" as materialized (select * from "stale_access_keys") '
        'select * from "rows of the view" order by measured_seconds desc, account_id, user_name'
    )
