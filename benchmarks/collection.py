"""The collection against a bare boto3 loop that makes the same calls; and memory at 4,000 accounts against 200.

Two comparisons, for two questions. The engine alone makes just the loop's calls, so it shows what waiting, retrying and
signing for many accounts cost. The whole command also starts up, lists the organization, types 51,000 rows and writes
the lake.
"""

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
    """Collect 1,000 accounts, 30 ms a call, 3 s a report, 32 connections."""
    loop_wall, loop_cpu = _timed("benchmarks.bare_loop", str(ACCOUNTS), str(CONNECTIONS))
    engine_wall, engine_cpu = _timed("benchmarks.engine_alone", str(CONNECTIONS))
    whole, served = _collect(ACCOUNTS)
    few, many = _collect(FEW)[0], _collect(MANY)[0]
    calls = served.iam_and_sts_calls
    # Five an account when nothing fails: GetCallerIdentity stands in for the one role that is the collector's own. The
    # first hundred are looked at early, up to three times too soon.
    assert 0 <= calls - ACCOUNTS * CALLS_PER_ACCOUNT <= 300, f"{calls} calls"
    return [
        Figure("collection: calls an account, both account reads included", calls / ACCOUNTS, aim=6),
        Figure("collection: engine alone, wall clock a call against the bare loop", engine_wall / loop_wall, "x", 1.2),
        Figure("collection: engine alone, CPU a call against the bare loop", engine_cpu / loop_cpu, "x", 1.3),
        Figure("collection: whole command, wall clock a call against the bare loop", whole.wall / loop_wall, "x"),
        Figure("collection: whole command, CPU a call against the bare loop", whole.cpu / loop_cpu, "x"),
        Figure("collection: whole command, accounts a second", ACCOUNTS / whole.wall),
        Figure("collection: whole command, CPU an account", whole.cpu / ACCOUNTS * 1000, " ms"),
        Figure(f"collection: peak memory at {FEW} accounts", few.peak_mb, " MB"),
        Figure(f"collection: peak memory at {MANY} accounts", many.peak_mb, " MB"),
        Figure(f"collection: peak memory at {MANY} accounts against {FEW}", many.peak_mb / few.peak_mb, "x", 1.5),
    ]


def _collect(accounts: int) -> tuple[Cost, Served]:
    command = [sys.executable, "-m", "collector", "collect", "--concurrency", str(CONNECTIONS), "--lake"]
    with (
        tempfile.TemporaryDirectory() as folder,
        organization(accounts=accounts, users=USERS, latency=LATENCY_SECONDS, generation=GENERATION_SECONDS) as served,
    ):
        cost = measured([*command, str(Path(folder) / "lake")], served.environment)
    assert cost.exit_code == 0, f"the collection of {accounts} accounts ended with {cost.exit_code}: {cost.output}"
    return cost, served


def _timed(module: str, *arguments: str) -> tuple[float, float]:
    """Wall clock and CPU that the module prints of itself, without the start of its process."""
    with organization(accounts=ACCOUNTS, users=USERS, latency=LATENCY_SECONDS, generation=GENERATION_SECONDS) as served:
        cost = measured([sys.executable, "-m", module, *arguments], served.environment)
    assert cost.exit_code == 0, f"{module} ended with {cost.exit_code}: {cost.output}"
    wall, cpu = cost.output.split()
    return float(wall), float(cpu)


if __name__ == "__main__":
    print_figures("collection", measure())
