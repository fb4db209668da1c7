"""The golden cases of users and their credentials, by name. Peers get many of them wrong: see docs/comparison.md.

The report's time t is 2026-11-23 14:30 UTC; the run started half an hour later.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

utc = partial(datetime, tzinfo=UTC)

ALICE = "arn:aws:iam::111111111111:user/team/alice"
MARCH = utc(2026, 3, 3, 12, 0, 0)


def test_active_key_never_used_and_old(lake_of, rows):
    user = rows.user(access_key_1_active=True, access_key_1_last_rotated=MARCH)
    lake = lake_of(rows.account(), rows.root(), user)
    # From 2026-03-03 12:00 to t are 265 days and 9,000 seconds.
    columns = "status, reason, measured_days, measured_seconds, limit_days, failing_since"
    assert lake.results("access-key-unused", columns) == [
        (
            "fail",
            "Never used, and created 265 days before the report: beyond the limit of 45 days.",
            265,
            22_905_000,
            45,
            utc(2026, 4, 17, 12, 0),
        )
    ]
    assert lake.results("access-key-rotation", columns) == [
        (
            "fail",
            "Created 265 days before the report: beyond the limit of 90 days.",
            265,
            22_905_000,
            90,
            utc(2026, 6, 1, 12, 0),
        )
    ]
    assert lake.results("no-setup-access-key", "status, reason") == [("pass", "The user has no password.")]
    assert lake.view("credentials", "never_used, age_days, idle_days, last_used_at") == [
        {"never_used": True, "age_days": 265, "idle_days": 265, "last_used_at": None}
    ]
    assert [row["user_arn"] for row in lake.view("inactive_users")] == [ALICE]


def test_active_key_never_used_and_new(lake_of, rows):
    user = rows.user(
        password_enabled=True,
        mfa_active=True,
        no_information=("password_last_used",),
        password_last_changed=rows.ago(minutes=5),
        access_key_1_active=True,
        access_key_1_last_rotated=rows.ago(minutes=5),
    )
    lake = lake_of(rows.account(), rows.root(), user)
    assert lake.results("access-key-unused") == ["pass"]
    assert lake.results("access-key-rotation") == ["pass"]
    assert lake.results("no-setup-access-key", "status, reason") == [
        ("fail", "The user has a password, and this active key was never used.")
    ]
    assert lake.view("inactive_users") == []


def test_password_never_used(lake_of, rows):
    """Not `no information`, not passed: it counts from when it was set."""
    user = rows.user(
        password_enabled=True, mfa_active=True, no_information=("password_last_used",), password_last_changed=MARCH
    )
    lake = lake_of(rows.account(), rows.root(), user)
    assert lake.results("password-unused", "status, reason, measured_days, failing_since") == [
        (
            "fail",
            "Never used, and set 265 days before the report: beyond the limit of 45 days.",
            265,
            utc(2026, 4, 17, 12, 0),
        )
    ]
    assert lake.view("credentials", "credential_type, slot, is_active, never_used, idle_days") == [
        {"credential_type": "password", "slot": None, "is_active": True, "never_used": True, "idle_days": 265}
    ]


def test_key_used_in_s3_without_region(lake_of, rows):
    """S3 names no Region: that is no sign of an unused key."""
    user = rows.user(
        access_key_1_active=True,
        access_key_1_last_rotated=MARCH,
        access_key_1_last_used_date=rows.ago(hours=2),
        access_key_1_last_used_service="s3",
    )
    lake = lake_of(rows.account(), rows.root(), user)
    assert lake.results("access-key-unused", "status, reason, last_used_region, last_used_service") == [
        ("pass", "Last used 0 days before the report: within the limit of 45 days.", None, "s3")
    ]
    assert lake.view("credentials", "never_used, idle_days, last_used_region") == [
        {"never_used": False, "idle_days": 0, "last_used_region": None}
    ]
    assert lake.view("unused_credentials") == []


def test_inactive_key_with_a_date(lake_of, rows):
    """It exists, and is one row that is not applicable; the empty second slot is no row."""
    user = rows.user(access_key_1_active=False, access_key_1_last_rotated=MARCH)
    lake = lake_of(rows.account(), rows.root(), user)
    for control in ("access-key-unused", "access-key-rotation", "no-setup-access-key"):
        assert lake.results(control, "status, reason, slot, failing_since") == [
            ("not_applicable", "The key is inactive.", 1, None)
        ]
    assert lake.results("single-access-key") == ["pass"]
    assert lake.view("credentials", "credential_type, slot, is_active, age_days") == [
        {"credential_type": "access_key", "slot": 1, "is_active": False, "age_days": 265}
    ]
    assert lake.view("inactive_users") == []


def test_two_active_keys(lake_of, rows):
    two = rows.key_user(access_key_2_active=True, access_key_2_last_rotated=rows.ago(days=2))
    one = rows.key_user("bob", access_key_2_active=False, access_key_2_last_rotated=rows.ago(days=200))
    lake = lake_of(rows.account(), rows.root(), two, one, rows.user("carol"))
    assert lake.results("single-access-key", "user_name, status, reason") == [
        ("alice", "fail", "Both access keys are active."),
        ("bob", "pass", "At most one access key is active."),
        ("carol", "pass", "At most one access key is active."),
    ]
    assert [row["user_name"] for row in lake.view("users_with_two_active_keys")] == ["alice"]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(45 * 86_400, "fail"), (45 * 86_400 - 1, "pass")], ids=["exactly", "one second less"]
)
def test_a_key_exactly_45_days_old_and_one_second_less(lake_of, rows, seconds, expected):
    user = rows.user(access_key_1_active=True, access_key_1_last_rotated=rows.ago(seconds=seconds))
    lake = lake_of(rows.account(), rows.root(), user)
    # 45 times 86,400 is 3,888,000.
    days = 45 if expected == "fail" else 44
    assert lake.results("access-key-unused", "status, measured_days, measured_seconds") == [(expected, days, seconds)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(90 * 86_400, "pass"), (90 * 86_400 + 1, "fail")],
    ids=["exactly", "one second more"],
)
def test_a_key_90_days_old_and_one_second_more(lake_of, rows, seconds, expected):
    user = rows.key_user(access_key_1_last_rotated=rows.ago(seconds=seconds))
    lake = lake_of(rows.account(), rows.root(), user)
    assert lake.results("access-key-rotation", "status, measured_days, measured_seconds") == [(expected, 90, seconds)]
    assert len(lake.view("stale_access_keys")) == (expected == "fail")


def test_an_unparsed_mfa_active(lake_of, rows):
    """Unknown, naming the column; never passed, never failed, never left out."""
    user = rows.console_user(unparsed=("mfa_active",))
    lake = lake_of(rows.account(outcome="partial", unreadable_values=1), rows.root(), user)
    assert lake.results("console-mfa", "user_name, status, reason") == [
        ("alice", "unknown", "Cannot be evaluated: mfa_active is unparsed.")
    ]
    assert lake.view("console_users_without_mfa") == []
    assert lake.view(
        "account_scorecard", "pass_count, fail_count, unknown_count, pass_rate", "control_id='console-mfa'"
    ) == [{"pass_count": 0, "fail_count": 0, "unknown_count": 1, "pass_rate": None}]


def test_two_keys_made_in_the_same_second_but_not_at_the_same_millisecond(lake_of, rows):
    user = rows.user(
        access_key_1_active=True,
        access_key_1_last_rotated=MARCH + timedelta(milliseconds=200),
        access_key_2_active=True,
        access_key_2_last_rotated=MARCH + timedelta(milliseconds=700),
    )
    lake = lake_of(rows.account(), rows.root(), user)
    found = lake.view("findings", "finding_id", "control_id = 'access-key-rotation'")
    assert len({row["finding_id"] for row in found}) == 2


def test_the_id_of_a_finding_never_changes(lake_of, rows):
    """Literally: who keeps ids in a ticket finds them after an upgrade."""
    user = rows.console_user(access_key_1_active=True, access_key_1_last_rotated=MARCH, mfa_active=False)
    lake = lake_of(rows.account(), rows.root(), user)
    assert lake.results("access-key-rotation", "finding_id") == ["14b866f50dd971267cbd0c59638e103b"]
    assert lake.results("console-mfa", "finding_id") == ["dd555d2e5b1beca25392acb7ccc68175"]


def test_a_policy_that_cannot_be_read(lake_of, rows):
    account = rows.account(
        password_policy_state="unknown",
        password_policy_error="AccessDenied",
        minimum_password_length=None,
        password_reuse_prevention=None,
    )
    lake = lake_of(account, rows.root())
    reason = "Cannot be evaluated: the password policy could not be read (AccessDenied)."
    assert lake.results("password-length", "status, reason") == [("unknown", reason)]
    assert lake.results("password-reuse", "status, reason") == [("unknown", reason)]
    # No policy of its own is something else: that is known, and fails.
    nothing_set = rows.account(
        "222222222222", password_policy_state="default", minimum_password_length=None, password_reuse_prevention=None
    )
    lake = lake_of(nothing_set, rows.root("222222222222"))
    assert lake.results("password-length", "status, reason", "222222222222") == [
        ("fail", "The account has no custom password policy.")
    ]


def test_a_comma_in_a_user_name(lake_of, rows):
    lake = lake_of(rows.account(), rows.root(), rows.console_user("smith, john", mfa_active=False))
    assert lake.view("console_users_without_mfa", "user_name, user_arn") == [
        {"user_name": "smith, john", "user_arn": "arn:aws:iam::111111111111:user/team/smith, john"}
    ]


def test_an_age_does_not_depend_on_when_one_asks(lake_of, on):
    """The report is four hours older than the run, and it is the report that counts."""
    makers = on(23)
    makers.t = makers.run_at - timedelta(hours=4)
    user = makers.user(access_key_1_active=True, access_key_1_last_rotated=makers.ago(days=44, hours=23))
    lake = lake_of(days={makers.run_at: [makers.account(), makers.root(), user]})
    assert lake.results("access-key-unused", "status, measured_days") == [("pass", 44)]
