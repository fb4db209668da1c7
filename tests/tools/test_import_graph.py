"""The walk over imports, on a package of a few lines."""

from __future__ import annotations

import ast

import pytest

from tools import import_graph

SOURCES = {
    "collector": "",
    "collector.outcome": "",
    "collector.lake": "",
    "collector.lake.rows": "from collector.outcome import OUTCOMES",
    "collector.lake.store": "if TYPE_CHECKING:\n    from collector.lake.writer import Writer",
    "collector.lake.writer": "from collector.lake import rows, store",
    "collector.cli": "",
    "collector.cli.main": "def main():\n    import collector.lake.writer",
}


@pytest.fixture(name="sources", autouse=True)
def _sources(monkeypatch):
    """The package's sources; a test may change them."""
    sources = dict(SOURCES)
    monkeypatch.setattr(import_graph, "modules", lambda: {name: ast.parse(source) for name, source in sources.items()})
    return sources


def test_a_module_is_reached_through_functions_but_not_through_imports_for_types(sources):
    sources["collector.lake.rows"] = "if TYPE_CHECKING:\n    from collector.outcome import Outcome"

    assert import_graph.reached_from("collector.cli.main") == set(sources) - {"collector.outcome"}
    assert import_graph.reached_from("collector.lake.rows") == {"collector", "collector.lake", "collector.lake.rows"}


def test_a_circle_is_found_also_where_one_arrow_is_for_types():
    assert import_graph.circles() == [["collector.lake.store", "collector.lake.writer"]]


def test_an_import_of_a_higher_layer_or_of_the_same_layer_is_found(sources):
    assert import_graph.upward_imports() == []
    sources["collector.lake.rows"] = "def late():\n    from collector.cli.main import main"
    sources["collector.views"] = "import collector.lake.writer"

    assert import_graph.upward_imports() == [
        "collector.lake.rows imports collector.cli.main",
        "collector.views imports collector.lake.writer",
    ]


def test_a_relative_import_is_refused():
    with pytest.raises(ValueError, match="full name"):
        import_graph.imports(ast.parse("from . import rows"))
