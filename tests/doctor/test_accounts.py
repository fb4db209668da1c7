"""Accounts: what the answers to the calls of a run mean."""

from __future__ import annotations

import pytest

from collector.doctor.accounts import check_accounts, sample_accounts
from collector.errors import CallFault, FaultKind


def test_a_sample_larger_than_the_organization_is_all_of_it():
    assert sample_accounts(["2", "1"], 5) == sample_accounts(["2", "1"], None) == ["1", "2"]
    assert len(sample_accounts([str(number) for number in range(100)], 3)) == 3


class _Calls:
    """The calls in one account; each fault is raised once."""

    def __init__(self, **faults):
        self.faults = {name: list(found) for name, found in faults.items()}
        self.called = []

    def _answer(self, name, *_, **options):
        self.called.append((name, options))
        if self.faults.get(name):
            raise self.faults[name].pop(0)

    def is_own(self, _account_id):
        return False

    def __getattr__(self, name):
        return lambda *_, **options: self._answer(name, **options)


def _fault(kind, code="Code", operation="iam:GenerateCredentialReport"):
    return CallFault(kind, code, "message", operation)


def _checked(calls):
    """The findings of a member account without the OK of the session policy."""
    found = list(check_accounts(["100000000001"], calls, concurrency=1, sleep=lambda _: None))
    return [one for one in found if (one.check, one.status) != ("session policy", "OK")]


@pytest.mark.parametrize("kind", [FaultKind.IN_PROGRESS, FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED])
def test_a_report_that_is_not_ready_shows_that_the_call_is_allowed(kind):
    (finding,) = _checked(_Calls(fetch_report=[_fault(kind)]))
    assert finding.status == "OK"


@pytest.mark.parametrize("call", ["generate_report", "fetch_report", "account_summary", "password_policy"])
def test_a_call_that_is_denied_fails_the_account(call):
    (finding,) = _checked(_Calls(**{call: [_fault(FaultKind.DENIED, "AccessDenied")]}))
    assert (finding.subject, finding.status) == ("100000000001", "FAIL")


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
