"""Access: which role, in which partition, for exactly which calls, and signed by nobody else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import botocore.session
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from collector.aws.clients import client, foreign_endpoints, home_region
from collector.aws.credentials import SessionCredentials, signed_by_context, signing_as
from collector.aws.iam import SESSION_POLICY, AccountApi, Role
from collector.errors import CallFault, FaultKind
from collector.settings.model import Settings
from collector.simulator import (
    AccountSpec,
    CallerSpec,
    OrganizationSpec,
    RoleSpec,
    Simulator,
    UserSpec,
    faults,
)
from collector.simulator.wire import Response
from tests.fixtures.forgery import forge
from tests.fixtures.published import accounts_of, users_of
from tests.fixtures.runs import MANAGEMENT, at, collect, member, organization

pytestmark = pytest.mark.usefixtures("both_ways")

REPORT_CALLS = {
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:GetAccountSummary",
    "iam:GetAccountPasswordPolicy",
}


def role(**given) -> Role:
    return Role(**{"name": "credlake-reader", "path": "/", "external_id": None, "session_name": "run"} | given)


def api(server, **given) -> AccountApi:
    with at(server):
        return AccountApi(role=role(**given), partition="aws", own_account_id=MANAGEMENT)


@pytest.mark.parametrize(
    ("partition", "path", "arn"),
    [
        ("aws", "/", "arn:aws:iam::012345678901:role/credlake-reader"),
        ("aws-cn", "/", "arn:aws-cn:iam::012345678901:role/credlake-reader"),
        ("aws-us-gov", "/audit/", "arn:aws-us-gov:iam::012345678901:role/audit/credlake-reader"),
        ("aws-eusc", "/audit/eu/", "arn:aws-eusc:iam::012345678901:role/audit/eu/credlake-reader"),
    ],
)
def test_the_roles_arn_has_the_partition_and_the_path(partition, path, arn):
    assert role(path=path).arn("012345678901", partition) == arn


def test_a_role_that_is_named_for_an_account_is_assumed_in_it_and_in_the_collectors_own(monkeypatch):
    named = {MANAGEMENT: f"arn:aws:iam::{MANAGEMENT}:role/own", "012345678901": "arn:aws:iam::012345678901:role/x/y"}
    assert role(arns=named).arn("012345678901", "aws") == named["012345678901"]
    assert role(arns=named).arn("123456789012", "aws") == "arn:aws:iam::123456789012:role/credlake-reader"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for arns, is_own in ((named, False), ({}, True)):
        assert AccountApi(role=role(arns=arns), partition="aws", own_account_id=MANAGEMENT).is_own(MANAGEMENT) is is_own


@pytest.mark.parametrize(
    ("partition", "iam_host", "region", "organizations_host"),
    [
        ("aws", "iam.amazonaws.com", "us-east-1", "organizations.us-east-1.amazonaws.com"),
        ("aws-cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1", "organizations.cn-northwest-1.amazonaws.com.cn"),
        ("aws-us-gov", "iam.us-gov.amazonaws.com", "us-gov-west-1", "organizations.us-gov-west-1.amazonaws.com"),
        ("aws-eusc", "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "organizations.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_iam_and_organizations_are_reached_where_their_partition_has_them(
    partition, iam_host, region, organizations_host, monkeypatch
):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    home = home_region(partition)
    iam, organizations = client("iam", home), client("organizations", home)
    with signing_as(SessionCredentials("111122223333", "AKIAEXAMPLE", "secret", None)):
        signed = iam.generate_presigned_url("get_account_summary")

    assert signed.startswith(f"https://{iam_host}/?")
    assert f"%2F{region}%2Fiam%2Faws4_request" in signed
    assert organizations.meta.endpoint_url == f"https://{organizations_host}"
    assert foreign_endpoints() == {}


def test_the_session_policy_names_the_calls_that_are_made_and_no_other():
    statement = {"Effect": "Allow", "Action": sorted(REPORT_CALLS), "Resource": "*"}

    policy = json.loads(SESSION_POLICY)

    policy["Statement"][0]["Action"].sort()
    assert policy == {"Version": "2012-10-17", "Statement": [statement]}
    assert len(SESSION_POLICY) <= 2048


def test_a_session_of_an_administrators_role_can_do_nothing_but_what_the_run_needs(lake):
    admin = member(1, roles=(RoleSpec(permissions=("*",)),))
    with Simulator(organization(admin)) as server:
        collect(server, lake)
        assert accounts_of(lake)[admin.account_id]["outcome"] == "collected"

        session = api(server).credentials(admin.account_id)
        with at(server):
            iam = botocore.session.Session().create_client(
                "iam",
                region_name="us-east-1",
                aws_access_key_id=session.access_key_id,
                aws_secret_access_key=session.secret_access_key,
                aws_session_token=session.session_token,
            )
        with pytest.raises(ClientError, match="no session policy allows"):
            iam.list_account_aliases()
        assert set(server.calls.of_account(admin.account_id)) == REPORT_CALLS | {
            "sts:AssumeRole",
            "iam:ListAccountAliases",
        }


def test_a_call_that_says_not_for_whom_is_never_signed(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAAAAAAAAAAAAAAAA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the collector itself")
    session = signed_by_context(botocore.session.Session())
    iam = session.create_client("iam", region_name="us-east-1", endpoint_url="http://127.0.0.1:9")

    with pytest.raises(NoCredentialsError):
        iam.get_account_summary()
    with signing_as(SessionCredentials("111122223333", "A", "B", "C")):
        pass
    with pytest.raises(NoCredentialsError):
        iam.get_account_summary()


@pytest.fixture(name="no_credentials")
def _no_credentials(monkeypatch, tmp_path):
    """An environment in which botocore finds no credentials anywhere."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))


@pytest.mark.usefixtures("no_credentials")
def test_own_credentials_that_do_not_exist_are_reported_as_missing():
    calls = AccountApi(role=role(), partition="aws", own_account_id=MANAGEMENT)

    with pytest.raises(CallFault) as raised:
        calls.credentials(MANAGEMENT)

    assert raised.value.kind is FaultKind.NO_CREDENTIALS
    assert raised.value.code == "NoCredentialsError"
    assert raised.value.message == "Unable to locate credentials"


def test_through_one_client_every_account_is_read_as_itself(lake):
    """Each account has a user of its own; 16 threads take turns on one client."""
    members = [member(number, users=(UserSpec(f"only-in-{number}", AccountSpec.joined_at),)) for number in range(120)]
    with Simulator(organization(*members), generation_seconds=0.2) as server:
        run = collect(server, lake, concurrency=16)
        calls = server.calls

    users = users_of(lake)
    assert run.result.counts == {"collected": 121}
    for number, account in enumerate(members):
        assert [row["user_name"] for row in users[account.account_id]] == ["<root_account>", f"only-in-{number}"]
        assert calls.of_account(account.account_id)["sts:AssumeRole"] == 1
    # One more at a time is for Organizations.
    assert calls.peak_in_flight <= 17


def test_threads_sign_as_they_were_told_also_when_they_change_all_the_time():
    members = [member(number) for number in range(20)]
    with Simulator(organization(*members)) as server:
        calls = api(server)
        sessions = [calls.credentials(account.account_id) for account in members]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(calls.generate_report, sessions))
            reports = list(pool.map(calls.fetch_report, sessions * 5))

    expected = [f"arn:aws:iam::{account.account_id}:root".encode() for account in members] * 5
    assert all(arn in content for arn, (content, _) in zip(expected, reports, strict=True))


def test_the_external_id_is_passed_on_and_a_wrong_one_is_a_denial_of_that_account_alone(lake):
    right = member(1, roles=(RoleSpec(external_id="one:1"),))
    wrong = member(2, roles=(RoleSpec(external_id="another"),))
    with Simulator(organization(right, wrong)) as server:
        collect(server, lake, external_id="one:1")

    rows = accounts_of(lake)
    assert [rows[account.account_id]["outcome"] for account in (right, wrong)] == ["collected", "assume_denied"]


def test_another_role_in_a_path_of_its_own_is_found_by_name_and_path(lake):
    account = member(1, roles=(RoleSpec(name="Audit+1", path="/of/security/"),))
    with Simulator(organization(account)) as server:
        collect(server, lake, role_name="Audit+1", role_path="/of/security/")

    assert accounts_of(lake)[account.account_id]["outcome"] == "collected"


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_an_organization_of_another_partition_is_collected_as_such(lake, partition):
    account = member(1)
    with Simulator(organization(account, partition=partition)) as server:
        collect(server, lake)

    row = accounts_of(lake)[account.account_id]
    assert (row["outcome"], row["aws_partition"]) == ("collected", partition)
    assert row["account_arn"].startswith(f"arn:{partition}:organizations::")
    assert users_of(lake)[account.account_id][0]["user_arn"] == f"arn:{partition}:iam::{account.account_id}:root"


def test_a_delegated_administrator_reads_its_own_account_with_its_own_credentials_and_management_by_role(lake):
    tooling = AccountSpec("200000000002", "tooling", roles=())
    spec = OrganizationSpec(
        accounts=(AccountSpec(MANAGEMENT, "management"), tooling, member(1)),
        management_account_id=MANAGEMENT,
        delegated_administrators=(tooling.account_id,),
        caller=CallerSpec(tooling.account_id, is_role_session=True),
    )
    with Simulator(spec) as server:
        run = collect(server, lake)
        calls = server.calls

    assert run.result.counts == {"collected": 3}
    assert "sts:AssumeRole" not in calls.of_account(tooling.account_id)
    assert calls.of_account(MANAGEMENT)["sts:AssumeRole"] == 1


def test_where_sts_is_off_in_a_region_the_role_is_assumed_in_us_east_1():
    account = member(1, faults=(faults.STS_REGION_DISABLED,))
    with Simulator(organization(account)) as server:
        calls = api(server)
        with pytest.raises(CallFault) as caught:
            calls.credentials(account.account_id)
        with at(server):
            session = calls.credentials(account.account_id, regional=False)

    assert caught.value.kind is FaultKind.REGION_DISABLED
    assert session.account_id == account.account_id


def test_a_session_in_another_account_than_the_one_asked_for_is_refused(lake):
    """Its report would be filed under the wrong account."""
    account = member(1)
    body = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
        <AssumedRoleUser><Arn>arn:aws:sts::999999999999:assumed-role/credlake-reader/run</Arn></AssumedRoleUser>
        <Credentials><AccessKeyId>ASIAAAAAAAAAAAAAAAAA</AccessKeyId><SecretAccessKey>not a secret</SecretAccessKey>
        <SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
        </AssumeRoleResult></AssumeRoleResponse>"""
    with Simulator(organization(account)) as server:
        forge(server, "sts:AssumeRole", account.account_id, Response(200, "text/xml", body.encode()))
        collect(server, lake)

    row = accounts_of(lake)[account.account_id]
    assert (row["outcome"], row["error_code"]) == ("failed", "WrongAccount")
    assert "999999999999" in row["error_message"]


def test_no_secret_shows_where_credentials_or_settings_are_printed():
    session = SessionCredentials("111122223333", "AKIAEXAMPLE", "very secret", "token")

    assert "secret" not in repr(session)
    assert "token" not in repr(session).replace("SessionCredentials", "")
    assert "AKIAEXAMPLE" not in repr(session)
    assert "one-secret-id" not in repr(Settings(external_id="one-secret-id"))
    assert "one-secret-id" not in json.dumps(Settings(external_id="one-secret-id").for_the_record())
