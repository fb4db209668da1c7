from __future__ import annotations

import pytest

from tests.fixtures.examples import collect, some_accounts


@pytest.fixture(name="published")
def _published(store, scratch):
    return collect(store, scratch, some_accounts())
