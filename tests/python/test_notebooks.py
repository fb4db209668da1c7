"""The notebooks of docs/notebooks, cell by cell, and the export through Athena: on moto and an Athena that unloads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from collector.simulator import PasswordSpec, Simulator, UserSpec
from tests.deploy.calls_server import serving
from tests.fixtures.runs import member, organization
from tests.fixtures.s3_servers import moto_server
from tests.fixtures.unloading_athena import UnloadingAthena

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "docs/notebooks"
# Runs the cells one after another, and prints what the test asks for about their variables.
RUNNER = """
import json, sys
names = {}
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
print(json.dumps(eval(sys.argv[2], names)))
"""


@pytest.fixture(scope="module", name="cloud")
def _cloud():
    """A lake on moto's S3 with its tables in moto's Glue, and the environment that leads to them and to Athena."""
    alice = UserSpec("alice", member(1).joined_at, password=PasswordSpec(member(1).joined_at))
    with (
        moto_server() as moto,
        Simulator(organization(member(1, users=(alice,)), member(2))) as server,
    ):
        lake = f"s3://{moto.new_bucket()}/lake"
        for bucket in ("results", "notebooks"):
            moto.client().create_bucket(Bucket=bucket)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CREDLAKE_"))}
        environment = {**kept, **moto.environment(), "PYTHONPATH": str(ROOT), "CREDLAKE_LAKE": lake}
        environment |= {"NOTEBOOK_OUTPUT": "s3://notebooks/", "CREDLAKE_WORKGROUP": "credlake"}
        collecting = {**environment, **server.environment()}
        collecting |= {f"AWS_ENDPOINT_URL_{name}": moto.url for name in ("S3", "GLUE")}
        collecting |= {name: environment[name] for name in ("AWS_REGION", "AWS_DEFAULT_REGION")}
        credlake(collecting, "collect")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in moto.environment().items():
                patch.setenv(name, value)
            athena = UnloadingAthena(lake, moto.client())
            with serving(athena.answer) as url:
                yield {**environment, "AWS_ENDPOINT_URL_ATHENA": url}, moto, athena


def credlake(environment, *arguments):
    command = [sys.executable, "-m", "collector", *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def run(name, environment, asked):
    command = [sys.executable, "-c", RUNNER, NOTEBOOKS / f"{name}.ipynb", asked]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def test_a_whole_snapshot_is_read_without_athena(cloud):
    environment, _, athena = cloud
    asked = """{
        "accounts": len(accounts),
        "users": sorted(set(users["user_name"])),
        "without_mfa": list(without_mfa["user_name"]),
        "comments": int(comments["Comment"].str.len().gt(0).sum()),
        "columns": len(comments),
    }"""
    found = run("whole_snapshot", environment, asked)
    assert (found["accounts"], found["users"], found["without_mfa"]) == (3, ["<root_account>", "alice"], ["alice"])
    assert found["comments"] == found["columns"] > 80
    assert athena.statements == []


def test_a_view_is_read_through_athena(cloud):
    environment, _, athena = cloud
    asked = '{"columns": list(findings), "users": sorted(set(findings["user_name"].dropna())), "owners": len(owners)}'
    found = run("views_on_athena", environment, asked)
    assert found["columns"] == ["severity", "control_id", "account_id", "user_name", "reason"]
    assert "alice" in found["users"]
    assert found["owners"] == 3
    assert athena.statements[0].startswith("UNLOAD (select severity")


def test_an_export_through_athena_writes_a_folder_for_each_view(cloud):
    environment, moto, athena = cloud
    words = ("export", "--format", "parquet", "--engine", "athena", "--view", "findings", "--view", "snapshots")
    said = credlake(environment, *words, "--output", "s3://notebooks/exported/")
    keys = [each["Key"] for each in moto.client().list_objects_v2(Bucket="notebooks", Prefix="exported/")["Contents"]]
    assert sorted(key.split("/")[1] for key in keys) == ["findings", "snapshots"]
    assert "Wrote s3://notebooks/exported/findings/ (query " in said
    assert [statement.partition("TO '")[2].partition("'")[0] for statement in athena.statements[-2:]] == [
        "s3://notebooks/exported/findings/",
        "s3://notebooks/exported/snapshots/",
    ]


def test_a_statement_that_athena_rejects_is_reported_with_its_reason(cloud):
    environment, *_ = cloud
    script = (
        "from collector.aws.unload import unload\n"
        "from collector.errors import UsageError\n"
        "try:\n"
        "    unload('select nope from findings', 's3://notebooks/x/', database='credlake', workgroup='credlake')\n"
        "except UsageError as error:\n"
        "    print(error.message)"
    )
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert "Athena rejected the query: " in ended.stdout
    assert "COLUMN_NOT_FOUND" in ended.stdout


@pytest.mark.parametrize("name", sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")))
def test_a_notebook_is_stored_without_results_and_linked(name):
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)
    assert f"notebooks/{name}.ipynb" in (ROOT / "docs/notebooks.md").read_text()
