"""The templates' permissions, evaluated: what the roles may do is enough for a run, and nothing else is."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

from collector.aws.iam import SESSION_ACTIONS
from collector.catalog.follow import follower_of
from collector.collection.run import Collection
from collector.lake.local_store import open_store
from collector.lake.record import read_record
from collector.settings.model import Settings
from tests.deploy.policy_engine import decisions
from tests.deploy.refusals import not_refused
from tests.deploy.standin import Caller, StandIn, lost_changes, stand_in
from tests.deploy.templates import template
from tests.fixtures.runs import Onlooker

pytestmark = pytest.mark.standin

COLLECTOR = "100000000001"
STRANGER = "200000000002"
EXTERNAL_ID = "example"


@dataclass(frozen=True)
class Deployment:
    """Both templates deployed: collector.yaml in one account, member-role.yaml in each of the members."""

    aws: StandIn
    organization_id: str
    members: tuple[str, ...]
    outputs: dict[str, str]
    collector: Caller

    @property
    def bucket(self):
        return self.outputs["BucketArn"].rpartition(":")[2]

    def reader(self, account, caller=None, **options):
        """The member role of an account, assumed as the collector unless it is said as whom."""
        arn = f"arn:aws:iam::{account}:role/credlake-reader"
        return self.aws.assume(caller or self.collector, arn, **({"ExternalId": EXTERNAL_ID} | options))


@pytest.fixture(scope="module", name="deployment")
def _deployment(package):
    with stand_in() as aws:
        organizations = aws.client("organizations", COLLECTOR)
        organization_id = organizations.describe_organization()["Organization"]["Id"]
        members = tuple(
            organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"][
                "AccountId"
            ]
            for name in ("first", "second")
        )
        for member in members:
            aws.deploy(
                member,
                "credlake-reader",
                "member-role.yaml",
                CollectorAccountId=COLLECTOR,
                OrganizationId=organization_id,
                ExternalId=EXTERNAL_ID,
            )
        aws.client("s3", COLLECTOR).create_bucket(Bucket="code")
        aws.client("s3", COLLECTOR).put_object(Bucket="code", Key=package.name, Body=package.read_bytes())
        outputs = aws.deploy(
            COLLECTOR,
            "credlake",
            "collector.yaml",
            OrganizationId=organization_id,
            ExternalId=EXTERNAL_ID,
            BucketName=f"credlake-{COLLECTOR}-us-east-1",
            CodeBucket="code",
            CodeKey=package.name,
        )
        collector = aws.assume(COLLECTOR, outputs["CollectorRoleArn"])
        yield Deployment(aws, organization_id, members, outputs, collector)


@pytest.fixture(scope="module", name="reachable")
def _reachable(deployment):
    """The stand-in speaks http only, so the lake's policy has to be taken off before anything can be written."""
    deployment.aws.client("s3", COLLECTOR).delete_bucket_policy(Bucket=deployment.bucket)
    return deployment


@pytest.fixture(scope="module", name="nobody")
def _nobody(deployment):
    """A user of an account who may do nothing."""
    return lambda account: _user(deployment.aws, account, "nobody")


def _user(aws, account, name):
    iam = aws.client("iam", account)
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Caller(key["AccessKeyId"], key["SecretAccessKey"])


def _code(call, **request):
    with pytest.raises(ClientError) as refused:
        call(**request)
    return refused.value.response["Error"]["Code"]


def test_what_is_changed_for_the_stand_in_is_in_the_templates():
    assert lost_changes() == []


def test_what_does_not_come_over_tls_is_refused(deployment):
    put = deployment.aws.client("s3", deployment.collector).put_object
    assert _code(put, Bucket=deployment.bucket, Key="raw/x", Body=b"") == "AccessDenied"


def test_the_collector_collects_and_brings_glue_level_with_just_these_roles(reachable, monkeypatch, tmp_path):
    for name, value in reachable.aws.environment(reachable.collector).items():
        monkeypatch.setenv(name, value)
    settings = Settings(
        lake=f"s3://{reachable.bucket}",
        external_id=EXTERNAL_ID,
        kms_key=reachable.outputs["KeyArn"],
        database=reachable.outputs["DatabaseName"],
    )
    store = open_store(settings.lake, kms_key=settings.kms_key)
    run = Collection(
        settings=settings,
        store=store,
        follower=follower_of(store, database=settings.glue_database),
        watch=Onlooker(),
        scratch=tmp_path,
    )
    result = asyncio.run(run.run())
    assert {one.account_id: (one.outcome, one.error_message) for one in result.needs_attention} == {}
    assert result.written.accounts.covered == 3
    glue = reachable.aws.client("glue", COLLECTOR)
    (partition,) = glue.get_partitions(DatabaseName=settings.database, TableName="snapshot_record")["Partitions"]
    assert result.run.run_id in partition["StorageDescriptor"]["Location"]
    assert read_record(store, reachable.organization_id).record.newest.run_id == result.run.run_id


def test_the_analyst_reads_snapshots_and_not_what_came_raw(reachable):
    written = reachable.aws.client("s3", COLLECTOR)
    for zone in ("raw", "snapshots", "catalog"):
        written.put_object(Bucket=reachable.bucket, Key=f"{zone}/x", Body=b"x")
    analyst = reachable.aws.client("s3", reachable.aws.assume(COLLECTOR, reachable.outputs["AnalystRoleArn"]))
    assert analyst.get_object(Bucket=reachable.bucket, Key="snapshots/x")["Body"].read() == b"x"
    assert _code(analyst.get_object, Bucket=reachable.bucket, Key="raw/x") == "AccessDenied"
    assert _code(analyst.put_object, Bucket=reachable.bucket, Key="snapshots/y", Body=b"") == "AccessDenied"


def test_the_auditor_reads_what_came_raw_and_writes_nothing_of_the_lake(reachable):
    reachable.aws.client("s3", COLLECTOR).put_object(Bucket=reachable.bucket, Key="raw/y", Body=b"y")
    auditor = reachable.aws.client("s3", reachable.aws.assume(COLLECTOR, reachable.outputs["AuditorRoleArn"]))
    assert auditor.get_object(Bucket=reachable.bucket, Key="raw/y")["Body"].read() == b"y"
    for zone in ("raw", "snapshots", "catalog"):
        assert _code(auditor.put_object, Bucket=reachable.bucket, Key=f"{zone}/z", Body=b"") == "AccessDenied"
        assert _code(auditor.delete_object, Bucket=reachable.bucket, Key=f"{zone}/x") == "AccessDenied"


_CREATION = {"s3:ObjectCreationOperation": "true"}
_ABSENT, _SAME = {"s3:if-none-match": "*"}, {"s3:if-match": '"etag"'}
# Key, action, S3's condition keys of the request, and what the role may.
_WRITES = [
    ("raw/x", "s3:PutObject", _CREATION, "Deny"),
    ("raw/x", "s3:PutObject", _CREATION | _SAME, "Deny"),
    ("raw/x", "s3:PutObject", _CREATION | _ABSENT, "Allow"),
    ("snapshots/x", "s3:PutObject", _CREATION, "Deny"),
    ("snapshots/x", "s3:PutObject", _CREATION | _ABSENT, "Allow"),
    # A part of a multipart upload; its completion is the creation.
    ("snapshots/x", "s3:PutObject", {"s3:ObjectCreationOperation": "false"}, "Allow"),
    ("catalog/x", "s3:PutObject", _CREATION, "Deny"),
    ("catalog/x", "s3:PutObject", _CREATION | _SAME, "Allow"),
    ("catalog/x", "s3:PutObject", _CREATION | _ABSENT, "Allow"),
    ("snapshots/x", "s3:PutObjectTagging", {"s3:RequestObjectTagKeys": ["credlake"]}, "Allow"),
    ("snapshots/x", "s3:PutObjectTagging", {}, "Allow"),
    ("snapshots/x", "s3:PutObjectTagging", {"s3:RequestObjectTagKeys": ["credlake", "other"]}, "ImplicitDeny"),
    ("raw/x", "s3:PutObjectTagging", {"s3:RequestObjectTagKeys": ["credlake"]}, "ImplicitDeny"),
    ("raw/x", "s3:DeleteObject", {}, "ImplicitDeny"),
]


def test_the_collector_writes_on_conditions_only_and_sets_its_own_tag_only(deployment):
    iam = deployment.aws.client("iam", COLLECTOR)
    names = iam.list_role_policies(RoleName="credlake-collector")["PolicyNames"]
    policies = [iam.get_role_policy(RoleName="credlake-collector", PolicyName=name)["PolicyDocument"] for name in names]
    requests = [(action, f"{deployment.outputs['BucketArn']}/{key}", keys) for key, action, keys, _ in _WRITES]
    found = decisions(policies, requests)
    assert list(zip(_WRITES, found, strict=True)) == [(one, one[3]) for one in _WRITES]


def test_nobody_overwrites_what_was_collected(deployment):
    """The bucket's policy denies it to administrators of the account too."""
    policy = template("collector.yaml")["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]
    (denied,) = (one for one in policy["Statement"] if one["Sid"] == "NeverOverwrite")
    bucket = deployment.outputs["BucketArn"]
    denied["Resource"] = [one["Fn::Sub"].replace("${Bucket.Arn}", bucket) for one in denied["Resource"]]
    requests = [
        ("s3:PutObject", f"{bucket}/raw/x", _CREATION),
        ("s3:PutObject", f"{bucket}/snapshots/x", _CREATION),
        ("s3:PutObject", f"{bucket}/raw/x", _CREATION | _ABSENT),
        ("s3:PutObject", f"{bucket}/access-rules/rules.csv", _CREATION),
    ]
    policies = [{"Version": "2012-10-17", "Statement": [denied]}]
    assert decisions(policies, requests, of_the_bucket=True) == ["Deny", "Deny", "ImplicitDeny", "ImplicitDeny"]


@pytest.mark.parametrize("external_id", ["wrong", "Example", ""])
def test_a_wrong_external_id_is_refused(deployment, external_id):
    options = {"ExternalId": external_id} if external_id else {}
    arn = f"arn:aws:iam::{deployment.members[0]}:role/credlake-reader"
    with pytest.raises(ClientError, match="AccessDenied"):
        deployment.aws.assume(deployment.collector, arn, **options)


def test_another_role_of_the_collectors_account_is_refused(deployment):
    analyst = deployment.aws.assume(COLLECTOR, deployment.outputs["AnalystRoleArn"])
    with pytest.raises(ClientError, match="AccessDenied"):
        deployment.reader(deployment.members[0], analyst)


def test_an_administrator_of_the_collectors_account_is_refused(deployment):
    iam = deployment.aws.client("iam", COLLECTOR)
    administrator = _user(deployment.aws, COLLECTOR, "administrator")
    everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    iam.put_user_policy(UserName="administrator", PolicyName="all", PolicyDocument=everything)
    with pytest.raises(ClientError, match="AccessDenied"):
        deployment.reader(deployment.members[0], administrator)


def test_a_stranger_is_refused(deployment):
    with pytest.raises(ClientError, match="AccessDenied"):
        deployment.reader(deployment.members[0], Caller(STRANGER))


def test_a_collector_of_another_organization_is_refused(deployment):
    deployment.aws.deploy(
        STRANGER,
        "credlake-reader",
        "member-role.yaml",
        CollectorAccountId=COLLECTOR,
        OrganizationId="o-zzzzzzzzzz",
        ExternalId=EXTERNAL_ID,
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        deployment.reader(STRANGER)


def test_the_member_role_can_do_its_four_calls(deployment):
    iam = deployment.aws.client("iam", deployment.reader(deployment.members[0]))
    iam.generate_credential_report()
    iam.get_credential_report()
    iam.get_account_summary()
    assert _code(iam.get_account_password_policy) == "NoSuchEntity"


def test_every_other_action_of_the_member_role_is_refused(deployment, nobody):
    reader = deployment.reader(deployment.members[0])
    told, refused = not_refused(deployment.aws, reader, nobody(deployment.members[0]), set(SESSION_ACTIONS), {})
    assert " ".join(sorted(told)) == ""
    assert refused > 500


def test_every_other_action_of_the_collectors_role_is_refused(reachable, nobody):
    granted = reachable.aws.client("iam", COLLECTOR)
    allowed = set()
    for policy in granted.list_role_policies(RoleName="credlake-collector")["PolicyNames"]:
        document = granted.get_role_policy(RoleName="credlake-collector", PolicyName=policy)["PolicyDocument"]
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                allowed |= set([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    aimed = {
        "Bucket": reachable.bucket,
        "Key": "raw/x",
        "DatabaseName": reachable.outputs["DatabaseName"],
        "TableName": "snapshot_record",
        "WorkGroup": reachable.outputs["WorkGroupName"],
        "KeyId": reachable.outputs["KeyArn"],
        "TopicArn": reachable.outputs["TopicArn"],
        "QueueUrl": reachable.outputs["DeadLetterQueueUrl"],
        "FunctionName": reachable.outputs["FunctionName"],
        "RoleName": "credlake-collector",
        "logGroupName": reachable.outputs["LogGroupName"],
    }
    collector = reachable.aws.assume(COLLECTOR, reachable.outputs["CollectorRoleArn"])
    told, refused = not_refused(reachable.aws, collector, nobody(COLLECTOR), allowed, aimed)
    assert " ".join(sorted(told)) == ""
    assert refused > 500


def test_the_function_collects_as_its_own_role(reachable):
    """Code, role and variables are the stack's."""
    functions = reachable.aws.client("lambda", COLLECTOR)
    name = reachable.outputs["FunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    # No view can be made there: its Athena takes no Trino SQL.
    variables |= {"CREDLAKE_WORKGROUP": "", "CREDLAKE_REPLACE": "true"}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    answer = functions.invoke(FunctionName=name, Payload=b"{}")
    payload = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, payload
    assert payload["accounts"] == {"collected": 3}
