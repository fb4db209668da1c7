"""IAM over HTTP, asked by boto3 (facts F2, F3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.simulator import (
    AccessKeySpec,
    AccountSpec,
    CertificateSpec,
    LiteralReport,
    ManualClock,
    PasswordPolicySpec,
    PasswordSpec,
    RateLimit,
    RootSpec,
    StoredReportSpec,
    UserSpec,
)
from collector.simulator import fault_catalogue as faults

MANAGEMENT = "000000000001"
MEMBER = "111122223333"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def member(**parts):
    return AccountSpec(MEMBER, "member", **parts)


@pytest.fixture(name="clock")
def _clock():
    return ManualClock(NOON)


def test_a_report_takes_its_time_and_comes_as_bytes_with_its_time(serve, refused, clock):
    iam = serve(member(report=LiteralReport(b"user,arn\r\n\xc3\xa9")), clock=clock, generation_seconds=3).iam()

    assert refused(iam.get_credential_report) == ("ReportNotPresent", 410, "CredentialReportNotPresentException")
    started = iam.generate_credential_report()
    assert (started["State"], started["Description"]) == (
        "STARTED",
        "No report exists. Starting a new report generation task",
    )
    assert refused(iam.get_credential_report) == ("ReportInProgress", 404, "CredentialReportNotReadyException")
    in_progress = iam.generate_credential_report()
    assert in_progress["State"] == "INPROGRESS"
    assert "Description" not in in_progress
    clock.advance(timedelta(seconds=3))
    complete = iam.generate_credential_report()
    assert complete["State"] == "COMPLETE"
    assert "Description" not in complete
    report = iam.get_credential_report()
    assert (report["Content"], report["ReportFormat"]) == (b"user,arn\r\n\xc3\xa9", "text/csv")
    assert report["GeneratedTime"] == NOON + timedelta(seconds=3)


def test_after_four_hours_a_report_is_expired(serve, refused, clock):
    connection = serve(member(), clock=clock)
    connection.iam().generate_credential_report()
    clock.advance(timedelta(hours=3, minutes=59))
    assert connection.iam().get_credential_report()["GeneratedTime"] == NOON

    clock.advance(timedelta(minutes=1))

    iam = connection.iam()
    assert refused(iam.get_credential_report) == ("ReportExpired", 410, "CredentialReportExpiredException")
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.get_credential_report()["GeneratedTime"] == NOON + timedelta(hours=4)


def test_all_accounts_generate_at_the_same_time(serve, clock):
    accounts = [AccountSpec(f"{number:012d}", f"member-{number}") for number in range(2, 12)]
    connection = serve(*accounts, clock=clock, generation_seconds=3)
    clients = [connection.iam(account.account_id) for account in accounts]

    assert {iam.generate_credential_report()["State"] for iam in clients} == {"STARTED"}
    clock.advance(timedelta(seconds=3))
    assert {iam.get_credential_report()["GeneratedTime"] for iam in clients} == {NOON + timedelta(seconds=3)}


def test_a_report_of_somebody_else_comes_back_until_it_is_four_hours_old(serve, refused, clock):
    young = member(existing_report=StoredReportSpec(timedelta(hours=2), b"their report"))
    old = AccountSpec("000000000002", "old", existing_report=StoredReportSpec(timedelta(hours=5)))
    connection = serve(young, old, clock=clock)
    iam = connection.iam()

    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()
    assert (report["Content"], report["GeneratedTime"]) == (b"their report", NOON - timedelta(hours=2))
    assert refused(connection.iam("000000000002").get_credential_report)[0] == "ReportExpired"


def test_the_collectors_own_account_is_read_with_its_own_credentials(serve):
    iam = serve(clock=ManualClock(NOON)).client("iam")

    iam.generate_credential_report()
    assert b"arn:aws:iam::000000000001:root" in iam.get_credential_report()["Content"]


def test_what_was_served_can_be_looked_up(serve):
    connection = serve(member())
    assert connection.server.stored_report(MEMBER) is None
    iam = connection.iam()
    iam.generate_credential_report()
    served = iam.get_credential_report()

    stored = connection.server.stored_report(MEMBER)
    assert stored.content == served["Content"]
    assert stored.generated_at.replace(microsecond=0) == served["GeneratedTime"]


ROOT = RootSpec(
    CREATED,
    password=PasswordSpec(CREATED),
    mfa_active=True,
    access_keys=(None, AccessKeySpec(CREATED, active=False)),
    certificates=(CertificateSpec(CREATED, active=False),),
)


def test_the_summary_counts_users_without_root_and_tells_what_root_has(serve):
    users = (UserSpec("admin-02", CREATED, mfa_active=True), UserSpec("ci-runner", CREATED))
    summary = serve(member(users=users, root=ROOT)).iam().get_account_summary()["SummaryMap"]

    assert len(summary) == 34
    assert {name: summary[name] for name in ("Users", "UsersQuota", "MFADevices", "MFADevicesInUse")} == {
        "Users": 2,
        "UsersQuota": 5000,
        "MFADevices": 2,
        "MFADevicesInUse": 2,
    }
    flags = ("AccountMFAEnabled", "AccountPasswordPresent", "AccountAccessKeysPresent")
    assert [summary[name] for name in (*flags, "AccountSigningCertificatesPresent")] == [1, 1, 1, 1]


def test_the_summary_of_a_root_without_credentials(serve):
    summary = serve(member()).iam().get_account_summary()["SummaryMap"]

    flags = ("AccountMFAEnabled", "AccountPasswordPresent", "AccountAccessKeysPresent")
    assert [summary[name] for name in (*flags, "AccountSigningCertificatesPresent", "Users")] == [0, 0, 0, 0, 0]


def test_the_summary_can_be_fresher_than_the_report(serve):
    assert serve(member(summary_overrides={"Users": 7})).iam().get_account_summary()["SummaryMap"]["Users"] == 7


def test_a_password_policy_is_told_with_what_it_leaves_open_left_out(serve):
    policy = PasswordPolicySpec(minimum_password_length=14, require_symbols=True, password_reuse_prevention=24)

    assert serve(member(password_policy=policy)).iam().get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 14,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
        "PasswordReusePrevention": 24,
    }


def test_a_policy_that_expires_passwords_says_after_how_long(serve):
    policy = PasswordPolicySpec(max_password_age=90, hard_expiry=True)
    told = serve(member(password_policy=policy)).iam().get_account_password_policy()["PasswordPolicy"]

    assert (told["ExpirePasswords"], told["MaxPasswordAge"], told["HardExpiry"]) == (True, 90, True)


def test_an_account_without_a_password_policy_says_so(serve, refused):
    assert refused(serve(member()).iam().get_account_password_policy) == ("NoSuchEntity", 404, "NoSuchEntityException")


def test_an_alias_is_none_or_one(serve):
    assert serve(member(alias="demo-member")).iam().list_account_aliases()["AccountAliases"] == ["demo-member"]
    assert serve(member()).iam().list_account_aliases()["AccountAliases"] == []


def test_an_operation_that_is_not_there_is_refused_in_the_protocols_form(serve, refused):
    connection = serve(member())

    assert refused(connection.client("iam").list_users) == ("InvalidAction", 400, "ClientError")
    assert refused(connection.client("sts").get_session_token) == ("InvalidAction", 400, "ClientError")


def test_iam_calls_of_an_account_can_be_limited(serve, refused):
    connection = serve(member(), clock=ManualClock(NOON), iam_rate_limit=RateLimit(1, 2))
    iam = connection.iam()
    iam.get_account_summary()
    iam.generate_credential_report()

    assert refused(iam.get_credential_report) == ("Throttling", 400, "ClientError")
    assert connection.client("iam").get_account_summary()["SummaryMap"]["Users"] == 0


def test_a_slow_report_takes_its_own_time(serve, refused, clock):
    iam = serve(member(faults=(faults.slow_report(60),)), clock=clock, generation_seconds=3).iam()
    iam.generate_credential_report()

    clock.advance(timedelta(seconds=59))
    assert refused(iam.get_credential_report)[0] == "ReportInProgress"
    clock.advance(timedelta(seconds=1))
    assert iam.get_credential_report()["GeneratedTime"] == NOON + timedelta(seconds=60)


def test_a_report_that_is_never_ready_stays_in_progress(serve, refused, clock):
    iam = serve(member(faults=(faults.NEVER_READY,)), clock=clock).iam()
    iam.generate_credential_report()

    clock.advance(timedelta(minutes=50))
    assert refused(iam.get_credential_report)[0] == "ReportInProgress"
    assert iam.generate_credential_report()["State"] == "INPROGRESS"
