"""The commands for one account that belongs to no organization, as its administrator meets them."""

from __future__ import annotations

import json

import pytest

from collector.simulator import AccountSpec, CallerSpec, OrganizationSpec, Simulator, faults
from tests.fixtures.runs import MANAGEMENT

ACCOUNT = AccountSpec(MANAGEMENT, "in-the-list", alias="acme-main")
ALONE = OrganizationSpec((ACCOUNT,), MANAGEMENT, in_use=False)
FOUR = [
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:GetAccountSummary",
    "iam:GetAccountPasswordPolicy",
]


@pytest.fixture(name="alone", scope="module")
def _alone():
    with Simulator(ALONE) as server:
        yield server


def test_collect_says_that_the_account_is_collected_alone(credlake, alone, lake):
    ended = credlake("collect", "--lake", lake, at=alone)

    assert ended.code == 0
    assert "organization.none" in ended.err
    assert f"A single account: {MANAGEMENT} belongs to no organization, so it was collected alone" in ended.out
    assert "Published: 1 of 1 ACTIVE accounts" in ended.out


def test_the_snapshot_can_be_queried_verified_and_rebuilt_by_the_account_id(credlake, alone, lake):
    credlake("collect", "--lake", lake, at=alone)

    asked = credlake(
        "query", "--lake", lake, "--format", "json", "select organization_id, snapshot_date from snapshots"
    )
    ((organization_id, date),) = [row.values() for row in json.loads(asked.out)]
    assert organization_id == MANAGEMENT
    named = ("--lake", lake, "--organization-id", MANAGEMENT)
    assert credlake("rebuild", *named, "--date", date).code == 0
    assert credlake("verify", *named).code == 0
    assert credlake("verify", "--lake", lake).code == 0


def test_the_policy_to_grant_is_shown_where_a_call_is_denied(credlake, lake):
    denied = CallerSpec(MANAGEMENT, denied_actions=frozenset({"iam:GenerateCredentialReport"}))
    with Simulator(OrganizationSpec((ACCOUNT,), MANAGEMENT, caller=denied)) as server:
        ended = credlake("collect", "--lake", lake, "--single-account", at=server)
        doctor = credlake("doctor", "--single-account", "--format", "json", at=server)

    assert ended.code == 3
    _, _, policy = ended.out.partition("grant the caller this policy:\n")
    (statement,) = json.loads(policy)["Statement"]
    assert (statement["Action"], statement["Resource"]) == (FOUR, "*")
    (remedy,) = [one["mend"] for one in json.loads(doctor.out) if one["subject"] == MANAGEMENT and one["mend"]]
    assert json.loads(remedy.partition(": ")[2])["Statement"] == [statement]


def test_1_where_the_password_policy_alone_is_denied(credlake, lake):
    spec = OrganizationSpec((AccountSpec(MANAGEMENT, "a", faults=(faults.POLICY_DENIED,)),), MANAGEMENT)
    with Simulator(spec) as server:
        ended = credlake("collect", "--lake", lake, "--single-account", at=server)

    assert ended.code == 1
    assert '"iam:GetAccountPasswordPolicy"' in ended.out


def test_doctor_and_the_dry_run_know_the_single_account(credlake, alone, lake):
    doctor = credlake("doctor", "--lake", lake, "--format", "json", at=alone)
    plan = credlake("collect", "--lake", lake, "--dry-run", at=alone)

    assert doctor.code == 0
    found = {one["check"]: one["message"] for one in json.loads(doctor.out)}
    assert found["organization"] == "a run would collect this account alone, with the caller's own credentials"
    assert found["account"].startswith("the caller's own credentials allow every call of a run")
    assert "1 of 1 accounts would be collected" in plan.out
