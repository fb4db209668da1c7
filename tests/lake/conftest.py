from __future__ import annotations

import pytest

from collector.lake.local_store import LocalStore
from tests.fixtures.examples import collect, some_accounts


@pytest.fixture(name="store")
def _store(tmp_path):
    return LocalStore(tmp_path / "lake")


@pytest.fixture(name="scratch")
def _scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture(name="published")
def _published(store, scratch):
    return collect(store, scratch, some_accounts())
