"""Every view and its twin, over Glue and S3, gives on Trino the rows that DuckDB gives, value for value."""

from __future__ import annotations

import pytest
import sqlglot

from collector.query.local import LocalLake
from collector.view_files import athena_statements, names_of, shipped_views
from tests.trino.comparing import TRINO_TYPES, differences
from tests.views.conftest import Questions

VIEWS = sorted(names_of(shipped_views()))
PLAIN_TYPES = {*TRINO_TYPES.values()}


class Lake:
    """One lake in both engines."""

    def __init__(self, trino, duckdb_rows) -> None:
        self.trino = trino
        self.duckdb_rows = duckdb_rows


def create_views(trino, database, *, only=None):
    """Every view as a view, or only some, in the order in which Athena can take them."""
    for name, statement in athena_statements(shipped_views(), database):
        if only is None or name in only:
            trino.ask(statement)


@pytest.fixture(scope="module")
def demo(demo_lake, warehouse, trino_of, tally):
    warehouse.copy_lake(demo_lake, "demo")
    trino = trino_of("demo")
    create_views(trino, "demo")
    tally.lakes += 1
    with LocalLake(str(demo_lake)) as lake:

        def rows(sql):
            tree = lake.names.annotate(sqlglot.parse_one(sql, read="athena"))
            return lake.connection.sql(lake.prepare(tree))

        yield Lake(trino, rows)


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


def test_one_value_that_differs_is_found():
    assert differences([("a", 1, None)], [("a", 1, None)]) == []
    assert differences([("a", 1, None)], [("a", 1, "")]) != []
    assert differences([("a", 1)], [("a", 1.0)]) != []
    assert differences([("a",), ("a",)], [("a",)]) != []
