"""Rates, coverage and counts: what is unknown stands beside every rate and is part of none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from collector.outcome import Outcome
from tests.fixtures.control_list import JUDGED_PER

utc = partial(datetime, tzinfo=UTC)

OUTCOMES = [outcome.value for outcome in Outcome]


def test_a_rate_is_passes_among_passes_and_failures(lake_of, rows):
    users = [
        rows.console_user("a"),
        rows.console_user("b", mfa_active=False),
        rows.console_user("c", mfa_active=False),
        rows.console_user("d", unparsed=("mfa_active",)),
        rows.user("e"),
    ]
    lake = lake_of(rows.account(outcome="partial", unreadable_values=1), rows.root(), *users)
    columns = "pass_count, fail_count, not_applicable_count, unknown_count, pass_rate"
    assert lake.view("account_scorecard", columns, "control_id = 'console-mfa'") == [
        {
            "pass_count": 1,
            "fail_count": 2,
            "not_applicable_count": 1,
            "unknown_count": 1,
            "pass_rate": pytest.approx(1 / 3),
        }
    ]


def test_an_account_has_a_line_for_every_control_and_no_rate_where_nothing_was_judged(lake_of, rows):
    lake = lake_of(rows.account(), rows.root())
    lines = lake.view("account_scorecard", "control_id, pass_count, fail_count, pass_rate")
    assert len(lines) == len(JUDGED_PER)
    empty = {"control_id": "access-key-rotation", "pass_count": 0, "fail_count": 0, "pass_rate": None}
    assert empty in lines


def test_an_ou_counts_its_direct_accounts_and_those_of_which_something_is_unknown(lake_of, rows):
    other_ou = {"ou_id": "ou-ab12-22222222", "ou_path": "Root/Workloads/Prod"}
    accounts = [f"{number:012d}" for number in range(1, 6)]
    lake = lake_of(
        rows.account(accounts[0]),
        rows.root(accounts[0]),
        rows.console_user(account_id=accounts[0], mfa_active=False),
        rows.account(accounts[1], outcome="partial", unreadable_rows=1),
        rows.root(accounts[1]),
        rows.console_user(account_id=accounts[1]),
        rows.account(accounts[2], outcome="assume_denied"),
        rows.account(accounts[3], account_state="SUSPENDED", outcome="skipped_state"),
        rows.account(accounts[4], **other_ou),
        rows.root(accounts[4]),
    )
    columns = "ou_path, accounts_in_scope, accounts_unknown, accounts_failing, pass_count, fail_count, pass_rate"
    assert [tuple(row.values()) for row in lake.view("ou_scorecard", columns, "control_id = 'console-mfa'")] == [
        ("Root/Workloads", 3, 2, 1, 1, 1, 0.5),
        ("Root/Workloads/Prod", 1, 0, 0, 0, 0, None),
    ]
    where = "control_id = 'report-collected'"
    assert [tuple(row.values()) for row in lake.view("ou_scorecard", columns, where)] == [
        ("Root/Workloads", 3, 0, 1, 2, 1, pytest.approx(2 / 3)),
        ("Root/Workloads/Prod", 1, 0, 0, 1, 0, 1.0),
    ]


def users_of(rows, account_id, **statuses):
    """Users of an account on whom `console-mfa` comes to these statuses, so many of each."""
    changes = {
        "passing": {},
        "failing": {"mfa_active": False},
        "unknown": {"unparsed": ("mfa_active",)},
        "not_applicable": {"password_enabled": False},
    }
    return [
        rows.console_user(f"{status}-{number}", account_id, **changes[status])
        for status, count in statuses.items()
        for number in range(count)
    ]


@pytest.fixture
def with_every_status(rows):
    """Accounts in which `console-mfa` has every status. In one OU four in scope and one suspended, in another one."""
    first, second, third, fourth, suspended, elsewhere = (f"{number:012d}" for number in range(1, 7))
    unreadable = {"outcome": "partial", "unreadable_values": 1}
    return [
        rows.account(first, **unreadable),
        rows.root(first),
        *users_of(rows, first, passing=3, failing=1, not_applicable=2, unknown=1),
        rows.account(second, **unreadable),
        rows.root(second),
        *users_of(rows, second, failing=1, not_applicable=1, unknown=3),
        rows.account(third),
        rows.root(third),
        *users_of(rows, third, passing=2, not_applicable=1),
        # One row for the control, unknown.
        rows.account(fourth, outcome="assume_denied"),
        rows.account(suspended, account_state="SUSPENDED", outcome="skipped_state"),
        rows.account(elsewhere, ou_id="ou-ab12-22222222", ou_path="Root/Workloads/Prod"),
        rows.root(elsewhere),
        *users_of(rows, elsewhere, passing=1, not_applicable=1),
    ]


def test_the_rate_of_an_account_is_of_passes_and_failures_alone(lake_of, with_every_status):
    columns = "account_id, pass_count, fail_count, not_applicable_count, unknown_count, pass_rate"
    found = lake_of(*with_every_status).view("account_scorecard", columns, "control_id = 'console-mfa'")
    assert [tuple(row.values()) for row in found] == [
        ("000000000001", 3, 1, 2, 1, 0.75),
        ("000000000002", 0, 1, 1, 3, 0.0),
        ("000000000003", 2, 0, 1, 0, 1.0),
        ("000000000004", 0, 0, 0, 1, None),
        ("000000000006", 1, 0, 1, 0, 1.0),
    ]


IN_ACCOUNTS_AND_RESULTS = (
    "accounts_in_scope, accounts_unknown, accounts_failing, "
    "pass_count, fail_count, not_applicable_count, unknown_count, pass_rate"
)


def test_the_rate_of_an_ou_is_of_passes_and_failures_alone_and_unknown_is_counted_in_accounts(
    lake_of, with_every_status
):
    columns = f"ou_path, {IN_ACCOUNTS_AND_RESULTS}"
    found = lake_of(*with_every_status).view("ou_scorecard", columns, "control_id = 'console-mfa'")
    assert [tuple(row.values()) for row in found] == [
        ("Root/Workloads", 4, 3, 2, 5, 2, 4, 5, pytest.approx(5 / 7)),
        ("Root/Workloads/Prod", 1, 0, 0, 1, 0, 1, 0, 1.0),
    ]


def test_the_rate_of_the_organization_is_of_passes_and_failures_alone_and_unknown_is_counted_in_accounts(
    lake_of, with_every_status, on
):
    day_before = on(22)
    lake = lake_of(
        days={
            day_before.run_at: [
                day_before.account(),
                day_before.root(),
                *users_of(day_before, "111111111111", failing=1, not_applicable=1, unknown=2),
            ],
            on(23).run_at: with_every_status,
        }
    )
    columns = f"snapshot_date, {IN_ACCOUNTS_AND_RESULTS}"
    found = lake.view("organization_trend", columns, "control_id = 'console-mfa'")
    assert [tuple(row.values()) for row in found] == [
        ("2026-11-22", 1, 1, 1, 0, 1, 1, 2, 0.0),
        ("2026-11-23", 5, 3, 2, 6, 2, 5, 5, 0.75),
    ]


def test_scorecards_add_up_to_the_results(lake_of, rows):
    accounts = [f"{number:012d}" for number in range(1, 8)]
    some = []
    for number, account_id in enumerate(accounts):
        outcome = {3: "throttled", 5: "partial"}.get(number, "collected")
        some.append(
            rows.account(account_id, outcome=outcome, ou_id=f"ou-ab12-{number % 2}", unreadable_rows=int(number == 5))
        )
        if outcome == "throttled":
            continue
        some += [rows.root(account_id), rows.key_user(account_id=account_id)]
        some += [rows.console_user("bob", account_id, mfa_active=number % 3 == 0)]
    lake = lake_of(*some)
    by_status = (
        "control_id, count_if(status = 'pass') as p, count_if(status = 'fail') as f, "
        "count_if(status = 'not_applicable') as n, count_if(status = 'unknown') as u"
    )
    sums = (
        "control_id, sum(pass_count) as p, sum(fail_count) as f, sum(not_applicable_count) as n, "
        "sum(unknown_count) as u"
    )
    expected = lake.view("control_results", by_status, group="control_id")
    assert len(expected) == len(JUDGED_PER)
    for view in ("account_scorecard", "ou_scorecard", "organization_trend"):
        assert lake.view(view, sums, group="control_id") == expected


def test_the_trend_has_a_line_for_every_day_and_control(lake_of, on):
    days = {}
    for day, has_mfa in ((21, False), (22, True), (23, True)):
        makers = on(day)
        days[makers.run_at] = [makers.account(), makers.root(), makers.console_user(mfa_active=has_mfa)]
    lake = lake_of(days=days)
    where = "control_id = 'console-mfa'"
    assert [tuple(row.values()) for row in lake.view("organization_trend", "snapshot_date, pass_rate", where)] == [
        ("2026-11-21", 0.0),
        ("2026-11-22", 1.0),
        ("2026-11-23", 1.0),
    ]
    assert len(lake.view("organization_trend")) == 3 * len(JUDGED_PER)


def test_a_snapshot_counts_its_accounts_by_outcome(lake_of, rows):
    states = {"skipped_state": "SUSPENDED"}
    lake = lake_of(
        *[
            rows.account(f"{number:012d}", outcome=outcome, account_state=states.get(outcome, "ACTIVE"))
            for number, outcome in enumerate(OUTCOMES)
        ]
    )
    [snapshot] = lake.view("snapshots")
    assert {outcome: snapshot[outcome] for outcome in OUTCOMES} == dict.fromkeys(OUTCOMES, 1)
    assert (snapshot["accounts"], snapshot["active_accounts"]) == (12, 11)
    assert snapshot["coverage"] == pytest.approx(2 / 11)
    assert snapshot["run_id"] == "20261123T150000Z-0a1b2c3d"
    assert snapshot["snapshot_at"] == utc(2026, 11, 23, 15, 0)
    assert snapshot["users"] == 2


def test_without_an_active_account_there_is_no_coverage(lake_of, rows):
    lake = lake_of(rows.account(account_state="SUSPENDED", outcome="skipped_state"))
    assert lake.view("snapshots", "accounts, active_accounts, coverage") == [
        {"accounts": 1, "active_accounts": 0, "coverage": None}
    ]


def test_coverage_says_why_how_old_and_whether_all_users_came(lake_of, rows):
    lake = lake_of(
        rows.account("000000000001", users=9, user_count=10),
        rows.account("000000000002", users=9, user_count=8, outcome="partial", unreadable_rows=2),
        rows.account("000000000003", outcome="assume_denied", error_code="AccessDenied"),
    )
    columns = "account_id, is_covered, reason, error_code, report_age_seconds, user_count, expected_user_count"
    assert [tuple(row.values()) for row in lake.view("collection_coverage", columns)] == [
        # Made half an hour before the run, fetched a minute after its start.
        ("000000000001", True, "The report was fetched and every value of every row read.", None, 1860, 10, 10),
        (
            "000000000002",
            True,
            "The report was fetched, but is stale, has no root row, or could not all be read.",
            None,
            1860,
            8,
            10,
        ),
        ("000000000003", False, "STS denied the role.", "AccessDenied", None, None, None),
    ]


@pytest.mark.parametrize("outcome", Outcome)
def test_coverage_shows_the_meaning_of_every_outcome(lake_of, rows, outcome):
    lake = lake_of(rows.account(outcome=outcome.value, account_state="SUSPENDED"))
    [row] = lake.view("collection_coverage", "reason, is_covered")
    assert row["reason"] == outcome.meaning.replace("not ACTIVE", "SUSPENDED")
    assert row["is_covered"] is outcome.is_covered


def test_coverage_shows_how_stale_a_report_is(lake_of, rows):
    stale = {"outcome": "partial", "error_code": "StaleReport", "error_message": "The report is stale."}
    fetched = rows.run_at
    lake = lake_of(
        rows.account("000000000001", finished_at=fetched, report_generated_at=fetched - timedelta(hours=30.5), **stale),
        rows.account("000000000002", finished_at=fetched, report_generated_at=fetched + timedelta(hours=2), **stale),
    )
    assert [
        tuple(row.values()) for row in lake.view("collection_coverage", "account_id, reason, report_age_seconds")
    ] == [
        ("000000000001", "The report was fetched, but was already 30 hours old.", 109_800),
        ("000000000002", "The report was fetched, but its time is later than its fetch.", -7200),
    ]
    assert lake.results("report-collected", "status, reason", "000000000001") == [
        ("pass", "The report was collected in part. The report is stale.")
    ]


def test_findings_are_ranked_by_severity_then_by_how_long_they_fail(lake_of, rows):
    lake = lake_of(
        rows.account(),
        rows.root(access_key_1_active=True, access_key_1_last_rotated=rows.ago(days=5), mfa_active=True),
        rows.key_user("young", access_key_1_last_rotated=rows.ago(days=91)),
        rows.key_user("old", access_key_1_last_rotated=rows.ago(days=400)),
        rows.console_user("console", mfa_active=False),
    )
    columns = "finding_rank, severity, control_id, user_name, finding_id"
    ranked = lake.view("findings", columns)
    assert [tuple(row.values())[:4] for row in ranked] == [
        (1, "critical", "root-no-access-key", None),
        (2, "high", "console-mfa", "console"),
        (3, "medium", "access-key-rotation", "old"),
        (4, "medium", "access-key-rotation", "young"),
        (5, "medium", "root-no-credentials", None),
    ]


def test_organizations_of_one_lake_are_ranked_and_counted_apart(lake_of, rows):
    lake_of(rows.account(), rows.console_user(mfa_active=False), organization="o-aaaaaaaaaa")
    lake = lake_of(rows.account(), rows.console_user(mfa_active=False), organization="o-bbbbbbbbbb")
    where = "control_id = 'console-mfa'"
    assert lake.view("findings", "organization_id, finding_rank", where) == [
        {"organization_id": "o-aaaaaaaaaa", "finding_rank": 1},
        {"organization_id": "o-bbbbbbbbbb", "finding_rank": 1},
    ]
    assert [row["fail_count"] for row in lake.view("account_scorecard", "fail_count", where)] == [1, 1]
    assert lake.view("credential_changes") == []


def test_an_inactive_user_has_only_idle_credentials(lake_of, rows):
    old_key = {"access_key_1_active": True, "access_key_1_last_rotated": rows.ago(days=400)}
    certificate = {"cert_1_active": True, "cert_1_last_rotated": rows.ago(days=4000)}
    idle = {"access_key_1_last_used_date": rows.ago(days=50)}
    users = [
        rows.console_user("signs in", **old_key),
        rows.console_user("never signs in", password_last_used=rows.ago(days=60), **old_key, **idle),
        rows.user("certificate alone", **certificate),
        rows.user("key and certificate", **old_key, **certificate),
        rows.user("inactive key", access_key_1_last_rotated=rows.ago(days=400)),
        rows.root(**old_key),
    ]
    lake = lake_of(rows.account(), *users)
    columns = "user_name, active_credentials, active_signing_certificates, idle_days, never_used"
    assert [tuple(row.values()) for row in lake.view("inactive_users", columns)] == [
        ("key and certificate", 1, 1, 400, True),
        ("never signs in", 2, 0, 50, False),
    ]


def test_a_user_without_active_credentials_has_nothing_active_left(lake_of, rows):
    old_key = {"access_key_1_last_rotated": rows.ago(days=400), "access_key_1_last_used_date": rows.ago(days=300)}
    users = [
        rows.user("nothing"),
        rows.user("inactive", **old_key, cert_2_last_rotated=rows.ago(days=900), mfa_active=True),
        rows.user("key", **{**old_key, "access_key_1_active": True}),
        rows.user("certificate", cert_1_active=True, cert_1_last_rotated=rows.ago(days=9)),
        rows.console_user("console"),
        # Something may be active.
        rows.user("word", password_enabled=None),
        rows.user("unread", **old_key, unparsed=("access_key_1_active",)),
        # A slot with a word and without a date holds no key.
        rows.user("empty slot", not_supported=("access_key_2_active",), access_key_2_last_used_date=rows.ago(days=2)),
        rows.root(),
    ]
    lake = lake_of(rows.account(), *users)
    columns = "user_name, inactive_access_keys, inactive_signing_certificates, last_used_at, mfa_active"
    assert [tuple(row.values()) for row in lake.view("users_without_active_credentials", columns)] == [
        ("empty slot", 0, 0, rows.ago(days=2), False),
        ("inactive", 1, 1, rows.ago(days=300), True),
        ("nothing", 0, 0, None, False),
    ]


def test_root_posture_sets_the_fresher_summary_beside_the_report(lake_of, rows):
    agreeing = {
        "account_mfa_enabled": True,
        "account_password_present": True,
        "account_access_keys_present": False,
    }
    lake = lake_of(
        rows.account("000000000001", **agreeing),
        rows.root("000000000001", password_enabled=True, mfa_active=True),
        rows.account("000000000002", **agreeing),
        rows.root("000000000002", password_enabled=True, mfa_active=False),
        # An inactive key is present too.
        rows.account("000000000003", **{**agreeing, "account_access_keys_present": True}),
        rows.root("000000000003", password_enabled=True, mfa_active=True, access_key_1_last_rotated=rows.ago(days=9)),
        rows.account("000000000004", outcome="throttled"),
    )
    columns = "account_id, root_credentials, account_mfa_enabled, summary_differs"
    assert [tuple(row.values()) for row in lake.view("root_posture", columns)] == [
        ("000000000001", "password", True, False),
        ("000000000002", "password", True, True),
        ("000000000003", "password", True, False),
        ("000000000004", "unknown", None, None),
    ]
