"""Findings: what their statuses mean, and how errors become findings."""

from __future__ import annotations

import pytest

from collector.doctor.finding import Finding, Status, call_failed, error_reported, is_healthy, run_check
from collector.errors import CallFault, CredlakeError, FaultKind


def test_a_call_that_is_denied_leaves_the_check_unknown():
    finding = call_failed("key", "k", CallFault(FaultKind.DENIED, "AccessDeniedException", "no", "kms:DescribeKey"))
    assert finding.status is Status.UNKNOWN
    assert finding.remediation == "Grant kms:DescribeKey to the caller, and check that no SCP denies it."


@pytest.mark.parametrize(
    ("statuses", "healthy"),
    [
        (["OK", "OK"], True),
        (["OK", "UNKNOWN"], False),
        (["UNKNOWN"], False),
        (["OK", "FAIL"], False),
        (["FAIL", "UNKNOWN"], False),
    ],
)
def test_unknown_is_not_healthy(statuses, healthy):
    assert is_healthy(Finding("check", "subject", Status(status), "message") for status in statuses) is healthy


def test_the_last_sentence_of_an_error_is_its_remediation():
    finding = error_reported(
        "lake", "l", CredlakeError("There is no lake at l: nothing is stored there. Set another --lake.")
    )
    assert (finding.message, finding.remediation) == (
        "There is no lake at l: nothing is stored there.",
        "Set another --lake.",
    )


def test_an_error_after_the_first_finding_adds_one():
    def evaluate():
        yield Finding("key", "k", Status.OK, "is enabled")
        raise CallFault(FaultKind.CONNECTION, "Timeout", "", "kms:DescribeKey")

    assert [(one.status, one.message) for one in run_check("key", "k", evaluate)] == [
        ("OK", "is enabled"),
        ("UNKNOWN", "kms:DescribeKey: Timeout."),
    ]
