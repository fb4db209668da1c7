"""What holds for every view: its grain, its twin, its columns, and what its SQL may be."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.fixtures.trino_syntax import trino_problems
from tools.trino.view_files import names_of, output_types, source_views, twin_sql

utc = partial(datetime, tzinfo=UTC)

VIEWS = source_views()

# Views and their first columns, which are stable (docs/versioning.md): who renames one breaks its readers.
STABLE_VIEWS = {
    "credentials",
    "control_results",
    "findings",
    "stale_access_keys",
    "unused_credentials",
    "console_users_without_mfa",
    "users_with_two_active_keys",
    "inactive_users",
    "users_without_active_credentials",
    "passwords_overdue",
    "root_posture",
    "collection_coverage",
    "account_scorecard",
    "ou_scorecard",
    "organization_trend",
    "credential_changes",
    "snapshots",
    "controls",
    "control_frameworks",
    "exceptions",
}
OF_AN_ACCOUNT = [
    "organization_id",
    "snapshot_date",
    "snapshot_at",
    "account_id",
    "account_name",
    "ou_id",
    "ou_path",
]
CREDENTIALS = [
    "user_name",
    "user_arn",
    "is_root",
    "credential_type",
    "slot",
    "is_active",
    "created_at",
    "last_used_at",
    "last_used_region",
    "last_used_service",
    "age_days",
    "idle_days",
    "never_used",
    "mfa_active",
    "report_generated_at",
]
CONTROL_RESULTS = [
    "control_id",
    "severity",
    "severity_rank",
    "user_name",
    "user_arn",
    "credential_type",
    "slot",
    "credential_created_at",
    "status",
    "reason",
    "measured_days",
    "measured_seconds",
    "limit_days",
    "failing_since",
    "finding_id",
    "report_generated_at",
]
LATER_CONTROL_RESULTS = ["reason_code", "exception_id", "excepted_until", "owner"]
# About no account: a snapshot, an OU, the organization, or the controls themselves.
NOT_OF_AN_ACCOUNT = {
    *("snapshots", "ou_scorecard", "organization_trend", "controls", "control_frameworks"),
    *("exception_terms", "placed_exceptions"),
}
# The tables of docs/columns.md and the rows of reports: their columns come from collector.schema.
TABLES = {"account", "credential_report", "report_rows"}


def nasty_days(on) -> dict[datetime, list[dict]]:
    """Four days of forty accounts in which anything may be anything, the same each time."""
    chance = random.Random(20261123)  # noqa: S311 - no secret
    days: dict[datetime, list[dict]] = {}
    pick = chance.choice
    made = [utc(2026, 1, 1), utc(2026, 11, 1), None]
    outcomes = ["collected"] * 6 + ["partial"] * 4 + ["assume_denied", "throttled", "excluded"]
    for day in range(20, 24):
        makers = on(day)
        rows = []
        for number in range(chance.randint(35, 40)):
            account_id = f"{number:012d}"
            state = pick(["ACTIVE"] * 9 + ["SUSPENDED"])
            outcome = pick(outcomes) if state == "ACTIVE" else "skipped_state"
            rows.append(
                makers.account(
                    account_id,
                    account_state=state,
                    outcome=outcome,
                    ou_id=f"ou-ab12-{number % 3}",
                    ou_path=f"Root/{number % 3}",
                    aws_partition=pick(["aws", "aws", "aws-us-gov", "aws-cn"]),
                    unreadable_rows=pick([0, 0, 2]) if outcome == "partial" else 0,
                    password_policy_state=pick(["custom", "custom", "default", "unknown"]),
                    minimum_password_length=pick([8, 14, None]),
                    password_reuse_prevention=pick([5, 24, None]),
                    max_password_age=pick([30, None]),
                    is_management_account=pick([False, False, True, None]),
                )
            )
            if outcome not in {"collected", "partial"}:
                continue
            if outcome == "collected" or chance.random() < 0.7:
                # Some root users have nothing at all.
                rows.append(
                    makers.root(account_id, **({} if chance.random() < 0.3 else _anything(chance, makers, made)))
                )
            for user in range(chance.randint(0, 4)):
                anything = {} if chance.random() < 0.2 else _anything(chance, makers, made)
                rows.append(
                    makers.user(f"user-{user}", account_id, **{"user_creation_time": pick(made[:2]), **anything})
                )
        rows += [
            makers.exception("EX-1", ou="Root/1", control_id="password-length"),
            makers.exception("EX-2", account="000000000002", user="user-*"),
            makers.exception("EX-3", ou="Root/2"),
            makers.exception("EX-4", account="000000000003", expires_on="2026-11-01"),
        ]
        days[makers.run_at] = rows
    return days


def _anything(chance: random.Random, makers, made: list) -> dict:
    pick = chance.choice
    used = [makers.ago(hours=1), makers.ago(days=50), None]
    values: dict = {
        "password_enabled": pick([True, False, None]),
        "password_last_used": pick(used),
        "password_last_changed": pick(made),
        "mfa_active": pick([True, False]),
    }
    for slot in (1, 2):
        key = f"access_key_{slot}"
        values[f"{key}_active"] = pick([True, False])
        values[f"{key}_last_rotated"] = pick(made)
        values[f"{key}_last_used_date"] = pick(used)
        values[f"cert_{slot}_active"] = pick([True, False])
        values[f"cert_{slot}_last_rotated"] = pick(made)
    for reason in ("unparsed", "empty", "not_supported"):
        values[reason] = tuple(column for column in list(values) if "_" in column and chance.random() < 0.02)
    return {name: value for name, value in values.items() if value != ()}


@pytest.fixture(scope="module")
def nasty_lake(new_questions, makers_on):
    """Two organizations with different newest days, made once."""
    questions = new_questions()
    days = nasty_days(makers_on)
    questions.fill(days, "o-aaaaaaaaaa")
    questions.fill({at + timedelta(days=1): rows for at, rows in days.items()}, "o-bbbbbbbbbb")
    return questions


@pytest.mark.parametrize("name", sorted(names_of(VIEWS)))
def test_the_columns_of_the_grain_are_unique(nasty_lake, name):
    grain = ", ".join(names_of(VIEWS)[name].grain)
    times = nasty_lake.view(name, "count(*) as times", group=grain)
    assert {row["times"] for row in times} == {1}


@pytest.mark.parametrize("name", sorted(name for name, view in VIEWS.items() if view.twin == "both"))
def test_the_history_of_the_newest_day_is_the_current_view(nasty_lake, name):
    newest = "(organization_id = 'o-aaaaaaaaaa' and snapshot_date = '2026-11-23') or snapshot_date = '2026-11-24'"
    where = newest if "snapshot_date" in output_types(VIEWS[name]) else "true"
    current = nasty_lake.view(name)
    assert sorted(map(repr, current)) == sorted(map(repr, nasty_lake.view(f"{name}_history", where=where)))
    assert current


def test_every_control_can_end_in_every_way_that_its_rule_knows(nasty_lake):
    found = nasty_lake.ask("select distinct control_id, status from control_results_history")
    by_control: dict[str, set[str]] = {}
    for row in found:
        by_control.setdefault(row["control_id"], set()).add(row["status"])
    three = {"pass", "fail", "unknown", "excepted"}
    four = {*three, "not_applicable"}
    assert by_control == {
        "report-collected": {"pass", "fail"},
        # In China there is no root user.
        "root-no-access-key": four,
        "root-mfa": four,
        "root-unused": four,
        "root-no-credentials": four,
        "root-no-certificate": four,
        "console-mfa": four,
        "no-setup-access-key": four,
        # A password that is not enabled does not exist.
        "password-unused": three,
        "access-key-unused": four,
        "single-access-key": three,
        "access-key-rotation": four,
        "password-length": three,
        "password-reuse": three,
    }


def test_a_finding_keeps_its_id_from_day_to_day(lake_of, on):
    days = {}
    for day in (22, 23):
        makers = on(day)
        days[makers.run_at] = [
            makers.account(minimum_password_length=8),
            makers.root(password_enabled=True),
            makers.console_user(mfa_active=False, password_last_used=utc(2026, 5, 5)),
            # A changed password is the same user's password.
            makers.console_user(
                "bob",
                password_last_used=utc(2026, 5, 5),
                password_last_changed=utc(2026, 11, day),
            ),
            makers.key_user("carol", access_key_1_last_rotated=utc(2026, 5, 5)),
        ]
    lake = lake_of(days=days)
    ids = {
        date: {row["finding_id"] for row in lake.view("findings_history", "finding_id", f"snapshot_date = '{date}'")}
        for date in ("2026-11-22", "2026-11-23")
    }
    # password-length, root-mfa, root-no-credentials, console-mfa and password-unused of alice, password-unused of bob,
    # carol's key.
    assert len(ids["2026-11-22"]) == 7
    assert ids["2026-11-22"] == ids["2026-11-23"]
    assert all(re.fullmatch(r"[0-9a-f]{32}", finding_id) for finding_id in ids["2026-11-22"])


def test_every_stable_view_is_there_under_both_names():
    assert {*STABLE_VIEWS, *TABLES} <= set(VIEWS)
    names = names_of(VIEWS)
    assert {f"{name}_history" for name in {*STABLE_VIEWS, *TABLES}} <= set(names)


def columns(name: str) -> dict[str, str]:
    """Output columns with the types they are cast to, as written."""
    return output_types(VIEWS[name])


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_output_column_is_cast_to_a_plain_type(name):
    plain = {"varchar", "bigint", "integer", "boolean", "double", "timestamp(3)"}
    if name in TABLES:
        plain.add("map(varchar, varchar)")
    assert set(columns(name).values()) <= plain


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_rows_about_an_account_begin_with_where_it_stands(name):
    if name in {*NOT_OF_AN_ACCOUNT, *TABLES}:
        assert "account_name" not in columns(name) or name in TABLES
        return
    assert [column for column in columns(name) if column in OF_AN_ACCOUNT] == OF_AN_ACCOUNT
    assert next(iter(columns(name))) == "organization_id"


def test_credentials_and_control_results_have_their_stable_columns_in_order():
    assert list(columns("credentials"))[: 7 + len(CREDENTIALS)] == OF_AN_ACCOUNT + CREDENTIALS
    assert list(columns("control_results"))[: 7 + len(CONTROL_RESULTS)] == OF_AN_ACCOUNT + CONTROL_RESULTS
    assert list(columns("control_results"))[-4:] == LATER_CONTROL_RESULTS
    assert {*CONTROL_RESULTS, *LATER_CONTROL_RESULTS} <= set(columns("findings"))


def test_the_views_of_results_have_the_same_columns_because_a_union_matches_them_by_position():
    results = [columns(name) for name, view in VIEWS.items() if view.path.parent.name == "results"]
    assert len(results) == 5
    assert all(list(each.items()) == list(results[0].items()) for each in results)


def test_and_so_have_the_changes():
    changes = [list(columns(name).items()) for name in VIEWS if name.endswith("_changes")]
    assert len(changes) == 6
    assert all(each == changes[0] for each in changes)


@pytest.mark.parametrize("name", sorted(set(VIEWS) - {"credential_report", "report_rows", "credentials"}))
def test_no_view_but_the_long_form_spells_out_the_slots(name):
    assert not re.search(r"(access_key|cert)_[12]", VIEWS[name].path.read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(set(VIEWS) - {"account"}))
def test_addresses_appear_in_account_alone(name):
    assert "email" not in VIEWS[name].sql


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_no_view_asks_the_clock(name):
    assert not re.search(r"\b(now|current_\w+|localtime\w*|from_iso8601\w*|at time zone)\b", VIEWS[name].sql)


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_trinos_own_grammar_and_names_accept_the_view(name):
    for sql in (twin_sql(VIEWS[name], each) for each in VIEWS[name].names):
        assert trino_problems(sql) == []
