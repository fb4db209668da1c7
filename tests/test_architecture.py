"""Which way the arrows point, and what no file may be."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(__file__).resolve().parents[1] / "collector"
AWS_LIBRARIES = {"boto3", "botocore", "awswrangler", "s3transfer"}

# From the ground up: a folder or module imports only what is named before it, and nothing beside it.
LAYERS = (
    ("outcome",),
    ("schema", "errors"),
    ("evidence", "report"),
    ("aws", "process"),
    ("discovery",),
    ("lake", "views"),
    ("query", "settings"),
    ("catalog",),
    ("collection",),
    ("doctor",),
    ("cli", "scheduled"),
)
OUTSIDE_LAYERS = {"", "__main__", "simulator", "loopback", "function"}

PURE = (
    *("collector.outcome", "collector.errors", "collector.schema", "collector.evidence", "collector.report"),
    *("collector.discovery.accounts", "collector.discovery.selection", "collector.discovery.limits"),
    *("collector.collection.retry", "collector.catalog.tables"),
    *("collector.lake.layout", "collector.lake.record"),
)
# What would make them impure. `datetime` is no clock where only its types are used.
IMPURE = {
    *("asyncio", "concurrent", "multiprocessing", "os", "random", "secrets", "shutil", "socket", "subprocess"),
    *("tempfile", "threading", "time", "urllib", "aiohttp", "duckdb", "rich", "structlog", "typer"),
}
# Where a function, a container and their commands start; the last is the name of version 0.1.
SCHEDULED = ("collector.scheduled.handler", "collector.scheduled.__main__", "collector.function")
# What opens or queries a lake by its URI: it imports what reaches AWS only where the URI asks for it.
BY_URI = ("collector.lake.open", "collector.lake.local_store", "collector.query.ask", "collector.query.duckdb")


@cache
def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(tree: ast.AST, *, at_import: bool = False, for_types: bool = True) -> set[str]:
    """Every module that is imported, wherever the statement stands.

    `at_import`: only what is imported when the file itself is. `for_types`: also what only type checkers import.
    """
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if at_import and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if is_for_types and (at_import or not for_types):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out"
            assert node.module is not None
            # `from collector import x` and `from collector.lake import layout` name a module too.
            found |= {
                name if (name := f"{node.module}.{alias.name}") in modules() else node.module for alias in node.names
            }
        else:
            found |= imports(node, at_import=at_import, for_types=for_types)
    return found


def reached_from(*entry_points: str) -> set[str]:
    """The modules that run when these do: what they import, what that imports, and the packages around each."""
    found: set[str] = set()
    waiting = list(entry_points)
    while waiting:
        name = waiting.pop()
        if name not in found and name in modules():
            found.add(name)
            waiting += [name.rpartition(".")[0], *of_ours(imports(modules()[name], for_types=False))]
    return found


def of_ours(names: set[str]) -> set[str]:
    return {name for name in names if name == "collector" or name.startswith("collector.")}


def importing(is_meant: Callable[[str], bool], *, at_import: bool = False) -> set[str]:
    """The modules that import anything that is meant when they run; what only type checkers import never runs."""
    return {
        name
        for name, tree in modules().items()
        if any(is_meant(found) for found in imports(tree, at_import=at_import, for_types=False))
    }


def within(name: str) -> set[str]:
    """The module, and those below it."""
    return {module for module in modules() if module == name or module.startswith(f"{name}.")}


def place(name: str) -> str:
    """The folder or module right below the package that a module belongs to."""
    return name.split(".")[1] if "." in name else ""


def test_there_is_something_to_look_at():
    assert len(modules()) > 100
    assert "collector.lake.layout" in imports(modules()["collector.lake.writer"])
    assert "collector.lake.s3_store" in imports(modules()["collector.lake.open"])
    assert "collector.lake.s3_store" not in imports(modules()["collector.lake.open"], at_import=True)
    assert {place(name) for name in modules()} == {name for layer in LAYERS for name in layer} | OUTSIDE_LAYERS


def test_no_folder_imports_one_above_it():
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    upwards = [
        f"{name} imports {imported}"
        for name, tree in modules().items()
        for imported in of_ours(imports(tree)) - {"collector"}
        if (here := place(name)) in level
        and (there := place(imported)) != here
        and not (there in level and level[there] < level[here])
        and (here, there) != ("cli", "simulator")
    ]

    assert upwards == []


def test_only_the_folder_aws_imports_the_libraries_of_aws():
    assert importing(lambda name: name.partition(".")[0] in AWS_LIBRARIES) <= within("collector.aws")


def test_the_type_stubs_are_needed_by_type_checkers_alone():
    """They are development dependencies: an installed credlake does not have them."""
    assert not importing(lambda name: name.startswith("types_boto3"))


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_touches_neither_clock_nor_file_nor_network(name):
    impure = importing(lambda imported: imported.partition(".")[0] in IMPURE | AWS_LIBRARIES, at_import=True)

    assert within(name)
    assert not impure & within(name)


def test_the_parser_knows_the_schema_and_the_outcomes_and_nothing_else():
    known = within("collector.report") | {"collector.schema", "collector.outcome"}

    assert {ours for name in within("collector.report") for ours in of_ours(imports(modules()[name]))} <= known


def test_the_simulator_imports_nothing_of_the_collector():
    """Otherwise the two would agree by construction, and a test with both would prove nothing."""
    simulator = within("collector.simulator")

    assert {ours for name in simulator for ours in of_ours(imports(modules()[name]))} <= simulator


def test_nothing_but_the_demo_needs_the_simulator():
    needing = importing(lambda name: name.startswith("collector.simulator"))

    assert needing - within("collector.simulator") == {"collector.cli.demo", "collector.loopback"}


def test_nothing_that_ships_imports_the_tools():
    assert importing(lambda name: name.partition(".")[0] == "tools") == set()


def test_every_module_that_ships_is_reached_by_a_command_or_a_scheduled_run():
    entry_points = ("collector.__main__", "collector.cli.main", *SCHEDULED, "collector.loopback")

    assert set(modules()) - reached_from(*entry_points) == set()


def test_a_local_lake_needs_no_library_of_aws():
    importing_aws = importing(lambda name: name.startswith("collector.aws"), at_import=True)

    assert not importing_aws & set().union(*map(within, BY_URI))


def test_no_two_modules_need_each_other():
    graph = {name: of_ours(imports(tree)) & set(modules()) for name, tree in modules().items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other: {' → '.join(error.args[1])}")


def test_every_module_says_what_it_is_in_a_sentence():
    first_lines = {name: (ast.get_docstring(tree) or "").partition("\n")[0] for name, tree in modules().items()}

    assert [name for name, line in first_lines.items() if not line.endswith((".", ":", "?"))] == []


def test_no_file_is_a_drawer():
    drawers = {"utils", "util", "helpers", "common", "base", "misc", "models", "tools"}

    assert [name for name in modules() if name.rpartition(".")[2] in drawers] == []
