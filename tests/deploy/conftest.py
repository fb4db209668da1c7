from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from collector.simulator import AccountSpec, OrganizationSpec, RoleSpec, Simulator
from tests.fixtures.s3_servers import S3Server, moto_server

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
# What AWS's pandas layer brings, and no more.
LAYER = ("pyarrow", "numpy", "numpy.libs", "pandas", "dateutil", "six.py")


def pytest_collection_modifyitems(config, items):
    """Leave out what needs the stand-in, unless it is asked for: `pytest -m standin` (make test-deploy)."""
    ours = [item for item in items if item.get_closest_marker("standin")]
    if ours and "standin" not in config.option.markexpr:
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
    """The zip of `make package`."""
    return packaging.main(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session", name="unpacked")
def _unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("function")
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def bare_python(unpacked):
    """Python without what is installed. Modules are compiled once for all processes, outside of the unpacked zip."""
    return [sys.executable, "-S", "-X", f"pycache_prefix={unpacked}-compiled"]


@pytest.fixture(scope="session", name="layer")
def _layer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layer")
    installed = Path(pa.__file__).parents[1]
    for name in LAYER:
        if (installed / name).exists():
            (folder / name).symlink_to(installed / name)
    return folder


@pytest.fixture(scope="session", name="moto")
def _moto():
    with moto_server() as server:
        server.client().create_bucket(Bucket="credlake")
        yield server


@pytest.fixture(scope="session", name="organization")
def _organization():
    with Simulator(ORGANIZATION) as server:
        yield server


@pytest.fixture(scope="session", name="aws")
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


@pytest.fixture(scope="session", name="invoke")
def _invoke(unpacked, layer, aws, organization, tmp_path_factory):
    """Deliver events to one warm function; what each gave, and which modules were loaded."""

    def invoke(*deliveries):
        home = tmp_path_factory.mktemp("home")
        environment = {
            **organization.environment(),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "us-east-1",
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "CREDLAKE_EXTERNAL_ID": "example",
        }
        command = [*bare_python(unpacked), WORKER, unpacked, layer, *(json.dumps(one) for one in deliveries)]
        done = subprocess.run(
            command,
            check=False,
            env=environment,
            cwd=home,
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
