"""A query can read the lake's tables and views, and nothing else on the machine; it writes nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from collector.errors import UsageError
from collector.query.definitions import Definitions
from collector.query.duckdb import LocalLake, QueryLimits

DAY = "2026-11-22"


@pytest.fixture(name="path")
def _path(make_lake):
    return Path(make_lake({DAY: {"accounts": [{}], "users": [{}]}}))


@pytest.fixture(name="lake")
def _lake(path):
    with LocalLake(str(path)) as opened:
        yield opened


def rows(lake, sql):
    return [row for batch in lake.rows(sql).batches for row in batch.to_pylist()]


@pytest.mark.parametrize(
    "sql",
    [
        "copy account to '/tmp/credlake-out.csv'",
        "copy (select 1) to '/tmp/credlake-out.csv'",
        "attach '/tmp/credlake.db' as other",
        "detach memory",
        "use memory",
        "create table t as select 1",
        "create macro m() as 1",
        "insert into account select * from account",
        "update account set users = 1",
        "delete from account",
        "truncate account",
        "drop view account",
        "alter view account rename to x",
        "pragma database_list",
        "call pragma_version()",
        "set memory_limit = '1TB'",
        "reset memory_limit",
        "set variable x = 1",
        "install httpfs",
        "load httpfs",
        "export database '/tmp/credlake-out'",
        "import database '/tmp/credlake-out'",
        "checkpoint memory",
        "vacuum account",
        "begin transaction",
        "prepare p as select 1",
        "explain analyze select 1",
        "with a as (insert into account values (1) returning *) select * from a",
        "with a as (copy (select 1) to '/tmp/credlake-out.csv') select 1 as x",
        "with a as (with b as (select 1) copy b to '/tmp/credlake-out.csv') select 1 as x",
        "with a as (copy (select 1) to '/tmp/credlake-out.csv') pivot account on outcome using count(*)",
    ],
)
def test_a_statement_that_does_more_than_read_is_refused(lake, sql):
    with pytest.raises(UsageError, match=r"only reads|syntax error"):
        lake.rows(sql)
    assert not Path("/tmp/credlake-out.csv").exists()  # noqa: S108 -- the file that the query names


@pytest.mark.parametrize("sql", ["select 1; select 2", "with a as (select 1 as x) select x from a; drop view account"])
def test_several_statements_are_refused(lake, sql):
    with pytest.raises(UsageError, match="2 statements: run one at a time"):
        lake.rows(sql)


@pytest.mark.parametrize(
    "around",
    [
        "{copy}",
        "select * from query('{copy}')",
        "select * from json_execute_serialized_sql({serialized})",
        "select * from query('select * from json_execute_serialized_sql({serialized})')",
        "select * from query('select * from json_execute' || '_serialized_sql({serialized})')",
        "from system.main.query('select * from json_execute_serialized_sql({serialized})')",
        "from \"Query\"('{copy}')",
        "pivot (from query('{copy}')) on x using count(*)",
    ],
)
def test_a_file_of_the_lake_cannot_be_overwritten_from_within_a_select(lake, path, around):
    """DuckDB may open the lake's files, and `allowed_paths` permits writing as well as reading."""
    file = next(path.glob("snapshots/*/*/*/accounts.parquet"))
    before = hashlib.sha256(file.read_bytes()).digest()
    copy = f"with a as (copy (select 1) to '{file}' (use_tmp_file false)) select 1 as x"
    serialized = duckdb.execute("select json_serialize_sql(?::varchar)", [copy]).fetchall()[0][0]
    is_quoted = "query('" in around or "Query" in around
    texts = {"copy": copy, "serialized": "'" + serialized.replace("'", "''") + "'"}
    if is_quoted:
        texts = {name: text.replace("'", "''") for name, text in texts.items()}
    with pytest.raises(UsageError, match="only reads"):
        rows(lake, around.format(**texts))
    assert hashlib.sha256(file.read_bytes()).digest() == before


def test_duckdb_itself_refuses_a_copy_within_what_is_selected_from(lake, path, monkeypatch):
    """Second line of defense: the statement that is run selects from the user's."""
    file = next(path.glob("snapshots/*/*/*/accounts.parquet"))
    before = hashlib.sha256(file.read_bytes()).digest()
    monkeypatch.setattr(Definitions, "_only_reads", lambda *_: True)
    with pytest.raises(UsageError, match="must be at the top level"):
        rows(lake, f"with a as (copy (select 1) to '{file}' (use_tmp_file false)) select 1 as x")
    assert hashlib.sha256(file.read_bytes()).digest() == before


def test_a_deeply_nested_statement_is_checked_by_its_words(lake):
    deep = "+".join(["1"] * 900)
    assert rows(lake, f"select {deep} as x") == [{"x": 900}]
    with pytest.raises(UsageError, match="only reads"):
        rows(lake, f"with a as (copy (select 1) to '/tmp/x') select {deep} as x")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_parquet('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from read_csv('/dev/stdin')",
        "select * from read_json('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('/proc/self/environ')",
        "select * from read_duckdb('/tmp/credlake.db')",
        "select * from sniff_csv('/etc/passwd')",
        "select * from parquet_metadata('/etc/passwd')",
        "select * from glob('/*')",
        "select * from '/etc/passwd'",
        'select * from "/etc/passwd"',
        "select * from 'https://example.com/x.parquet'",
        "select * from 's3://bucket/x.parquet'",
        "select * from duckdb_secrets()",
        "select getenv('HOME')",
    ],
)
def test_nothing_outside_the_lake_can_be_read(lake, sql):
    with pytest.raises(UsageError, match=r"no other file|does not exist|Permission Error"):
        rows(lake, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '/tmp/credlake-out.csv'",
        "attach '/tmp/credlake.db' as other",
        "set enable_external_access = true",
        "set allowed_paths = ['/etc/passwd']",
        "set autoload_known_extensions = true",
        "install httpfs",
        "load httpfs",
    ],
)
def test_the_session_itself_refuses_files_and_settings(lake, sql):
    with pytest.raises(duckdb.Error):
        lake.connection.execute(sql)


def test_a_python_variable_is_not_a_table(lake):
    secrets = duckdb.sql("select 1 as x").arrow()
    with pytest.raises(UsageError, match="secrets"):
        lake.rows("select * from secrets")
    assert secrets is not None


def test_the_temporary_folder_is_removed_when_the_lake_is_closed(make_lake):
    with LocalLake(make_lake({"2026-11-22": {"accounts": [{}]}})) as opened:
        scratch = Path(opened._scratch)
        assert scratch.is_dir()
    assert not scratch.exists()


def test_the_temporary_folder_is_removed_when_the_session_cannot_be_opened(make_lake, monkeypatch, tmp_path):
    path = make_lake({"2026-11-22": {"accounts": [{}]}})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with pytest.raises(UsageError, match="--memory-limit"):
        LocalLake(path, limits=QueryLimits(memory_limit="much"))
    assert list(scratch.iterdir()) == []
