"""AWS on loopback with its permissions evaluated: ministack with AUTH=true, in an environment of its own.

What it evaluates otherwise than AWS, and what is therefore changed in the templates for it (all else is deployed as it
stands): `aws:PrincipalArn` of a role's session is the session's ARN there, the role's on AWS; `aws:ResourceOrgID` is
not known; a database that is named by itself is a table's ARN there; the principal of the collector's trust is the
account, since no Lambda assumes it for a test.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import botocore.session
from botocore.config import Config

from tests.deploy.templates import FOLDER
from tests.fixtures.s3_servers import _free_ports

MINISTACK = Path(__file__).parents[2] / ".venv-ministack" / "bin" / "ministack"
_START_SECONDS = 60
_STOP_SECONDS = 10
_SECRET = "test"


@dataclass(frozen=True)
class Caller:
    """Whose credentials a client signs with. The root of an account is named by the account's id."""

    access_key: str
    secret_key: str = _SECRET
    token: str | None = None


@dataclass(frozen=True)
class StandIn:
    """The server, and the file with its certificate where it speaks TLS."""

    url: str
    certificate: Path | None = None

    def client(self, service, caller):
        """A client of one service, as that caller (an account's id: its root)."""
        who = Caller(caller) if isinstance(caller, str) else caller
        return botocore.session.Session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=who.access_key,
            aws_secret_access_key=who.secret_key,
            aws_session_token=who.token,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=30),
            verify=None if self.certificate is None else str(self.certificate),
        )

    def environment(self, caller):
        """What points every client of a process at the server, as that caller."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": caller.access_key,
            "AWS_SECRET_ACCESS_KEY": caller.secret_key,
            "AWS_SESSION_TOKEN": caller.token,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **({} if self.certificate is None else {"AWS_CA_BUNDLE": str(self.certificate)}),
        }

    def assume(self, caller, role_arn, **options):
        """Assume a role; its session's credentials."""
        given = self.client("sts", caller).assume_role(RoleArn=role_arn, RoleSessionName="test", **options)
        found = given["Credentials"]
        return Caller(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def deploy(self, account, name, template, **parameters):
        """Deploy a template of deploy/ as a stack in an account; the stack's outputs."""
        stacks, objects = self.client("cloudformation", account), self.client("s3", account)
        # A request takes 51,200 bytes, on the stand-in too.
        bucket = f"templates-{account}"
        objects.create_bucket(Bucket=bucket)
        objects.put_object(Bucket=bucket, Key=template, Body=adapted((FOLDER / template).read_text("utf-8")))
        stacks.create_stack(
            StackName=name,
            TemplateURL=f"{self.url}/{bucket}/{template}",
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        until = time.monotonic() + _START_SECONDS
        while (stack := stacks.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS":
            assert time.monotonic() < until, stack
            time.sleep(0.05)
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


_COLLECTOR = "arn:${AWS::Partition}:iam::${CollectorAccountId}:role${CollectorRolePath}${CollectorRoleName}"
_CHANGES = (
    (
        f"""\
              StringEquals:
                aws:PrincipalArn: !Sub "{_COLLECTOR}"
""",
        """\
              StringLike:
                aws:PrincipalArn: !Sub "arn:aws:sts::${CollectorAccountId}:assumed-role/${CollectorRoleName}/*"
              StringEquals:
""",
    ),
    (
        """\
                Condition:
                  StringEquals: {aws:ResourceOrgID: !Ref OrganizationId}
""",
        "",
    ),
    (
        """\
                  - glue:UpdateTable
                Resource:
""",
        """\
                  - glue:UpdateTable
                Resource:
                  - !Sub "arn:aws:glue:${AWS::Region}:${AWS::AccountId}:table/${DatabaseName}"
""",
    ),
    (
        "{Service: !If [HasFunction, lambda.amazonaws.com, ecs-tasks.amazonaws.com]}",
        '{AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}',
    ),
)


def adapted(text):
    """The template as the stand-in evaluates it like AWS."""
    for before, after in _CHANGES:
        text = text.replace(before, after)
    return text


def lost_changes():
    """The changes that find nothing in the templates any more."""
    both = "".join((FOLDER / name).read_text("utf-8") for name in ("member-role.yaml", "collector.yaml"))
    return [before for before, _ in _CHANGES if before not in both]


@contextmanager
def stand_in(*, over_tls=False, **environment):
    """ministack, on loopback, with every permission evaluated; the environment is its own and its functions'."""
    (port,) = _free_ports(1)
    with TemporaryDirectory(prefix="credlake-ministack-") as home:
        certificate = _certificate(Path(home)) if over_tls else None
        settings = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            # Else it listens on all addresses for MQTT.
            "IOT_MTLS_ENABLED": "0",
            "HOME": home,
            "S3_DATA_DIR": f"{home}/s3",
            "AUTH": "true",
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            **environment,
        }
        if certificate is not None:
            settings |= {
                "USE_SSL": "1",
                "MINISTACK_SSL_CERT": str(certificate),
                "MINISTACK_SSL_KEY": str(certificate.with_suffix(".key")),
            }
        with (Path(home) / "log").open("wb") as log:
            process = subprocess.Popen([MINISTACK], env=settings, cwd=home, stdout=log, stderr=log)
            try:
                _wait_until_open(port, process)
                yield StandIn(f"{'https' if over_tls else 'http'}://127.0.0.1:{port}", certificate)
            finally:
                process.terminate()
                try:
                    process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    # It waits for who is still connected.
                    process.kill()
                    process.wait()


def _certificate(folder):
    """A certificate for loopback, and its key beside it."""
    certificate = folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    command += ["-out", str(certificate), "-keyout", str(certificate.with_suffix(".key"))]
    subprocess.run(command, check=True, capture_output=True)
    return certificate


def _wait_until_open(port, process):
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "ministack did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("ministack did not start in time")
