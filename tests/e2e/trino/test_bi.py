"""The data-set queries of docs/bi.md on Trino: they run, lose no row, and put out only what QuickSight takes."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("view", sorted(DATA_SETS))
def test_a_data_set_has_the_rows_of_its_view_in_types_that_quicksight_takes(view, demo_views):
    found = DATA_SETS[view]
    answer = demo_views.ask(found.sql)

    assert {
        name: QUICKSIGHT[kind.partition("(")[0] if "varchar" in kind else kind] for name, kind in answer.columns
    } == (found.columns)
    assert len(answer.rows) == demo_views.rows(f"select count(*) from {view}")[0][0] > 0  # noqa: S608  # our own name
    for column in found.rule_columns:
        place = [name for name, _ in answer.columns].index(column)
        assert all(isinstance(row[place], str) and row[place] for row in answer.rows)
