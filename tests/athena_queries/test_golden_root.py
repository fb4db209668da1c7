"""The golden cases of the root user, by name: its credentials, MFA and use. Time t is 2026-11-23 14:30 UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

utc = partial(datetime, tzinfo=UTC)

MARCH = utc(2026, 3, 3, 12, 0, 0)


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


def test_root_with_nothing_but_an_active_signing_certificate(lake_of, rows):
    """It acts as root, though root has neither password nor key."""
    lake = lake_of(rows.account(), rows.root(cert_2_active=True, cert_2_last_rotated=MARCH))
    assert lake.view("root_posture", "root_credentials, active_signing_certificates") == [
        {"root_credentials": "signing certificate", "active_signing_certificates": 1}
    ]
    assert lake.results("root-no-certificate", "status, severity, reason") == [
        ("fail", "high", "Root has an active signing certificate.")
    ]
    assert lake.results("root-mfa") == ["not_applicable"]
