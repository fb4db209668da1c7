"""deploy/github/gate.yaml: its shape, its permissions, and its commands, which are run as they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.athena_queries.conftest import Rows
from tests.deploy.templates import FOLDER
from tools.words import findings

PATH = FOLDER / "github" / "gate.yaml"
TEXT = PATH.read_text("utf-8")
# YAML 1.1 reads the key `on` as true.
WORKFLOW = yaml.safe_load(TEXT)
JOB = WORKFLOW["jobs"]["gate"]
STEPS = {step["name"]: step for step in JOB["steps"]}


def test_it_has_the_keys_of_a_workflow_and_the_glossarys_words():
    assert set(WORKFLOW) == {"name", True, "permissions", "concurrency", "jobs"}
    assert set(WORKFLOW[True]) == {"schedule", "workflow_dispatch"}
    assert set(JOB) == {"runs-on", "timeout-minutes", "permissions", "env", "defaults", "steps"}
    assert all(set(step) <= {"name", "if", "env", "run", "uses", "with"} for step in JOB["steps"])
    assert all(("run" in step) != ("uses" in step) for step in JOB["steps"])
    assert list(findings("gate.yaml", TEXT)) == []


def test_it_may_request_a_token_and_nothing_else():
    assert WORKFLOW["permissions"] == {}
    assert JOB["permissions"] == {"id-token": "write"}


def test_no_script_contains_an_expression_and_every_action_is_pinned_to_a_commit():
    """An expression is replaced before the shell reads the script, so its value could be a command."""
    assert not [step["name"] for step in JOB["steps"] if "${{" in step.get("run", "")]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]) for step in JOB["steps"] if "uses" in step)
    assert not re.search(r"secrets\.", TEXT)


@pytest.mark.parametrize(("mfa", "code"), [(True, 0), (False, 1)])
def test_page_and_gate_run_as_they_are(make_lake, tmp_path, mfa, code):
    make = Rows()
    users = [make.root(password_enabled=False), make.console_user(mfa_active=mfa)]
    lake = make_lake({"2026-11-23": {"accounts": [make.account()], "users": users}})
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "CREDLAKE_LAKE": lake}
    codes = {
        name: subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
            cwd=tmp_path,
            env=environment,
            check=False,
        ).returncode
        for name in ("Page", "Gate")
    }

    assert codes == {"Page": 0, "Gate": code}
    assert (tmp_path / "page.html").is_file()


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 0), (3, 1), (4, 1)])
def test_only_a_snapshot_that_lacks_accounts_lets_the_run_continue(tmp_path, code, expected):
    (tmp_path / "credlake").write_text(f"#!/bin/sh\nexit {code}\n")
    (tmp_path / "credlake").chmod(0o700)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run(["bash", "-eo", "pipefail", "-c", STEPS["Collect"]["run"]], env=environment, check=False)

    assert ended.returncode == expected
