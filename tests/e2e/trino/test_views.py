"""Every view and its twin, over Glue and S3, gives on Trino the rows that DuckDB gives, value for value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collector.query.duckdb import LocalLake
from collector.schema import ACCOUNT, CREDENTIAL_REPORT
from collector.views.files import shipped_views
from tests.athena_queries.conftest import Questions
from tests.e2e.trino.asking import create_views
from tests.e2e.trino.comparing import TRINO_TYPES, differences
from tools.prepare_views import prepared_files
from tools.trino.view_files import source_views

VIEWS = sorted(shipped_views().by_name)


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
    """One lake in both engines: on DuckDB by the statements that the package carries."""

    def __init__(self, trino, connection, definitions) -> None:
        self.trino = trino
        self.connection = connection
        self.definitions = definitions


@pytest.fixture(scope="module")
def demo(demo_lake, demo_views, tally):
    tally.lakes += 1
    with LocalLake(str(demo_lake)) as lake:
        yield Lake(demo_views, lake.connection, lake._definitions)


@pytest.fixture(scope="module")
def golden(golden_rows, warehouse, trino_of, tally):
    warehouse.fill_tables("golden", golden_rows)
    trino = trino_of("golden")
    create_views(trino, "golden")
    tally.lakes += 1
    questions = Questions()
    for table in golden_rows:
        questions.connection.register("golden_rows", table)
        questions.connection.execute("insert into record by name select * from golden_rows")
        questions.connection.unregister("golden_rows")

    yield Lake(trino, questions.connection, questions.definitions)
    questions.connection.close()


def assert_same(lake, view, tally):
    question = f"select * from {view}"  # noqa: S608  # a name from our own files
    answer = lake.trino.ask(question)
    relation = lake.connection.sql(lake.definitions.prepare(question))
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


def test_the_statements_that_were_compared_are_the_committed_ones():
    found = prepared_files(source_views())
    for name in VIEWS:
        assert shipped_views().duckdb_sql(name) + "\n" == found[f"duckdb/{name}.sql"]


def test_one_value_that_differs_is_found():
    assert differences([("a", 1, None)], [("a", 1, None)]) == []
    assert differences([("a", 1, None)], [("a", 1, "")]) != []
    assert differences([("a", 1)], [("a", 1.0)]) != []
    assert differences([("a",), ("a",)], [("a",)]) != []
