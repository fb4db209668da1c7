"""The statement that Athena runs for a query."""

from __future__ import annotations

import pytest
from trino_query_parser import parse_statement

from collector.errors import UsageError
from collector.query.statement import athena_statement
from collector.views.files import shipped_views

VIEWS = shipped_views().by_name


@pytest.fixture(scope="module")
def views():
    return shipped_views()


def test_a_select_is_sent_unmodified(views):
    sql = "select  user_name -- who\nfrom findings where severity_rank = 1;"
    statement = athena_statement(sql, views)
    assert statement.sql == sql.removesuffix(";")
    assert statement.map_columns == frozenset()


def test_a_view_by_name_is_selected_by_column_with_maps_as_json(views):
    statement = athena_statement("Credential_Report", views)
    assert 'json_format(cast("null_reasons" as json)) as "null_reasons"' in statement.sql
    assert statement.map_columns == {"null_reasons", "unknown_columns"}
    assert statement.sql.startswith('select\n    "organization_id",\n')


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_the_statement_for_a_view_is_valid_trino_sql(view, views):
    parse_statement(athena_statement(view, views).sql)


@pytest.mark.parametrize("table", ["snapshot_record", "snapshot_record_latest"])
def test_a_table_can_be_queried_by_name(table, views):
    statement = athena_statement(table, views)
    assert statement.map_columns == {"tags", "null_reasons", "unknown_columns"}
    assert statement.sql.endswith(f'from "{table}"')


@pytest.mark.parametrize(
    "sql",
    [
        "select account_id, tags from credlake.account order by account_id",
        "(select 1 as x)",
        "-- mine\nwith a as (select 1 as x) select x from a",
        "/* mine */ values (1, 2)",
        "table account",
        "select approx_percentile(users, 0.9) from account",
    ],
)
def test_sql_in_athenas_dialect_is_sent_unmodified(sql, views):
    statement = athena_statement(sql, views)
    assert (statement.sql, statement.map_columns) == (sql, frozenset())


def test_tables_of_other_databases_are_left_to_athena(views):
    sql = "select x from other.things where day > date '2026-01-01'"
    assert athena_statement(sql, views).sql == sql


@pytest.mark.parametrize(
    "text",
    [
        "drop view findings",
        "insert into t select 1",
        "create table t as select 1",
        "show tables",
        "/* x */ (drop table t",
    ],
)
def test_only_a_select_is_sent(text, views):
    with pytest.raises(UsageError, match="…` is not a SELECT statement"):
        athena_statement(text, views)


def test_a_misspelled_view_suggests_the_right_one(views):
    with pytest.raises(UsageError, match="Did you mean findings"):
        athena_statement("findngs", views)


def test_every_view_is_short_enough_for_athena_and_glue():
    """A query may have 262,144 bytes; a view's text in Glue 409,600 characters, in base64 (facts F7.3, F7.4)."""
    longest = max(len(sql.encode()) for _, sql in shipped_views().athena_statements("credlake"))
    assert longest < 262_144
    assert longest * 4 / 3 < 409_600
