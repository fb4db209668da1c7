from __future__ import annotations

import pytest

from collector.lake.local import LocalStore
from tests.lake.examples import collect, some_accounts


@pytest.fixture(name="store")
def _store(tmp_path):
    return LocalStore(tmp_path / "lake")


@pytest.fixture(name="lake")
def _lake(tmp_path):
    """The folder of `store`."""
    return tmp_path / "lake"


@pytest.fixture(name="scratch")
def _scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture(name="published")
def _published(store, scratch):
    return collect(store, scratch, some_accounts())
