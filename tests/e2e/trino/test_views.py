"""Every view returns the same rows on Trino, over Glue and S3, as on DuckDB, value for value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collector.query.duckdb import LocalLake
from collector.schema import ACCOUNT, CREDENTIAL_REPORT
from collector.views.files import shipped_views
from tests.athena_queries.conftest import Questions
from tests.e2e.trino.comparison import TRINO_TYPES, differences
from tests.e2e.trino.session import create_views
from tools.prepare_views import prepared_files
from tools.trino.view_files import source_views

VIEWS = sorted(shipped_views().by_name)


def documented_columns():
    """View → its columns with their types, from docs/views.md; those of two views from docs/columns.md."""
    page = (Path(__file__).parents[3] / "docs" / "views.md").read_text("utf-8")
    found = {}
    for section in page.split("\n### ")[1:]:
        name, _, text = section.partition("\n")
        pairs = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", text, re.MULTILINE)
        # The header of an example's table has another column's name in the second place.
        found[name] = [(column, kind) for column, kind in pairs if kind in TRINO_TYPES.values()]
    tables = {"account": ACCOUNT, "credential_report": CREDENTIAL_REPORT, "report_rows": CREDENTIAL_REPORT}
    return found | {
        name: [(c.name, c.type.trino) for c in table.columns] + found.get(name, []) for name, table in tables.items()
    }


DOCUMENTED = documented_columns()


class Lake:
    """One lake in both engines; DuckDB runs the statements of the package."""

    def __init__(self, trino, connection, definitions) -> None:
        self.trino = trino
        self.connection = connection
        self.definitions = definitions


@pytest.fixture(scope="module")
def demo(demo_lake, demo_views, counts):
    counts.lakes += 1
    with LocalLake(str(demo_lake)) as lake:
        yield Lake(demo_views, lake.connection, lake._definitions)


@pytest.fixture(scope="module")
def golden(golden_rows, warehouse, trino_of, counts):
    warehouse.fill_tables("golden", golden_rows)
    trino = trino_of("golden")
    create_views(trino, "golden")
    counts.lakes += 1
    questions = Questions()
    for table in golden_rows:
        questions.connection.register("golden_rows", table)
        questions.connection.execute("insert into record by name select * from golden_rows")
        questions.connection.unregister("golden_rows")

    yield Lake(trino, questions.connection, questions.definitions)
    questions.connection.close()


def assert_same(lake, view, counts):
    sql = f"select * from {view}"  # noqa: S608  # a name from our own files
    result = lake.trino.run(sql)
    relation = lake.connection.sql(lake.definitions.prepare(sql))
    rows = relation.fetchall()

    assert result.columns == [
        (name, TRINO_TYPES[str(kind)]) for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    assert differences(rows, result.rows) == []
    counts.add(view, rows, len(result.columns))
    return rows


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_a_faulty_organization_has_the_same_rows_on_both_engines(view, demo, counts):
    assert assert_same(demo, view, counts), "a view without a row proves nothing"


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_all_golden_cases_has_the_same_rows_on_both_engines(view, golden, counts):
    assert assert_same(golden, view, counts), "a view without a row proves nothing"


@pytest.mark.parametrize("view", VIEWS)
def test_the_columns_of_a_view_are_those_in_the_documentation(view, demo_views):
    documented = DOCUMENTED.get(view.removesuffix("_history")) or DOCUMENTED[view]
    described = demo_views.rows(f"describe {view}")
    assert [(name, kind) for name, kind, *_ in described] == documented


def test_the_statements_that_were_compared_are_the_committed_ones():
    found = prepared_files(source_views())
    for name in VIEWS:
        assert shipped_views().duckdb_sql(name) + "\n" == found[f"duckdb/{name}.sql"]


def test_a_single_different_value_is_found():
    assert differences([("a", 1, None)], [("a", 1, None)]) == []
    assert differences([("a", 1, None)], [("a", 1, "")]) != []
    assert differences([("a", 1)], [("a", 1.0)]) != []
    assert differences([("a",), ("a",)], [("a",)]) != []
