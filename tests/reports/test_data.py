"""What a report reads: the numbers of the views, for all accounts or for some."""

from __future__ import annotations

import pytest
from trino_query_parser import parse_statement
from trino_sql_validator import validate

from collector.errors import UsageError
from collector.query.duckdb import LocalLake
from collector.query.statement import athena_statement
from collector.reports.charts import ends_with, histogram
from collector.reports.data import read_report
from collector.reports.records import Bucket
from collector.reports.scope import Scope
from collector.views.files import shipped_views
from tests.reports.conftest import ALPHA, BETA, CALLER, DENIED, GAMMA


def rows_of(lake: str, sql: str) -> list[dict]:
    with LocalLake(lake) as local:
        return [row for batch in local.rows(sql).batches for row in batch.to_pylist()]


def test_the_coverage_is_that_of_the_snapshot(data, lake):
    [snapshot] = rows_of(lake, "snapshots")

    assert (data.known, data.active) == (2, 3)
    assert data.known / data.active == snapshot["coverage"]


def test_the_trend_of_some_accounts_has_the_sums_that_the_view_has_of_all(data, read):
    assert read(ous=("Root",)).trend == data.trend
    assert data.days == ["2026-11-22", "2026-11-23"]


def test_every_finding_is_there_in_its_order(data, lake):
    rows = rows_of(lake, "select finding_id from findings order by finding_rank")

    assert [each.finding_id for each in data.findings] == [row["finding_id"] for row in rows]
    assert data.failing == len(rows)


def test_a_finding_is_new_if_it_was_none_the_day_before_in_an_account_that_was_known(data):
    [new] = [each for each in data.findings if each.finding_id in data.new_findings]
    assert (new.account_id, new.user_name, new.control_id) == (ALPHA, "alice", "console-mfa")


def test_credentials_are_counted_by_age_and_by_the_time_since_their_last_use(data):
    assert {each.bucket: each.credentials for each in data.key_ages} == {365: 1, 730: 1}
    assert {each.bucket: each.credentials for each in data.idle_times} == {7: 12}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"accounts": (BETA,)}, [BETA]),
        ({"accounts": ("alpha-prod", GAMMA)}, [ALPHA, GAMMA]),
        ({"ous": ("Root/Test",)}, [BETA, GAMMA]),
        ({"owners": ("pay@example.com",)}, [ALPHA]),
        ({"ous": ("ou-ab12-test",)}, [BETA, GAMMA]),
        ({"ous": ("Root/Test/",), "accounts": (GAMMA,)}, [GAMMA]),
    ],
)
def test_a_scope_names_accounts_and_ous_with_all_below_them(read, scope, expected):
    found = read(**scope)

    assert [account.account_id for account in found.accounts] == expected
    others = {ALPHA, BETA, GAMMA} - {*expected}
    for rows in (
        found.coverage,
        found.standings,
        found.history,
        found.findings,
        found.credentials,
        found.roots,
        found.inactive,
    ):
        assert not {row.account_id for row in rows} & others


@pytest.mark.parametrize(
    ("scope", "problem"),
    [
        ({"accounts": ("alpha-prd",)}, "--account alpha-prd: not an account of the newest snapshot.{} alpha-prod?"),
        (
            {"accounts": ("111111111112",)},
            f"--account 111111111112: not an account of the newest snapshot.{{}} {ALPHA}?",
        ),
        ({"ous": ("Root/Pord",)}, "--ou Root/Pord: the newest snapshot has no account there.{} Root/Prod?"),
        ({"ous": ("PROD",)}, "--ou PROD: the newest snapshot has no account there.{} Root/Prod?"),
        ({"ous": ("Root/Prod",), "accounts": (BETA,)}, "No account matches each of --account, --ou and --owner."),
        (
            {"owners": ("play@example.com",)},
            "--owner play@example.com: owns no account of the newest snapshot.{} pay@example.com?",
        ),
    ],
)
def test_a_scope_that_matches_nothing_is_a_usage_error_with_near_names(read, scope, problem):
    with pytest.raises(UsageError) as caught:
        read(**scope)
    assert caught.value.problems == [problem.format(" Did you mean")]


def test_users_with_nothing_active_left_are_listed(data):
    assert [(each.account_id, each.user_name) for each in data.inactive] == [(ALPHA, "gone")]


def test_the_messages_of_aws_keep_the_ids_of_the_scope_and_no_other(read, data):
    [shown] = read(accounts=(GAMMA,)).accounts

    assert shown.error_message == DENIED.replace(CALLER, "************")
    assert shown.denied_by_arn.startswith("arn:aws:organizations::************:policy/")
    assert data.accounts[2].error_message == DENIED


@pytest.mark.parametrize("scope", [Scope(), Scope(accounts=(ALPHA, "gamma"))], ids=["all", "some"])
def test_every_statement_is_valid_for_athena(lake, scope):
    """They are written once, and run on both engines."""
    statements = []
    with LocalLake(lake) as local:

        def run(sql):
            statements.append(sql)
            return local.rows(sql)

        read_report(run, lake=lake, scope=scope)
    assert len(statements) > 10
    for statement in statements:
        assert athena_statement(statement, shipped_views()).sql == statement
        parse_statement(statement)  # raises
        result = validate(statement)
        assert (statement, result.error, list(result.warnings)) == (statement, None, [])


def test_a_limit_between_two_ends_of_bars_is_an_end_itself():
    assert ends_with((30, 60, 90), [75]) == [30, 60, 75, 90]
    assert ends_with((30, 60, 90), [1, 2, 3, 4]) == [30, 60, 90]
    bars = histogram([Bucket(30, 3), Bucket(-1, 1)], (30, 60, 75, 90), [75])
    assert [(bar.bucket, bar.count) for bar in bars] == [(30, 3), (60, 0), (75, 0), (-1, 1)]
