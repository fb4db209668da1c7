from __future__ import annotations

import pytest

from tests.terraform.engine import Engine, copied


def pytest_collection_modifyitems(config, items):
    """Leave out what needs Terraform, unless it is selected: `pytest -m terraform` (make test-terraform)."""
    ours = [item for item in items if item.get_closest_marker("terraform")]
    if ours and "terraform" not in config.option.markexpr:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


@pytest.fixture(scope="session", name="engine")
def _engine(tmp_path_factory):
    return Engine(tmp_path_factory.mktemp("terraform"))


@pytest.fixture(name="module")
def _module(tmp_path):
    """A copy of deploy/terraform that the test may change."""
    return copied(tmp_path)
