"""The collector against moto: another imitation of AWS, by other authors.

It is not faithful (facts F2.8): there is no root row, so the best an account can be is `partial`, and any role of any
account can be assumed. What it does prove is that requests are what another server takes for right.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.fixtures.published import accounts_of, users_of
from tests.fixtures.runs import collection

SERVICES = ("IAM", "STS", "ORGANIZATIONS")


@pytest.fixture(name="moto")
def _moto(monkeypatch):
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    variables = {"AWS_ENDPOINT_URL": url, **{f"AWS_ENDPOINT_URL_{name}": url for name in SERVICES}}
    variables |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    yield boto3.Session(region_name="us-east-1")
    server.stop()


@pytest.fixture(name="organization")
def _organization(moto):
    """Management and two members, one of them in an OU below another, with one user and a password policy."""
    organizations = moto.client("organizations")
    organization_id = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    created = [
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["AccountId"]
        for name in ("one", "two")
    ]
    above = organizations.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    below = organizations.create_organizational_unit(ParentId=above, Name="Prod")["OrganizationalUnit"]["Id"]
    organizations.move_account(AccountId=created[0], SourceParentId=root, DestinationParentId=below)
    session = moto.client("sts").assume_role(RoleArn=f"arn:aws:iam::{created[0]}:role/any", RoleSessionName="tests")
    iam = moto.client(
        "iam",
        aws_access_key_id=session["Credentials"]["AccessKeyId"],
        aws_secret_access_key=session["Credentials"]["SecretAccessKey"],
        aws_session_token=session["Credentials"]["SessionToken"],
    )
    iam.create_user(UserName="someone", Path="/of/moto/")
    iam.create_access_key(UserName="someone")
    iam.update_account_password_policy(MinimumPasswordLength=10, RequireNumbers=True)
    return organization_id, created, (above, below)


def test_an_organization_of_moto_is_collected_as_far_as_it_goes(organization, lake):
    organization_id, (one, two), (_, prod) = organization
    run = collection(lake)

    asyncio.run(run.run())

    rows, users = accounts_of(lake, organization_id), users_of(lake, organization_id)
    assert run.result.counts == {"partial": 3}
    # Its GeneratedTime is always in 2015.
    assert {(row["error_code"], row["error_message"].partition(".")[0]) for row in rows.values()} == {
        ("StaleReport", "There is no root row")
    }
    # moto sends no Paths: the tree was walked.
    assert (rows[one]["ou_path"], rows[one]["ou_id"]) == ("Root/Workloads/Prod", prod)
    assert (rows[two]["ou_path"], rows[two]["account_name"], rows[two]["account_state"]) == ("Root", "two", "ACTIVE")
    assert rows[one]["password_policy_state"] == "custom"
    assert (rows[one]["minimum_password_length"], rows[one]["require_numbers"]) == (10, True)
    # NoSuchEntity.
    assert (rows[two]["password_policy_state"], rows[two]["password_policy_error"]) == ("default", None)
    assert (rows[one]["users"], rows[two]["users"]) == (1, 0)
    assert {account: len(users.get(account, [])) for account in rows} == {
        account: rows[account]["users"] for account in rows
    }
    (someone,) = users[one]
    assert (someone["user_name"], someone["user_arn"]) == ("someone", f"arn:aws:iam::{one}:user/of/moto/someone")
    assert (someone["access_key_1_active"], someone["access_key_2_active"]) == (True, False)
    assert abs(datetime.now(UTC) - someone["access_key_1_last_rotated"]).total_seconds() < 60
    # moto writes not_supported where AWS has N/A: read, and kept apart.
    assert someone["null_reasons"]["password_last_used"] == "not_supported"
