from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from collector.simulator import AccountSpec, OrganizationSpec, RoleSpec, Simulator
from tests.fixtures.s3_servers import S3Server, empty_moto_server

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("lambda_worker.py")
MANAGEMENT = "000000000001"
REFUSED = "100000000002"
ROLE = RoleSpec(name="credlake-reader", external_id="example")
# A management account that needs no role, an account, and one that has no role for us.
ORGANIZATION = OrganizationSpec(
    accounts=(
        AccountSpec(MANAGEMENT, "management", roles=()),
        AccountSpec("100000000001", "member", roles=(ROLE,)),
        AccountSpec(REFUSED, "without-the-role", roles=()),
    ),
    management_account_id=MANAGEMENT,
)
OWN_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


def pytest_collection_modifyitems(config, items):
    """Leave out what needs a tool's own environment, unless it is asked for: `pytest -m standin` (make test-deploy)."""
    absent = [mark for mark in ("standin", "cid") if mark not in config.option.markexpr]
    ours = [item for item in items if any(item.get_closest_marker(mark) for mark in absent)]
    if ours:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


@pytest.fixture(scope="session", name="packaging")
def _packaging():
    spec = importlib.util.spec_from_file_location("credlake_packaging", ROOT / "deploy" / "package.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session", name="package")
def _package(packaging, tmp_path_factory):
    """The zip of `make package`, but for this machine and this Python, with which ministack runs functions too."""
    return packaging.main(tmp_path_factory.mktemp("dist"), arch=machine(), python=OWN_PYTHON)


@pytest.fixture(scope="session", name="unpacked")
def _unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("function")
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def machine():
    """This machine's architecture, as Lambda names it."""
    return "arm64" if platform.machine() == "aarch64" else platform.machine()


def bare_python(unpacked, python=sys.executable):
    """Python without what is installed. Modules are compiled once for all processes, outside of the unpacked zip."""
    return [python, "-S", "-X", f"pycache_prefix={unpacked}-compiled"]


@pytest.fixture(scope="module", name="moto")
def _moto():
    # moto's accounts belong to the process: what one module leaves or resets is no other module's.
    with empty_moto_server() as server:
        server.client().create_bucket(Bucket="credlake")
        yield server


@pytest.fixture(scope="session", name="organization")
def _organization():
    with Simulator(ORGANIZATION) as server:
        yield server


@pytest.fixture(scope="module", name="aws")
def _aws(moto, organization):
    """S3, Glue, SNS and SQS of the collector's own account, asked as the collector."""
    environment = organization.environment()
    return S3Server(moto.url, environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


@dataclass(frozen=True)
class Delivered:
    """What one delivery of an event gave: what was returned or raised, and the lines of the log."""

    returned: dict | None
    raised: str | None
    message: str | None
    log: list[str]

    def figures(self):
        """The one line for CloudWatch."""
        (line,) = (json.loads(line) for line in self.log if '"_aws"' in line)
        return line


@pytest.fixture(scope="module", name="invoke")
def _invoke(unpacked, aws, organization, tmp_path_factory):
    """Deliver events to one warm function; what each gave, and which modules were loaded."""

    def invoke(*deliveries, code=unpacked, python=sys.executable):
        environment = {
            **organization.environment(),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "us-east-1",
            "PATH": os.environ["PATH"],
            # Lambda's user has no home, and its system need not have a time zone database.
            "HOME": "/nonexistent",
            "PYTHONTZPATH": "",
            "CREDLAKE_EXTERNAL_ID": "example",
        }
        command = [*bare_python(code, python), WORKER, code, *(json.dumps(one) for one in deliveries)]
        done = subprocess.run(
            command,
            check=False,
            env=environment,
            cwd=tmp_path_factory.mktemp("work"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout
        *lines, last = done.stdout.splitlines()
        told = json.loads(last)
        logs = [part.splitlines() for part in "\n".join([*lines, ""]).split("delivery\n")[1:]]
        delivered = [
            Delivered(answer.get("returned"), answer.get("raised"), answer.get("message"), log)
            for answer, log in zip(told["answers"], logs, strict=True)
        ]
        return delivered, dict(told["loaded"])

    return invoke
