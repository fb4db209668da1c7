"""The built image, run as the task of deploy/container.yaml runs it: `make test-image`.

A root that cannot be written, the image's own user, and an empty volume at /tmp that takes over what the image declares
there, as Fargate's does. The organization and S3, Glue and SNS are stand-ins on this machine's loopback.
"""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from collector.lake.record import read_record
from collector.lake.s3_store import S3Store
from collector.simulator import Simulator
from tests.deploy.conftest import ORGANIZATION, REFUSED
from tests.deploy.image_build import limits, podman

IMAGE = os.environ.get("CREDLAKE_TEST_IMAGE")
pytestmark = pytest.mark.skipif(IMAGE is None, reason="needs the image, podman and root: make test-image")

LAKE = "s3://credlake/image"
_READ_ONLY = ("--read-only", "--read-only-tmpfs=false")


@dataclass(frozen=True)
class Container:
    """A container that was started."""

    name: str

    def log(self):
        """What it said so far: stdout, stderr."""
        said = podman("logs", self.name, capture_output=True)
        return said.stdout, said.stderr

    def ended(self):
        """Wait for its end; exit code, stdout, stderr."""
        code = podman("wait", self.name, capture_output=True, timeout=60).stdout
        return int(code), *self.log()

    def wait_for_handler_of(self, number):
        """Wait until its first process handles the signal. Before, the kernel drops it."""
        found = podman("inspect", "--format={{.State.Pid}}", self.name, capture_output=True).stdout
        status = Path("/proc", found.strip(), "status")
        until = time.monotonic() + 10
        while not _handled(status.read_text("ascii")) >> (number - 1) & 1:
            assert time.monotonic() < until, "no handler"
            time.sleep(0.005)

    def changes(self):
        """What it changed in its root file system."""
        return podman("diff", self.name, capture_output=True).stdout.splitlines()


def _handled(status):
    """The mask of the signals that a process handles."""
    return int(next(line for line in status.splitlines() if line.startswith("SigCgt:")).split()[1], 16)


@pytest.fixture(scope="module", name="start")
def _start(aws, organization):
    @contextmanager
    def start(*command, options=_READ_ONLY, **variables):
        environment = {
            **organization.environment(),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "us-east-1",
            "CREDLAKE_EXTERNAL_ID": "example",
            "CREDLAKE_LAKE": LAKE,
            "CREDLAKE_DATABASE": "credlake_image",
            **variables,
        }
        container = Container(f"credlake-{uuid.uuid4().hex[:8]}")
        given = [f"--env={name}={value}" for name, value in environment.items()]
        common = ["--detach", f"--name={container.name}", "--network=host", "--cap-drop=all", *limits()]
        try:
            podman("run", *common, *options, *given, IMAGE, *command, capture_output=True)
            yield container
        finally:
            podman("rm", "--force", "--volumes", container.name, capture_output=True)

    return start


def test_a_run_is_published_from_a_root_that_cannot_be_written(start, aws):
    with start() as container:
        code, said, log = container.ended()
    assert code == 1, log
    summary = json.loads(said.splitlines()[-1])
    assert summary["accounts"] == {"assume_denied": 1, "collected": 2}
    record = read_record(S3Store(LAKE, aws.client()), summary["organization_id"]).record
    assert record.newest.run_id == summary["run_id"]


def test_nothing_is_written_outside_the_volume_where_it_could_be(start):
    with start(options=()) as container:
        code, _, log = container.ended()
        changes = container.changes()
    assert code == 1, log
    # podman's own: the container's name and resolver.
    assert set(changes) <= {"C /etc"}


def test_it_runs_as_nobody_on_python_3_12_and_can_write_tmp_alone(start):
    program = (
        "import os, platform; from pathlib import Path; "
        "print(os.getuid(), os.getgid(), platform.python_version(), [str(path) for path in Path('/').iterdir() "
        "if os.access(path, os.W_OK) and path.name not in {'dev', 'proc', 'sys'}])"
    )
    with start("-c", program, options=(*_READ_ONLY, "--entrypoint=python")) as container:
        _, said, log = container.ended()
    user, group, version, *writable = said.split()
    assert (user, group, version.rpartition(".")[0], writable) == ("65534", "65534", "3.12", ["['/tmp']"]), log


def test_a_volume_that_belongs_to_root_is_reported_with_its_remediation(start, tmp_path):
    with start(options=(*_READ_ONLY, f"--volume={tmp_path}:/tmp")) as container:
        code, _, log = container.ended()
    assert (code, "in a container, mount one at /tmp" in log) == (3, True)


def test_the_exit_code_is_the_commands(start):
    with start(
        CREDLAKE_MIN_COVERAGE="0.9", CREDLAKE_LAKE="s3://credlake/image-low", CREDLAKE_DATABASE="low"
    ) as container:
        assert container.ended()[0] == 3


def test_the_doctor_can_be_asked_of_the_image(start):
    with start("doctor") as container:
        code, said, log = container.ended()
    assert code == 1, log
    assert ("account", REFUSED) in {
        (one["check"], one["subject"]) for one in json.loads(said)["findings"] if one["mend"]
    }


def test_the_views_are_written_down_in_the_image(start):
    program = "from collector.views.files import shipped_views as s; print(len(s().athena_statements('d')))"
    with start("-c", program, options=(*_READ_ONLY, "--entrypoint=python")) as container:
        _, said, log = container.ended()
    assert int(said) > 10, log


@pytest.mark.parametrize("command", ["collect", "doctor"])
def test_sigterm_ends_the_containers_first_process_with_143_and_soon(start, command):
    with Simulator(ORGANIZATION, latency_seconds=2) as slow, start(command, **slow.environment()) as container:
        until = time.monotonic() + 30
        while not slow.peak_in_flight and time.monotonic() < until:
            time.sleep(0.05)
        began = time.monotonic()
        # Killed (137) after the time that Fargate gives.
        podman("stop", "--time=30", container.name, capture_output=True)
        code, _, log = container.ended()
    assert (code, time.monotonic() - began < 5) == (143, True), log


def test_sigterm_is_listened_to_while_the_program_still_starts(start):
    with start() as container:
        container.wait_for_handler_of(signal.SIGTERM)
        began = time.monotonic()
        podman("stop", "--time=30", container.name, capture_output=True)
        code, said, log = container.ended()
    assert (code, said, time.monotonic() - began < 5) == (143, "", True), log
