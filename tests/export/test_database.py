"""The DuckDB file: opened by DuckDB alone, with the lake gone, it has the rows that `credlake query` has."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from collector.export.database import write_database
from collector.query.duckdb import LocalLake
from collector.views.files import column_meanings, shipped_views

VIEWS = shipped_views()
NAMES = ["snapshot_record", "snapshot_record_latest", *VIEWS.by_name]


@pytest.fixture(scope="module", name="exported")
def _exported(lake, tmp_path_factory):
    """The rows of every view in the lake, and the file, of which only a copy under another name is left."""
    folder = tmp_path_factory.mktemp("database")
    copy = folder / "lake"
    shutil.copytree(lake, copy)
    with LocalLake(str(copy)) as local:
        rows = {name: _rows(local.rows(name).batches) for name in NAMES}
        count = write_database(local.rows, folder / ".x.part", VIEWS, column_meanings(), {"memory_limit": "1GB"})
    assert count == len(rows["snapshot_record"])
    shutil.rmtree(copy)
    (folder / ".x.part").rename(folder / "lake.duckdb")
    assert [path.name for path in folder.iterdir()] == ["lake.duckdb"]
    return folder / "lake.duckdb", rows


@pytest.fixture(name="opened")
def _opened(exported):
    with duckdb.connect(str(exported[0]), read_only=True) as connection:
        # A view's times do not depend on where it is queried.
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        yield connection


def _rows(batches):
    return sorted(repr(row) for batch in batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_view_has_the_rows_that_it_has_in_the_lake(opened, exported, name):
    table = opened.table(name).to_arrow_table()

    assert _rows(table.to_batches()) == exported[1][name]


def test_there_is_something_to_compare(exported):
    names = {"credential_report_history", "account", "findings", "findings_history", "account_scorecard", "snapshots"}

    assert all(exported[1][name] for name in names)


def test_nothing_in_the_file_is_a_path_of_this_machine(exported):
    content = exported[0].read_bytes()

    assert str(exported[0].parent).encode() not in content
    assert b".x.part" not in content


def test_an_older_duckdb_can_open_it_and_tools_show_what_columns_mean(opened):
    ((tags,),) = opened.execute("select tags from duckdb_databases() where database_name = 'lake'").fetchall()
    comment = "select comment from duckdb_columns() where table_name = 'findings' and column_name = 'finding_id'"

    assert tags["storage_version"] == "v1.2.0+"
    assert opened.execute(comment).fetchall() == [(column_meanings()["finding_id"],)]
