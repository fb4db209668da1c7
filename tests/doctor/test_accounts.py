"""Accounts: what the answers to the calls of a run mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collector.doctor.accounts import check_accounts, sample_accounts
from collector.errors import CallFault, FaultKind
from tests.fixtures.reports import report

REPORT = report("100000000001", "alice")


def test_a_sample_larger_than_the_organization_is_all_of_it():
    assert sample_accounts(["2", "1"], 5) == sample_accounts(["2", "1"], None) == ["1", "2"]
    assert len(sample_accounts([str(number) for number in range(100)], 3)) == 3


class _Calls:
    """The calls in one account; each fault is raised once."""

    def __init__(self, *, report=None, **faults):
        self.report = (report if report is not None else REPORT, datetime.now(UTC))
        self.faults = {name: list(found) for name, found in faults.items()}
        self.called = []
        self.slept = []

    def _answer(self, name, *_, **options):
        self.called.append((name, options))
        if self.faults.get(name):
            raise self.faults[name].pop(0)
        return self.report if name == "fetch_report" else None

    def is_own(self, _account_id):
        return False

    def __getattr__(self, name):
        return lambda *_, **options: self._answer(name, **options)


def _fault(kind, code="Code", operation="iam:GenerateCredentialReport"):
    return CallFault(kind, code, "message", operation)


def _checked(calls):
    """The findings of a member account without the OK of the session policy."""
    found = list(check_accounts(["100000000001"], calls, partition="aws", concurrency=1, sleep=calls.slept.append))
    return [one for one in found if (one.check, one.status) != ("session policy", "OK")]


@pytest.mark.parametrize("kind", [FaultKind.IN_PROGRESS, FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED])
def test_a_report_that_is_not_ready_is_waited_for(kind):
    calls = _Calls(fetch_report=[_fault(kind)] * 3)
    (finding,) = _checked(calls)
    assert finding.status == "OK"
    assert calls.slept == [2, 3, 4]
    requests = [name for name, _ in calls.called].count("generate_report")
    assert requests == (1 if kind is FaultKind.IN_PROGRESS else 4)


def test_a_report_that_is_never_ready_leaves_the_account_unknown():
    calls = _Calls(fetch_report=[_fault(FaultKind.IN_PROGRESS, "ReportInProgress")] * 99)
    (finding,) = _checked(calls)
    assert (finding.subject, finding.status) == ("100000000001", "UNKNOWN")
    assert "is not ready after a minute" in finding.message
    assert 50 < sum(calls.slept) <= 60


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (b"<html>Service Unavailable</html>", "malformed_report"),
        (report("100000000002"), "wrong_account"),
        (REPORT + b"\nnot,a,row", "partial"),
    ],
)
def test_a_report_that_a_run_cannot_use_fails_the_account(report, outcome):
    (finding,) = _checked(_Calls(report=report))
    assert (finding.subject, finding.status) == ("100000000001", "FAIL")
    assert finding.message.startswith(f"a run would end as {outcome}: ")


def test_the_collectors_own_account_is_not_said_to_have_a_role():
    calls = _Calls()
    calls.is_own = lambda account_id: account_id == "100000000001"
    accounts = ["100000000001"]
    (finding,) = check_accounts(accounts, calls, partition="aws", concurrency=1, sleep=calls.slept.append)
    assert (finding.subject, finding.status) == ("100000000001", "OK")
    assert finding.message == "the caller's own credentials allow every call of a run, and its report can be read"


def test_a_sample_is_said_to_be_one():
    found = check_accounts(
        ["100000000001"], _Calls(), partition="aws", concurrency=1, sleep=lambda _: None, out_of=1000
    )
    assert next(one for one in found if one.check == "account").message.endswith(
        "(a random sample of 1 of 1000 accounts was checked)"
    )


@pytest.mark.parametrize("call", ["generate_report", "fetch_report", "account_summary", "password_policy"])
def test_a_call_that_is_denied_fails_the_account(call):
    (finding,) = _checked(_Calls(**{call: [_fault(FaultKind.DENIED, "AccessDenied")]}))
    assert (finding.subject, finding.status) == ("100000000001", "FAIL")


SCP = "arn:aws:organizations::999900001111:policy/o-abcdefghij/service_control_policy/p-ab12cd34"
BY_SCP = (
    "User: arn:aws:sts::100000000001:assumed-role/credlake-reader/doctor is not authorized to perform: "
    f"iam:GenerateCredentialReport on resource: * with an explicit deny in a service control policy: {SCP}"
)


@pytest.mark.parametrize("number", [1, 3])
def test_a_policy_that_denies_a_call_in_several_accounts_is_one_finding(number):
    accounts = [f"{100000000001 + one}" for one in range(number)]
    fault = CallFault(FaultKind.DENIED, "AccessDenied", BY_SCP, "iam:GenerateCredentialReport")
    calls = _Calls(generate_report=[fault] * number)
    found = check_accounts(accounts, calls, partition="aws", concurrency=1, sleep=lambda _: None)

    (finding,) = [one for one in found if one.status == "FAIL"]

    denied = (
        "AccessDenied: iam:GenerateCredentialReport denied by SCP p-ab12cd34 (caller: assumed-role/credlake-reader)."
    )
    group = f"SCP p-ab12cd34 denies iam:GenerateCredentialReport in 3 accounts ({SCP}): {', '.join(accounts)}"
    assert (finding.subject, finding.message) == {1: ("100000000001", denied), 3: ("3 accounts", group)}[number]
    assert (
        finding.remediation
        == "Exempt the role from the SCP p-ab12cd34, for example by a condition on aws:PrincipalArn."
    )


@pytest.mark.parametrize("code", ["MalformedPolicyDocument", "PackedPolicyTooLarge"])
def test_a_session_policy_that_sts_refuses_is_a_check_of_its_own(code):
    (finding,) = _checked(_Calls(credentials=[_fault(FaultKind.OTHER, code, "sts:AssumeRole")]))
    assert (finding.check, finding.status) == ("session policy", "FAIL")


def test_throttling_is_retried():
    (finding,) = _checked(_Calls(credentials=[_fault(FaultKind.THROTTLED)] * 3))
    assert finding.status == "OK"


def test_an_account_that_throttles_every_try_is_unknown():
    (finding,) = _checked(_Calls(credentials=[_fault(FaultKind.THROTTLED)] * 9))
    assert finding.status == "UNKNOWN"


def test_where_sts_is_switched_off_it_is_called_in_us_east_1():
    calls = _Calls(credentials=[_fault(FaultKind.REGION_DISABLED)])
    (finding,) = _checked(calls)
    assert finding.status == "OK"
    assert calls.called[1] == ("credentials", {"regional": False})
