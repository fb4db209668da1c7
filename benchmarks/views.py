"""Every view over a million users (the histories over two days of them): time and peak of memory, a process each.

A view is queried by its name and its rows are read as Arrow batches: every column of every row is computed, in the
view's own order, and nothing is printed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.figures import Figure, print_figures
from benchmarks.million_users import ACCOUNTS, USERS_PER_ACCOUNT, make_lake
from benchmarks.processes import measured
from collector.query.duckdb import LocalLake
from collector.views.files import shipped_views

LAKE = Path(".cache/benchmarks/million-users")
SECONDS_AIM = 5
MEGABYTES_AIM = 3000


def measure() -> list[Figure]:
    """Two figures for each view."""
    make_lake(LAKE)
    figures = []
    for name in sorted(shipped_views().all):
        cost = measured([sys.executable, "-m", "benchmarks.views", name], {})
        assert cost.exit_code == 0, f"{name}: {cost.output}"
        found = json.loads(cost.output)
        figures += [
            Figure(f"{name} ({found['rows']:,} rows, {cost.cpu:.1f} s of CPU)", found["seconds"], " s", SECONDS_AIM),
            Figure(f"{name}: peak of memory", found["peak_mb"], " MB", MEGABYTES_AIM),
        ]
    return figures


def ask(name: str) -> dict[str, float]:
    """One view's rows, counted, and the seconds from the question to the last of them."""
    begun = time.perf_counter()
    with LocalLake(str(LAKE)) as lake:
        rows = sum(batch.num_rows for batch in lake.rows(name).batches)
    return {"rows": rows, "seconds": time.perf_counter() - begun, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    """The most that this program held; a process's own rusage begins with what its parent held when it forked."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(ask(sys.argv[1])))
    else:
        print_figures(f"views over {ACCOUNTS * USERS_PER_ACCOUNT:,} users", measure())
