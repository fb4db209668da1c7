"""Each fault's form on the wire (facts F2.2)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from collector.simulator import AccountSpec, OrganizationSpec, faults
from tests.fixtures.manual_clock import ManualClock

MEMBER = "111122223333"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def member(*of_faults, **parts):
    return AccountSpec(MEMBER, "member", faults=of_faults, **parts)


def code_of(call):
    """The wire code of a call, or `OK`."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "OK"


def test_every_fault_has_a_name_of_its_own():
    assert len({fault.name for fault in faults.EVERY_FAULT}) == len(faults.EVERY_FAULT)


@pytest.mark.parametrize(
    ("kind", "operation", "wire"),
    [
        (faults.throttled, "generate_credential_report", ("Throttling", 400, "ClientError")),
        (faults.throttled, "get_credential_report", ("Throttling", 400, "ClientError")),
        (faults.limit_exceeded, "generate_credential_report", ("LimitExceeded", 409, "LimitExceededException")),
        (faults.service_failure, "generate_credential_report", ("ServiceFailure", 500, "ServiceFailureException")),
        (faults.service_failure, "get_credential_report", ("ServiceFailure", 500, "ServiceFailureException")),
        (faults.service_unavailable, "get_credential_report", ("ServiceUnavailable", 503, "ClientError")),
    ],
)
def test_a_passing_error_affects_each_operation_so_often_and_a_permanent_one_always(
    serve, refused, kind, operation, wire
):
    iam = serve(member(kind(2))).iam()
    assert [refused(getattr(iam, operation)) for _ in range(2)] == [wire, wire]
    assert code_of(getattr(iam, operation)) in {"OK", "ReportNotPresent"}

    iam = serve(member(kind())).iam()
    assert {refused(getattr(iam, operation)) for _ in range(6)} == {wire}


def test_each_operation_has_its_own_count_of_passing_errors(serve):
    iam = serve(member(faults.throttled(1))).iam()

    codes = [code_of(iam.generate_credential_report), code_of(iam.get_credential_report)]
    codes += [code_of(iam.generate_credential_report), code_of(iam.get_credential_report)]

    assert codes == ["Throttling", "Throttling", "OK", "OK"]


def test_throttling_of_sts_affects_assume_role(serve, refused):
    connection = serve(member(faults.sts_throttled(1)))

    assert refused(connection.assume, MEMBER) == ("Throttling", 400, "ClientError")
    assert connection.iam().generate_credential_report()["State"] == "STARTED"


BY_SCP = (
    "with an explicit deny in a service control policy: "
    "arn:aws:organizations::000000000001:policy/o-aa111bb222/service_control_policy/p-simulated1"
)


@pytest.mark.parametrize(
    ("fault", "operation", "reason"),
    [
        (faults.GENERATE_DENIED, "generate_credential_report", BY_SCP),
        (faults.GET_DENIED, "get_credential_report", BY_SCP),
        (faults.POLICY_DENIED, "get_account_password_policy", BY_SCP),
        (
            faults.SUMMARY_DENIED,
            "get_account_summary",
            "because no identity-based policy allows the iam:GetAccountSummary action",
        ),
    ],
)
def test_a_denial_names_the_caller_the_action_and_the_reason(serve, fault, operation, reason):
    iam = serve(member(fault)).iam()
    action = "iam:" + "".join(word.capitalize() for word in operation.split("_"))

    with pytest.raises(ClientError) as caught:
        getattr(iam, operation)()

    error = caught.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDenied", 403)
    assert error["Error"]["Message"] == (
        "User: arn:aws:sts::111122223333:assumed-role/credlake-reader/tests is not authorized to perform: "
        f"{action} on resource: * {reason}"
    )


def test_a_fault_of_one_account_leaves_the_others_alone(serve):
    connection = serve(member(faults.GENERATE_DENIED), AccountSpec("000000000002", "other"))

    assert connection.iam("000000000002").generate_credential_report()["State"] == "STARTED"


@pytest.mark.parametrize(
    ("fault", "code", "needs_generate"),
    [
        (faults.EXPIRED_ON_FIRST_GET, "ReportExpired", True),
        (faults.NOT_PRESENT_AFTER_COMPLETE, "ReportNotPresent", True),
        (faults.IN_PROGRESS_AFTER_COMPLETE, "ReportInProgress", False),
    ],
)
def test_a_report_lost_after_complete_is_generated_again(serve, fault, code, needs_generate):
    clock = ManualClock(NOON)
    iam = serve(member(fault), clock=clock, generation_seconds=3).iam()
    iam.generate_credential_report()
    assert code_of(iam.get_credential_report) == "ReportInProgress"
    clock.advance(timedelta(seconds=3))
    assert iam.generate_credential_report()["State"] == "COMPLETE"

    assert code_of(iam.get_credential_report) == code
    clock.advance(timedelta(seconds=3))

    if needs_generate:
        assert code_of(iam.get_credential_report) == "ReportNotPresent"
        assert iam.generate_credential_report()["State"] == "STARTED"
        clock.advance(timedelta(seconds=3))
    assert iam.get_credential_report()["GeneratedTime"] == clock()


def test_an_expired_session_stays_expired_and_a_new_one_works(serve, refused):
    connection = serve(member(faults.SESSION_EXPIRES_ONCE))
    iam = connection.iam()
    iam.generate_credential_report()

    assert refused(iam.get_credential_report) == ("ExpiredToken", 403, "ClientError")
    assert refused(iam.get_account_summary) == ("ExpiredToken", 403, "ClientError")
    assert connection.iam().get_credential_report()["ReportFormat"] == "text/csv"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (faults.body_cut, ResponseParserError),
        (faults.body_truncated, ResponseParserError),
        (faults.connection_reset, ConnectionClosedError),
    ],
)
def test_a_response_is_lost_so_often_and_then_arrives(serve, kind, error):
    iam = serve(member(kind(2, operations=["iam:GetCredentialReport"]))).iam()
    iam.generate_credential_report()

    for _ in range(2):
        with pytest.raises(error):
            iam.get_credential_report()
    assert iam.get_credential_report()["Content"].startswith(b"user,arn,")


def test_a_call_whose_response_was_lost_took_effect(serve):
    clock = ManualClock(NOON)
    iam = serve(member(faults.connection_reset(1)), clock=clock, generation_seconds=3).iam()

    with pytest.raises(ConnectionClosedError):
        iam.generate_credential_report()
    assert iam.generate_credential_report()["State"] == "INPROGRESS"


def test_a_response_that_never_arrives_keeps_the_client_waiting(serve):
    connection = serve(member(faults.connection_hangs(1)))
    iam = connection.iam()

    with pytest.raises(ReadTimeoutError):
        iam.generate_credential_report()
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert connection.server.requests_in_flight == 0


@pytest.mark.parametrize(
    ("of_faults", "latency_seconds"), [((faults.connection_hangs(),), 0), ((), 60)], ids=["hanging", "slow"]
)
def test_a_server_stops_at_once_though_a_request_waits(serve, of_faults, latency_seconds):
    calling_account = AccountSpec("000000000001", "management", faults=of_faults)
    spec = OrganizationSpec((calling_account,), "000000000001")
    connection = serve(organization=spec, latency_seconds=latency_seconds)
    iam = connection.client("iam")
    ended = []

    def call():
        with pytest.raises(ConnectionClosedError):
            iam.generate_credential_report()
        ended.append(True)

    calling = threading.Thread(target=call)
    calling.start()
    while not connection.server.requests_in_flight:
        time.sleep(0.01)
    began = time.monotonic()
    connection.server.__exit__(None, None, None)
    calling.join(timeout=1)

    assert ended == [True]
    assert time.monotonic() - began < 1


def test_the_faults_of_a_report_reach_the_client(serve):
    iam = serve(member(faults.HTML_PAGE)).iam()
    iam.generate_credential_report()

    assert iam.get_credential_report()["Content"].startswith(b"<!DOCTYPE html>")


def test_faults_of_access_have_no_effect_on_the_callers_account(serve):
    caller = AccountSpec("000000000001", "management", faults=(faults.ROLE_MISSING,))
    iam = serve(organization=OrganizationSpec((caller,), "000000000001")).client("iam")

    assert iam.generate_credential_report()["State"] == "STARTED"
