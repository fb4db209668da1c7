"""The stand-ins on which docs/deploy.md is followed, an organization in each, and a shell in a working copy."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.athena_standin import AthenaStandIn, asked_of_duckdb
from tests.deploy.calls_server import serving
from tests.deploy.conftest import OWN_PYTHON, machine
from tests.deploy.follower import Follower, aws_command, working_copy
from tests.deploy.noting import noting
from tests.deploy.standin import Caller, StandIn, stand_in
from tests.fixtures.s3_servers import empty_moto_server

COLLECTOR = "100000000001"


@dataclass
class Followed:
    """What following the page left: what its blocks printed, and the stand-ins."""

    follower: Follower
    aws: StandIn
    moto: object
    noted: list
    athena: AthenaStandIn
    members: tuple[str, ...]

    def client(self, service):
        return self.aws.client(service, COLLECTOR)

    def file(self, name):
        return json.loads((self.follower.folder / name).read_text("utf-8"))


@contextmanager
def page_stand_ins(folder, lake, **of_the_member_roles):
    """No command was followed yet. The selects that Athena gets are run over that lake."""
    credlake = str(Path(sys.executable).with_name("credlake"))
    athena = AthenaStandIn(client_of=None, ask=None)
    with (
        empty_moto_server() as moto,
        noting() as (noting_url, noted),
        serving(athena.answer) as athena_url,
        # Lake Formation is known to moto alone.
        stand_in(over_tls=True, AWS_ENDPOINT_URL_ATHENA=athena_url, AWS_ENDPOINT_URL_LAKEFORMATION=moto.url) as aws,
    ):
        athena.client_of = lambda service: aws.client(service, COLLECTOR)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CREDLAKE_"))},
            **{key: value for key, value in aws.environment(Caller(COLLECTOR)).items() if value is not None},
            "AWS_ENDPOINT_URL_ATHENA": athena_url,
        }
        athena.ask = asked_of_duckdb(credlake, lake, environment)
        members = _organization(aws, moto, of_the_member_roles)
        commands = aws_command(
            folder / "bin", moto=moto.url, ministack=aws.url, noted=noting_url, unsent=str(folder / "unsent")
        )
        follower = Follower(
            working_copy(folder),
            environment | {"PATH": f"{commands}:{environment['PATH']}"},
            {
                "111122223333": COLLECTOR,
                "CHOOSE_ONE": "example",
                "A_REGION ": "us-east-1 ",
                # ministack runs functions with this Python, on this machine.
                "ARCH=arm64 ": f"ARCH={machine()}; FUNCTION_PYTHON={OWN_PYTHON} ",
                "A_BUCKET_FOR_CODE": "code-of-ours",
                "YOU@EXAMPLE.COM": "someone@example.com",
                "QUICKSIGHT_USER_OR_GROUP": f"arn:aws:quicksight:us-east-1:{COLLECTOR}:user/default/owner",
                "QUICKSIGHT_GROUP": f"arn:aws:quicksight:us-east-1:{COLLECTOR}:group/default/readers",
            },
        )
        yield Followed(follower, aws, moto, noted, athena, members)


def _organization(aws, moto, of_the_member_roles):
    """Two members in both. Those of ministack have the role already, since it knows no StackSets."""
    moto.client("organizations").create_organization(FeatureSet="ALL")
    organizations = aws.client("organizations", COLLECTOR)
    organization_id = organizations.describe_organization()["Organization"]["Id"]
    members = []
    for name in ("first", "second"):
        request = {"Email": f"{name}@example.com", "AccountName": name}
        moto.client("organizations").create_account(**request)
        member = organizations.create_account(**request)["CreateAccountStatus"]["AccountId"]
        parameters = {"CollectorAccountId": COLLECTOR, "OrganizationId": organization_id, "ExternalId": "example"}
        aws.deploy(member, "credlake-reader", "member-role.yaml", **parameters, **of_the_member_roles)
        members.append(member)
    return tuple(members)
