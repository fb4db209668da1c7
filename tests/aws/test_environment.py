"""Every client of the process obeys every standard switch: those of boto, and the reader of Parquet files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import botocore.httpsession
import pytest

import collector
from collector.aws.clients import client, clients_under, home_region
from collector.aws.credentials import SessionCredentials, signing_as
from collector.aws.errors import translated
from collector.errors import CallFault, LakeError
from collector.lake.s3_store import open_s3_store
from collector.query.s3_files import S3Files
from collector.query.snapshots import DataFile

REGION = "eu-central-1"
KEY = SessionCredentials("111122223333", "AKIAEXAMPLE", "secret", None)
FILE = DataFile("s3://lake/p/users.parquet", "user", 1, 1_000_000, "0" * 64, "o-aa111bb222", "2026-11-26")


class SentError(Exception):
    """Raised in place of sending a request."""


@dataclass
class Sent:
    """Where and how a request would have been sent."""

    url: str
    authorization: str
    proxy: str | None
    trusted: object  # The CA bundle; True: that of the machine.

    @property
    def host(self):
        return urlsplit(self.url).netloc

    @property
    def region(self):
        return re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.authorization)[1]


def parquet_reader():
    """The range that Arrow reads first."""
    S3Files(open_s3_store("s3://lake/p"), None).read(FILE, 934_464, 65_536)


def iam():
    with signing_as(KEY):
        client("iam", home_region("aws")).get_account_summary()


# One call of each client, made as the product makes it.
CALLS = {
    "account": lambda: client("account", home_region("aws")).get_account_information(),
    "athena": lambda: client("athena").get_work_group(WorkGroup="primary"),
    "cloudformation": lambda: client("cloudformation").describe_stacks(StackName="credlake"),
    "events": lambda: client("events").describe_rule(Name="credlake"),
    "glue": lambda: client("glue").get_database(Name="credlake"),
    "iam": iam,
    "kms": lambda: client("kms").describe_key(KeyId="alias/lake"),
    "lakeformation": lambda: client("lakeformation").list_permissions(),
    "lambda": lambda: client("lambda").get_function(FunctionName="credlake"),
    "logs": lambda: client("logs").describe_log_groups(),
    "quicksight": lambda: client("quicksight").list_dashboards(AwsAccountId="111122223333"),
    "scheduler": lambda: client("scheduler").list_schedules(),
    "organizations": lambda: client("organizations", home_region("aws")).list_roots(),
    "securityhub": lambda: client("securityhub").describe_hub(),
    "s3": lambda: client("s3").list_objects_v2(Bucket="lake"),
    "sns": lambda: client("sns").get_topic_attributes(TopicArn="arn:aws:sns:eu-central-1:111122223333:topic"),
    "sts": lambda: client("sts").get_caller_identity(),
    "parquet": parquet_reader,
}
# Variables and profiles name a service by its id.
IDS = {"events": "eventbridge", "logs": "cloudwatch_logs"}
# Their endpoints are in the partition's home Region (facts F2.6).
GLOBAL = {"account", "iam", "organizations"}


def test_every_service_that_the_product_calls_is_looked_at():
    package = Path(collector.__file__).parent
    named = {
        name
        for path in package.rglob("*.py")
        for name in re.findall(r'\bclient\("([a-z0-9]+)"', path.read_text("utf-8"))
    }
    assert named - CALLS.keys() == set()
    # One place creates them all.
    creating = [path.name for path in package.rglob("*.py") if ".create_client(" in path.read_text("utf-8")]
    assert creating == ["clients.py"]


@pytest.fixture(name="send", params=CALLS)
def _send(request, monkeypatch, tmp_path):
    """Makes the call of one client under these variables and this profile; what would have been sent."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy") or name == "REQUESTS_CA_BUNDLE":
            monkeypatch.delenv(name)
    config = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    seen = []

    def record(session, sent):
        authorization = sent.headers["Authorization"]
        text = authorization if isinstance(authorization, str) else authorization.decode()
        seen.append(Sent(sent.url, text, session._proxy_config.proxy_url_for(sent.url), session._verify))
        raise SentError

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", record)

    def send(profile="", *, region=REGION, **variables):
        config.write_text(profile or "[default]\n")
        clients_under.cache_clear()
        for name, value in {**({"AWS_REGION": region} if region else {}), **variables}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SentError), translated("the call"):
            CALLS[request.param]()
        return request.param, seen[-1]

    return send


@pytest.mark.parametrize(
    ("variables", "profile", "region"),
    [
        ({"AWS_REGION": REGION, "AWS_DEFAULT_REGION": "eu-west-1"}, "[default]\nregion = eu-west-2\n", REGION),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "[default]\nregion = eu-west-2\n", "eu-west-1"),
        ({"AWS_PROFILE": "mine"}, "[profile mine]\nregion = eu-west-2\n", "eu-west-2"),
    ],
)
def test_the_region_is_aws_region_else_aws_default_region_else_the_profiles(send, variables, profile, region):
    name, sent = send(profile, region=None, **variables)

    assert sent.region == ("us-east-1" if name in GLOBAL else region)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_requests_go_through_the_proxy_except_to_the_hosts_that_need_none(send, variable):
    assert send(**{variable: "http://proxy.test:3128"})[1].proxy == "http://proxy.test:3128"
    assert send(NO_PROXY="amazonaws.com")[1].proxy is None


def test_an_endpoint_without_tls_has_the_other_proxy(send):
    variables = {"HTTP_PROXY": "http://plain.test:1", "HTTPS_PROXY": "http://tls.test:2"}
    assert send(AWS_ENDPOINT_URL="http://aws.corp.test", **variables)[1].proxy == "http://plain.test:1"
    assert send(no_proxy="corp.test", **variables)[1].proxy is None


@pytest.mark.parametrize(
    ("variables", "profile"),
    [
        ({"AWS_CA_BUNDLE": "/ca.pem", "REQUESTS_CA_BUNDLE": "/other.pem"}, ""),
        ({"REQUESTS_CA_BUNDLE": "/ca.pem"}, ""),
        ({}, "[default]\nca_bundle = /ca.pem\n"),
    ],
)
def test_certificates_are_checked_against_the_configured_authorities(send, variables, profile):
    assert send(profile, **variables)[1].trusted == "/ca.pem"


@pytest.mark.parametrize(
    ("variable", "setting", "mark"),
    [
        ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", r"fips"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", r"\.api\.aws$|dualstack"),
    ],
)
def test_fips_and_dual_stack_endpoints_are_called_where_they_are_switched_on(send, variable, setting, mark):
    assert not re.search(mark, send(region="us-east-2")[1].host)
    assert re.search(mark, send(f"[default]\n{setting} = true\n", region="us-east-2")[1].host)
    assert re.search(mark, send(region="us-east-2", **{variable: "true"})[1].host)


def test_the_endpoint_of_the_environment_is_called_unless_it_is_to_be_ignored(send):
    name, sent = send(AWS_ENDPOINT_URL="http://all.test")
    assert sent.host == "all.test"
    service = "s3" if name == "parquet" else name
    assert send(**{f"AWS_ENDPOINT_URL_{IDS.get(service, service).upper()}": "http://one.test"})[1].host == "one.test"
    assert send(AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true")[1].host.endswith(".amazonaws.com")


def test_the_endpoint_of_a_profiles_services_section_is_called(send, monkeypatch):
    services = CALLS.keys() - {"parquet"}
    monkeypatch.setenv("AWS_PROFILE", "corp")
    endpoints = "".join(f"{IDS.get(name, name)} =\n  endpoint_url = http://{name}.corp.test\n" for name in services)
    name, sent = send(f"[profile corp]\nservices = ours\n[services ours]\n{endpoints}")
    assert sent.host == f"{'s3' if name == 'parquet' else name}.corp.test"


def test_a_configured_endpoint_that_may_not_be_fips_is_refused_by_name(send):
    with pytest.raises((CallFault, LakeError), match=r"AWS_USE_FIPS_ENDPOINT .* http://all\.test is configured"):
        send(AWS_USE_FIPS_ENDPOINT="true", AWS_ENDPOINT_URL="http://all.test")
    assert send(AWS_ENDPOINT_URL="https://vpce-1.fips.test")[1].host == "vpce-1.fips.test"
