"""`make bench`: every benchmark, one after the other. `python -m benchmarks.NAME` runs one."""

from __future__ import annotations

import importlib

from benchmarks.figures import print_figures

for name in ("startup", "parser", "collection", "throttling", "views", "history"):
    print_figures(name, importlib.import_module(f"benchmarks.{name}").measure())
