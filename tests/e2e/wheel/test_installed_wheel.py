"""The built wheel in a bare environment, without a clone: the three ways in, and the demo (`make test-wheel`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from collector.simulator import OrganizationSpec, Simulator
from tests.fixtures.runs import MANAGEMENT, member, organization

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).resolve().parents[3]
REPORT = """\
user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,\
access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,\
cert_2_last_rotated
<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,no_information,not_supported,\
not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
alice,arn:aws:iam::111122223333:user/alice,2021-01-01T00:00:00+00:00,true,2026-11-20T10:00:00+00:00,\
2026-01-01T00:00:00+00:00,N/A,false,true,2024-01-01T00:00:00+00:00,2026-11-19T00:00:00+00:00,us-east-1,s3,\
false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
"""


@pytest.fixture(scope="module", name="command")
def _command(tmp_path_factory):
    """`credlake` of an environment that holds the wheel and its locked dependencies, and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(folder / "dist"), versions=["standard"])
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements/runtime.txt"], check=True)
    subprocess.run([*pip, "--no-deps", wheel], check=True)
    return folder / "venv/bin/credlake"


@pytest.fixture(name="credlake")
def _credlake(command, tmp_path):
    """Runs the command in an empty folder, without the clone on its path: `credlake("read", file, at=server)`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CREDLAKE_", "PYTHON"))}
    nobody = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "HOME": str(tmp_path)}

    def run(*arguments, at=None, codes=(0,)):
        environment = {**kept, **nobody, **(at.environment() if at else {})}
        ended = subprocess.run(
            [command, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode in codes, ended.stderr
        return ended.stdout

    return run


def findings(credlake, *where):
    return json.loads(credlake("query", *where, "--format", "json", "select control_id, user_name from findings"))


# pyarrow 160, duckdb 68 and botocore 31 of 300 MB, without bytecode and pip.
MEGABYTES = 310


def test_it_is_small_and_has_no_pandas(command):
    [packages] = (command.parents[1] / "lib").glob("python*/site-packages")
    assert not {"pandas", "numpy", "awswrangler", "sqlglot"} & {each.name for each in packages.iterdir()}
    files = [each for each in packages.rglob("*") if each.is_file() and not {"__pycache__", "pip"} & {*each.parts}]
    assert sum(each.stat().st_size for each in files) < MEGABYTES * 10**6


def test_a_downloaded_report_is_read_without_aws(credlake, tmp_path):
    file = tmp_path / "status_reports_2026-11-25 10-00-00.csv"
    file.write_text(REPORT)
    shown = credlake("read", file)
    assert "alice" in shown
    credlake("read", file, "--lake", "lake")
    found = findings(credlake, "--lake", "lake")
    assert {"control_id": "access-key-rotation", "user_name": "alice"} in found
    assert {"control_id": "console-mfa", "user_name": "alice"} in found


def test_one_account_is_collected_without_an_organization(credlake):
    with Simulator(OrganizationSpec(organization().accounts, MANAGEMENT, in_use=False)) as server:
        assert "Published: 1 of 1" in credlake("collect", "--lake", "lake", at=server)
    credlake("verify", "--lake", "lake")


def test_an_organization_is_collected(credlake):
    with Simulator(organization(member(1), member(2))) as server:
        assert "Published: 3 of 3" in credlake("collect", "--lake", "lake", at=server)
    assert findings(credlake, "--lake", "lake")


def test_the_demo_needs_no_clone(credlake):
    shown = credlake("demo")
    assert "What should be fixed first?" in shown
    assert "demo-lake.html" in shown
    assert "Who is notified of what" in shown
    assert "findings" in credlake("views", "list")
    assert "Usage: credlake" in credlake("--help")
