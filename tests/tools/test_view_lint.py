"""What a view file must not hold, and that a question can only read."""

# ruff: noqa: S608 -- every statement here is a literal one

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from collector.errors import CredlakeError
from collector.query.annotation import Names
from collector.query.ask import understand
from collector.query.duckdb import LocalLake
from collector.query.lint import view_faults
from collector.views.files import load_views

HEADER = "-- Accounts.\n-- Grain: account_id\n-- Reads: account\n\n"
KEY = "cast(account_id as varchar) as account_id"
SAFE = f"select\n    {KEY}\nfrom account\n"


def faults(make_views, small_views, sql: str, *, grain: str = "account_id") -> list[str]:
    make_views({"made_up": HEADER.replace("Grain: account_id", f"Grain: {grain}") + sql})
    views = load_views(small_views)
    return [fault.rpartition("/")[2] for fault in view_faults(views["made_up"], Names(views))]


def test_a_plain_view_has_no_faults(make_views, small_views):
    assert faults(make_views, small_views, SAFE) == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        (SAFE + "where joined_at < current_timestamp", "made_up.sql:8: A view counts from report_generated_at"),
        (SAFE + "where joined_at < localtimestamp", "made_up.sql:8: A view counts from report_generated_at"),
        (SAFE + "where joined_at < now()", "made_up.sql:8: A view counts from report_generated_at"),
        (SAFE + "where joined_at < current_date", "made_up.sql:8: A view counts from report_generated_at"),
        (SAFE + "where account_name = 7", "made_up.sql:8: Athena does not compare or mix"),
        (SAFE + "where split(account_name, '-')[1] = 'x'", "made_up.sql:8: `x[…]` fails on Athena"),
        (SAFE + "order by account_id", "made_up.sql:5: A view has no order of its own"),
        (SAFE + "limit 3", "made_up.sql:5: A view has no order of its own"),
        (f"select\n    {KEY},\n    account_name\nfrom account", "made_up.sql:7: The column account_name is not cast"),
        (f"select {KEY}, cast(joined_at as timestamp(3) with time zone) as j from account", "j is not cast to a plain"),
        (f"select {KEY}, cast(joined_at as timestamp) as j from account", "j is not cast to a plain"),
        (f'select {KEY}, cast(users as integer) as "user" from account', "user is no name for a column"),
        (f"select {KEY}, cast(users as integer) as Users from account", "Users is no name for a column"),
        (f"select {KEY} from account union all select account_id from account", "account_id is not cast to a plain"),
        (f"select {KEY}, cast(users / 2.5 as integer) as u from account", "is a decimal to Athena"),
        (f"select {KEY}, cast(reverse(account_name) as varchar) as u from account", "does not answer reverse()"),
    ],
)
def test_what_a_view_must_not_hold_is_named_with_file_and_line(make_views, small_views, sql, fault):
    found = faults(make_views, small_views, sql)
    assert len(found) >= 1
    assert fault in found[0]


def test_a_star_is_no_list_of_columns(make_views, small_views):
    found = faults(make_views, small_views, "select * from account")
    assert "made_up.sql:5: A view names its columns" in found[0]


def test_a_column_that_does_not_exist_is_refused_with_the_view_that_it_may_be_in(make_views, small_views):
    make_views({"made_up": HEADER + SAFE.replace("account_id as varchar", "acount_id as varchar")})
    with pytest.raises(CredlakeError, match=r"acount_id.*Did you mean account_id"):
        Names(load_views(small_views)).columns("made_up")


@pytest.fixture
def lake(make_lake, small_views):
    with LocalLake(make_lake({"2026-11-22": {"accounts": [{}]}}), views=load_views(small_views)) as opened:
        yield opened


@pytest.mark.parametrize(
    "sql",
    [
        "copy account to '/tmp/credlake-out.csv'",
        "attach '/tmp/credlake.db' as other",
        "create table t as select 1",
        "insert into account select * from account",
        "pragma database_list",
        "set memory_limit = '1TB'",
        "install httpfs",
        "select * from read_parquet('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/*')",
        "select * from '/etc/passwd'",
        'select * from "/etc/passwd"',
        "select * from duckdb_settings()",
        "select * from information_schema.tables",
        "select * from sqlite_master",
        "select getenv('HOME')",
        "select current_setting('memory_limit')",
        "with a as (select 1 as x) select x from a; drop table a",
        "explain analyze select 1",
    ],
)
def test_a_question_reads_the_lakes_views_and_nothing_else(lake, sql):
    with pytest.raises(CredlakeError):
        lake.connection.execute(lake.prepare(understand(sql, lake.names)))


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/passwd'",
        "copy (select 1) to '/tmp/credlake-out.csv'",
        "attach '/tmp/credlake.db' as other",
        "set enable_external_access = true",
        "set allowed_paths = ['/etc/passwd']",
        "load httpfs",
    ],
)
def test_the_session_itself_reads_no_other_file_should_the_lint_ever_let_one_pass(lake, sql):
    with pytest.raises(duckdb.Error):
        lake.connection.execute(sql)
    assert not Path("/tmp/credlake-out.csv").exists()  # noqa: S108 -- the place that the question names


def test_a_variable_of_the_program_is_no_table(lake):
    secrets = duckdb.sql("select 1 as x").arrow()
    with pytest.raises(duckdb.Error, match="secrets"):
        lake.connection.execute("select * from secrets")
    assert secrets is not None


def test_the_temporary_folder_is_gone_when_the_lake_is_closed(make_lake, small_views):
    with LocalLake(make_lake({"2026-11-22": {"accounts": [{}]}}), views=load_views(small_views)) as opened:
        scratch = Path(opened._scratch)
        assert scratch.is_dir()
    assert not scratch.exists()


def test_the_temporary_folder_is_gone_when_the_session_cannot_be_opened(make_lake, small_views, monkeypatch, tmp_path):
    path = make_lake({"2026-11-22": {"accounts": [{}]}})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with pytest.raises(duckdb.Error):
        LocalLake(path, views=load_views(small_views), memory_limit="much")
    assert list(scratch.iterdir()) == []
