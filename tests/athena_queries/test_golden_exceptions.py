"""The golden cases of exceptions: the report's time t is 2026-11-23 14:30 UTC, the run started half an hour later."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from tests.fixtures.control_list import JUDGED_PER

utc = partial(datetime, tzinfo=UTC)

OTHER = "222222222222"
PROD = {"ou_id": "ou-ab12-22222222", "ou_path": "Root/Workloads/Prod"}
IDS = "r-ab12/ou-ab12-11111111"
COLUMNS = "status, exception_id, excepted_until, reason"
NO_MFA = "The user has a password and no MFA device."


def statuses(lake, control: str = "console-mfa", where: str = "true") -> dict[str, str]:
    rows = lake.view("control_results", "user_name, account_id, status", f"control_id = '{control}' and {where}")
    return {row["user_name"] or row["account_id"]: row["status"] for row in rows}


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [
        (
            "2026-11-22",
            ("fail", "EX-1", utc(2026, 11, 23), f"{NO_MFA} Exception EX-1 ended at the end of 2026-11-22."),
        ),
        (
            "2026-11-23",
            ("excepted", "EX-1", utc(2026, 11, 24), f"{NO_MFA} Excepted by EX-1 until the end of 2026-11-23."),
        ),
        (
            "2026-11-24",
            ("excepted", "EX-1", utc(2026, 11, 25), f"{NO_MFA} Excepted by EX-1 until the end of 2026-11-24."),
        ),
    ],
    ids=["the day after the last", "the last day", "the day before the last"],
)
def test_a_result_is_excepted_to_the_end_of_the_last_day(lake_of, rows, expires_on, expected):
    exception = rows.exception(control_id="console-mfa", account="111111111111", expires_on=expires_on)
    lake = lake_of(rows.account(), rows.root(), rows.console_user(mfa_active=False), exception)

    assert lake.results("console-mfa", COLUMNS) == [expected]
    assert len(lake.view("findings")) == len(lake.view("console_users_without_mfa")) == (expected[0] == "fail")


@pytest.mark.parametrize(
    ("run_at", "status"),
    [((0, 0), "excepted"), ((0, 30), "fail"), ((1, 0), "fail")],
    ids=["23:30 of the last day", "0:00", "0:30"],
)
def test_the_reports_own_time_decides_not_the_runs(lake_of, on, run_at, status):
    makers = on(23, *run_at)
    exception = makers.exception(control_id="console-mfa", account="111111111111", expires_on="2026-11-22")
    user = makers.console_user(mfa_active=False)
    lake = lake_of(days={makers.run_at: [makers.account(), makers.root(), user, exception]})

    assert lake.results("console-mfa") == [status]


@pytest.mark.parametrize(
    ("user", "excepted"),
    [
        ("svc-*", {"svc-a", "svc-b_c"}),
        ("svc-a", {"svc-a"}),
        ("SVC-A", set()),
        ("svc-b_?", set()),
        ("*_*", {"svc-b_c"}),
        ("*", {"svc-a", "svc-b_c", "svcxbxc"}),
        ("svc_b_c", set()),
        ("<root_account>", set()),
    ],
)
def test_a_user_is_named_exactly_or_by_a_glob_in_which_only_the_star_is_special(lake_of, rows, user, excepted):
    users = [rows.console_user(name, mfa_active=False) for name in ("svc-a", "svc-b_c", "svcxbxc")]
    lake = lake_of(
        rows.account(), rows.root(password_enabled=True), *users, rows.exception(account="111111111111", user=user)
    )

    found = statuses(lake)
    assert {name for name, status in found.items() if status == "excepted"} == excepted
    assert statuses(lake, "root-mfa") == {"111111111111": "excepted" if user == "<root_account>" else "fail"}


def test_without_a_user_an_exception_covers_the_account_root_and_all_users(lake_of, rows):
    lake = lake_of(
        rows.account(minimum_password_length=8),
        rows.root(password_enabled=True),
        rows.console_user(mfa_active=False),
        rows.account(OTHER, minimum_password_length=8),
        rows.root(OTHER),
        rows.exception(account="111111111111"),
    )

    assert statuses(lake, "password-length") == {"111111111111": "excepted", OTHER: "fail"}
    assert statuses(lake, "root-mfa") == {"111111111111": "excepted", OTHER: "not_applicable"}
    assert statuses(lake) == {"alice": "excepted"}


def test_a_named_user_does_not_cover_what_is_about_the_account(lake_of, rows):
    lake = lake_of(
        rows.account(minimum_password_length=8), rows.root(), rows.exception(account="111111111111", user="*")
    )

    assert statuses(lake, "password-length") == {"111111111111": "fail"}
    placed = {row["control_id"] for row in lake.view("placed_exceptions", "control_id")}
    assert placed == {control for control, judged_per in JUDGED_PER.items() if judged_per != "account"}


@pytest.mark.parametrize(
    ("ou", "status"),
    [
        ("ou-ab12-22222222", "excepted"),
        ("ou-ab12-11111111", "excepted"),
        ("r-ab12", "excepted"),
        ("Root/Workloads", "excepted"),
        ("Root/Workloads/Prod", "excepted"),
        ("Root/Workloads/Pro", "fail"),
        ("Root/Workloads/%", "fail"),
        ("ou-ab12-33333333", "fail"),
    ],
)
def test_an_ou_covers_all_accounts_below_it(lake_of, rows, ou, status):
    account = rows.account(ou_id_path=f"{IDS}/ou-ab12-22222222", minimum_password_length=8, **PROD)
    lake = lake_of(account, rows.root(), rows.exception(ou=ou))

    assert statuses(lake, "password-length") == {"111111111111": status}


def test_an_account_that_moves_to_another_ou_is_no_longer_covered(lake_of, on):
    days = {}
    for day, ou in ((22, "Root/Workloads"), (23, "Root/Sandbox")):
        makers = on(day)
        account = makers.account(ou_path=ou, minimum_password_length=8)
        days[makers.run_at] = [account, makers.root(), makers.exception(ou="Root/Workloads")]
    lake = lake_of(days=days)

    found = lake.view("control_results_history", "snapshot_date, status", "control_id = 'password-length'")
    assert [tuple(row.values()) for row in found] == [("2026-11-22", "excepted"), ("2026-11-23", "fail")]
    # Each snapshot has the exceptions of its own run.
    found = lake.view("exceptions_history", "snapshot_date, state", order="snapshot_date")
    assert [tuple(row.values()) for row in found] == [("2026-11-22", "active"), ("2026-11-23", "unused")]


def test_an_account_whose_ou_is_unknown_is_covered_by_no_ou(lake_of, rows):
    account = rows.account(ou_id="unknown", ou_path="unknown", minimum_password_length=8)
    lake = lake_of(account, rows.root(), rows.exception(ou="Root"))

    assert statuses(lake, "password-length") == {"111111111111": "fail"}


def test_a_finding_is_excepted_by_its_id_for_its_own_control_alone(lake_of, rows):
    key = {"access_key_1_last_rotated": utc(2026, 1, 1)}
    users = [rows.key_user("alice", **key), rows.key_user("bob", **key)]
    lake = lake_of(rows.account(), rows.root(), *users)
    where = "control_id = 'access-key-rotation' and user_name = 'alice'"
    (alice,) = lake.view("control_results", "finding_id", where)
    lake.empty()
    lake = lake_of(
        rows.account(),
        rows.root(),
        *users,
        rows.exception("EX-1", control_id="access-key-rotation", finding_id=alice["finding_id"]),
        rows.exception("EX-2", control_id="console-mfa", finding_id=alice["finding_id"]),
    )

    assert statuses(lake, "access-key-rotation") == {"alice": "excepted", "bob": "fail"}
    found = lake.view("exceptions", "exception_id, state, results_covered")
    assert [tuple(row.values()) for row in found] == [("EX-1", "active", 1), ("EX-2", "unused", 0)]


def test_unknown_and_a_missing_report_are_never_excepted(lake_of, rows):
    lake = lake_of(
        rows.account(password_policy_state="unknown"),
        rows.root(),
        rows.console_user(unparsed=("mfa_active",)),
        rows.account(OTHER, outcome="assume_denied", error_code="AccessDenied"),
        rows.exception(ou="Root"),
    )

    assert statuses(lake, "report-collected") == {"111111111111": "pass", OTHER: "fail"}
    assert lake.view(
        "control_results", "exception_id, reason", "control_id = 'report-collected' and status = 'fail'"
    ) == [{"exception_id": None, "reason": "The report was not collected: assume_denied (AccessDenied)."}]
    assert statuses(lake) == {"alice": "unknown", OTHER: "unknown"}
    assert statuses(lake, "password-length") == {"111111111111": "unknown", OTHER: "unknown"}


def test_of_several_exceptions_the_one_that_ends_last_counts(lake_of, rows):
    lake = lake_of(
        rows.account(minimum_password_length=8),
        rows.root(),
        rows.exception("EX-1", account="111111111111", expires_on="2026-11-01"),
        rows.exception("EX-2", ou="Root", expires_on="2026-12-24"),
        rows.exception("EX-3", account="111111111111", expires_on="2026-11-30"),
    )

    assert lake.results("password-length", "status, exception_id") == [("excepted", "EX-2")]
    found = lake.view("exceptions", "exception_id, state, results_covered, results_failing_again, ends_in_days")
    # 2026-11-23 15:00 to the end of 2026-12-24: 31 days and 9 hours.
    assert [tuple(row.values()) for row in found] == [
        ("EX-1", "expired", 0, 0, None),
        ("EX-2", "active", 1, 0, 31),
        ("EX-3", "unused", 0, 0, 7),
    ]


@pytest.mark.parametrize(
    ("run_at", "expected"),
    [((23, 23, 59), ("unused", 0)), ((24, 0, 0), ("expired", None)), ((24, 0, 1), ("expired", None))],
    ids=["its last minute", "its end", "a minute later"],
)
def test_an_exception_that_covers_nothing_is_expired_from_its_end_on(lake_of, on, run_at, expected):
    makers = on(*run_at)
    exception = makers.exception(account="111111111111", expires_on="2026-11-23")
    lake = lake_of(days={makers.run_at: [makers.account(), makers.root(), exception]})

    (row,) = lake.view("exceptions", "state, ends_in_days")
    assert tuple(row.values()) == expected


def test_excepted_is_counted_apart_and_in_no_rate(lake_of, rows):
    users = [rows.console_user(name, mfa_active=name == "carol") for name in ("alice", "bob", "carol")]
    exceptions = [rows.exception("EX-1", account="111111111111", user="alice", control_id="console-mfa")]
    lake = lake_of(rows.account(), rows.root(), *users, *exceptions)

    counts = "pass_count, fail_count, excepted_count, pass_rate"
    for view in ("account_scorecard", "ou_scorecard", "organization_trend"):
        (row,) = lake.view(view, counts, "control_id = 'console-mfa'")
        assert tuple(row.values()) == (1, 1, 1, 0.5)


def test_an_ended_exception_is_listed_with_what_fails_again(lake_of, rows):
    terms = {"owner": "team", "approved_by": "ciso", "reason": "Migration.", "ticket": "T-1"}
    exception = rows.exception(ou="Root", expires_on="2026-11-20", **terms)
    lake = lake_of(rows.account(minimum_password_length=8), rows.root(), exception)

    columns = "state, results_covered, results_failing_again, owner, approved_by, reason, ticket, expires_on"
    (row,) = lake.view("exceptions", columns)
    assert tuple(row.values()) == ("expired", 0, 1, "team", "ciso", "Migration.", "T-1", "2026-11-20")


def test_the_owner_of_the_account_is_on_every_result(lake_of, rows):
    lake = lake_of(rows.account(owner="team-x"), rows.root(), rows.console_user(mfa_active=False))

    for view in ("control_results", "findings", "console_users_without_mfa", "credentials", "collection_coverage"):
        assert {row["owner"] for row in lake.view(view)} == {"team-x"}
