"""What the built distributions contain: an installed credlake has no tools and no tests."""

from __future__ import annotations

import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module", name="wheel")
def _wheel(tmp_path_factory):
    """The names of the wheel's files."""
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"])
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_contains_the_package_and_its_metadata_and_nothing_else(wheel):
    top = {name.split("/")[0] for name in wheel}
    assert {name for name in top if not name.endswith(".dist-info")} == {"collector"}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "collector").rglob("*.py")}
    assert {name for name in wheel if name.endswith(".py")} == modules


def test_the_wheel_is_marked_as_typed(wheel):
    # Without it type checkers ignore the package's annotations (PEP 561).
    assert "collector/py.typed" in wheel


def test_the_wheel_contains_the_views_of_both_engines_and_the_glue_tables(wheel):
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / "collector" / "_data").rglob("*") if path.is_file()}
    tables = {f"collector/_data/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "glue").glob("*.json")}

    assert {path.removeprefix("collector/_data/").split("/")[:2][-1] for path in data} == {
        *("athena", "duckdb", "index.json", "meanings.json", "control_ids.json")
    }
    assert len(tables) == 2
    assert data | tables <= wheel


def test_the_source_distribution_contains_what_builds_and_tests_the_wheel(tmp_path):
    [sdist] = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(sdist) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        "collector/schema.py",
        "tools/generate/__main__.py",
        "athena_queries/reference/controls.csv",
        "tests/test_wheel.py",
        "requirements/dev.txt",
        "deploy/package.py",
        "benchmarks/__main__.py",
        "CONTRIBUTING.md",
    }
    assert wanted - found == set()
