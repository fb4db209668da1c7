from __future__ import annotations


def pytest_collection_modifyitems(config, items):
    """Leave out what downloads the dependencies, unless it is asked for: `pytest -m wheel` (make test-wheel)."""
    ours = [item for item in items if item.get_closest_marker("wheel")]
    if ours and "wheel" not in config.option.markexpr:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]
