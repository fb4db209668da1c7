"""What AWS's answers about its settings mean, one literal answer each."""

from __future__ import annotations

import pytest

from collector.catalog.catalogue import GLUE_SNAPSHOT_RECORD, table_input
from collector.doctor.accounts import examine_accounts, sampled
from collector.doctor.finding import Finding, Verdict, failed, is_healthy, refused
from collector.doctor.host import judge_clock, judge_versions
from collector.doctor.lake_judgement import (
    judge_encryption,
    judge_key,
    judge_public_access,
    judge_region,
    judge_versioning,
)
from collector.doctor.query_judgement import judge_database, judge_table, judge_views, judge_workgroup
from collector.errors import CallFault, CredlakeError, FaultKind
from collector.views.plan import DeploymentPlan, Step

LOCATION = "s3://bucket/snapshots/"


def _kms(key="arn:aws:kms:us-east-1:000000000001:key/1"):
    return [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]


def test_a_refusal_is_unknown_and_never_fine():
    finding = refused("key", "k", CallFault(FaultKind.DENIED, "AccessDeniedException", "no", "kms:DescribeKey"))
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.mend == "Grant the caller kms:DescribeKey; look for an SCP that denies it."


@pytest.mark.parametrize(
    ("verdicts", "healthy"),
    [
        (["fine", "fine"], True),
        (["fine", "unknown"], False),
        (["unknown"], False),
        (["fine", "fault"], False),
        (["fault", "unknown"], False),
    ],
)
def test_what_could_not_be_checked_is_not_healthy(verdicts, healthy):
    assert is_healthy(Finding("check", "subject", Verdict(verdict), "message") for verdict in verdicts) is healthy


def test_the_last_sentence_of_an_error_is_its_mend():
    finding = failed("lake", "l", CredlakeError("There is no lake at l: nothing lies there. Name another with --lake."))
    assert (finding.message, finding.mend) == (
        "There is no lake at l: nothing lies there.",
        "Name another with --lake.",
    )


@pytest.mark.parametrize(("status", "verdict"), [("Enabled", "fine"), ("Suspended", "fault"), (None, "fault")])
def test_versions_are_kept_only_where_versioning_is_enabled(status, verdict):
    assert judge_versioning("b", status).verdict == verdict


def test_public_access_is_blocked_only_by_all_four_settings():
    finding = judge_public_access("b", {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True})
    assert finding.verdict == "fault"
    assert finding.message.endswith(": RestrictPublicBuckets")
    assert judge_public_access("b", None).verdict == "fault"


def test_a_bucket_with_a_key_that_the_run_does_not_name_is_a_fault():
    assert judge_encryption("b", _kms(), None).verdict == "fault"
    assert judge_encryption("b", _kms(), "key").verdict == "fine"
    assert judge_encryption("b", [], None).verdict == "fault"


def test_a_bucket_in_another_region_is_a_fault():
    assert judge_region("b", "eu-west-1", "us-east-1").mend == "Run in eu-west-1 (AWS_DEFAULT_REGION)."
    assert judge_region("b", "us-east-1", "us-east-1").verdict == "fine"


@pytest.mark.parametrize(
    ("state", "verdict"), [("Enabled", "fine"), ("PendingDeletion", "fault"), ("Disabled", "fault")]
)
def test_a_key_is_fine_only_while_it_is_enabled(state, verdict):
    assert judge_key("k", {"KeyState": state, "KeyUsage": "ENCRYPT_DECRYPT"}).verdict == verdict


def test_a_database_that_is_not_there_is_a_fault():
    assert judge_database("d", None).verdict == "fault"
    assert judge_database("d", {"Name": "d"}).verdict == "fine"


def test_a_table_as_the_schema_says_is_fine_and_one_that_lost_a_column_is_not():
    level = table_input(GLUE_SNAPSHOT_RECORD, LOCATION)
    assert [one.verdict for one in judge_table(GLUE_SNAPSHOT_RECORD, LOCATION, level)] == ["fine"]
    descriptor = {**level["StorageDescriptor"], "Columns": level["StorageDescriptor"]["Columns"][1:]}
    (finding,) = judge_table(GLUE_SNAPSHOT_RECORD, LOCATION, {**level, "StorageDescriptor": descriptor})
    assert (finding.verdict, finding.mend) == ("fault", "The next run brings it level: credlake collect.")


def test_every_fault_of_a_workgroup_is_told():
    configuration = {"EngineVersion": {"EffectiveEngineVersion": "Athena engine version 2"}}
    findings = list(judge_workgroup("w", {"State": "DISABLED", "Configuration": configuration}))
    assert [(one.check, one.subject, one.verdict) for one in findings] == [("athena workgroup", "w", "fault")] * 6
    assert [(one.message, one.mend) for one in findings] == [
        ("is DISABLED", "aws athena update-work-group --work-group w --state ENABLED"),
        (
            "runs Athena engine version 2, and the views are written for Athena engine version 3",
            "Select Athena engine version 3 in it.",
        ),
        (
            "has no place for results",
            "Give it an output location (deploy/collector.yaml: s3://BUCKET/athena-results/).",
        ),
        ("does not encrypt results", "Set an encryption for its results (SSE_S3 or SSE_KMS)."),
        (
            "lets clients put results elsewhere, unencrypted",
            "Switch on `Override client-side settings` (EnforceWorkGroupConfiguration).",
        ),
        (
            "has no limit on what a query may read",
            "Set a limit (BytesScannedCutoffPerQuery), e.g. 100 GB.",
        ),
    ]


def test_a_workgroup_whose_results_athena_keeps_needs_no_place_for_them():
    configuration = {
        "EnforceWorkGroupConfiguration": True,
        "BytesScannedCutoffPerQuery": 10**11,
        "ManagedQueryResultsConfiguration": {"Enabled": True},
    }
    assert [one.verdict for one in judge_workgroup("w", {"State": "ENABLED", "Configuration": configuration})] == [
        "fine"
    ]


def _plan(*actions):
    return DeploymentPlan(tuple(Step(action, f"view_{n}", "new", "") for n, action in enumerate(actions)))


def test_views_that_differ_are_named_but_not_all_fifty():
    finding = judge_views("d", _plan(*["create"] * 7), are_made_by_run=False)
    assert finding.message.startswith("7 of them are not in step with this version: view_0 (new), ")
    assert finding.message.endswith(" and 2 more")


def test_views_that_the_first_run_makes_are_no_fault_before_it():
    assert judge_views("d", _plan("create", "create"), are_made_by_run=True).verdict == "fine"
    assert judge_views("d", _plan("create", "keep"), are_made_by_run=True).verdict == "fault"
    assert judge_views("d", _plan("keep"), are_made_by_run=False).verdict == "fine"


@pytest.mark.parametrize(("seconds", "verdict"), [(0, "fine"), (-60, "fine"), (61, "fault"), (-301, "fault")])
def test_a_clock_more_than_a_minute_off_is_a_fault(seconds, verdict):
    assert judge_clock(seconds).verdict == verdict


def test_a_botocore_that_drops_state_and_paths_is_a_fault():
    assert [one.verdict for one in judge_versions({"botocore": "1.40.26", "pyarrow": "25.0.1"})] == ["fault", "fine"]
    assert [one.verdict for one in judge_versions({"botocore": "1.44.5"})] == ["fine"]


def test_a_sample_larger_than_the_organization_is_all_of_it():
    assert sampled(["2", "1"], 5) == sampled(["2", "1"], None) == ["1", "2"]
    assert len(sampled([str(number) for number in range(100)], 3)) == 3


class _Calls:
    """One account's calls, with the faults that are put there."""

    def __init__(self, **faults):
        self.faults = {name: list(found) for name, found in faults.items()}
        self.asked = []

    def _answer(self, name, *_, **options):
        self.asked.append((name, options))
        if self.faults.get(name):
            raise self.faults[name].pop(0)

    def is_own(self, _account_id):
        return False

    def __getattr__(self, name):
        return lambda *_, **options: self._answer(name, **options)


def _fault(kind, code="Code", operation="iam:GenerateCredentialReport"):
    return CallFault(kind, code, "said", operation)


def _examined(calls):
    """The findings of an account that a role is assumed in, but for the one about the session policy."""
    found = list(examine_accounts(["100000000001"], calls, concurrency=1, sleep=lambda _: None))
    return [one for one in found if (one.check, one.verdict) != ("session policy", "fine")]


@pytest.mark.parametrize("kind", [FaultKind.IN_PROGRESS, FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED])
def test_a_report_that_is_not_ready_shows_that_the_call_is_allowed(kind):
    (finding,) = _examined(_Calls(fetch_report=[_fault(kind)]))
    assert finding.verdict == "fine"


@pytest.mark.parametrize("call", ["generate_report", "fetch_report", "account_summary", "password_policy"])
def test_a_call_that_is_refused_is_a_fault_of_the_account(call):
    (finding,) = _examined(_Calls(**{call: [_fault(FaultKind.DENIED, "AccessDenied")]}))
    assert (finding.subject, finding.verdict) == ("100000000001", "fault")


@pytest.mark.parametrize("code", ["MalformedPolicyDocument", "PackedPolicyTooLarge"])
def test_a_session_policy_that_sts_does_not_take_is_told_as_such(code):
    (finding,) = _examined(_Calls(credentials=[_fault(FaultKind.OTHER, code, "sts:AssumeRole")]))
    assert (finding.check, finding.verdict) == ("session policy", "fault")


def test_throttling_is_waited_out():
    (finding,) = _examined(_Calls(credentials=[_fault(FaultKind.THROTTLED)] * 3))
    assert finding.verdict == "fine"


def test_an_account_that_throttles_to_the_end_is_unknown():
    (finding,) = _examined(_Calls(credentials=[_fault(FaultKind.THROTTLED)] * 9))
    assert finding.verdict == "unknown"


def test_where_sts_is_switched_off_it_is_asked_in_the_home_region():
    calls = _Calls(credentials=[_fault(FaultKind.REGION_DISABLED)])
    (finding,) = _examined(calls)
    assert finding.verdict == "fine"
    assert calls.asked[1] == ("credentials", {"regional": False})
