from __future__ import annotations

import pytest

from collector.simulator import AccountSpec, OrganizationSpec, RoleSpec, Simulator
from tests.fixtures.s3_servers import S3Server, moto_server

ROLE = RoleSpec(name="credlake-reader", external_id="example")


@pytest.fixture(scope="session", name="organization")
def _organization():
    """A management account, two members with the role, one without."""
    spec = OrganizationSpec(
        accounts=(
            AccountSpec("000000000001", "management", roles=()),
            AccountSpec("100000000001", "first", roles=(ROLE,)),
            AccountSpec("100000000002", "second", roles=(ROLE,)),
            AccountSpec("100000000003", "without-the-role", roles=()),
        ),
        management_account_id="000000000001",
    )
    with Simulator(spec) as server:
        yield server


@pytest.fixture(scope="session", name="aws")
def _aws(organization):
    """moto for everything but the organization, asked as the collector."""
    environment = organization.environment()
    with moto_server() as server:
        yield S3Server(server.url, environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch, organization, aws):
    for name, value in organization.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
