"""The data-set queries of docs/bi.md on Trino: they run, lose no row, and return only types that QuickSight accepts."""

from __future__ import annotations

import pytest

from collector.query.duckdb import LocalLake
from tools.generate.bi_page import data_sets

DATA_SETS = {found.view: found for found in data_sets()}
QUICKSIGHT = {
    "varchar": "STRING",
    "integer": "INTEGER",
    "bigint": "INTEGER",
    "double": "DECIMAL",
    "date": "DATETIME",
    "timestamp(3)": "DATETIME",
}


@pytest.fixture(scope="module")
def local(demo_lake):
    """The same lake in DuckDB, which counts sooner; test_views.py compares the rows of both."""
    with LocalLake(str(demo_lake)) as lake:
        yield lake


@pytest.mark.parametrize("view", sorted(DATA_SETS))
def test_a_data_set_has_the_rows_of_its_view_in_types_that_quicksight_accepts(view, demo_views, local):
    found = DATA_SETS[view]
    result = demo_views.run(found.sql)

    assert {
        name: QUICKSIGHT[kind.partition("(")[0] if "varchar" in kind else kind] for name, kind in result.columns
    } == (found.columns)
    [[count]] = local.connection.sql(local._definitions.prepare(f"select count(*) from {view}")).fetchall()  # noqa: S608  # our own name
    assert len(result.rows) == count > 0
    for column in found.rule_columns:
        place = [name for name, _ in result.columns].index(column)
        # An exception for an OU or a finding has no account: only readers without a rule see it.
        values = [row[place] for row in result.rows if view != "exceptions" or row[place] is not None]
        assert all(isinstance(value, str) and value for value in values)
