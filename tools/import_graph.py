"""The package's imports as a graph: its layers, circles, and what an entry point reaches. Read from the sources."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "collector"

# From the ground up: a folder or module imports only what is named before it, and nothing of its own layer.
LAYERS = (
    ("outcome", "limits", "denial", "simulator"),
    ("schema", "errors"),
    ("evidence", "report"),
    ("aws", "process"),
    ("discovery",),
    ("lake", "views"),
    ("query", "settings", "exceptions"),
    ("catalog", "report_files"),
    ("collection",),
    ("doctor", "export", "reports"),
    ("notices", "pack"),
    ("cli", "scheduled", "python"),
    ("__main__", "function", "loopback"),
)

# Where a function, a container and their commands start; the last is the name of version 0.1.
SCHEDULED = ("collector.scheduled.handler", "collector.scheduled.__main__", "collector.function")
# All places where code of an installed package starts; the last is the simulator's name of version 0.1.
ENTRY_POINTS = ("collector.cli.main", "collector.__main__", "collector.python", *SCHEDULED, "collector.loopback")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name, parsed."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(tree: ast.AST, *, at_import: bool = False, for_types: bool = True) -> set[str]:
    """Every module that is imported, inside functions too.

    Args:
        tree: A module, or a part of one.
        at_import: Only what is imported when the module itself is.
        for_types: Also what only type checkers import.
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
            if node.level or node.module is None:
                raise ValueError("relative import: write the module's full name")
            # `from collector import x` and `from collector.lake import layout` name a module too.
            found |= {
                name if (name := f"{node.module}.{alias.name}") in modules() else node.module for alias in node.names
            }
        else:
            found |= imports(node, at_import=at_import, for_types=for_types)
    return found


def of_package(names: set[str]) -> set[str]:
    """Those of the names that are in the package."""
    return {name for name in names if name == "collector" or name.startswith("collector.")}


def place(name: str) -> str:
    """The folder or module directly below the package that a module belongs to; empty for the package itself."""
    return name.split(".")[1] if "." in name else ""


def reached_from(*entry_points: str, at_import: bool = False) -> set[str]:
    """The modules that run when these do: what they import, what that imports, and the packages around each.

    `at_import` leaves out what functions import when they are called.
    """
    found: set[str] = set()
    waiting = list(entry_points)
    while waiting:
        name = waiting.pop()
        if name not in found and name in modules():
            found.add(name)
            waiting += [
                name.rpartition(".")[0],
                *of_package(imports(modules()[name], at_import=at_import, for_types=False)),
            ]
    return found


def circles() -> list[list[str]]:
    """Each group of modules that import each other, directly or not, imports for type checkers included."""
    graph = {name: of_package(imports(tree)) & modules().keys() for name, tree in modules().items()}
    reach = {name: _reach(graph, name) for name in graph}
    groups = {
        tuple(sorted(other for other in reach[name] if name in reach[other])) for name in graph if name in reach[name]
    }
    return [list(group) for group in sorted(groups)]


def _reach(graph: dict[str, set[str]], start: str) -> set[str]:
    """The modules that one imports, directly or not; itself only where it is part of a circle."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def upward_imports() -> list[str]:
    """`module imports module` for each import of a layer above, or of another folder of the same layer."""
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    return [
        f"{name} imports {imported}"
        for name, tree in modules().items()
        for imported in sorted(of_package(imports(tree)) - {"collector"})
        if (here := place(name)) and (there := place(imported)) != here and level[there] >= level[here]
    ]
