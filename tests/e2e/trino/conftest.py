"""A Trino server for the session, and the lakes that it reads: `make test-trino`.

These tests need a server from Maven Central and a Java from PyPI that the other tests do not need, so they are left out
unless they are selected by their marker: `pytest -m trino`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.e2e.trino.comparison import Counts
from tests.e2e.trino.lakes import Warehouse
from tests.e2e.trino.recording import FOLDER
from tests.e2e.trino.server import HEAP, trino_server
from tests.e2e.trino.session import Trino, create_views
from tests.fixtures.s3_servers import moto_server, weed_server

_HERE = Path(__file__).parent
_REPOSITORY = _HERE.parents[2]
_COUNTS = pytest.StashKey[Counts]()
_DISTRIBUTION = pytest.StashKey[str]()
_START_SECONDS = 900
_GOLDEN_TABLES = 300
_RECORDING_SECONDS = 600


def pytest_collection_modifyitems(config, items):
    """Mark the tests of this folder, and deselect them in a run without the marker."""
    ours = [item for item in items if _HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.trino)
        item.add_marker(pytest.mark.timeout(_START_SECONDS))
    if "trino" not in config.option.markexpr:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


def pytest_configure(config):
    config.stash[_COUNTS] = Counts()


def pytest_terminal_summary(terminalreporter, config):
    counts = config.stash[_COUNTS]
    if not counts.views:
        return
    terminalreporter.section("Trino compared with DuckDB")
    terminalreporter.write_line(config.stash[_DISTRIBUTION])
    terminalreporter.write_line(
        f"{len(counts.views)} views (with histories), {counts.rows:,} rows, {counts.values:,} values compared, "
        f"in {counts.lakes} lakes; {counts.statements} other statements"
    )


@pytest.fixture(scope="session")
def counts(pytestconfig):
    """What has been compared so far."""
    return pytestconfig.stash[_COUNTS]


@pytest.fixture(scope="session")
def distribution(pytestconfig):
    """The unpacked server. Without one the run fails: a skipped test would prove nothing."""
    from tests.e2e.trino.distribution import VERSION, find  # noqa: PLC0415  # imports nothing that is not locked for all

    found = find()
    pytestconfig.stash[_DISTRIBUTION] = f"Trino {VERSION} on {found.java_version()}, heap {HEAP}"
    return found


@pytest.fixture(scope="session")
def glue_server():
    """moto's Glue, and moto's Athena for the protocol."""
    with moto_server() as server:
        yield server


@pytest.fixture(scope="session")
def file_server():
    """A real S3 server."""
    with weed_server() as server:
        yield server


@pytest.fixture(scope="session")
def warehouse(glue_server, file_server):
    """The bucket and the catalog that Trino reads."""
    return Warehouse(file_server, glue_server)


@pytest.fixture(scope="session")
def server(distribution, glue_server, file_server, tmp_path_factory):
    """The running Trino."""
    with trino_server(distribution, glue_server, file_server, tmp_path_factory.mktemp("trino")) as running:
        yield running


@pytest.fixture(scope="session")
def trino_of(server):
    """A session of Trino in one database."""
    return lambda database: Trino(server, database)


@pytest.fixture(scope="session")
def demo_lake(tmp_path_factory):
    """Three days of an organization with some twenty kinds of fault, collected over HTTP by the command itself."""
    lake = tmp_path_factory.mktemp("demo") / "lake"
    command = [str(Path(sys.executable).with_name("credlake")), "demo", "--lake", str(lake)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=_REPOSITORY, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return lake


@pytest.fixture(scope="session")
def demo_views(demo_lake, warehouse, trino_of):
    """Trino in a database with that lake and all views."""
    warehouse.copy_lake(demo_lake, "demo")
    trino = trino_of("demo")
    create_views(trino, "demo")
    return trino


@pytest.fixture(scope="session", autouse=True)
def _recording(tmp_path_factory):
    """The tests of the views, running next to those of this folder, and the folder of the rows that they insert."""
    folder = tmp_path_factory.mktemp("golden")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.e2e.trino.recording", "-p", "no:cacheprovider"]
    said = folder.with_suffix(".log")
    with said.open("w") as out:
        process = subprocess.Popen(
            [*command, "tests/athena_queries"],
            stdout=out,
            stderr=out,
            cwd=_REPOSITORY,
            env={**os.environ, FOLDER: str(folder)},
        )
        try:
            yield process, folder, said
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def golden_rows(_recording):
    """The rows that the tests of the views insert, each case an organization of its own."""
    process, folder, said = _recording
    process.wait(_RECORDING_SECONDS)
    tables = [pq.read_table(path) for path in sorted(folder.iterdir())]
    # `make test` checks the results of these cases; here they only supply rows to compare.
    assert len(tables) > _GOLDEN_TABLES, said.read_text()[-4000:]
    return tables
