"""Which module may import which, and how modules are named."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tools.import_graph import (
    ENTRY_POINTS,
    LAYERS,
    circles,
    imports,
    modules,
    of_package,
    place,
    reached_from,
    upward_imports,
)

if TYPE_CHECKING:
    from collections.abc import Callable

AWS_LIBRARIES = {"boto3", "botocore", "awswrangler", "s3transfer"}

PURE = (
    *(
        "collector.outcome",
        "collector.denial",
        "collector.errors",
        "collector.schema",
        "collector.evidence",
        "collector.report",
    ),
    *("collector.discovery.accounts", "collector.discovery.selection", "collector.discovery.limits"),
    *("collector.collection.retry", "collector.catalog.tables"),
    *("collector.lake.layout", "collector.lake.record"),
)
# What would make them impure. `datetime` is no clock where only its types are used.
IMPURE = {
    *("asyncio", "concurrent", "multiprocessing", "os", "random", "secrets", "shutil", "socket", "subprocess"),
    *("tempfile", "threading", "time", "urllib", "aiohttp", "duckdb", "rich", "structlog", "typer"),
}
# What opens, queries or rebuilds a lake by its URI: it imports what reaches AWS only where the URI requires it.
BY_URI = (
    *("collector.lake.local_store", "collector.query.run", "collector.query.duckdb"),
    *("collector.cli.lake", "collector.lake.rebuild", "collector.lake.verify", "collector.catalog.follow"),
    "collector.collection.engine",
)


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


def test_there_is_something_to_look_at():
    assert len(modules()) > 100
    assert "collector.lake.layout" in imports(modules()["collector.lake.writer"])
    assert "collector.lake.s3_store" in imports(modules()["collector.lake.local_store"])
    assert "collector.lake.s3_store" not in imports(modules()["collector.lake.local_store"], at_import=True)
    assert {place(name) for name in modules()} == {"", *(name for layer in LAYERS for name in layer)}


def test_no_folder_imports_one_above_it():
    assert upward_imports() == []


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


def test_the_parser_knows_the_schema_the_outcomes_and_the_limits_and_nothing_else():
    known = within("collector.report") | {"collector.schema", "collector.outcome", "collector.limits"}

    assert {ours for name in within("collector.report") for ours in of_package(imports(modules()[name]))} <= known


def test_the_simulator_imports_nothing_of_the_collector():
    """Otherwise the two would agree by construction, and a test with both would prove nothing."""
    simulator = within("collector.simulator")

    assert {ours for name in simulator for ours in of_package(imports(modules()[name]))} <= simulator


def test_nothing_but_the_demo_needs_the_simulator():
    needing = importing(lambda name: name.startswith("collector.simulator"))

    assert needing - within("collector.simulator") == {"collector.cli.demo", "collector.loopback"}


def test_nothing_that_ships_imports_the_tools_or_parses_sql():
    assert importing(lambda name: name.partition(".")[0] in {"tools", "sqlglot"}) == set()


def test_every_module_that_ships_is_reached_by_a_command_or_a_scheduled_run():
    assert modules().keys() - reached_from(*ENTRY_POINTS) == set()


def test_a_local_lake_needs_no_library_of_aws():
    assert not reached_from(*BY_URI, at_import=True) & within("collector.aws")


def test_no_two_modules_import_each_other():
    assert circles() == []


def test_every_module_says_what_it_is_in_a_sentence():
    first_lines = {name: (ast.get_docstring(tree) or "").partition("\n")[0] for name, tree in modules().items()}

    assert [name for name, line in first_lines.items() if not line.endswith((".", ":", "?"))] == []


def test_no_file_is_a_drawer():
    drawers = {"utils", "util", "helpers", "common", "base", "misc", "models", "tools"}

    assert [name for name in modules() if name.rpartition(".")[2] in drawers] == []


def test_messages_are_printed_by_one_function_and_tables_by_six_modules():
    """Names are AWS's or a user's, and may hold what steers a terminal: `say` and these modules make them printable."""
    by_call: dict[str, set[str]] = {"print": set(), "echo": set(), "Console": set()}
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                is_method_of_console = isinstance(node.func, ast.Attribute) and called == "print"
                if called in by_call and not is_method_of_console and not within_simulator(name):
                    by_call[called].add(name)
    assert by_call == {
        "print": {"collector.process.streams", "collector.query.run"},
        "echo": set(),
        "Console": {
            *("collector.cli.demo", "collector.cli.display", "collector.cli.read_result"),
            *("collector.cli.show_result", "collector.cli.views", "collector.query.table"),
        },
    }


def within_simulator(name: str) -> bool:
    return name.startswith("collector.simulator")
