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

# Pure: these know what is said here, and nothing of AWS, of time, of files or of the network. From the bottom up.
PURE = {
    "collector.outcome": set(),
    "collector.errors": set(),
    "collector.faults": set(),
    "collector.column": set(),
    "collector.schema": {"collector.column"},
    "collector.evidence": {"collector.outcome"},
    "collector.accounts": {"collector.errors", "collector.evidence"},
    "collector.selection": {"collector.accounts"},
    "collector.limits": {"collector.accounts", "collector.evidence"},
    "collector.budgets": {"collector.faults"},
    "collector.answers": {"collector.evidence", "collector.outcome"},
    "collector.explanations": {"collector.errors", "collector.faults", "collector.outcome"},
    "collector.catalogue": {"collector.column", "collector.schema"},
    "collector.lake.layout": {"collector.accounts", "collector.errors"},
    "collector.lake.instants": set(),
    "collector.lake.naming": set(),
    "collector.lake.rules": {"collector.lake.record"},
}
# What would make them impure. `datetime` is no clock where only its types are used.
IMPURE = {
    *("asyncio", "concurrent", "multiprocessing", "os", "random", "secrets", "shutil", "socket", "subprocess"),
    *("tempfile", "threading", "time", "urllib", "aiohttp", "duckdb", "rich", "structlog", "typer"),
}
# What opens, asks or follows a lake by its URI, and imports what reaches AWS only where the URI asks for it.
BY_URI = ("collector.lake", "collector.query", "collector.following")
# Who may reach for AWS: the folder itself, these, and what is run.
EDGES = ("collector.aws", *BY_URI, "collector.cli", "collector.doctor", "collector.function")


@cache
def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(tree: ast.AST, *, at_import: bool = False) -> set[str]:
    """Every module that is imported, wherever the statement stands; `at_import`: only when the file itself is.

    What is imported for type checkers alone is none: it never runs.
    """
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if at_import and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
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
            found |= imports(node, at_import=at_import)
    return found


def of_ours(names: set[str]) -> set[str]:
    return {name for name in names if name == "collector" or name.startswith("collector.")}


def importing(is_meant: Callable[[str], bool], *, at_import: bool = False) -> set[str]:
    """The modules that import anything that is meant."""
    return {
        name for name, tree in modules().items() if any(is_meant(found) for found in imports(tree, at_import=at_import))
    }


def within(name: str) -> set[str]:
    """The module, and those below it."""
    return {module for module in modules() if module == name or module.startswith(f"{name}.")}


def test_there_is_something_to_look_at():
    assert len(modules()) > 100
    assert "collector.lake.layout" in imports(modules()["collector.lake.writer"])
    assert "collector.aws.s3_store" in imports(modules()["collector.lake.store"])
    assert "collector.aws.s3_store" not in imports(modules()["collector.lake.store"], at_import=True)


def test_only_the_folder_aws_imports_the_libraries_of_aws():
    assert importing(lambda name: name.partition(".")[0] in AWS_LIBRARIES) <= within("collector.aws")


def test_the_type_stubs_are_needed_by_type_checkers_alone():
    """They are development dependencies: an installed credlake does not have them."""
    assert not importing(lambda name: name.startswith("types_boto3"))


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_knows_only_what_stands_below_it(name):
    assert of_ours(imports(modules()[name])) <= PURE[name]


@pytest.mark.parametrize("name", [*PURE, "collector.report"])
def test_a_pure_module_touches_neither_clock_nor_file_nor_network(name):
    impure = importing(lambda imported: imported.partition(".")[0] in IMPURE | AWS_LIBRARIES)

    assert not impure & within(name)


def test_the_parser_knows_the_schema_and_the_outcomes_and_nothing_else():
    known = within("collector.report") | {"collector.column", "collector.schema", "collector.outcome"}

    assert {ours for name in within("collector.report") for ours in of_ours(imports(modules()[name]))} <= known


def test_the_organization_on_loopback_shares_nothing_with_the_collector_but_the_names_of_outcomes():
    """Else the two would agree by construction, and a test with both would prove nothing."""
    known = within("collector.loopback") | {"collector.outcome"}

    assert {ours for name in within("collector.loopback") for ours in of_ours(imports(modules()[name]))} <= known


def test_nothing_but_the_demo_needs_the_organization_on_loopback():
    needing = importing(lambda name: name.startswith("collector.loopback"))

    assert needing - within("collector.loopback") == {"collector.cli.demonstration"}


def test_aws_is_reached_from_the_edges_alone():
    edges = set().union(*map(within, EDGES))

    assert importing(lambda name: name.startswith("collector.aws")) <= edges


def test_a_local_lake_needs_no_library_of_aws():
    importing_aws = importing(lambda name: name.startswith("collector.aws"), at_import=True)

    assert not importing_aws & set().union(*map(within, BY_URI))


def test_nothing_below_knows_the_command_line():
    knowing = importing(lambda name: name.startswith("collector.cli"))

    assert knowing - within("collector.cli") - within("collector.function") == {"collector.__main__"}


def test_no_two_modules_need_each_other():
    graph = {name: of_ours(imports(tree, at_import=True)) & set(modules()) for name, tree in modules().items()}
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
