"""What the wheel carries besides the modules."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[1]


def test_the_wheel_carries_the_marker_of_a_typed_package_and_the_data_files(tmp_path):
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])

    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    # Without it type checkers ignore the package's annotations (PEP 561).
    assert "collector/py.typed" in names
    assert any(name.startswith("collector/_data/athena_queries/") for name in names)
