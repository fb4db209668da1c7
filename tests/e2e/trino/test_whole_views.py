"""The select that `credlake query NAME` sends to Athena loses nothing: it returns maps as JSON, in the view's order."""

from __future__ import annotations

import json

import pytest

from collector.query.statement import athena_statement
from collector.views.files import shipped_views
from tests.e2e.trino.comparison import differences


@pytest.mark.parametrize("view", ["account", "credential_report", "findings", "stale_access_keys_history"])
def test_the_rows_are_those_of_the_view(view, demo_views):
    statement = athena_statement(view, shipped_views())
    order = shipped_views().by_name[view].order
    expected = demo_views.run(f"select * from {view}" + (f" order by {order}" if order else ""))  # noqa: S608  # our own
    found = demo_views.run(statement.sql)

    rows = [
        tuple(
            json.loads(value) if name in statement.map_columns and value is not None else value
            for (name, _), value in zip(found.columns, row, strict=True)
        )
        for row in found.rows
    ]
    assert [name for name, _ in found.columns] == [name for name, _ in expected.columns]
    assert differences(expected.rows, rows) == []
    if view == "findings":
        assert rows == expected.rows
    assert rows
