"""Each fault's form on the wire, and the outcome it stands for (facts F2.2, contract part 2)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from collector.simulator import AccountSpec, AccountState, ManualClock, OrganizationSpec
from collector.simulator import fault_catalogue as faults
from collector.simulator.scenarios import (
    expected_outcome,
    expected_password_policy_state,
    expects_summary,
)

MEMBER = "111122223333"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def member(*of_faults, **parts):
    return AccountSpec(MEMBER, "member", faults=of_faults, **parts)


def code_of(call):
    """The wire code of a call, or `fine`."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "fine"


OUTCOMES = {
    "role-missing": "assume_denied",
    "wrong-external-id": "assume_denied",
    "role-untrusting": "assume_denied",
    "sts-region-disabled": "collected",
    "sts-throttled-2-times": "collected",
    "sts-throttled-for-ever": "throttled",
    "throttled-2-times": "collected",
    "throttled-for-ever": "throttled",
    "limit-exceeded-2-times": "collected",
    "limit-exceeded-for-ever": "throttled",
    "service-failure-2-times": "collected",
    "service-failure-for-ever": "failed",
    "service-unavailable-2-times": "collected",
    "service-unavailable-for-ever": "failed",
    "body-cut-2-times": "collected",
    "body-cut-for-ever": "failed",
    "body-truncated-2-times": "collected",
    "body-truncated-for-ever": "failed",
    "connection-reset-2-times": "collected",
    "connection-reset-for-ever": "failed",
    "connection-hangs-2-times": "collected",
    "connection-hangs-for-ever": "failed",
    "never-ready": "report_timeout",
    "slow-report-2-s": "collected",
    "expired-on-first-get": "collected",
    "not-present-after-complete": "collected",
    "in-progress-after-complete": "collected",
    "session-expires-once": "collected",
    "generate-denied": "report_denied",
    "get-denied": "report_denied",
    "summary-denied": "collected",
    "policy-denied": "collected",
    "policy-throttled-once": "collected",
    "html-page": "malformed_report",
    "empty-body": "malformed_report",
    "garbage": "malformed_report",
    "missing-column": "malformed_report",
    "wrong-account": "wrong_account",
    "header-only": "partial",
    "no-root-row": "partial",
    "unparsable-value": "partial",
    "short-row": "partial",
    "unquoted-comma": "collected",
    "quoted-comma": "collected",
    "extra-column": "collected",
    "unknown-column": "collected",
    "shuffled-columns": "collected",
    "old-style": "collected",
    "upper-case-booleans": "collected",
    "fractional-seconds": "collected",
    "byte-order-mark": "collected",
    "windows-lines": "collected",
}


def test_every_fault_stands_for_the_outcome_of_the_contract():
    assert {fault.name: expected_outcome(member(fault)).value for fault in faults.EVERY_FAULT} == OUTCOMES


def test_every_fault_has_a_name_of_its_own():
    assert len({fault.name for fault in faults.EVERY_FAULT}) == len(faults.EVERY_FAULT)


def test_an_account_with_several_faults_ends_at_the_first_that_stops_it():
    assert expected_outcome(member(faults.NO_ROOT_ROW, faults.GET_DENIED)) == "report_denied"
    assert expected_outcome(member(faults.GET_DENIED, faults.ROLE_MISSING)) == "assume_denied"
    assert expected_outcome(member(faults.throttled(2), faults.OLD_STYLE, faults.SHORT_ROW)) == "partial"
    assert expected_outcome(member(faults.ROLE_MISSING, state=AccountState.CLOSED)) == "skipped_state"
    assert expected_outcome(member(roles=())) == "assume_denied"


def test_the_collectors_own_account_needs_no_role():
    assert expected_outcome(member(faults.ROLE_MISSING), own_account_id=MEMBER) == "collected"
    assert expected_outcome(member(faults.ROLE_MISSING, faults.GET_DENIED), own_account_id=MEMBER) == "report_denied"


def test_what_is_known_beside_the_report():
    assert expected_password_policy_state(member()) == "default"
    assert expected_password_policy_state(member(faults.POLICY_DENIED)) == "unknown"
    assert expected_password_policy_state(member(faults.POLICY_THROTTLED_ONCE)) == "default"
    assert (expects_summary(member()), expects_summary(member(faults.SUMMARY_DENIED))) == (True, False)


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
def test_a_passing_error_strikes_each_operation_so_often_and_a_lasting_one_always(
    serve, refused, kind, operation, wire
):
    iam = serve(member(kind(2))).iam()
    assert [refused(getattr(iam, operation)) for _ in range(2)] == [wire, wire]
    assert code_of(getattr(iam, operation)) in {"fine", "ReportNotPresent"}

    iam = serve(member(kind())).iam()
    assert {refused(getattr(iam, operation)) for _ in range(6)} == {wire}


def test_each_operation_has_its_own_count_of_passing_errors(serve):
    iam = serve(member(faults.throttled(1))).iam()

    answers = [code_of(iam.generate_credential_report), code_of(iam.get_credential_report)]
    answers += [code_of(iam.generate_credential_report), code_of(iam.get_credential_report)]

    assert answers == ["Throttling", "Throttling", "fine", "fine"]


def test_throttling_of_sts_strikes_assume_role(serve, refused):
    connection = serve(member(faults.sts_throttled(1)))

    assert refused(connection.assume, MEMBER) == ("Throttling", 400, "ClientError")
    assert connection.iam().generate_credential_report()["State"] == "STARTED"


@pytest.mark.parametrize(
    ("fault", "operation", "reason"),
    [
        (faults.GENERATE_DENIED, "generate_credential_report", "with an explicit deny in a service control policy"),
        (faults.GET_DENIED, "get_credential_report", "with an explicit deny in a service control policy"),
        (faults.POLICY_DENIED, "get_account_password_policy", "with an explicit deny in a service control policy"),
        (
            faults.SUMMARY_DENIED,
            "get_account_summary",
            "because no identity-based policy allows the iam:GetAccountSummary action",
        ),
    ],
)
def test_a_denial_says_who_may_not_do_what_and_why(serve, fault, operation, reason):
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
    connection = serve(member(faults.GENERATE_DENIED), AccountSpec("000000000002", "fine"))

    assert connection.iam("000000000002").generate_credential_report()["State"] == "STARTED"


@pytest.mark.parametrize(
    ("fault", "code", "needs_generate"),
    [
        (faults.EXPIRED_ON_FIRST_GET, "ReportExpired", True),
        (faults.NOT_PRESENT_AFTER_COMPLETE, "ReportNotPresent", True),
        (faults.IN_PROGRESS_AFTER_COMPLETE, "ReportInProgress", False),
    ],
)
def test_a_report_lost_after_complete_is_made_once_more(serve, fault, code, needs_generate):
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
def test_an_answer_that_does_not_arrive_is_lost_so_often_and_then_comes(serve, kind, error):
    iam = serve(member(kind(2, operations=["iam:GetCredentialReport"]))).iam()
    iam.generate_credential_report()

    for _ in range(2):
        with pytest.raises(error):
            iam.get_credential_report()
    assert iam.get_credential_report()["Content"].startswith(b"user,arn,")


def test_a_call_whose_answer_was_lost_had_its_effect(serve):
    clock = ManualClock(NOON)
    iam = serve(member(faults.connection_reset(1)), clock=clock, generation_seconds=3).iam()

    with pytest.raises(ConnectionClosedError):
        iam.generate_credential_report()
    assert iam.generate_credential_report()["State"] == "INPROGRESS"


def test_an_answer_that_never_comes_keeps_the_client_waiting(serve):
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
    asking_account = AccountSpec("000000000001", "management", faults=of_faults)
    spec = OrganizationSpec((asking_account,), "000000000001")
    connection = serve(organization=spec, latency_seconds=latency_seconds)
    iam = connection.client("iam")
    ended = []

    def ask():
        with pytest.raises(ConnectionClosedError):
            iam.generate_credential_report()
        ended.append(True)

    asking = threading.Thread(target=ask)
    asking.start()
    while not connection.server.requests_in_flight:
        time.sleep(0.01)
    began = time.monotonic()
    connection.server.__exit__(None, None, None)
    asking.join(timeout=1)

    assert ended == [True]
    assert time.monotonic() - began < 1


def test_the_faults_of_a_report_reach_the_client(serve):
    iam = serve(member(faults.HTML_PAGE)).iam()
    iam.generate_credential_report()

    assert iam.get_credential_report()["Content"].startswith(b"<!DOCTYPE html>")


def test_faults_of_access_spare_the_account_that_asks(serve):
    asking = AccountSpec("000000000001", "management", faults=(faults.ROLE_MISSING,))
    iam = serve(organization=OrganizationSpec((asking,), "000000000001")).client("iam")

    assert iam.generate_credential_report()["State"] == "STARTED"
