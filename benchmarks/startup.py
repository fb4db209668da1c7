"""How long `credlake --help` takes, compared with Python that does nothing."""

from __future__ import annotations

import statistics
import sys

from benchmarks.figures import Figure, print_figures
from benchmarks.processes import measured

_ROUNDS = 9


def measure() -> list[Figure]:
    """The middle of several rounds, each command in turn, so that a busy machine slows both."""
    bare, helped = [], []
    for _ in range(_ROUNDS):
        bare.append(measured([sys.executable, "-c", "pass"], {}).wall)
        helped.append(measured([sys.executable, "-m", "collector", "--help"], {}).wall)
    return [
        Figure("startup: bare Python", statistics.median(bare) * 1000, " ms"),
        Figure("startup: credlake --help", statistics.median(helped) * 1000, " ms", 500),
    ]


if __name__ == "__main__":
    print_figures("startup", measure())
