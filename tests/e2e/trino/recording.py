"""A pytest plugin that records the rows which the tests of the views insert.

`pytest -p tests.e2e.trino.recording tests/athena_queries` with CREDLAKE_RECORD_ROWS=FOLDER. Every case gets an
organization of its own, so that all of them fit into one lake.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

FOLDER = "CREDLAKE_RECORD_ROWS"
_organizations: dict[tuple[str, str], str] = {}


@pytest.fixture(autouse=True)
def _recorded(request, monkeypatch):
    """Record the rows that this test inserts, and insert them as usual."""
    if "lake_of" not in request.fixturenames:
        return
    questions = request.getfixturevalue("_questions")
    fill = questions.fill

    def recording(days, organization):
        _record(request.node.nodeid, days, organization, request.getfixturevalue("_tables_of"))
        fill(days, organization)

    monkeypatch.setattr(questions, "fill", recording)


@pytest.fixture
def _tables_of(request):
    """The function that makes typed tables in the conftest of those tests."""
    for plugin in request.config.pluginmanager.get_plugins():
        if hasattr(plugin, "snapshot_tables"):
            return plugin.snapshot_tables
    raise LookupError("tests/athena_queries/conftest.py has no snapshot_tables")


def _record(case, days, organization, tables_of):
    own = _organizations.setdefault((case, organization), f"o-golden{len(_organizations):04d}")
    folder = Path(os.environ[FOLDER])
    for table in tables_of(days, organization):
        if table.num_rows == 0:
            continue
        place = table.schema.get_field_index("organization_id")
        renamed = table.set_column(place, table.schema.field(place), pa.array([own] * table.num_rows, pa.string()))
        pq.write_table(renamed, folder / f"{len(list(folder.iterdir())):06d}.parquet")
