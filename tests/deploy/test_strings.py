"""Each string that a service restricts, held to the service's own length, pattern and values (botocore's models).

cfn-lint checks some of them. EC2's model has no patterns, so its expression for descriptions stands here: AWS refuses
`Invalid rule description` with it (hashicorp/terraform-provider-aws issue 18874).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from tests.deploy.api_faults import value_faults
from tests.deploy.templates import FOLDER, template

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATES = sorted(path.name for path in FOLDER.glob("*.yaml"))
_EC2_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
# The call by which CloudFormation makes a resource, and the names that differ between the two.
_CALLS = {
    "AWS::Athena::WorkGroup": ("athena", "CreateWorkGroup", {"WorkGroupConfiguration": "Configuration"}),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarm", {}),
    "AWS::ECS::Cluster": ("ecs", "CreateCluster", {}),
    "AWS::ECS::TaskDefinition": ("ecs", "RegisterTaskDefinition", {}),
    "AWS::Events::Rule": ("events", "PutRule", {}),
    "AWS::Glue::Database": ("glue", "CreateDatabase", {}),
    "AWS::Glue::Table": ("glue", "CreateTable", {}),
    "AWS::IAM::ManagedPolicy": ("iam", "CreatePolicy", {"ManagedPolicyName": "PolicyName"}),
    "AWS::IAM::Role": ("iam", "CreateRole", {}),
    "AWS::KMS::Alias": ("kms", "CreateAlias", {}),
    "AWS::KMS::Key": ("kms", "CreateKey", {}),
    "AWS::Lambda::EventInvokeConfig": ("lambda", "PutFunctionEventInvokeConfig", {}),
    "AWS::Lambda::Function": ("lambda", "CreateFunction", {}),
    "AWS::Logs::LogGroup": ("logs", "CreateLogGroup", {}),
    "AWS::QuickSight::Dashboard": ("quicksight", "CreateDashboard", {}),
    "AWS::QuickSight::DataSet": ("quicksight", "CreateDataSet", {}),
    "AWS::QuickSight::DataSource": ("quicksight", "CreateDataSource", {}),
    "AWS::QuickSight::RefreshSchedule": ("quicksight", "CreateRefreshSchedule", {}),
    "AWS::S3::Bucket": ("s3", "CreateBucket", {"BucketName": "Bucket"}),
    "AWS::Scheduler::Schedule": ("scheduler", "CreateSchedule", {}),
    "AWS::SNS::Subscription": ("sns", "Subscribe", {}),
    "AWS::SNS::Topic": ("sns", "CreateTopic", {}),
    "AWS::SQS::Queue": ("sqs", "CreateQueue", {}),
}
# Security groups are checked below. The others have policies alone, which the tests of the permissions evaluate.
_WITHOUT_A_CALL = {"AWS::EC2::SecurityGroup", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"}
# What the parameters without a default are given.
_GIVEN = {
    "OrganizationId": "o-aa111bb222",
    "ExternalId": "example",
    "BucketName": "credlake-111122223333-us-east-1",
    "CollectorAccountId": "111122223333",
    "DatabaseName": "credlake",
    "WorkGroupName": "credlake",
    "LogGroupName": "/credlake/credlake",
}
_PSEUDO = {"AWS::AccountId": "111122223333", "AWS::Partition": "aws", "AWS::Region": "us-east-1"}
_SESSION = botocore.session.Session()


class _Unknown(Exception):  # noqa: N818 -- not an error
    """The value is known only when the stack is deployed."""


def _resolved(value: Any, names: dict[str, Any]) -> Any:
    """A value without intrinsic functions; of a condition, the side with a value."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, *_]}:
            if found := names.get(name):
                return found
            raise _Unknown
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}!]+)\}", lambda found: _resolved({"Ref": found[1]}, names), text)
        case {"Fn::If": [_, one, _]}:
            return _resolved(one, names)
        case dict() if any(key.startswith("Fn::") for key in value):
            raise _Unknown
    return value


def _strings(shape: Any, value: Any, names: dict[str, Any], renamed: dict[str, str], at: str) -> Iterator[Any]:
    """Each value that is known, with the shape that the service has for it, and where it stands."""
    try:
        value = _resolved(value, names)
    except _Unknown:
        return
    match value:
        case dict() if shape.type_name == "structure":
            members = {name.lower(): member for name, member in shape.members.items()}
            for name, one in value.items():
                # What has another shape in CloudFormation, such as tags, has no string of ours that matters.
                if (member := members.get(renamed.get(name, name).lower())) is not None:
                    yield from _strings(member, one, names, renamed, f"{at}.{name}")
        case list() if shape.type_name == "list":
            for one in value:
                yield from _strings(shape.member, one, names, renamed, f"{at}[]")
        case str() if shape.type_name == "string":
            yield shape, value, at


def _restricted(name: str) -> list[Any]:
    found = template(name)
    defaults = {key: str(one["Default"]) for key, one in found["Parameters"].items() if "Default" in one}
    names = {**defaults, **{key: value for key, value in _GIVEN.items() if key in found["Parameters"]}, **_PSEUDO}
    return [
        (name, *one)
        for logical, resource in found["Resources"].items()
        if resource["Type"] in _CALLS
        for service, operation, renamed in [_CALLS[resource["Type"]]]
        for one in _strings(
            _SESSION.get_service_model(service).operation_model(operation).input_shape,
            resource["Properties"],
            names,
            renamed,
            logical,
        )
    ]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_string_is_one_that_its_service_takes(name):
    found = _restricted(name)
    assert [fault for _, shape, value, at in found for fault in value_faults(shape, value, at)] == []
    # None would be checked if the names differed.
    assert {"Description", "Path"} <= {at.rpartition(".")[2] for _, _, _, at in found}


@pytest.mark.parametrize("name", TEMPLATES)
def test_iam_takes_the_names_of_the_policies(name):
    shape = _SESSION.get_service_model("iam").operation_model("PutRolePolicy").input_shape.members["PolicyName"]
    roles = [one["Properties"] for one in template(name)["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    policies = [policy["PolicyName"] for role in roles for policy in role.get("Policies", ())]
    assert policies
    assert [fault for policy in policies for fault in value_faults(shape, policy, name)] == []


@pytest.mark.parametrize(
    ("kind", "member", "value"),
    [
        ("AWS::IAM::Role", "Description", "An en dash \u2013 is not Latin-1."),
        ("AWS::IAM::Role", "Path", "security/"),
        ("AWS::Scheduler::Schedule", "Description", "x" * 513),
        ("AWS::QuickSight::DataSet", "Name", "x" * 129),
        ("AWS::Events::Rule", "Description", "x" * 513),
        ("AWS::KMS::Alias", "AliasName", "alias/a b"),
    ],
)
def test_a_string_that_a_service_refuses_is_found(kind, member, value):
    service, operation, renamed = _CALLS[kind]
    shape = _SESSION.get_service_model(service).operation_model(operation).input_shape
    ((of, text, at),) = _strings(shape, {member: value}, {}, renamed, "x")
    assert list(value_faults(of, text, at)) != []


def test_every_kind_of_resource_is_looked_at():
    kinds = {resource["Type"] for name in TEMPLATES for resource in template(name)["Resources"].values()}
    assert kinds - _CALLS.keys() == _WITHOUT_A_CALL


def _descriptions(name: str) -> list[str]:
    groups = [
        one["Properties"] for one in template(name)["Resources"].values() if one["Type"] == "AWS::EC2::SecurityGroup"
    ]
    rules = [
        rule for one in groups for key in ("SecurityGroupEgress", "SecurityGroupIngress") for rule in one.get(key, ())
    ]
    return [one["GroupDescription"] for one in groups] + [rule["Description"] for rule in rules]


@pytest.mark.parametrize("name", TEMPLATES)
def test_ec2_takes_every_description(name):
    assert [text for text in _descriptions(name) if not _EC2_DESCRIPTION.fullmatch(text)] == []
    assert bool(_descriptions(name)) == (name == "container.yaml")


def test_ec2_refuses_an_apostrophe():
    assert not _EC2_DESCRIPTION.fullmatch("AWS's endpoints")


@pytest.mark.parametrize("path", sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("*.json")]), ids=lambda path: path.name)
def test_no_arn_names_a_partition(path: Path):
    assert re.findall(r"arn:aws[a-z-]*:", path.read_text("utf-8")) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_has_a_fixed_name_does_not_stay_behind_when_the_creation_fails(name):
    """`Retain` keeps it in the rollback too, and the next attempt fails since the name is taken."""
    policies = {one.get("DeletionPolicy") for one in template(name)["Resources"].values()}
    assert policies <= {None, "RetainExceptOnCreate"}
