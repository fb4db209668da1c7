"""The container's command, on what the function's zip contains. The image is test_image.py's matter."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from collector.lake.record import read_record
from collector.lake.s3_store import S3Store
from collector.scheduled.container import run_command
from collector.scheduled.job import Job
from collector.simulator import Simulator
from tests.deploy.conftest import ORGANIZATION, REFUSED, ROOT, bare_python

# The zip takes half a minute to build, too long for each process of `make test`.
pytestmark = pytest.mark.standin

LAKE = "s3://credlake/container"


@pytest.fixture(scope="module", name="container")
def _container(unpacked, aws, organization, tmp_path_factory):
    """Start the container's command on what it imports, in a folder of its own."""
    home = tmp_path_factory.mktemp("container")

    def start(*command, **variables):
        environment = {
            **organization.environment(),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "us-east-1",
            "PYTHONPATH": str(unpacked),
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "CREDLAKE_EXTERNAL_ID": "example",
            "CREDLAKE_LAKE": LAKE,
            "CREDLAKE_DATABASE": "credlake_container",
            **variables,
        }
        return subprocess.Popen(
            [*bare_python(unpacked), "-m", "collector.scheduled", *command],
            env=environment,
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def _ended(process):
    said, log = process.communicate(timeout=60)
    return process.returncode, said, log


@pytest.mark.parametrize("command", [(), ("collect",)], ids=["no command", "collect"])
def test_a_run_is_made_where_nothing_else_is_asked(container, aws, command):
    code, said, _ = _ended(container(*command))
    summary = json.loads(said.splitlines()[-1])
    assert (code, summary["accounts"]) == (1, {"assume_denied": 1, "collected": 2})
    record = read_record(S3Store(LAKE, aws.client()), summary["organization_id"]).record
    assert record.newest.run_id == summary["run_id"]


def test_a_run_that_is_not_published_ends_with_the_commands_exit_code(container):
    code, _, log = _ended(
        container(CREDLAKE_MIN_COVERAGE="0.9", CREDLAKE_LAKE="s3://credlake/container-low", CREDLAKE_DATABASE="low")
    )
    assert (code, "coverage" in log) == (3, True)


def test_the_doctor_prints_the_functions_findings_and_ends_with_1_for_a_fault(container):
    code, said, _ = _ended(container("doctor"))
    found = json.loads(said)
    assert (code, found["is_healthy"]) == (1, False)
    assert ("account", REFUSED) in {(one["check"], one["subject"]) for one in found["findings"] if one["mend"]}


def test_the_doctor_looks_at_as_many_accounts_as_it_is_told(container):
    _, said, _ = _ended(container("doctor", "--sample", "1"))
    looked_at = [one for one in json.loads(said)["findings"] if one["check"] == "account"]
    assert len(looked_at) == 1


def test_the_doctor_can_be_told_to_look_at_all(container):
    _, said, _ = _ended(container("doctor", "--sample", "all"))
    assert "1 of 2" in {one["subject"] for one in json.loads(said)["findings"] if one["check"] == "account"}


@pytest.mark.parametrize(
    ("command", "said"),
    [(("colect",), "'colect'"), (("doctor", "--sample", "many"), "'many'"), (("doctor", "--sample", "0"), "sample 0")],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_ends_with_2(container, command, said):
    code, _, log = _ended(container(*command))
    assert (code, said in log) == (2, True)


def test_an_internal_error_says_where_it_happened(monkeypatch, capsys):
    monkeypatch.setenv("CREDLAKE_LAKE", "s3://credlake")
    monkeypatch.setattr(Job, "do", lambda _: 1 // 0)
    assert run_command({}) == 70
    assert re.match(
        r"internal error \(a bug in credlake\): ZeroDivisionError at .+test_container\.py:\d+\. ",
        capsys.readouterr().err,
    )


@pytest.mark.parametrize("command", ["collect", "doctor"])
def test_sigterm_ends_it_with_143_and_soon_whatever_it_does(container, command):
    with Simulator(ORGANIZATION, latency_seconds=2) as slow:
        process = container(command, **slow.environment())
        until = time.monotonic() + 30
        while not slow.peak_in_flight and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code, _, log = _ended(process)
    assert (code, time.monotonic() - began < 5) == (143, True), log


def test_sigterm_is_listened_to_before_anything_is_imported_that_takes_its_time():
    program = (
        "import sys, collector.scheduled.container; print({'structlog', 'botocore', 'pyarrow'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
