"""The StackSet of docs/deploy.md, on moto: the role is in every member account."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from tests.deploy.templates import FOLDER

ROLE = "credlake-reader"


@pytest.fixture(autouse=True)
def _aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def _iam_of(account):
    given = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="test"
    )["Credentials"]
    return boto3.client(
        "iam",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def test_a_service_managed_stack_set_puts_the_role_into_every_member():
    organizations, stacks = boto3.client("organizations"), boto3.client("cloudformation")
    organizations.create_organization(FeatureSet="ALL")
    members = [
        organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["AccountId"]
        for name in ("first", "second")
    ]
    parameters = {"CollectorAccountId": members[0], "OrganizationId": "o-aa111bb222", "ExternalId": "example"}
    stacks.create_stack_set(
        StackSetName=ROLE,
        TemplateBody=(FOLDER / "member-role.yaml").read_text("utf-8"),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    root = organizations.list_roots()["Roots"][0]["Id"]
    stacks.create_stack_instances(
        StackSetName=ROLE, DeploymentTargets={"OrganizationalUnitIds": [root]}, Regions=["us-east-1"]
    )
    for member in members:
        role = _iam_of(member).get_role(RoleName=ROLE)["Role"]
        trust, _ = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"]["StringEquals"] == {
            "aws:PrincipalArn": f"arn:aws:iam::{members[0]}:role/credlake-collector",
            "aws:PrincipalOrgID": "o-aa111bb222",
            "sts:ExternalId": "example",
        }
