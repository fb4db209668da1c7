"""The checks of a deployment, on moto: what is there, missing, in the way, or denied, and by which policy."""

from __future__ import annotations

import ast
import json
import secrets
from pathlib import Path

import pytest

from collector.aws import deployment
from collector.cli.deploy import deploy
from collector.errors import CallFault, FaultKind, UsageError
from tests.fixtures.s3_servers import S3Server, moto_server

# Of deploy/collector.yaml: the resources and the output that the checks look for, under its names.
TEMPLATE = {
    "Parameters": {"BucketName": {"Type": "String"}, "ExistingDatabase": {"Type": "String", "Default": "false"}},
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "BucketName"}}},
        "Topic": {"Type": "AWS::SNS::Topic"},
    },
    "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
}


@pytest.fixture(scope="module", name="moto")
def _moto():
    with moto_server() as server:
        yield server


@pytest.fixture(name="account")
def _account():
    """The caller's account, a new one for each test: moto keeps the state of a process."""
    return f"{secrets.randbelow(10**12):012}"


@pytest.fixture(name="server")
def _server(moto, account):
    """The server, called as somebody in that account."""
    arn = f"arn:aws:iam::{account}:role/deployer"
    given = moto.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return S3Server(moto.url, given["AccessKeyId"], given["SecretAccessKey"])


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch, server):
    """The command is called as somebody in that account, without the simulator of the other tests."""
    for name in ("STS", "IAM", "ORGANIZATIONS"):
        monkeypatch.delenv(f"AWS_ENDPOINT_URL_{name}", raising=False)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _as_aws_answers(monkeypatch):
    """moto answers without a workgroup where there is none, and drops AutoDeployment."""
    workgroup, stack_set = deployment.workgroup, deployment.stack_set

    def found(name):
        try:
            return workgroup(name)
        except CallFault as fault:
            text = f"WorkGroup {name} is not found."
            raise CallFault(FaultKind.OTHER, "InvalidRequestException", text, fault.operation) from fault

    def with_deployment(*given):
        return (answer := stack_set(*given)) and {**answer, "AutoDeployment": {"Enabled": True}}

    monkeypatch.setattr(deployment, "workgroup", found)
    monkeypatch.setattr(deployment, "stack_set", with_deployment)


@pytest.fixture(name="check")
def _check(capsys):
    """Run the command; its exit code, and its findings by check and subject."""

    def check(**options):
        code = deploy(check=True, format="json", **options)
        found = json.loads(capsys.readouterr().out)
        return code, {(one["check"], one["subject"]): one for one in found}

    return check


def _not_ok(found):
    return {key for key, one in found.items() if one["verdict"] != "OK"}


@pytest.fixture(name="members")
def _members(server):
    """The caller manages an organization with two members."""
    organizations = server.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    return [
        organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["AccountId"]
        for name in ("first", "second")
    ]


def _stack_set(server, account, **changed):
    organization_id = server.client("organizations").describe_organization()["Organization"]["Id"]
    parameters = {"CollectorAccountId": account, "OrganizationId": organization_id, "ExternalId": "example", **changed}
    template = {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": {"R": {"Type": "AWS::SNS::Topic"}},
    }
    server.client("cloudformation").create_stack_set(
        StackSetName="credlake-reader",
        TemplateBody=json.dumps(template),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )


def test_before_the_first_deployment_what_is_missing_fails_and_names_that_are_free_are_ok(check):
    code, found = check(part="collector", lake="s3://credlake-nobody-has-this-bucket")
    assert code == 1
    assert _not_ok(found) == {("stack", "credlake")}
    assert found["stack", "credlake"]["message"] == "does not exist"
    assert found["bucket", "credlake-nobody-has-this-bucket"]["message"] == "does not exist: the stack will create it"
    checks = {check for check, _ in found}
    assert {"key", "glue database", "athena workgroup", "log group", "role"} <= checks


def test_what_exists_is_named_with_the_parameters_that_take_it_over(server, check):
    bucket = f"lake-{secrets.token_hex(4)}"
    server.client().create_bucket(Bucket=bucket)
    server.client("glue").create_database(DatabaseInput={"Name": "credlake"})
    server.client("athena").create_work_group(Name="analysts", Configuration={})
    server.client("logs").create_log_group(logGroupName="/credlake/credlake")
    server.client("logs").create_log_group(logGroupName="/credlake/credlake-other")
    key = server.client("kms").create_key()["KeyMetadata"]
    server.client("kms").create_alias(AliasName="alias/credlake-credlake", TargetKeyId=key["KeyId"])
    server.client("iam").create_role(RoleName="credlake-collector", AssumeRolePolicyDocument="{}")

    _, found = check(part="collector", lake=f"s3://{bucket}/prefix", workgroup="analysts")

    steps = {check: one["mend"] for (check, _), one in found.items() if one["verdict"] == "FAIL" and check != "stack"}
    assert steps == {
        "bucket": f"Deploy with ExistingBucket=true BucketName={bucket} LakePrefix=/prefix.",
        "glue database": "Deploy with ExistingDatabase=true DatabaseName=credlake.",
        "athena workgroup": "Deploy with ExistingWorkGroup=true WorkGroupName=analysts.",
        "log group": "Deploy with ExistingLogGroup=true LogGroupName=/credlake/credlake.",
        "key": f"Deploy with ExistingKeyArn={key['Arn']}.",
        "role": "Deploy with CollectorRoleName=ANOTHER_NAME (in member-role.yaml too).",
    }


def test_a_bucket_in_another_region_cannot_be_the_stacks(server, check):
    where = {"LocationConstraint": "eu-west-1"}
    server.client().create_bucket(Bucket="credlake-lake-elsewhere", CreateBucketConfiguration=where)
    _, found = check(part="collector", lake="s3://credlake-lake-elsewhere")
    assert "in eu-west-1, where the stack has to be too" in found["bucket", "credlake-lake-elsewhere"]["mend"]


def test_what_the_stack_created_or_was_given_is_ok_and_the_rest_is_checked(server, check):
    server.client("glue").create_database(DatabaseInput={"Name": "credlake"})
    server.client("cloudformation").create_stack(
        StackName="credlake",
        TemplateBody=json.dumps(TEMPLATE),
        Parameters=[
            {"ParameterKey": "BucketName", "ParameterValue": "credlake-lake-of-the-stack"},
            {"ParameterKey": "ExistingDatabase", "ParameterValue": "true"},
        ],
    )
    code, found = check(part="collector")
    assert found["stack", "credlake"]["message"] == "is CREATE_COMPLETE"
    assert found["bucket", "credlake-lake-of-the-stack"]["message"] == "exists, created by the stack"
    assert found["glue database", "credlake"]["message"] == "exists, as the stack's parameters say"
    # Nobody has subscribed.
    assert {check for check, _ in _not_ok(found)} == {"topic"}
    assert code == 1

    server.client().delete_bucket(Bucket="credlake-lake-of-the-stack")
    _, found = check(part="collector")
    assert found["bucket", "credlake-lake-of-the-stack"]["message"].startswith("is missing")


def test_an_organization_with_everything_is_ok(server, check, members, account):
    organizations, stacks = server.client("organizations"), server.client("cloudformation")
    organizations.enable_aws_service_access(ServicePrincipal=deployment.STACK_SETS)
    _stack_set(server, account)
    root = organizations.list_roots()["Roots"][0]["Id"]
    targets = {"OrganizationalUnitIds": [root]}
    stacks.create_stack_instances(StackSetName="credlake-reader", DeploymentTargets=targets, Regions=["us-east-1"])
    code, found = check(part="organization")
    assert _not_ok(found) == set()
    assert code == 0
    assert found["stack instances", "2 of 2"]["message"] == "accounts have the stack with the role"
    assert found["organization access", account]["message"].startswith("is the management account")
    assert len(members) == 2


def test_what_an_organization_lacks_is_named(server, check, members, account):
    _stack_set(server, account, CollectorAccountId="000000000000")
    first, second = members
    organizations = server.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    ou = organizations.create_organizational_unit(ParentId=root, Name="first")["OrganizationalUnit"]["Id"]
    organizations.move_account(AccountId=first, SourceParentId=root, DestinationParentId=ou)
    server.client("cloudformation").create_stack_instances(
        StackSetName="credlake-reader", DeploymentTargets={"OrganizationalUnitIds": [ou]}, Regions=["us-east-1"]
    )
    _, found = check(part="organization")
    assert found["trusted access", deployment.STACK_SETS]["mend"].endswith("activate-organizations-access")
    assert found["stack set", "credlake-reader"]["message"] == f"CollectorAccountId is 000000000000, not {account}"
    assert found["stack instances", "1 account"]["message"] == f"have no stack instance, so no role: {second}"
    assert found["stack instances", "1 of 2"]["verdict"] == "OK"


def test_without_a_stack_set_part_3_is_next(check, members):
    _, found = check(part="organization")
    assert found["stack set", "credlake-reader"]["mend"] == "Follow docs/deploy.md, part 3."
    assert len(members) == 2


def test_the_management_account_of_another_collector_needs_a_stack_and_a_permission(check, members, monkeypatch):
    monkeypatch.setattr(deployment, "resource_policy", lambda: None)
    _, found = check(collector=members[0])
    assert found["organization access", members[0]]["mend"] == "Follow docs/deploy.md, part 2."
    assert found["stack", "credlake-reader"]["verdict"] == "FAIL"
    # The collector's stack is in the other account.
    assert found["stack", "credlake"]["verdict"] == "UNKNOWN"
    assert members[0] in found["stack", "credlake"]["mend"]


def test_a_delegated_administrator_of_any_service_can_list_the_organization(server, check, members):
    organizations = server.client("organizations")
    organizations.register_delegated_administrator(AccountId=members[0], ServicePrincipal="guardduty.amazonaws.com")
    _, found = check(part="organization", collector=members[0])
    assert found["organization access", members[0]]["message"].startswith("is a delegated administrator")


def test_an_account_that_may_not_read_stack_sets_names_the_account_that_may(check, members, account, monkeypatch):
    outside = deployment.Organization("o-aa111bb222", members[0], has_all_features=True)
    monkeypatch.setattr(deployment, "organization", lambda: outside)
    _, found = check(part="organization")
    finding = found["stack set", "credlake-reader"]
    assert finding["verdict"] == "UNKNOWN"
    assert f"in account {members[0]}, with --part organization --collector {account}" in finding["mend"]


def test_an_account_without_an_organization_is_an_unknown(check):
    code, found = check(part="organization")
    assert (code, found["organization", "organizations"]["verdict"]) == (1, "UNKNOWN")


def test_a_table_for_people(capsys):
    assert deploy(check=True, part="collector", lake="s3://credlake-nobody-has-this-bucket") == 1
    printed = capsys.readouterr()
    assert "FAIL     stack: credlake: does not exist\n" in printed.out
    assert printed.err.endswith("1 FAIL, 0 UNKNOWN\n")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "add --check"),
        ({"check": True, "part": "some"}, "--part some"),
        ({"check": True, "collector": "me"}, "--collector me"),
        ({"check": True, "format": "xml"}, "--format xml"),
        ({"check": True, "lake": "./lake"}, "a deployment's lake is on S3"),
    ],
)
def test_wrong_usage_says_what_is_wrong(options, problem):
    with pytest.raises(UsageError, match=problem):
        deploy(**options)


def test_a_region_is_required(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    with pytest.raises(UsageError, match="set AWS_REGION"):
        deploy(check=True)


def test_only_calls_that_read_are_made():
    tree = ast.parse(Path(deployment.__file__).read_text("utf-8"))
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    operations = {
        call.args[0].value if call.func.attr == "get_paginator" else call.func.attr
        for call in called
        if isinstance(call.func.value, ast.Call) and getattr(call.func.value.func, "id", "") == "client"
    }
    assert {"describe_stacks", "list_stack_instances", "head_bucket", "get_schedule"} <= operations
    assert [name for name in operations if not name.startswith(("describe_", "list_", "get_", "head_"))] == []
