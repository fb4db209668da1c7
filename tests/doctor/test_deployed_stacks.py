"""The checks of a deployment on single answers of AWS: stacks, stack instances, Regions, buckets, functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collector.aws import deployment
from collector.doctor.member_roles import LISTING_ACTIONS, check_instances, check_resource_policy, check_stack_set
from collector.doctor.stack import check_existing, check_failure, check_function, check_schedule, check_stack, refused
from collector.errors import CallFault, FaultKind

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
SCP = "arn:aws:organizations::111122223333:policy/o-aa111bb222/service_control_policy/p-ab12cd34"
DENIED = (
    "User: arn:aws:sts::{}:assumed-role/stacksets-exec/x is not authorized to perform: iam:CreateRole on resource: "
    f"arn:aws:iam::{{}}:role/credlake-reader with an explicit deny in a service control policy: {SCP}"
)
# Of deploy/collector.yaml: the resources and the output that the checks look for, under its names.


def _instance(account_id, status="SUCCEEDED", reason=""):
    return {
        "Account": account_id,
        "Region": "us-east-1",
        "Status": "CURRENT" if status == "SUCCEEDED" else "OUTDATED",
        "StatusReason": reason,
        "StackInstanceStatus": {"DetailedStatus": status},
    }


def test_accounts_that_an_scp_denies_are_one_finding_that_names_it():
    accounts = [f"{number:012}" for number in range(1, 41)]
    instances = [
        *(_instance(one, "FAILED", DENIED.format(one, one)) for one in accounts[:30]),
        *(_instance(one, "CANCELLED", f"Cancelled since {one} failed") for one in accounts[30:32]),
        _instance(accounts[32], "RUNNING"),
        *(_instance(one) for one in accounts[33:38]),
    ]
    by_scp, cancelled, running, missing, done = check_instances(instances, accounts)
    assert by_scp.subject == "30 accounts"
    assert by_scp.message.startswith(
        f"failed. SCP p-ab12cd34 denies iam:CreateRole in 30 accounts ({SCP}): 000000000001"
    )
    assert by_scp.message.endswith("000000000010 and 20 more")
    assert by_scp.remediation.startswith("Exempt the role from the SCP p-ab12cd34")
    assert (cancelled.subject, cancelled.status) == ("2 accounts", "FAIL")
    assert "failed: Cancelled since ACCOUNT failed: " in cancelled.message
    assert (running.subject, running.status) == ("1 account", "UNKNOWN")
    assert missing.message == f"have no stack instance, so no role: {accounts[38]}, {accounts[39]}"
    assert (done.subject, done.status) == ("5 of 40", "OK")


def test_a_stack_set_that_accounts_which_join_later_do_not_get_is_wrong():
    organization = deployment.Organization("o-aa111bb222", ACCOUNT, has_all_features=True)
    parameters = [
        {"ParameterKey": "CollectorAccountId", "ParameterValue": ACCOUNT},
        {"ParameterKey": "OrganizationId", "ParameterValue": "o-aa111bb222"},
    ]
    found = {"Status": "ACTIVE", "PermissionModel": "SERVICE_MANAGED", "Parameters": parameters}
    (finding,) = check_stack_set("credlake-reader", found, organization, ACCOUNT)
    assert "automatic deployment is off" in finding.message


def test_a_resource_policy_is_enough_if_it_allows_every_call():
    text = (ROOT / "deploy" / "organization-policy.json").read_text("utf-8")
    policy = text.replace("COLLECTOR", ACCOUNT).replace("PARTITION", "aws")
    assert check_resource_policy(ACCOUNT, policy).status == "OK"
    assert check_resource_policy("100000000001", policy).status == "FAIL"
    (statement,) = json.loads(policy)["Statement"]
    assert set(statement["Action"]) == set(LISTING_ACTIONS)
    one_less = json.dumps(
        {"Statement": statement | {"Action": [one for one in LISTING_ACTIONS if "ListRoots" not in one]}}
    )
    finding = check_resource_policy(ACCOUNT, one_less)
    assert finding.message.endswith(": organizations:ListRoots")
    assert "add the statement" in finding.remediation


@pytest.mark.parametrize(
    ("status", "verdict", "step"),
    [
        ("CREATE_COMPLETE", "OK", None),
        ("UPDATE_ROLLBACK_COMPLETE", "FAIL", "Remove the cause, then deploy again."),
        ("ROLLBACK_COMPLETE", "FAIL", "aws cloudformation delete-stack --stack-name credlake, then deploy again."),
        ("UPDATE_IN_PROGRESS", "UNKNOWN", "Check again when the operation has ended."),
        ("REVIEW_IN_PROGRESS", "FAIL", "how to"),
    ],
)
def test_a_stacks_state_has_its_next_step(status, verdict, step):
    (finding,) = check_stack("credlake", {"StackName": "credlake", "StackStatus": status}, "how to")
    assert (finding.status, finding.remediation) == (verdict, step)


def test_the_reason_of_a_failed_stack_names_the_policy_and_leaves_out_what_was_cancelled():
    denied = deployment.FailedResource("CollectorRole", DENIED.format(ACCOUNT, ACCOUNT))
    cancelled = deployment.FailedResource("Topic", "Resource creation cancelled")
    exists = deployment.FailedResource("Database", "Database credlake already exists.")
    first, second = check_failure("credlake", [denied, cancelled, exists])
    assert first.message.startswith(
        "could not create CollectorRole: iam:CreateRole denied on role/credlake-reader by SCP"
    )
    assert first.remediation.startswith("Exempt the role from the SCP p-ab12cd34")
    assert (second.message, second.status) == ("could not create Database: Database credlake already exists.", "FAIL")


def test_events_are_read_back_to_the_last_operation_that_failed(monkeypatch):
    def event(number, status, resource="credlake", reason=""):
        return {
            "EventId": str(number),
            "StackId": "the-stack",
            "LogicalResourceId": resource,
            "PhysicalResourceId": "the-stack" if resource == "credlake" else "",
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }

    # Newest first, as DescribeStackEvents gives them.
    events = [
        event(9, "UPDATE_ROLLBACK_COMPLETE"),
        event(8, "UPDATE_ROLLBACK_IN_PROGRESS"),
        event(7, "UPDATE_FAILED", "Function", "no such key"),
        event(6, "CREATE_FAILED", "Topic", "denied"),
        event(5, "UPDATE_IN_PROGRESS"),
        event(4, "CREATE_FAILED", "Bucket", "of an operation before"),
    ]
    monkeypatch.setattr(deployment, "_events", lambda _name: iter(events))
    assert [(one.name, one.reason) for one in deployment.failed_resources("credlake")] == [
        ("Topic", "denied"),
        ("Function", "no such key"),
    ]


def test_a_region_that_an_scp_denies_is_a_failure_that_names_it():
    text = DENIED.format(ACCOUNT, ACCOUNT).replace("iam:CreateRole", "cloudformation:DescribeStacks")
    fault = CallFault(FaultKind.DENIED, "AccessDenied", text, "cloudformation:DescribeStacks")
    finding = refused("stack", "credlake", fault, "ap-east-1")
    assert finding.status == "FAIL"
    assert finding.message.startswith("cannot be read in ap-east-1: cloudformation:DescribeStacks denied")
    assert "SCP p-ab12cd34" in finding.message
    assert finding.remediation.endswith("deploy in one that the organization allows (AWS_REGION).")


def test_a_call_that_is_not_granted_is_an_unknown():
    text = (
        "User: arn:aws:iam::123456789012:user/x is not authorized to perform: glue:GetDatabase because no "
        "identity-based policy allows the glue:GetDatabase action"
    )
    fault = CallFault(FaultKind.DENIED, "AccessDeniedException", text, "glue:GetDatabase")
    finding = refused("glue database", "credlake", fault, "us-east-1")
    assert (finding.status, finding.remediation) == (
        "UNKNOWN",
        "Grant glue:GetDatabase to the caller, and check that no SCP denies it.",
    )


def test_a_bucket_that_cannot_be_read_is_an_unknown(monkeypatch):
    fault = CallFault(FaultKind.OTHER, "403", "Forbidden", "s3:ListBucket")
    finding = refused("bucket", "lake", fault, "us-east-1")
    assert (finding.status, "another account's" in finding.message) == ("UNKNOWN", True)


def test_a_schedule_that_is_off_and_a_function_that_cannot_start_fail():
    assert check_schedule("daily", "ENABLED").status == "OK"
    assert "part 5" in check_schedule("daily", "DISABLED").remediation
    assert check_function("collector", "Active").status == "OK"
    assert check_function("collector", "Failed").status == "FAIL"


def test_a_thing_that_the_stack_needs_and_that_is_gone_fails():
    assert check_existing("key", "k", None, owner="created by the stack").status == "FAIL"
    assert check_existing("key", "k", "ExistingKeyArn=k", owner="created by the stack").status == "OK"
