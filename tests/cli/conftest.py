from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from collector.cli.main import exit_code_of
from collector.collection import compose
from collector.collection.run import Collection
from tests.fixtures.runs import join_calls

if TYPE_CHECKING:
    import signal

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Ended:
    """How a command ended: its exit code, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """What was said to the user on stderr, without the log's events."""
        return [line for line in self.err.splitlines() if not line.startswith("{")]


@pytest.fixture(name="clean", autouse=True)
def _clean(monkeypatch, tmp_path):
    """Nothing of the machine's own: no AWS configuration, no settings, an empty working directory."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "CREDLAKE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(name="credlake")
def _credlake(monkeypatch, capsys):
    """Runs a command in this process: `credlake("collect", …, at=server)`. What it waits for takes next to no time."""

    def quick(**options):
        return Collection(**options | {"sleep": lambda seconds: asyncio.sleep(seconds * 0.01)})

    monkeypatch.setattr(compose, "Collection", quick)

    def credlake(*arguments, at=None, environment=None) -> Ended:
        with monkeypatch.context() as patch:
            for name, value in {**(at.environment() if at else {}), **(environment or {})}.items():
                patch.setenv(name, value)
            capsys.readouterr()
            code = exit_code_of([str(argument) for argument in arguments])
            join_calls()
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return credlake


class Process:
    """A command in a process of its own, with a temporary folder of its own."""

    def __init__(self, tmp_path: Path, arguments, *, at, module="collector", before: str = "", **options) -> None:
        self.temporary = tmp_path / "temporary"
        self.temporary.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            **(at.environment() if at else {}),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(REPOSITORY),
        }
        command = ["-m", module]
        if before:
            # Something of the product is changed first: a disk is slow, or it has a fault of its own.
            command = ["-c", f"{before}\nimport sys\nfrom collector.cli.main import main\nmain(sys.argv[1:])"]
        self.process = subprocess.Popen(
            [sys.executable, *command, *map(str, arguments)],
            env=environment,
            cwd=tmp_path,
            text=True,
            **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options),
        )

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, timeout: float = 60) -> Ended:
        out, err = self.process.communicate(timeout=timeout)
        # None where the stream was not a pipe of ours.
        return Ended(self.process.returncode, out or "", err or "")


@pytest.fixture(name="start")
def _start(tmp_path):
    """Starts a command in a process of its own: `start("collect", …, at=server)`."""
    started = []

    def start(*arguments, at=None, **options) -> Process:
        started.append(Process(tmp_path, arguments, at=at, **options))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.process.kill()
            process.process.communicate()
