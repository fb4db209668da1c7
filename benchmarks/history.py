"""What changed since the last snapshot, in histories of 30 and of 365 snapshots of 2,000 users, a process each."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

from benchmarks.figures import Figure, print_figures
from benchmarks.million_users import DATES, make_lake
from benchmarks.processes import measured

LAKES = Path(".cache/benchmarks")
SHORT, LONG = 30, 365
# One of them is not collected.
ACCOUNTS = 11
RATIO_AIM = 2


def measure() -> list[Figure]:
    """The CPU time over each history, and that of the longer one as a multiple of the other."""
    short, long = (_cpu(days) for days in (SHORT, LONG))
    return [
        Figure(f"latest_changes: CPU over {SHORT} snapshots", short, " s"),
        Figure(f"latest_changes: CPU over {LONG} snapshots", long, " s"),
        Figure(f"latest_changes: {LONG} snapshots against {SHORT}", long / short, "", RATIO_AIM),
    ]


def _cpu(days: int) -> float:
    lake = LAKES / f"history-{days}"
    first = date.fromisoformat(DATES[0])
    make_lake(lake, accounts=ACCOUNTS, dates=[(first + timedelta(days=day)).isoformat() for day in range(days)])
    command = [sys.executable, "-m", "collector", "query", "--lake", str(lake), "--format", "json", "latest_changes"]
    costs = [measured(command, {}) for _ in range(3)]
    assert all(cost.exit_code == 0 for cost in costs), costs
    return min(cost.cpu for cost in costs)


if __name__ == "__main__":
    print_figures("history", measure())
