"""What `credlake --help`, and `credlake read` of 5,000 users, take, and Python that does nothing."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, print_figures
from benchmarks.processes import measured

_ROUNDS = 9
_USERS = 5000
_REPORT = Path(__file__).parents[1] / "docs" / "examples" / "status_reports_2026-11-25 10-00-00.csv"


def measure() -> list[Figure]:
    """The middle of several rounds, each command in turn, so that a busy machine slows both."""
    bare, helped, read = [], [], []
    with TemporaryDirectory() as folder:
        path = _large_report(Path(folder))
        for _ in range(_ROUNDS):
            bare.append(measured([sys.executable, "-c", "pass"], {}).wall)
            helped.append(measured([sys.executable, "-m", "collector", "--help"], {}).wall)
            read.append(measured([sys.executable, "-m", "collector", "read", str(path)], {}).cpu)
    return [
        Figure("startup: bare Python", statistics.median(bare) * 1000, " ms"),
        Figure("startup: credlake --help", statistics.median(helped) * 1000, " ms", 500),
        Figure(f"startup: CPU of credlake read, {_USERS:,} users", min(read) * 1000, " ms", 1500),
    ]


def _large_report(folder: Path) -> Path:
    """The example report with its second user repeated under other names."""
    header, root, user, *_ = _REPORT.read_text("utf-8").splitlines()
    name = user.split(",")[0]
    users = [
        user.replace(f"{name},", f"user-{number},").replace(f"/{name},", f"/user-{number},") for number in range(_USERS)
    ]
    path = folder / _REPORT.name
    path.write_text("\n".join([header, root, *users, ""]), encoding="utf-8")
    return path


if __name__ == "__main__":
    print_figures("startup", measure())
