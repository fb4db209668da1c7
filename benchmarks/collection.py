"""The collection against a bare boto3 loop that makes the same calls; and memory at 4,000 accounts against 200."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.bare_loop import CALLS_PER_ACCOUNT
from benchmarks.figures import Figure, print_figures
from benchmarks.processes import Cost, Served, measured, organization

ACCOUNTS = 1_000
USERS = 50
LATENCY_SECONDS = 0.03
GENERATION_SECONDS = 3.0
CONNECTIONS = 32
FEW, MANY = 200, 4_000


def measure() -> list[Figure]:
    """Collect 1,000 accounts, 30 ms a call, 3 s a report, 32 connections; then the loop."""
    cost, served = _collect(ACCOUNTS)
    calls = served.iam_and_sts_calls
    loop_wall, loop_cpu = _loop()
    loop_calls = ACCOUNTS * CALLS_PER_ACCOUNT
    wall_ratio = (cost.wall / calls) / (loop_wall / loop_calls)
    cpu_ratio = (cost.cpu / calls) / (loop_cpu / loop_calls)
    few, many = _collect(FEW)[0], _collect(MANY)[0]
    return [
        Figure("collection: accounts a second", ACCOUNTS / cost.wall),
        Figure("collection: calls an account, both account reads included", calls / ACCOUNTS, aim=6),
        Figure("collection: CPU ms an account, start of the process included", cost.cpu / ACCOUNTS * 1000, " ms"),
        Figure("collection: wall clock a call, against the bare loop", wall_ratio, "x", 1.2),
        Figure("collection: CPU a call, against the bare loop", cpu_ratio, "x", 1.3),
        Figure(f"collection: peak memory at {FEW} accounts", few.peak_mb, " MB"),
        Figure(f"collection: peak memory at {MANY} accounts", many.peak_mb, " MB"),
        Figure(f"collection: peak memory at {MANY} accounts, against {FEW}", many.peak_mb / few.peak_mb, "x", 1.5),
    ]  # fmt: skip


def _collect(accounts: int) -> tuple[Cost, Served]:
    with (
        tempfile.TemporaryDirectory() as folder,
        organization(accounts=accounts, users=USERS, latency=LATENCY_SECONDS, generation=GENERATION_SECONDS) as served,
    ):
        cost = measured(
            [
                sys.executable, "-m", "collector", "collect", "--lake", str(Path(folder) / "lake"),
                "--concurrency", str(CONNECTIONS),
            ],
            served.environment,
        )  # fmt: skip
    assert cost.exit_code == 0, f"the collection of {accounts} accounts ended with {cost.exit_code}: {cost.output}"
    return cost, served


def _loop() -> tuple[float, float]:
    """Wall clock and CPU of the loop itself, without the start of its process."""
    with organization(accounts=ACCOUNTS, users=USERS, latency=LATENCY_SECONDS, generation=GENERATION_SECONDS) as served:
        cost = measured(
            [sys.executable, "-m", "benchmarks.bare_loop", str(ACCOUNTS), str(CONNECTIONS)], served.environment
        )
    wall, cpu = cost.output.split()
    return float(wall), float(cpu)


if __name__ == "__main__":
    print_figures("collection", measure())
