"""Every view file and its twin, whatever they answer: Trino's grammar, our lint, real columns, plain types."""

from __future__ import annotations

import pytest
from trino_query_parser import parse_statement
from trino_sql_validator import validate

from collector.query.annotation import Names
from collector.query.duckdb import LocalLake
from collector.query.lint import OUTPUT_TYPES, view_faults
from collector.views.files import athena_statements, shipped_views

VIEWS = shipped_views()
NAMES = [name for view in VIEWS.values() for name in view.names]
DUCKDB_TYPES = {
    "varchar": "VARCHAR",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp(3)": "TIMESTAMP",
    "map(varchar, varchar)": "MAP(VARCHAR, VARCHAR)",
}


@pytest.fixture(scope="module")
def names():
    return Names(VIEWS)


@pytest.mark.parametrize(("name", "statement"), athena_statements(VIEWS, "credlake"), ids=NAMES)
def test_trino_reads_the_statement_and_knows_every_function_and_type_in_it(name, statement):
    parse_statement(statement)  # raises
    result = validate(statement)
    assert (result.valid, result.error, list(result.warnings)) == (True, None, [])


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_file_keeps_to_what_both_engines_answer_alike(names, view):
    assert view_faults(view, names) == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_every_column_exists_and_both_twins_put_out_the_same_ones_of_plain_types(names, view):
    columns = [list(names.columns(name).items()) for name in view.names]
    assert all(found == columns[0] for found in columns)
    assert {kind.lower() for _, kind in columns[0]} <= OUTPUT_TYPES


def test_duckdb_puts_out_the_types_that_the_files_name(names, make_lake):
    path = make_lake({"2026-11-22": {"accounts": [{}], "users": [{}]}})
    with LocalLake(path) as lake:
        for name in NAMES:
            expected = [(column, DUCKDB_TYPES[kind.lower()]) for column, kind in names.columns(name).items()]
            described = lake.connection.execute(f"describe {lake.prepare(lake.names.view_tree(name))}").fetchall()
            assert [(column, kind) for column, kind, *_ in described] == expected, name
