"""Fixtures that tests of several folders use."""

from __future__ import annotations

import time
from types import SimpleNamespace

import botocore.endpoint
import botocore.session
import pytest

from collector.aws.clients import clients_under
from collector.lake.local_store import LocalStore

pytest_plugins = ["tests.fixtures.s3_servers", "tests.fixtures.small_lakes", "tests.fixtures.webhooks"]


@pytest.fixture(scope="session", autouse=True)
def _one_loader():
    """botocore reads its models of AWS again for every session, which takes longer than most commands here."""
    loader = botocore.session.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda *_: loader)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_retries():
    """botocore waits up to 20 s before it sends a request again; here a hundredth of that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * 0.01)))
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """No test writes into the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _new_clients():
    """No test uses a client, or its connections and retry budget, of the test before."""
    clients_under.cache_clear()
    yield
    clients_under.cache_clear()


@pytest.fixture(name="lake")
def _lake(tmp_path):
    """The folder that a test's lake is in."""
    return tmp_path / "lake"


@pytest.fixture(name="store")
def _store(lake):
    """A lake in a folder."""
    return LocalStore(lake)


@pytest.fixture(name="scratch")
def _scratch(tmp_path):
    """A folder for files under construction."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder
