"""Calls without botocore's client layer: the same request, signed the same, and the same answer or error."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError, NoCredentialsError, ParamValidationError
from botocore.model import OperationModel, ServiceModel
from botocore.session import Session

from collector.aws import clients
from collector.aws.call_time import within
from collector.aws.clients import client, home_region, use_lean_calls
from collector.aws.credentials import SessionCredentials, signing_as
from collector.aws.lean_call import template_of
from collector.simulator import Simulator
from tests.fixtures.runs import at, calls_made, organization

NOW = datetime(2026, 11, 26, 23, 59, 59, 999_999, tzinfo=UTC)
IAM_CALLS = (
    "generate_credential_report",
    "get_credential_report",
    "get_account_summary",
    "get_account_password_policy",
)
ODD = "Ærø/+=&% \t~*'\"\\<>€\N{PILE OF POO}"
ASSUME_ROLE = {
    "RoleArn": "arn:aws:iam::111122223333:role/a+b/c=d@e,f",
    "RoleSessionName": "credlake-20261126T000000Z-1a2b3c4d",
    "DurationSeconds": 900,
    "Policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*"],"Resource":"*"}]}',
    "ExternalId": "a=b,c:d/e+f@g",
}


@dataclass
class Wire:
    """Takes the place of a client's HTTP session: keeps the requests, and answers nothing."""

    sent: list = field(default_factory=list)

    def send(self, request):
        self.sent.append(request)
        return AWSResponse(request.url, 500, {}, mock.Mock(stream=lambda: [b""]))


def sent_by(made, call, *, is_lean):
    """The request that a client of botocore's own makes, or the lean call of ours."""
    wire, made_call = Wire(), made._make_api_call
    if not is_lean:
        made._make_api_call = made_call._through_client
    try:
        with mock.patch.object(made._endpoint, "http_session", wire), pytest.raises(ClientError):
            call(made)
    finally:
        made._make_api_call = made_call
    [request] = wire.sent
    return request


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def headers_of(request):
    return {name.lower(): text(value) for name, value in request.headers.items()}


def signed_by_botocore(request, credentials, region, service, now):
    """The header that botocore's own signer gives the same request."""
    headers = headers_of(request)
    names = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    unsigned = {name: headers[name] for name in names if name not in {"host", "x-amz-date", "x-amz-security-token"}}
    again = AWSRequest("POST", request.url, data=request.body, headers=unsigned)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
        SigV4Auth(credentials, service, region).add_auth(again)
    return again.headers["Authorization"]


@pytest.fixture(name="frozen")
def _frozen(monkeypatch):
    """The time of day of both signers."""
    stopped = mock.Mock(wraps=datetime, now=lambda _: NOW)
    monkeypatch.setattr("collector.aws.lean_call.datetime", stopped)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))


@pytest.fixture(name="environment")
def _environment(monkeypatch, tmp_path):
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text("")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret/of+the=collector")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token/of+the=collector==")
    return monkeypatch.setenv


PARTITIONS = sorted(clients._HOME_REGIONS)
SWITCHES = {
    "plain": {},
    "fips": {"AWS_USE_FIPS_ENDPOINT": "true"},
    "dual stack": {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "fips and dual stack": {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "endpoint of its own": {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"},
    "endpoint with a path": {"AWS_ENDPOINT_URL": "https://proxy.example.org:8443/to aws/%41//x/"},
}
# botocore has no dual-stack endpoints in these partitions, and makes no client.
NO_SUCH_ENDPOINTS = {
    (switches, partition)
    for switches in ("dual stack", "fips and dual stack")
    for partition in ("aws-iso-e", "aws-iso-f")
}


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    ("switches", "partition"),
    [
        (switches, partition)
        for switches in SWITCHES
        for partition in PARTITIONS
        if (switches, partition) not in NO_SUCH_ENDPOINTS and (partition == "aws" or "endpoint" not in switches)
    ],
)
def test_every_request_is_the_one_that_botocore_sends(environment, partition, switches):
    """To the same address, with the same body and headers; both signatures are those of botocore's signer."""
    for name, value in SWITCHES[switches].items():
        environment(name, value)
    region = home_region(partition)
    environment("AWS_REGION", region)
    session = SessionCredentials("111122223333", "ASIAEXAMPLE", "secret", "Tok/en+of=a session==")
    calls = {("iam", name): lambda made, name=name: getattr(made, name)() for name in IAM_CALLS}
    calls["sts", "assume_role"] = lambda made: made.assume_role(**ASSUME_ROLE)
    for (service, _), call in calls.items():
        made = client(service, region)
        with signing_as(session):
            lean, whole = (sent_by(made, call, is_lean=is_lean) for is_lean in (True, False))

        assert (lean.method, lean.url, text(lean.body)) == (whole.method, whole.url, text(whole.body))
        assert "botocore" in headers_of(lean)["user-agent"].lower()
        # What botocore says of its own retries, which these calls do not have.
        of_retries = {"amz-sdk-invocation-id", "amz-sdk-request"}
        other = {"authorization", *of_retries}
        assert {name: value for name, value in headers_of(whole).items() if name not in other} == {
            name: value for name, value in headers_of(lean).items() if name not in other
        }
        signers = {
            "iam": ReadOnlyCredentials("ASIAEXAMPLE", "secret", session.session_token),
            "sts": ReadOnlyCredentials("AKIAEXAMPLE", "secret/of+the=collector", "token/of+the=collector=="),
        }
        for request in (lean, whole):
            authorization = headers_of(request)["authorization"]
            scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")[1:]
            assert scope == headers_of(whole)["authorization"].partition(",")[0].split("/")[-4:]
            assert authorization == signed_by_botocore(request, signers[service], scope[1], scope[2], NOW)


def test_signatures_equal_those_of_botocore_for_anything_in_a_request():
    chance = random.Random(4)  # noqa: S311 -- the same requests every time
    characters = string.printable + "Ærø€\N{PILE OF POO}"
    model = OperationModel({"name": "X"}, ServiceModel({"metadata": {}, "operations": {}, "shapes": {}}))

    def any_text(most):
        return "".join(chance.choices(characters, k=chance.randrange(most)))

    def any_word(most):
        return "".join(chance.choices(string.ascii_letters + string.digits + "/+=", k=chance.randrange(1, most)))

    for _ in range(500):
        scheme, path = chance.choice(["http", "https"]), chance.choice(["", "/", "/a b/", "/%41/../x//", "/~é/"])
        host = chance.choice(
            ["iam.amazonaws.com", "LOCALHOST:8080", "127.0.0.1:80", "[::1]:443", "sts.us-iso-east-1.c2s.ic.gov"]
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": any_word(50)}
        if chance.random() < 0.3:
            headers["x-amz-odd"] = f"  two   words {any_word(9)} "
        region, service = any_word(20).replace("/", "-"), chance.choice(["iam", "sts"])
        data = {"Action": any_word(20), "Other": any_text(50)}
        token = None if chance.random() < 0.3 else f"{any_word(900)}{chance.choice(['', '  ', ' two  '])}"
        credentials = ReadOnlyCredentials(any_word(20).replace("/", "x"), any_word(40), token)
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**9))
        template = template_of(AWSRequest("POST", f"{scheme}://{host}{path}", headers, data), model, region, service)

        body = template.body + any_text(60).encode()
        signed = template.signed_headers(body, credentials, now)

        again = AWSRequest("POST", template.url, headers, body)
        with mock.patch("botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None)):
            SigV4Auth(credentials, service, region).add_auth(again)
        assert signed["Authorization"] == again.headers["Authorization"]
        assert signed["X-Amz-Date"] == again.headers["X-Amz-Date"]
        assert signed.get("X-Amz-Security-Token") == again.headers.get("X-Amz-Security-Token")


def test_one_session_after_the_other_is_signed_with_its_own_key(environment):
    environment("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    made = client("iam", "us-east-1")
    for number in (1, 2, 1):
        session = SessionCredentials(None, f"AKIA{number}", f"secret-{number}", f"token-{number}")
        with signing_as(session):
            request = sent_by(made, lambda made: made.get_account_summary(), is_lean=True)
        assert f"Credential=AKIA{number}/" in headers_of(request)["authorization"]
        assert headers_of(request)["x-amz-security-token"] == f"token-{number}"


def test_outside_the_block_of_an_account_nothing_is_signed():
    with Simulator(organization()) as server, at(server), pytest.raises(NoCredentialsError):
        client("iam", "us-east-1").get_account_summary()


def test_other_calls_go_through_the_client():
    with Simulator(organization()) as server, at(server):
        assert client("sts").get_caller_identity()["Account"] == "000000000001"


@pytest.mark.parametrize("way", ["lean", "client"])
def test_parameters_are_checked_as_the_client_checks_them(way):
    with calls_made(way), Simulator(organization()) as server, at(server):
        use_lean_calls(is_lean=way == "lean")
        with pytest.raises(ParamValidationError, match="RoleSessionName"):
            client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/x", DurationSeconds="soon")


def test_the_setting_makes_every_call_through_the_client_again():
    with calls_made("client"), Simulator(organization()) as server, at(server):
        use_lean_calls(is_lean=False)
        assert "_make_api_call" not in vars(client("iam", "us-east-1"))
        use_lean_calls(is_lean=True)
        assert "_make_api_call" in vars(client("iam", "us-east-1"))


def test_where_botocore_looks_different_inside_the_client_makes_the_call(monkeypatch):
    with Simulator(organization()) as server, at(server):
        sts = client("sts")
        monkeypatch.delattr("botocore.client.BaseClient._resolve_endpoint_ruleset")
        calls = []
        monkeypatch.setattr(sts._make_api_call, "_through_client", lambda *call: calls.append(call) or {})
        assert sts.assume_role(**ASSUME_ROLE) == {}
        assert calls == [("AssumeRole", ASSUME_ROLE)]


def test_a_call_waits_for_its_turn_and_is_counted():
    with Simulator(organization()) as server, at(server):
        sts, pace = client("sts"), clients.pace_of("sts")
        before = len(pace._answers)
        with pytest.raises(ClientError) as denied:
            sts.assume_role(**ASSUME_ROLE)
        assert denied.value.response["Error"]["Code"] == "AccessDenied"
        assert len(pace._answers) == before + 1
        pace.rate, pace._next_turn = 0.1, pace.clock() + 60
        try:
            with within(0.2), pytest.raises(ClientError, match="could not be made in time"):
                sts.assume_role(**ASSUME_ROLE)
        finally:
            pace.rate = None


def test_errors_have_the_classes_of_the_service(environment):
    """`client.exceptions.NoSuchEntityException`, where the model has one of that code."""
    with Simulator(organization()) as server, at(server):
        iam = client("iam", "us-east-1")
        with signing_as(clients.own_credentials()), pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_account_password_policy()


def test_no_session_of_botocore_is_changed():
    plain = Session().create_client("iam", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    assert "_make_api_call" not in vars(plain)
