"""What Athena is sent for a question."""

from __future__ import annotations

import pytest
from trino_query_parser import parse_statement

from collector.errors import UsageFaultsError
from collector.query.annotation import Names
from collector.query.statement import athena_statement
from collector.views.files import athena_statements, names_of, shipped_views

VIEWS = names_of(shipped_views())


@pytest.fixture(scope="module")
def names():
    return Names(shipped_views())


def test_a_select_without_maps_is_sent_as_it_was_written(names):
    question = "select  user_name -- who\nfrom findings where severity_rank = 1;"
    statement = athena_statement(question, names)
    assert statement.sql == question.removesuffix(";")
    assert statement.map_columns == frozenset()


def test_a_views_name_asks_for_its_columns_in_its_order_and_maps_as_json(names):
    statement = athena_statement("Credential_Report", names)
    assert 'json_format(cast("null_reasons" as json)) as "null_reasons"' in statement.sql
    assert statement.map_columns == {"null_reasons", "unknown_columns"}
    assert statement.sql.startswith('select\n    "organization_id",\n')


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_the_statement_for_a_view_is_trinos_sql(view, names):
    parse_statement(athena_statement(view, names).sql)


def test_a_map_of_a_select_is_asked_for_as_json_and_the_order_moves_outside(names):
    statement = athena_statement(
        "select account_id, tags from credlake.account where outcome = 'partial' order by account_id desc", names
    )
    assert statement.sql == (
        'select "account_id", json_format(cast("tags" as json)) as "tags" from '
        "(SELECT account_id, tags FROM credlake.account WHERE outcome = 'partial') as asked "
        'order by "account_id" desc'
    )
    assert statement.map_columns == {"tags"}


def test_an_order_that_decides_which_rows_there_are_stays_inside_as_well(names):
    statement = athena_statement("select tags, account_id as a from account order by a limit 3", names)
    assert 'ORDER BY a LIMIT 3) as asked order by "a"' in statement.sql


def test_a_map_that_is_only_looked_into_is_no_map_in_the_answer(names):
    question = "select element_at(null_reasons, 'mfa_active') as why from credential_report"
    assert athena_statement(question, names).sql == question


def test_what_is_not_ours_is_athenas_to_judge(names):
    question = "select x from other.things where day > date '2026-01-01'"
    assert athena_statement(question, names).sql == question


@pytest.mark.parametrize(
    "text", ["drop view findings", "insert into t select 1", "create table t as select 1", "show tables"]
)
def test_only_a_select_is_sent(text, names):
    with pytest.raises(UsageFaultsError, match=f"`{text.split()[0]}` is no select"):
        athena_statement(text, names)


def test_a_misspelt_view_suggests_the_right_one(names):
    with pytest.raises(UsageFaultsError, match="Did you mean findings"):
        athena_statement("findngs", names)


def test_a_map_ordered_by_what_is_not_in_the_answer_is_refused_rather_than_unordered(names):
    with pytest.raises(UsageFaultsError, match="ordered by columns that it puts out"):
        athena_statement("select tags from account order by account_id", names)


def test_every_statement_is_short_enough_for_athena_and_for_glue():
    """A query may have 262,144 bytes; a view's text in Glue 409,600 characters, in base64 (facts F7.3, F7.4)."""
    longest = max(len(sql.encode()) for _, sql in athena_statements(shipped_views(), "credlake"))
    assert longest < 262_144
    assert longest * 4 / 3 < 409_600
