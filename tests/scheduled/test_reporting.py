"""The notice of a run: which accounts, why, and what to do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from collector.collection.result import AccountResult, RunResult
from collector.evidence import RunEvidence
from collector.outcome import Outcome
from collector.scheduled.reporting import notice_of


def _result(*told):
    run = RunEvidence(
        organization_id="o-aa111bb222",
        run_id="20261123T050000Z-0a0b0c0d",
        started_at=datetime(2026, 11, 23, 5, tzinfo=UTC),
        inventory_source="organizations",
    )
    return RunResult(run=run, counts=Counter(one.outcome for one in told), needs_attention=list(told))


def _denied(number, message="is not authorized"):
    return AccountResult(f"{number:012d}", "name", Outcome.ASSUME_DENIED, "AccessDenied", message)


def test_nothing_is_sent_when_every_account_was_collected():
    assert notice_of(_result()) is None


def test_a_notice_names_the_account_the_reason_and_the_next_step():
    notice = notice_of(_result(_denied(1)))
    assert notice.subject == "credlake 2026-11-23: 1 accounts not collected in full, NOT published"
    assert "000000000001  assume_denied  AccessDenied: is not authorized" in notice.text.splitlines()
    assert "assume_denied: Check the role, its trust policy, " in notice.text


SCP = "arn:aws:organizations::999900001111:policy/o-abcdefghij/service_control_policy/p-ab12cd34"


def test_a_notice_has_one_line_for_all_accounts_that_one_policy_denies():
    caller = "arn:aws:sts::{:012d}:assumed-role/credlake-reader/credlake-20261123T050000Z-0a0b0c0d"
    message = (
        f"User: {caller} is not authorized to perform: iam:GenerateCredentialReport on resource: * "
        f"with an explicit deny in a service control policy: {SCP}"
    )
    denied = [
        AccountResult(f"{number:012d}", "name", Outcome.REPORT_DENIED, "AccessDenied", message.format(number))
        for number in range(143)
    ]
    lines = notice_of(_result(_denied(500), *denied)).text.splitlines()

    named = ", ".join(f"{number:012d}" for number in range(10))
    why = f"SCP p-ab12cd34 denies iam:GenerateCredentialReport in 143 accounts ({SCP}): {named} and 133 more"
    assert lines[3:5] == [
        "000000000500  assume_denied  AccessDenied: is not authorized",
        f"143 accounts  report_denied  {why}",
    ]
    assert (
        "report_denied: Exempt the role from the SCP p-ab12cd34, for example by a condition on aws:PrincipalArn."
        in lines
    )
    assert not [line for line in lines if line.startswith("report_denied: Allow")]


def test_a_notice_of_a_whole_organization_fits_into_a_message():
    notice = notice_of(_result(*(_denied(number, "is not authorized" * 500) for number in range(50_000))))
    assert len(notice.text.encode()) < 262_144
    assert "and 49900 more: query the view collection_coverage" in notice.text


def test_settings_that_match_no_account_are_in_the_notice_even_where_every_account_was_collected():
    result = _result()
    result.warnings = ["--exclude-account 999999999999: not an account of the organization."]
    notice = notice_of(result)
    assert notice.subject == "credlake 2026-11-23: 1 settings match no account, NOT published"
    assert notice.text.splitlines()[-1] == result.warnings[0]
    result.needs_attention = [_denied(1)]
    assert result.warnings[0] in notice_of(result).text
    assert "not collected in full" in notice_of(result).subject
