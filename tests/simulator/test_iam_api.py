"""IAM over HTTP, called by boto3; and a report's life cycle, with the time passed in (facts F2, F3)."""

from __future__ import annotations

import base64
import math
from datetime import UTC, datetime, timedelta

import pytest

from collector.simulator import (
    AccessKeySpec,
    AccountSpec,
    CertificateSpec,
    PasswordPolicySpec,
    PasswordSpec,
    RootSpec,
    UserSpec,
    faults,
)
from collector.simulator.iam_api import ReportTask, StoredReport
from collector.simulator.wire import ApiError
from tests.fixtures.manual_clock import ManualClock

MANAGEMENT = "000000000001"
MEMBER = "111122223333"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def member(**parts):
    return AccountSpec(MEMBER, "member", **parts)


@pytest.fixture(name="clock")
def _clock():
    return ManualClock(NOON)


def test_a_report_takes_its_time_and_arrives_as_bytes_with_its_time(serve, refused, clock):
    iam = serve(member(report_template="user,arn\r\né"), clock=clock, generation_seconds=3).iam()

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


def test_an_existing_report_is_returned_until_it_is_four_hours_old(serve, refused, clock):
    recent = member(existing_report_age=timedelta(hours=2))
    old = AccountSpec("000000000002", "old", existing_report_age=timedelta(hours=5))
    connection = serve(recent, old, clock=clock)
    iam = connection.iam()

    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert iam.get_credential_report()["GeneratedTime"] == NOON - timedelta(hours=2)
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


def test_the_summary_counts_users_without_root_and_has_flags_for_root(serve):
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


def test_a_password_policy_has_no_members_that_it_does_not_set(serve):
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


def test_a_policy_that_expires_passwords_has_their_maximum_age(serve):
    policy = PasswordPolicySpec(max_password_age=90, hard_expiry=True)
    found = serve(member(password_policy=policy)).iam().get_account_password_policy()["PasswordPolicy"]

    assert (found["ExpirePasswords"], found["MaxPasswordAge"], found["HardExpiry"]) == (True, 90, True)


def test_an_account_without_a_password_policy_returns_no_such_entity(serve, refused):
    assert refused(serve(member()).iam().get_account_password_policy) == ("NoSuchEntity", 404, "NoSuchEntityException")


def test_an_unknown_operation_is_an_invalid_action(serve, refused):
    connection = serve(member())

    assert refused(connection.client("iam").list_users) == ("InvalidAction", 400, "ClientError")
    assert refused(connection.client("sts").get_session_token) == ("InvalidAction", 400, "ClientError")


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


STARTED, IN_PROGRESS, COMPLETE = "STARTED", "INPROGRESS", "COMPLETE"


def seconds(number):
    return NOON + timedelta(seconds=number)


def failure(task, moment):
    with pytest.raises(ApiError) as caught:
        task.get(moment)
    return caught.value.response.code, caught.value.response.status


def state(task, moment):
    return task.generate(moment)["State"]


def content(task, moment):
    return base64.b64decode(task.get(moment)["Content"])


@pytest.fixture(name="task")
def _task():
    contents = iter([b"first", b"second"])
    return ReportTask(3, lambda: next(contents))


def test_there_is_no_report_before_the_first_generate(task):
    assert failure(task, NOON) == ("ReportNotPresent", 410)


def test_a_report_is_started_then_in_progress_then_complete(task):
    assert [state(task, seconds(moment)) for moment in (0, 1, 2.9, 3)] == [
        STARTED,
        IN_PROGRESS,
        IN_PROGRESS,
        COMPLETE,
    ]


def test_get_fails_as_in_progress_until_the_report_is_ready(task):
    task.generate(NOON)

    assert failure(task, seconds(2.9)) == ("ReportInProgress", 404)
    assert (content(task, seconds(3)), task.get(seconds(3))["GeneratedTime"]) == (b"first", seconds(3))


def test_within_four_hours_the_same_report_is_returned(task):
    task.generate(NOON)
    almost_expired = seconds(3) + timedelta(hours=4) - timedelta(seconds=1)

    assert state(task, almost_expired) == COMPLETE
    assert (content(task, almost_expired), task.get(almost_expired)["GeneratedTime"]) == (b"first", seconds(3))


def test_after_four_hours_the_report_is_expired_and_a_new_one_can_be_generated(task):
    task.generate(NOON)
    assert content(task, seconds(3)) == b"first"
    expired = seconds(3) + timedelta(hours=4)

    assert failure(task, expired) == ("ReportExpired", 410)
    assert state(task, expired) == STARTED
    assert failure(task, expired + timedelta(seconds=1)) == ("ReportInProgress", 404)
    assert content(task, expired + timedelta(seconds=3)) == b"second"


def test_a_report_that_was_never_fetched_expires_too(task):
    task.generate(NOON)

    assert failure(task, NOON + timedelta(hours=5)) == ("ReportExpired", 410)


def test_a_report_without_end_is_never_ready():
    task = ReportTask(math.inf, lambda: b"never")
    task.generate(NOON)

    assert state(task, NOON + timedelta(days=300)) == IN_PROGRESS
    assert failure(task, NOON + timedelta(days=300)) == ("ReportInProgress", 404)


def test_an_existing_report_is_complete_without_a_new_one():
    stored = StoredReport(NOON - timedelta(hours=2), lambda: b"existing")
    task = ReportTask(3, lambda: b"new", stored)

    assert content(task, NOON) == b"existing"
    assert state(task, NOON) == COMPLETE


def test_a_dropped_report_comes_back_only_through_generate(task):
    task.generate(NOON)
    task.drop()

    assert state(task, seconds(3)) == COMPLETE
    task.drop()
    assert failure(task, seconds(4)) == ("ReportNotPresent", 410)
    assert state(task, seconds(5)) == STARTED


def test_a_rebuilt_report_is_in_progress_again_and_newer(task):
    task.generate(NOON)
    task.get(seconds(3))
    task.rebuild(seconds(10))

    assert failure(task, seconds(12)) == ("ReportInProgress", 404)
    assert task.get(seconds(13))["GeneratedTime"] == seconds(13)
