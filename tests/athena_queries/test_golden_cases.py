"""The golden cases of the issue, by name. Peers get many of them wrong: docs/comparison.md says which.

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


def test_root_without_credentials(lake_of, rows):
    """Neither password nor key: MFA has nothing to guard, and that is not a failure."""
    lake = lake_of(rows.account(), rows.root(password_enabled=False, mfa_active=False))
    assert lake.results("root-mfa", "status, reason") == [
        ("not_applicable", "Root has no credentials that MFA could protect.")
    ]
    assert lake.results("root-no-access-key") == ["pass"]
    assert lake.results("root-unused", "status, reason") == [("pass", "Root has no recorded use.")]
    assert lake.view("root_posture", "root_credentials, mfa_active, active_access_keys, last_used_at") == [
        {"root_credentials": "none", "mfa_active": False, "active_access_keys": 0, "last_used_at": None}
    ]


def test_root_with_an_old_password_login_and_a_key_used_an_hour_ago(lake_of, rows):
    """The latest use of any credential counts, not the first that is found."""
    root = rows.root(
        password_enabled=True,
        password_last_used=utc(2019, 5, 5),
        password_last_changed=utc(2019, 5, 5),
        mfa_active=True,
        access_key_2_active=True,
        access_key_2_last_rotated=MARCH,
        access_key_2_last_used_date=rows.ago(hours=1),
    )
    lake = lake_of(rows.account(), root)
    assert lake.results("root-unused", "status, reason, measured_days, measured_seconds, limit_days") == [
        ("fail", "Root was last used 1 hour before the report: within the last day.", 0, 3600, 1)
    ]
    # It fails from that use on.
    assert lake.results("root-unused", "failing_since") == [rows.ago(hours=1)]
    assert lake.results("root-no-access-key") == ["fail"]
    assert lake.results("root-mfa") == ["pass"]
    assert lake.view("root_posture", "root_credentials, last_used_at, idle_days") == [
        {"root_credentials": "password and access key", "last_used_at": rows.ago(hours=1), "idle_days": 0}
    ]


def test_root_with_a_last_use_in_a_slot_that_holds_no_key(lake_of, rows):
    """The key is gone from the report, its use is not."""
    lake = lake_of(rows.account(), rows.root(access_key_1_last_used_date=rows.ago(hours=2)))
    assert lake.results("root-unused", "status, reason, failing_since") == [
        ("fail", "Root was last used 2 hours before the report: within the last day.", rows.ago(hours=2))
    ]
    assert lake.view("root_posture", "root_credentials, last_used_at, access_key_last_used_at, idle_days") == [
        {
            "root_credentials": "none",
            "last_used_at": rows.ago(hours=2),
            "access_key_last_used_at": rows.ago(hours=2),
            "idle_days": 0,
        }
    ]
    assert lake.view("credentials") == []


@pytest.mark.parametrize(
    ("style", "changes", "expected"),
    [
        (
            "old, password not supported, no MFA",
            {"not_supported": ("password_enabled", "password_last_changed")},
            "fail",
        ),
        (
            "old, password not supported, MFA",
            {"not_supported": ("password_enabled", "password_last_changed"), "mfa_active": True},
            "pass",
        ),
        ("new, password, no MFA", {"password_enabled": True}, "fail"),
        ("new, password, MFA", {"password_enabled": True, "mfa_active": True}, "pass"),
        ("new, neither password nor key, no MFA", {"password_enabled": False}, "not_applicable"),
        (
            "new, no password but an active key, no MFA",
            {"password_enabled": False, "access_key_1_active": True, "access_key_1_last_rotated": MARCH},
            "fail",
        ),
        (
            "new, no password and an inactive key, no MFA",
            {"password_enabled": False, "access_key_1_last_rotated": MARCH},
            "not_applicable",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_root_mfa_in_old_style_and_new_style_reports(lake_of, rows, style, changes, expected):
    lake = lake_of(rows.account(), rows.root(**changes))
    assert lake.results("root-mfa") == [expected]


def test_root_mfa_in_govcloud_is_not_applicable_where_the_password_is_not_supported(lake_of, rows):
    old_style = rows.root(not_supported=("password_enabled", "password_last_used", "password_last_changed"))
    arn = "arn:aws-us-gov:iam::111111111111:root"
    lake = lake_of(rows.account(aws_partition="aws-us-gov"), {**old_style, "user_arn": arn})
    assert lake.results("root-mfa") == ["not_applicable"]
    # There is no console to sign in to, so a password use that is not supported is no use.
    assert lake.results("root-unused") == ["pass"]


def test_root_mfa_in_govcloud_is_not_applicable_though_there_is_an_active_key(lake_of, rows):
    """And the reason does not say that there is none."""
    root = rows.root(access_key_1_active=True, access_key_1_last_rotated=MARCH, not_supported=("password_enabled",))
    arn = "arn:aws-us-gov:iam::111111111111:root"
    lake = lake_of(rows.account(aws_partition="aws-us-gov"), {**root, "user_arn": arn})
    assert lake.results("root-mfa", "status, reason") == [
        ("not_applicable", "Root has an access key, but no console in GovCloud: MFA is not required.")
    ]
    assert lake.results("root-no-access-key") == ["fail"]


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


def changes(lake, columns: str = "change_type, user_name") -> list[tuple]:
    return [tuple(row.values()) for row in lake.view("credential_changes", columns, order=columns)]


def test_a_user_deleted_between_snapshots(lake_of, on):
    before, now = on(22), on(23)
    bob = before.key_user("bob")
    lake = lake_of(
        days={
            before.run_at: [before.account(), before.root(), before.user(), bob],
            now.run_at: [now.account(), now.root(), now.user()],
        }
    )
    columns = (
        "change_type, user_name, credential_created_at, snapshot_date, previous_snapshot_date, "
        "report_generated_at, previous_report_generated_at"
    )
    times = ("2026-11-23", "2026-11-22", utc(2026, 11, 23, 14, 30), utc(2026, 11, 22, 14, 30))
    assert changes(lake, columns) == [
        ("key_gone", "bob", bob["access_key_1_last_rotated"], *times),
        ("user_gone", "bob", None, *times),
    ]


def test_a_user_deleted_and_made_again_under_the_same_name(lake_of, on):
    before, now = on(22), on(23)
    again = utc(2026, 11, 23, 9, 0)
    lake = lake_of(
        days={
            before.run_at: [before.account(), before.root(), before.console_user()],
            now.run_at: [now.account(), now.root(), now.user(user_creation_time=again)],
        }
    )
    # Not `password_disabled` or `mfa_removed`: this is another user.
    assert changes(lake, "change_type, user_name, changed_at") == [
        ("user_created", "alice", again),
        ("user_gone", "alice", None),
    ]


def test_key_slots_swapped_between_snapshots(lake_of, on):
    before, now = on(22), on(23)
    old, young = utc(2026, 1, 1), utc(2026, 11, 1)

    def keys(first, second):
        return {
            "access_key_1_active": True,
            "access_key_1_last_rotated": first,
            "access_key_2_active": True,
            "access_key_2_last_rotated": second,
        }

    lake = lake_of(
        days={
            before.run_at: [before.account(), before.root(), before.user(**keys(old, young))],
            now.run_at: [now.account(), now.root(), now.user(**keys(young, old))],
        }
    )
    assert changes(lake) == []
    # The failing key is the same finding on both days, though it sits in another slot.
    found = lake.view(
        "findings_history", "slot, finding_id", "control_id = 'access-key-rotation'", order="snapshot_date"
    )
    assert [row["slot"] for row in found] == [1, 2]
    assert found[0]["finding_id"] == found[1]["finding_id"]


def test_two_keys_made_in_the_same_second(lake_of, on):
    before, now = on(22), on(23)
    made = utc(2026, 1, 1)

    def pair(makers, first, second):
        return makers.user(
            access_key_1_active=first,
            access_key_1_last_rotated=made,
            access_key_2_active=second,
            access_key_2_last_rotated=made,
        )

    lake = lake_of(
        days={
            before.run_at: [before.account(), before.root(), pair(before, first=True, second=False)],
            now.run_at: [now.account(), now.root(), pair(now, first=False, second=True)],
        }
    )
    # They swapped slots; nothing was deactivated, and none is mistaken for the other.
    assert changes(lake) == []
    where = "control_id = 'access-key-unused'"
    found = lake.view("control_results_history", "status, slot, finding_id", where, order="snapshot_date, status")
    assert [(row["status"], row["slot"]) for row in found] == [
        ("fail", 1),
        ("not_applicable", 2),
        ("fail", 2),
        ("not_applicable", 1),
    ]
    failing, inactive = found[0]["finding_id"], found[1]["finding_id"]
    assert failing != inactive
    assert [row["finding_id"] for row in found] == [failing, inactive, failing, inactive]


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


def test_an_account_that_failed_today_and_was_fine_yesterday(lake_of, on):
    """No one is gone: nothing is known. When it answers again, it is compared with the last time it did."""
    first, second, third = on(21), on(22), on(23)
    denied = second.account(outcome="assume_denied", error_code="AccessDenied")
    lake = lake_of(
        days={
            first.run_at: [first.account(), first.root(), first.console_user(), first.console_user("bob")],
            second.run_at: [denied],
        }
    )
    assert changes(lake) == []
    assert {row["status"] for row in lake.view("control_results", "status", "control_id <> 'report-collected'")} == {
        "unknown"
    }
    assert lake.results("report-collected", "status, reason") == [
        ("fail", "The report was not collected: assume_denied (AccessDenied).")
    ]
    lake = lake_of(days={third.run_at: [third.account(), third.root(), third.console_user()]})
    assert changes(lake, "change_type, user_name, snapshot_date, previous_snapshot_date") == [
        ("user_gone", "bob", "2026-11-23", "2026-11-21")
    ]


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
