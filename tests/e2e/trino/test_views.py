"""Every view and its twin, over Glue and S3, gives on Trino the rows that DuckDB gives, value for value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot

from collector.query.duckdb import LocalLake
from collector.schema import ACCOUNT, CREDENTIAL_REPORT
from collector.views.files import names_of, shipped_views
from tests.athena_queries.conftest import Questions
from tests.e2e.trino.asking import create_views
from tests.e2e.trino.comparing import TRINO_TYPES, differences

VIEWS = sorted(names_of(shipped_views()))


def documented_columns():
    """View → its columns with their types, as docs/views.md has them; of two views as docs/columns.md does."""
    page = (Path(__file__).parents[3] / "docs" / "views.md").read_text("utf-8")
    found = {}
    for section in page.split("\n### ")[1:]:
        name, _, text = section.partition("\n")
        pairs = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", text, re.MULTILINE)
        # The head of an example's table has another column's name in the second place.
        found[name] = [(column, kind) for column, kind in pairs if kind in TRINO_TYPES.values()]
    tables = {"account": ACCOUNT, "credential_report": CREDENTIAL_REPORT, "report_rows": CREDENTIAL_REPORT}
    return found | {
        name: [(c.name, c.type.trino) for c in table.columns] + found.get(name, []) for name, table in tables.items()
    }


DOCUMENTED = documented_columns()


class Lake:
    """One lake in both engines."""

    def __init__(self, trino, duckdb_rows) -> None:
        self.trino = trino
        self.duckdb_rows = duckdb_rows


@pytest.fixture(scope="module")
def demo(demo_lake, demo_views, tally):
    tally.lakes += 1
    with LocalLake(str(demo_lake)) as lake:

        def rows(sql):
            tree = lake.names.annotate(sqlglot.parse_one(sql, read="athena"))
            return lake.connection.sql(lake.prepare(tree))

        yield Lake(demo_views, rows)


@pytest.fixture(scope="module")
def golden(golden_rows, warehouse, trino_of, tally):
    warehouse.fill_tables("golden", golden_rows)
    trino = trino_of("golden")
    create_views(trino, "golden")
    tally.lakes += 1
    questions = Questions()
    for table in golden_rows:
        questions.connection.register("golden_rows", table)
        questions.connection.execute("insert into snapshot_record by name select * from golden_rows")
        questions.connection.unregister("golden_rows")

    def rows(sql):
        tree = questions.names.annotate(sqlglot.parse_one(sql, read="athena"))
        return questions.connection.sql(questions._prepared(tree))

    yield Lake(trino, rows)
    questions.connection.close()


def assert_same(lake, view, tally):
    question = f"select * from {view}"  # noqa: S608  # a name from our own files
    answer = lake.trino.ask(question)
    relation = lake.duckdb_rows(question)
    rows = relation.fetchall()

    assert answer.columns == [
        (name, TRINO_TYPES[str(kind)]) for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    assert differences(rows, answer.rows) == []
    tally.add(view, rows, len(answer.columns))
    return rows


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_a_faulty_organization_has_the_same_rows_on_both_engines(view, demo, tally):
    assert assert_same(demo, view, tally), "a view without a row proves nothing"


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_all_golden_cases_has_the_same_rows_on_both_engines(view, golden, tally):
    assert assert_same(golden, view, tally), "a view without a row proves nothing"


@pytest.mark.parametrize("view", VIEWS)
def test_the_columns_of_a_view_are_those_that_docs_views_tells(view, demo_views):
    documented = DOCUMENTED.get(view.removesuffix("_history")) or DOCUMENTED[view]
    described = demo_views.rows(f"describe {view}")
    assert [(name, kind) for name, kind, *_ in described] == documented


def test_one_value_that_differs_is_found():
    assert differences([("a", 1, None)], [("a", 1, None)]) == []
    assert differences([("a", 1, None)], [("a", 1, "")]) != []
    assert differences([("a", 1)], [("a", 1.0)]) != []
    assert differences([("a",), ("a",)], [("a",)]) != []
