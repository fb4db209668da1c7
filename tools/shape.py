"""Measure the shape of the package against its aims: `make shape`. Ends with 1 where a measure misses its aim."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from zipfile import ZipFile

from hatchling.builders.wheel import WheelBuilder

from collector.simulator import Simulator
from collector.simulator.uniform import uniform_organization
from tools.import_graph import ENTRY_POINTS, PACKAGE, circles, modules, place, reached_from, upward_imports

# Libraries that cost time and memory at every start; no command may need one.
HEAVY = ("pandas", "numpy", "sqlglot")
# What a command may not even import. pyarrow imports numpy by itself wherever it is installed, and pandas where it
# makes arrays of Python values, as every run does.
AVOIDABLE = {"collect": ("sqlglot",), "query": ("pandas", "sqlglot")}

_SIMULATOR = ("collector/simulator/", "collector/loopback.py")
# Imports of the heavy libraries fail as if they were not installed.
_WITHOUT_HEAVY = f"import sys; sys.modules.update(dict.fromkeys({HEAVY})); from collector.cli.main import main; main()"
# The name at the end of a line of `python -X importtime`.
_IMPORTED = re.compile(r"^import time:.*\|\s*(?P<name>[\w.]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number with its aim."""

    # What is measured.
    name: str
    # Its value.
    value: float
    # The least that is wanted.
    least: float
    # The most that is wanted.
    most: float
    # What the number counts, one a line, where that helps to change it.
    details: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether the value is within its aim."""
        return self.least <= self.value <= self.most

    def __str__(self) -> str:
        aim = f"{self.least:,g} to {self.most:,g}" if self.least else f"at most {self.most:,g}" if self.most else "none"
        status = "OK" if self.is_met else "OVER" if self.value > self.most else "UNDER"
        line = f"{status:5} {self.value:>8,g}  {self.name} (aim: {aim})"
        return "\n".join([line, *(f"{'':16}{detail}" for detail in self.details)])


def main() -> int:
    """Print every measure; 1 where one misses its aim."""
    lines, data_files = _wheel()
    print(f"{'':5} {sum(data_files.values()):>8,}  lines in the {len(data_files)} data files of the wheel")  # noqa: T201
    measures = (*_sizes(lines), *_imports(), *_libraries())
    print(*measures, sep="\n")  # noqa: T201
    return 0 if all(measure.is_met for measure in measures) else 1


def _wheel() -> tuple[dict[str, int], dict[str, int]]:
    """The lines of each Python file of the built wheel, and of each other file of the package in it."""
    with tempfile.TemporaryDirectory() as folder:
        [wheel] = WheelBuilder(str(PACKAGE.parent)).build(directory=folder, versions=["standard"])
        with ZipFile(wheel) as archive:
            lines = {
                name: archive.read(name).count(b"\n") for name in archive.namelist() if name.startswith("collector/")
            }
    python = {name: count for name, count in lines.items() if name.endswith(".py")}
    return python, {name: count for name, count in lines.items() if name not in python}


def _sizes(lines: dict[str, int]) -> tuple[Measure, ...]:
    places = {place(name) for name in modules()} - {""}
    total = sum(lines.values())
    simulator = sum(count for name, count in lines.items() if name.startswith(_SIMULATOR))
    return (
        Measure("Python files in the wheel", len(lines), 0, 200),
        Measure("lines of Python in the wheel", total, 0, 30_000),
        Measure("of these without the simulator", total - simulator, 0, 26_000),
        Measure("median lines of a file", statistics.median(lines.values()), 120, 200),
        Measure("folders and modules directly in the package", len(places), 0, 30),
    )


def _imports() -> tuple[Measure, ...]:
    return (
        _none("import circles, imports for types included", [" ↔ ".join(circle) for circle in circles()]),
        _none("imports of a higher layer", upward_imports()),
        _none("modules that no entry point reaches", sorted(modules().keys() - reached_from(*ENTRY_POINTS))),
    )


def _none(name: str, found: list[str]) -> Measure:
    """A measure whose aim is that nothing is found."""
    return Measure(name, len(found), 0, 0, tuple(found))


def _libraries() -> tuple[Measure, ...]:
    """Which heavy libraries a real run and a real query import, and whether they work without them."""
    with tempfile.TemporaryDirectory() as folder, Simulator(uniform_organization(2, 3)) as server:
        lake = f"{folder}/lake"
        measures = []
        for name, arguments in (
            ("collect", ("collect", "--lake", lake)),
            ("query", ("query", "--lake", lake, "select count(*) from findings")),
        ):
            ended = _run("-X", "importtime", "-m", "collector", *arguments, environment=server.environment())
            modules_imported = set(_IMPORTED.findall(ended.stderr))
            if ended.returncode or "collector.cli.main" not in modules_imported:
                raise RuntimeError(f"credlake {name} ended with {ended.returncode}:\n{ended.stderr[-2000:]}")
            imported = [library for library in AVOIDABLE[name] if library in modules_imported]
            measures.append(_none(f"{' or '.join(AVOIDABLE[name])} imported by `credlake {name}`", imported))
            without = _run("-c", _WITHOUT_HEAVY, *arguments, environment=server.environment())
            failure = without.stderr.strip().splitlines()[-1:] if without.returncode else []
            measures.append(_none(f"failures of `credlake {name}` without {', '.join(HEAVY)}", failure))
    return tuple(measures)


def _run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, *arguments], env=os.environ | environment, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
