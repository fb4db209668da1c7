"""Processes that are measured, and the simulator that they call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds of wall clock and CPU, and its peak of resident memory in MB."""

    wall: float
    cpu: float
    peak_mb: float
    exit_code: int
    output: str


def measured(command: list[str], environment: dict[str, str]) -> Cost:
    """Run the command to its end."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, output)


@dataclass
class Served:
    """An organization that is being served; all but `environment` is known once it has stopped."""

    environment: dict[str, str]
    calls: dict[str, int] = field(default_factory=dict)  # by operation
    throttled: dict[str, int] = field(default_factory=dict)  # by service, where the server counts them
    last: dict[str, float] = field(default_factory=dict)  # when the last call of a kind was answered, likewise

    @property
    def iam_and_sts_calls(self) -> int:
        """The calls made for accounts."""
        return sum(count for name, count in self.calls.items() if not name.startswith("organizations:"))


def organization(*, accounts: int, users: int, latency: float, generation: float) -> AbstractContextManager[Served]:
    """Serve a uniform organization in a process of its own."""
    command = [sys.executable, "-m", "collector.simulator", "--accounts", str(accounts)]
    options = ["--users-per-account", str(users), "--latency", str(latency), "--generation-seconds", str(generation)]
    return served([*command, *options])


@contextmanager
def served(command: list[str]) -> Iterator[Served]:
    """Serve the organization of such a command, which prints its environment first and its counts at the end."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    found = Served(json.loads(process.stdout.readline())["environment"])
    try:
        yield found
    finally:
        process.stdin.close()
        counts = json.loads(process.stdout.readline() or "{}")
        found.calls, found.throttled, found.last = (counts.get(name, {}) for name in ("calls", "throttled", "last"))
        process.wait(timeout=30)
