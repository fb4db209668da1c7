"""Every limit, to the second and below it: instants are compared, not days."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

utc = partial(datetime, tzinfo=UTC)

DAY = 86_400


def unused_key(rows, **age):
    return rows.user(
        access_key_1_active=True,
        access_key_1_last_rotated=utc(2026, 1, 1),
        access_key_1_last_used_date=rows.ago(**age),
    )


def unused_password(rows, **age):
    return rows.console_user(password_last_used=rows.ago(**age))


def never_used_password(rows, **age):
    return rows.console_user(no_information=("password_last_used",), password_last_changed=rows.ago(**age))


def old_key(rows, **age):
    return rows.key_user(access_key_1_last_rotated=rows.ago(**age))


def used_root(rows, **age):
    return rows.root(password_enabled=True, mfa_active=True, password_last_used=rows.ago(**age))


def never_used_key(rows, **age):
    return rows.user(access_key_1_active=True, access_key_1_last_rotated=rows.ago(**age))


# At or beyond 45 days fails; a key of exactly 90 days passes; a use exactly one day ago is not within the day.
@pytest.mark.parametrize(
    ("control", "user", "limit_days", "at_the_limit"),
    [
        ("access-key-unused", unused_key, 45, "fail"),
        ("password-unused", unused_password, 45, "fail"),
        ("password-unused", never_used_password, 45, "fail"),
        ("access-key-rotation", old_key, 90, "pass"),
        ("root-unused", used_root, 1, "pass"),
    ],
)
def test_a_limit_is_met_to_the_millisecond(lake_of, rows, control, user, limit_days, at_the_limit):  # noqa: PLR0917 - one argument for each parameter
    one_less, one_more = ("fail", "pass") if control == "root-unused" else ("pass", "fail")
    expected = {
        f"{1:012d}": ({"seconds": limit_days * DAY - 1}, one_less),
        f"{2:012d}": ({"seconds": limit_days * DAY, "milliseconds": -1}, one_less),
        f"{3:012d}": ({"seconds": limit_days * DAY}, at_the_limit),
        f"{4:012d}": ({"seconds": limit_days * DAY, "milliseconds": 1}, one_more),
        f"{5:012d}": ({"seconds": limit_days * DAY + 1}, one_more),
    }
    lake = lake_of(
        *[rows.account(account_id) for account_id in expected],
        *[{**user(rows, **age), "account_id": account_id} for account_id, (age, _) in expected.items()],
    )
    found = {a: lake.results(control, account_id=a) for a in expected}
    assert found == {a: [status] for a, (_, status) in expected.items()}


@pytest.mark.parametrize(
    ("user", "limits", "limit_days"),
    [
        (unused_key, {}, 45),
        (unused_password, {}, 45),
        (never_used_key, {}, 45),
        (never_used_password, {}, 45),
        (unused_key, {"limit_access_key_unused_days": 10}, 10),
        (unused_password, {"limit_password_unused_days": 10}, 10),
    ],
)
def test_a_user_is_inactive_from_the_limit_on_to_the_millisecond(lake_of, rows, user, limits, limit_days):
    ages = {"short": {"milliseconds": -1}, "exact": {}, "beyond": {"milliseconds": 1}}
    users = [
        {**user(rows, days=limit_days, **age), "user_name": name, "user_arn": f"arn:aws:iam::111111111111:user/{name}"}
        for name, age in ages.items()
    ]
    lake = lake_of(rows.account(**limits), rows.root(), *users)
    found = lake.view("inactive_users", "user_name, idle_days, inactive_since", order="user_name")
    # The report is of 14:30:00.
    assert [tuple(row.values()) for row in found] == [
        ("beyond", limit_days, utc(2026, 11, 23, 14, 29, 59, 999_000)),
        ("exact", limit_days, utc(2026, 11, 23, 14, 30)),
    ]


@pytest.mark.parametrize(
    ("control", "column", "user", "age_days", "limits"),
    [
        ("access-key-unused", "limit_access_key_unused_days", unused_key, 10, {10: "fail", 11: "pass"}),
        ("password-unused", "limit_password_unused_days", unused_password, 10, {10: "fail", 11: "pass"}),
        ("access-key-rotation", "limit_access_key_rotation_days", old_key, 200, {199: "fail", 200: "pass"}),
        ("root-unused", "limit_root_use_days", used_root, 10, {10: "pass", 11: "fail"}),
    ],
)
def test_each_account_is_judged_by_its_own_limit(lake_of, rows, control, column, user, age_days, limits):  # noqa: PLR0917 - one argument for each parameter
    accounts = {f"{limit:012d}": limit for limit in limits}
    lake = lake_of(
        *[rows.account(a, **{column: limit}) for a, limit in accounts.items()],
        *[{**user(rows, days=age_days), "account_id": a} for a in accounts],
    )
    found = {limit: lake.results(control, "status, limit_days", a) for a, limit in accounts.items()}
    assert found == {limit: [(status, limit)] for limit, status in limits.items()}


@pytest.mark.parametrize(
    ("control", "policy", "expected"),
    [
        ("password-length", {"minimum_password_length": 13}, "fail"),
        ("password-length", {"minimum_password_length": 14}, "pass"),
        ("password-length", {"minimum_password_length": None}, "fail"),
        ("password-length", {"minimum_password_length": 14, "limit_password_length": 15}, "fail"),
        ("password-reuse", {"password_reuse_prevention": 23}, "fail"),
        ("password-reuse", {"password_reuse_prevention": 24}, "pass"),
        ("password-reuse", {"password_reuse_prevention": None}, "fail"),
        ("password-reuse", {"password_reuse_prevention": 5, "limit_password_reuse": 5}, "pass"),
    ],
)
def test_a_policy_is_held_to_the_accounts_limits(lake_of, rows, control, policy, expected):
    lake = lake_of(rows.account(**policy), rows.root())
    assert lake.results(control) == [expected]


@pytest.mark.parametrize(("seconds", "is_overdue"), [(60 * DAY, False), (60 * DAY + 1, True)])
def test_a_password_is_overdue_once_it_is_older_than_the_policy_allows(lake_of, rows, seconds, is_overdue):
    user = rows.console_user(password_last_changed=rows.ago(seconds=seconds))
    root = rows.root(password_enabled=True, password_last_changed=rows.ago(days=900))
    lake = lake_of(rows.account(max_password_age=60), root, user)
    found = lake.view("passwords_overdue", "user_name, age_days, max_password_age, overdue_since")
    # Due 60 days after 2026-09-24 14:29:59. The policy does not bind root.
    overdue = {"user_name": "alice", "age_days": 60, "max_password_age": 60}
    assert found == ([{**overdue, "overdue_since": utc(2026, 11, 23, 14, 29, 59)}] if is_overdue else [])


def test_without_a_maximum_age_no_password_is_overdue(lake_of, rows):
    lake = lake_of(rows.account(max_password_age=None), rows.console_user(password_last_changed=rows.ago(days=3000)))
    assert lake.view("passwords_overdue") == []


def test_a_failing_result_says_since_when(lake_of, rows):
    lake = lake_of(rows.account(), rows.console_user(password_last_used=utc(2026, 10, 1, 8, 0), mfa_active=False))
    assert lake.results("password-unused", "failing_since") == [utc(2026, 11, 15, 8, 0)]
    # The report does not say when MFA was taken away.
    assert lake.results("console-mfa", "failing_since") == [None]


def test_a_reason_counts_one_day_as_one(lake_of, rows):
    user = rows.console_user(password_last_used=rows.ago(hours=30))
    root = rows.root(password_enabled=True, mfa_active=True, password_last_used=rows.ago(hours=30))
    lake = lake_of(rows.account(limit_password_unused_days=1, limit_root_use_days=2), root, user)
    assert lake.results("password-unused", "reason") == [
        "Last used 1 day before the report: beyond the limit of 1 day."
    ]
    assert lake.results("root-unused", "reason") == [
        "Root was last used 30 hours before the report: within the last 2 days."
    ]


def test_what_happened_after_the_report_has_a_negative_age_but_a_plain_sentence(lake_of, rows):
    """A report is not generated in an instant: a key can be created, and used, in the meantime."""
    later = rows.ago(seconds=-10)
    key = rows.key_user(access_key_1_last_rotated=later, access_key_1_last_used_date=later)
    console = rows.console_user("bob", password_last_used=None, password_last_changed=later)
    root = rows.root(password_enabled=True, mfa_active=True, password_last_used=later)
    lake = lake_of(rows.account(), root, key, console)
    columns = "status, measured_days, measured_seconds, reason"
    assert lake.results("access-key-rotation", columns) == [
        ("pass", -1, -10, "Created after the report: within the limit of 90 days.")
    ]
    assert lake.results("access-key-unused", columns) == [
        ("pass", -1, -10, "Last used after the report: within the limit of 45 days.")
    ]
    assert lake.results("password-unused", columns) == [
        ("pass", -1, -10, "Never used, and set after the report: within the limit of 45 days.")
    ]
    assert lake.results("root-unused", columns) == [
        ("fail", -1, -10, "Root was last used after the report: within the last day.")
    ]
    assert lake.view("control_results", "reason", "reason like '%-1 %'") == []
