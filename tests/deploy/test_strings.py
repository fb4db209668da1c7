"""Each string that a service restricts, held to the service's own length, pattern and values (see `restrictions`).

EC2's model has no patterns, so its expression for descriptions is here: AWS refuses `Invalid rule description` with it
(hashicorp/terraform-provider-aws issue 18874).
"""

from __future__ import annotations

import re
from itertools import cycle, islice
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]

import botocore.session
import pytest

from tests.deploy.api_faults import value_faults
from tests.deploy.restrictions import faults_of_resource, refused, restricted, schema
from tests.deploy.templates import FOLDER, template

TEMPLATES = sorted(path.name for path in FOLDER.glob("*.yaml"))
_EC2_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_SESSION = botocore.session.Session()
# What the parameters without a default and without a pattern are given.
_GIVEN = {"DatabaseName": "credlake", "WorkGroupName": "credlake", "LogGroupName": "/credlake/credlake"}
# A pattern without an end stands for what AWS issues itself, such as the id in a key's ARN.
_ISSUED_LENGTH = 36


def _longest(pattern: str) -> str:
    """The longest string that matches, with as many different characters as there is room for."""
    return "".join(_parts(_parser.parse(pattern)))


def _parts(parsed):
    for kind, given in parsed:
        match kind:
            case kinds.LITERAL:
                yield chr(given)
            case kinds.ANY:
                yield "x"
            case kinds.SUBPATTERN:
                yield from _parts(given[3])
            case kinds.BRANCH:
                yield max(("".join(_parts(one)) for one in given[1]), key=len)
            case kinds.MAX_REPEAT:
                _, most, repeated = given
                count = _ISSUED_LENGTH if most is kinds.MAXREPEAT else most
                if repeated[0][0] is kinds.IN:
                    yield "".join(islice(cycle(_characters(repeated[0][1])), count))
                else:
                    yield "".join(_parts(repeated)) * count
            case kinds.IN:
                yield next(iter(_characters(given)))


def _characters(given):
    named = [chr(one) for kind, found in given for one in _codes(kind, found)]
    negated = given[0][0] is kinds.NEGATE
    return [one for one in map(chr, range(32, 127)) if one not in named] if negated else named


def _codes(kind, found):
    if kind is kinds.RANGE:
        return range(found[0], found[1] + 1)
    return () if kind is kinds.NEGATE else (found,)


def _parameters(name: str, *, longest: bool) -> dict[str, str]:
    """A value for each parameter: its default, or the longest that its pattern allows."""
    found = template(name)["Parameters"]
    values = {}
    for key, one in found.items():
        if key.endswith("Arn"):
            # Whatever it names exists, so its service took it.
            values[key] = ""
        elif longest and "AllowedPattern" in one:
            values[key] = _longest(one["AllowedPattern"])
            assert re.search(one["AllowedPattern"], values[key]), key
        else:
            values[key] = str(one.get("Default") or _GIVEN.get(key, ""))
    return values


@pytest.mark.parametrize("longest", [False, True])
@pytest.mark.parametrize("name", TEMPLATES)
def test_every_string_is_one_that_its_service_takes(name, longest):
    assert refused(name, _parameters(name, longest=longest)) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_string_of_every_resource_is_looked_at(name):
    """What has no string with a limit: policies, which the tests of the permissions evaluate."""
    looked = {at.partition(".")[0] for _, _, at in restricted(name, _parameters(name, longest=True))}
    kinds_of_others = {one["Type"] for key, one in template(name)["Resources"].items() if key not in looked}
    assert kinds_of_others <= {
        *("AWS::EC2::SecurityGroup", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription"),
    }


@pytest.mark.parametrize("name", TEMPLATES)
def test_iam_takes_the_names_of_the_policies(name):
    shape = _SESSION.get_service_model("iam").operation_model("PutRolePolicy").input_shape.members["PolicyName"]
    roles = [one["Properties"] for one in template(name)["Resources"].values() if one["Type"] == "AWS::IAM::Role"]
    policies = [policy["PolicyName"] for role in roles for policy in role.get("Policies", ())]
    assert bool(policies) == bool(roles)
    assert [fault for policy in policies for fault in value_faults(shape, policy, name)] == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::IAM::Role", {"Description": "An en dash \u2013 is not Latin-1."}),
        ("AWS::IAM::Role", {"Path": "security/"}),
        ("AWS::IAM::ManagedPolicy", {"ManagedPolicyName": "x" * 129}),
        ("AWS::Scheduler::Schedule", {"Description": "x" * 513}),
        ("AWS::QuickSight::DataSet", {"Name": "x" * 129}),
        ("AWS::Events::Rule", {"Description": "x" * 513}),
        ("AWS::KMS::Alias", {"AliasName": "alias/a b"}),
        ("AWS::Lambda::Function", {"Environment": {"Variables": {"1A": "a name begins with a letter"}}}),
        ("AWS::Lambda::Function", {"Description": {"Fn::Sub": "${AWS::Region}" * 30}}),
        ("AWS::Logs::LogGroup", {"LogGroupName": "a b"}),
        ("AWS::CloudWatch::Alarm", {"Namespace": ":credlake"}),
        ("AWS::SQS::Queue", {"Tags": [{"Key": "x" * 129, "Value": ""}]}),
    ],
)
def test_a_string_that_a_service_refuses_is_found(kind, properties):
    assert faults_of_resource(kind, properties, {}, "x") != []


@pytest.mark.parametrize("name", TEMPLATES)
def test_everything_that_can_have_tags_says_what_it_belongs_to(name):
    untagged = [
        logical
        for logical, one in template(name)["Resources"].items()
        if "Tags" in schema(one["Type"])["properties"]
        and {"Key": "application", "Value": "credlake"} not in one["Properties"].get("Tags", [])
    ]
    assert untagged == []


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
