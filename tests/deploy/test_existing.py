"""collector.yaml over what exists: a bucket with a prefix, a key, a database, a workgroup, a log group and a topic.

With a permissions boundary and a path for every role, too, and the container's stack on top.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from collector.catalog.follow import follower_of
from collector.cli.deploy import deploy
from collector.collection.run import Collection
from collector.lake.local_store import open_store
from collector.lake.record import read_record
from collector.settings.model import Settings
from tests.deploy.standin import Caller, stand_in
from tests.fixtures.runs import Onlooker

pytestmark = [pytest.mark.standin, pytest.mark.timeout(600)]

COLLECTOR = "100000000001"
BUCKET = "a-bucket-of-ours"
PREFIX = "/security/credlake"
PATH = "/security/"
BOUNDARY = "boundary-of-ours"
LOGS = "/ours/credlake"


@pytest.fixture(scope="module", name="aws")
def _aws():
    with stand_in() as aws:
        yield aws


@pytest.fixture(scope="module", name="existing")
def _existing(aws):
    """What the account has already: the parameters that say so."""
    aws.client("s3", COLLECTOR).create_bucket(Bucket=BUCKET)
    aws.client("glue", COLLECTOR).create_database(DatabaseInput={"Name": "credlake"})
    aws.client("athena", COLLECTOR).create_work_group(Name="analysts", Configuration={})
    aws.client("logs", COLLECTOR).create_log_group(logGroupName=LOGS)
    allowed = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    policy = aws.client("iam", COLLECTOR).create_policy(PolicyName=BOUNDARY, PolicyDocument=allowed)["Policy"]
    return {
        "ExistingBucket": "true",
        "BucketName": BUCKET,
        "LakePrefix": PREFIX,
        "ExistingKeyArn": aws.client("kms", COLLECTOR).create_key()["KeyMetadata"]["Arn"],
        "ExistingDatabase": "true",
        "ExistingWorkGroup": "true",
        "WorkGroupName": "analysts",
        "ExistingLogGroup": "true",
        "LogGroupName": LOGS,
        "ExistingTopicArn": aws.client("sns", COLLECTOR).create_topic(Name="ours")["TopicArn"],
        "PermissionsBoundaryArn": policy["Arn"],
        "RolePath": PATH,
        "MemberRolePath": PATH,
    }


@pytest.fixture(scope="module", name="member")
def _member(aws):
    """An account with a role under that path and with that boundary."""
    organizations = aws.client("organizations", COLLECTOR)
    created = organizations.create_account(Email="member@example.com", AccountName="member")
    member = created["CreateAccountStatus"]["AccountId"]
    aws.deploy(
        member,
        "credlake-reader",
        "member-role.yaml",
        CollectorAccountId=COLLECTOR,
        OrganizationId=organizations.describe_organization()["Organization"]["Id"],
        ExternalId="example",
        RolePath=PATH,
        CollectorRolePath=PATH,
        PermissionsBoundaryName=BOUNDARY,
    )
    return member


@pytest.fixture(scope="module", name="outputs")
def _outputs(aws, existing, package):
    aws.client("s3", COLLECTOR).create_bucket(Bucket="code")
    aws.client("s3", COLLECTOR).put_object(Bucket="code", Key=package.name, Body=package.read_bytes())
    code = {"CodeBucket": "code", "CodeKey": package.name}
    return aws.deploy(COLLECTOR, "credlake", "collector.yaml", **_organization(aws), **existing, **code)


def _organization(aws):
    organization = aws.client("organizations", COLLECTOR).describe_organization()["Organization"]
    return {"OrganizationId": organization["Id"], "ExternalId": "example"}


def _kinds(aws, stack):
    found = aws.client("cloudformation", COLLECTOR).describe_stack_resources(StackName=stack)["StackResources"]
    return {one["ResourceType"] for one in found}


def test_nothing_that_exists_is_created_or_changed(aws, outputs, existing):
    made = _kinds(aws, "credlake")
    assert made.isdisjoint(
        {
            *("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::KMS::Alias", "AWS::Glue::Database"),
            *("AWS::Athena::WorkGroup", "AWS::Logs::LogGroup", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"),
        }
    )
    assert outputs["LakeUri"] == f"s3://{BUCKET}{PREFIX}"
    assert outputs["KeyArn"] == existing["ExistingKeyArn"]
    assert outputs["TopicArn"] == existing["ExistingTopicArn"]
    assert (outputs["WorkGroupName"], outputs["LogGroupName"]) == ("analysts", LOGS)


def test_the_check_finds_what_is_there_and_nothing_but_the_schedule_and_a_subscription_missing(
    aws, outputs, monkeypatch, capsys
):
    for name, value in aws.environment(Caller(COLLECTOR)).items():
        monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name, raising=False)
    assert deploy(check=True, part="collector", format="json") == 1
    found = {one["check"]: one for one in json.loads(capsys.readouterr().out)}
    assert {check for check, one in found.items() if one["verdict"] != "OK"} == {"schedule", "topic"}
    assert found["schedule"]["message"] == "is disabled, so no run starts by itself"
    assert (found["bucket"]["subject"], found["key"]["subject"]) == (BUCKET, outputs["KeyArn"])
    assert found["function"]["subject"] == outputs["FunctionName"]


def test_every_role_has_the_path(aws, outputs, member):
    """The stand-in leaves out a role's boundary; `test_templates` has it."""
    for account, count in ((COLLECTOR, 4), (member, 1)):
        assert len(aws.client("iam", account).list_roles(PathPrefix=PATH)["Roles"]) == count
    assert outputs["CollectorRoleArn"].endswith(f"role{PATH}credlake-collector")


def test_a_run_collects_through_the_path_into_the_prefix(aws, outputs, member, monkeypatch, tmp_path):
    collector = aws.assume(COLLECTOR, outputs["CollectorRoleArn"])
    for name, value in aws.environment(collector).items():
        monkeypatch.setenv(name, value)
    settings = Settings(lake=outputs["LakeUri"], external_id="example", role_path=PATH, kms_key=outputs["KeyArn"])
    store = open_store(settings.lake, kms_key=settings.kms_key)
    run = Collection(
        settings=settings,
        store=store,
        follower=follower_of(store, database=settings.glue_database),
        watch=Onlooker(),
        scratch=tmp_path,
    )
    result = asyncio.run(run.run())
    outcomes = {one.account_id: (one.outcome, one.error_message) for one in result.needs_attention}
    assert member not in outcomes, outcomes
    record = read_record(store, result.run.organization_id).record
    assert record.newest.run_id == result.run.run_id


def test_the_container_takes_what_exists(aws, outputs, existing):
    network = aws.client("ec2", COLLECTOR)
    vpc = network.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = network.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    taken = ("KeyArn", "DatabaseName", "WorkGroupName", "TopicArn", "LogGroupName", "DeadLetterQueueArn", "LakeUri")
    aws.deploy(
        COLLECTOR,
        "credlake-task",
        "container.yaml",
        **_organization(aws),
        **{name: outputs[name] for name in (*taken, "CollectorRoleArn")},
        **{name: existing[name] for name in ("PermissionsBoundaryArn", "RolePath", "MemberRolePath")},
        Image="registry.example/credlake:1",
        VpcId=vpc,
        Subnets=subnet,
    )
    (task,) = aws.client("ecs", COLLECTOR).list_task_definitions()["taskDefinitionArns"]
    definition = aws.client("ecs", COLLECTOR).describe_task_definition(taskDefinition=task)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    variables = {one["name"]: one["value"] for one in container["environment"]}
    assert variables["CREDLAKE_ROLE_PATH"] == PATH
    assert f":role{PATH}" in definition["executionRoleArn"]
