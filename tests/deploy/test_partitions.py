"""The templates and the page in GovCloud and in China: nothing there names the commercial partition."""

from __future__ import annotations

import os
import re

import botocore.session
import pytest

from tests.deploy.follower import CLI, Follower, working_copy
from tests.deploy.page_commands import commands
from tests.deploy.templates import FOLDER, template
from tests.fixtures.s3_servers import S3Server, moto_server

TEMPLATES = sorted(path.name for path in FOLDER.glob("*.yaml"))
PARTITIONS = {"aws-us-gov": ("us-gov-west-1", "amazonaws.com"), "aws-cn": ("cn-north-1", "amazonaws.com.cn")}
# IAM takes these names of services in every partition.
_PRINCIPALS = {
    f"{service}.amazonaws.com"
    for service in ("cloudwatch", "ecs-tasks", "events", "lambda", "quicksight", "s3", "scheduler", "states")
}
_SESSION = botocore.session.Session()


def _strings(value):
    match value:
        case dict():
            for name, one in value.items():
                yield name
                yield from _strings(one)
        case list():
            for one in value:
                yield from _strings(one)
        case str():
            yield value


def _rendered(name, partition):
    """Every string of the resources and outputs, as CloudFormation fills in the partition's own names."""
    region, suffix = PARTITIONS[partition]
    pseudo = {"AWS::Partition": partition, "AWS::Region": region, "AWS::URLSuffix": suffix}
    found = template(name)
    for text in _strings([found["Resources"], found.get("Outputs", {})]):
        yield re.sub(r"\$\{(AWS::\w+)\}", lambda named: pseudo.get(named[1], named[0]), text)


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_names_nothing_of_another_partition(name, partition):
    region, suffix = PARTITIONS[partition]
    rendered = list(_rendered(name, partition))
    arns = [text for text in rendered if re.match(r"arn:", text)]
    # One template has none but those of its parameters.
    assert arns or name == "joins-management.yaml"
    assert [text for text in arns if not text.startswith(f"arn:{partition}:")] == []
    hosts = {text for text in rendered if ".amazonaws." in text}
    assert hosts <= _PRINCIPALS | {f"logs.{region}.{suffix}"}
    assert [text for text in rendered if re.search(r"\b(?:us|eu|ap)-[a-z]+-[0-9]\b", text) and region not in text] == []


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_region_of_the_partition_has_every_service(partition):
    """By botocore's table of endpoints; IAM has one for the whole partition."""
    kinds = {kind["Type"] for name in TEMPLATES for kind in template(name)["Resources"].values()}
    services = {kind.split("::")[1].lower() for kind in kinds} - {"iam"}
    region, _ = PARTITIONS[partition]
    assert {one for one in services if region not in _SESSION.get_available_regions(one, partition)} == set()


def test_no_command_of_the_page_names_a_partition_or_a_region():
    named = [one for one in commands() if re.search(r"arn:aws|amazonaws|\b(?:us|eu|ap|cn)-[a-z]+-[0-9]\b", one)]
    assert named == []


@pytest.mark.standin
@pytest.mark.parametrize(
    ("partition", "heading"),
    [("aws-us-gov", "3. The role in every account"), ("aws-cn", "GovCloud and China")],
)
def test_the_page_puts_the_role_into_every_member_of_the_partition(partition, heading, tmp_path):
    region, _ = PARTITIONS[partition]
    with moto_server() as moto:
        organizations = moto.client("organizations", region=region)
        organization = organizations.create_organization(FeatureSet="ALL")["Organization"]
        created = organizations.create_account(Email="member@example.com", AccountName="member")
        member = created["CreateAccountStatus"]["AccountId"]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "PATH": f"{CLI.parent}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": moto.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "COLLECTOR": "111122223333",
            "ORGANIZATION": organization["Id"],
            "EXTERNAL_ID": "example",
            "HOME_REGION": region,
        }
        # moto's service-managed StackSets reach the management account too: its plain stack would be a second role.
        follower = Follower(working_copy(tmp_path), environment, {"aws cloudformation deploy": "true"})
        follower.follow(heading)
        role = f"arn:{partition}:iam::{member}:role/OrganizationAccountAccessRole"
        given = moto.client("sts", region=region).assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        account = S3Server(moto.url, given["AccessKeyId"], given["SecretAccessKey"])
        found = account.client("iam", region=region).get_role(RoleName="credlake-reader")["Role"]
    assert found["Arn"] == f"arn:{partition}:iam::{member}:role/credlake-reader"
