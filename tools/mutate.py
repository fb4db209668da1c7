"""Change rules and views one line at a time, and count the changes that no test notices: `make mutate`.

`tools/mutants.toml` declares the changes. Each is made in a copy of the repository, and its tests are run there.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final

REPOSITORY: Final = Path(__file__).parents[1]
# The tests run statements that were prepared from the view files: prepare those of the changed view again.
_PREPARE: Final = (
    "import sys\n"
    "from pathlib import Path\n"
    "from tools.trino.annotation import AnnotatedViews\n"
    "from tools.trino.translate import to_duckdb\n"
    "from tools.trino.view_files import source_views\n"
    "views = source_views()\n"
    "annotated = AnnotatedViews(views)\n"
    "for name in views[sys.argv[1]].names:\n"
    "    statement = f'{to_duckdb(annotated.tree(name))}\\n'\n"
    "    Path('collector/_data/views/duckdb', f'{name}.sql').write_text(statement, encoding='utf-8')\n"
)
# What pytest returns: all passed, and some failed.
_PASSED, _FAILED = 0, 1
# Seconds, for all tests and on a busy machine. A mutant that hangs a test is an error: write another.
_TIMEOUT: Final = 3600


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file."""

    file: str  # What is changed, relative to the repository.
    old: str  # Occurs in it once.
    new: str  # What stands there instead.
    breaks: str  # What would be wrong.
    tests: tuple[str, ...]  # Those that must fail.


def declared() -> list[Mutant]:
    """The mutants of `mutants.toml`."""
    document = tomllib.loads((REPOSITORY / "tools" / "mutants.toml").read_text("utf-8"))
    return [Mutant(**{**entry, "tests": tuple(entry["tests"])}) for entry in document["mutant"]]


def misplaced(mutants: list[Mutant]) -> list[str]:
    """The mutants whose text does not occur once in their file, or whose tests do not exist."""
    problems = []
    for mutant in mutants:
        count = (REPOSITORY / mutant.file).read_text("utf-8").count(mutant.old)
        if count != 1:
            problems.append(f"{mutant.file}: occurs {count} times: {mutant.old!r}")
        problems += [
            f"{mutant.file}: no such tests: {test}" for test in mutant.tests if not (REPOSITORY / test).exists()
        ]
    return problems


def main() -> int:
    """Run all, or those of some files; 1 where one survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="copies of the repository that are used at once")
    parser.add_argument("--file", action="append", help="only mutants of files whose path contains this; repeatable")
    arguments = parser.parse_args()
    mutants = [each for each in declared() if not arguments.file or any(part in each.file for part in arguments.file)]
    if problems := misplaced(mutants):
        sys.stdout.write("".join(f"{problem}\n" for problem in problems))
        return 2
    with tempfile.TemporaryDirectory(prefix="credlake-mutants-") as scratch:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(arguments.processes):
            copies.put(_copied(Path(scratch) / str(number)))
        # A test that fails without a change would count every mutant as noticed.
        tests = sorted({test for mutant in mutants for test in mutant.tests})
        clean = copies.get()
        if (code := _tested(clean, tests, processes=arguments.processes)) != _PASSED:
            sys.stdout.write(f"The tests do not pass without a change (pytest: {code}). Nothing was measured.\n")
            return 2
        copies.put(clean)
        with ThreadPoolExecutor(arguments.processes) as pool:
            survivors = sum(pool.map(lambda mutant: _survives(mutant, copies), mutants))
    sys.stdout.write(f"{len(mutants)} mutants, {survivors} not noticed.\n")
    return 1 if survivors else 0


def _copied(folder: Path) -> Path:
    command = ["git", "-C", str(REPOSITORY), "ls-files", "-z"]
    names = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- git
    for name in filter(None, names.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name, follow_symlinks=False)
    return folder


def _survives(mutant: Mutant, copies: SimpleQueue[Path]) -> bool:
    folder = copies.get()
    path = folder / mutant.file
    text = path.read_text("utf-8")
    prepared = folder / "collector" / "_data" / "views"
    try:
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        if path.suffix == ".sql" and (code := _run(folder, "-c", _PREPARE, path.stem)) != _PASSED:
            _report(mutant, f"ERROR, not prepared ({code})")
            return True
        code = _tested(folder, mutant.tests)
    finally:
        path.write_text(text, encoding="utf-8")
        shutil.copytree(REPOSITORY / "collector" / "_data" / "views", prepared, dirs_exist_ok=True)
        copies.put(folder)
    if code == _FAILED:
        _report(mutant, "noticed")
        return False
    _report(mutant, "SURVIVED" if code == _PASSED else f"ERROR (pytest: {code})")
    return True


def _report(mutant: Mutant, result: str) -> None:
    sys.stdout.write(f"{result}: {mutant.file}: {mutant.breaks}\n")
    sys.stdout.flush()


def _tested(folder: Path, tests: list[str] | tuple[str, ...], *, processes: int = 0) -> int:
    options = ["-x", "-q", "-n", str(processes), "-p", "no:cacheprovider"]
    return _run(folder, "-m", "pytest", *options, *tests)


def _run(folder: Path, *arguments: str) -> int:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=_TIMEOUT).returncode  # noqa: S603 -- ours


if __name__ == "__main__":
    sys.exit(main())
