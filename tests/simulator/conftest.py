from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from collector.simulator import AccountSpec, OrganizationSpec, Simulator

MANAGEMENT = "000000000001"
MEMBER = "111122223333"

# No retries by the client: a test sees each response.
ONE_ATTEMPT = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=2,
    read_timeout=2,
    max_pool_connections=64,
    parameter_validation=False,
)


@pytest.fixture(scope="session", name="session")
def _session():
    """One for all tests: a session costs 100 ms, a client 5."""
    return boto3.Session()


class Connection:
    """Plain boto3 clients of one server."""

    def __init__(self, session, server):
        self.server = server
        self._session = session

    def client(self, service, credentials=None, region="eu-west-1"):
        environment = self.server.environment()
        if credentials is None:
            credentials = {
                "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
                "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
                "SessionToken": environment["AWS_SESSION_TOKEN"] or None,
            }
        return self._session.client(
            service,
            region_name=region,
            endpoint_url=self.server.endpoint_url,
            config=ONE_ATTEMPT,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    def assume(self, account_id, **parameters):
        sts = self.client("sts", region=parameters.pop("region", "eu-west-1"))
        arn = f"arn:aws:iam::{account_id}:role/{parameters.pop('role', 'credlake-reader')}"
        return sts.assume_role(**{"RoleArn": arn, "RoleSessionName": "tests", **parameters})["Credentials"]

    def iam(self, account_id=MEMBER, **parameters):
        return self.client("iam", self.assume(account_id, **parameters))


@pytest.fixture(name="serve")
def _serve(session):
    """Starts servers, and stops them after the test: `serve(account, …)` or `serve(organization=…)`."""
    servers = []

    def serve(*accounts, organization=None, **options):
        if organization is None:
            organization = OrganizationSpec((AccountSpec(MANAGEMENT, "management"), *accounts), MANAGEMENT)
        server = Simulator(organization, **options).__enter__()
        servers.append(server)
        return Connection(session, server)

    yield serve
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture(name="refused")
def _refused():
    """Makes a call that must fail, and returns wire code, HTTP status and the name of the exception's class."""

    def refused(call, *arguments, **parameters):
        with pytest.raises(ClientError) as caught:
            call(*arguments, **parameters)
        response = caught.value.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], type(caught.value).__name__

    return refused
