"""Which libraries a command loads: one that is not used costs a tenth of a second or more, and memory."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from collector.simulator import Simulator
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.runs import member, organization

# All of them are installed here, so that each could be loaded.
NEVER = {"pandas", "numpy", "awswrangler", "sqlglot", "apprise"}
AWS = {"boto3", "botocore"}
DRAWING = {"rich.console", "pygments"}
OTHERS = {"aiohttp", "xlsxwriter", "pyarrow.dataset"}
SCRIPT = """
import os, sys
import collector.cli.main

def leave(code):
    sys.stderr.write("\\nloaded " + " ".join(sorted(sys.modules)))
    sys.stderr.flush()
    os._exit(code)

collector.cli.main.leave = leave
collector.cli.main.main(sys.argv[1:])
"""


@pytest.fixture(name="loaded", scope="module")
def _loaded(tmp_path_factory):
    """Runs a command, whose stdout and stderr are no terminals; the names of the modules that it loaded."""

    def loaded(*arguments, environment=None) -> set[str]:
        ended = subprocess.run(
            [sys.executable, "-c", SCRIPT, *map(str, arguments)],
            cwd=tmp_path_factory.mktemp("directory"),
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stderr
        return set(ended.stderr.rpartition("\nloaded ")[2].split())

    return loaded


@pytest.fixture(name="collected", scope="module")
def _collected(loaded, tmp_path_factory):
    """A lake, and what the collection that made it loaded."""
    lake = tmp_path_factory.mktemp("lake")
    with Simulator(organization(member(1))) as server:
        modules = loaded("collect", "--lake", lake, environment=server.environment())
    return lake, modules


def test_a_collection_does_not_load_what_it_does_not_use(collected):
    _, modules = collected
    assert {"botocore", "pyarrow"} <= modules
    assert modules & (NEVER | OTHERS | {"duckdb"}) == set()


@pytest.mark.parametrize("arguments", [("findings",), ("select 1 as one",), ("account", "--format", "csv")])
def test_a_query_of_a_folder_does_not_load_what_it_does_not_use(loaded, collected, arguments):
    lake, _ = collected
    modules = loaded("query", "--lake", lake, *arguments)
    assert {"pyarrow", "duckdb"} <= modules
    assert modules & (NEVER | AWS | DRAWING | OTHERS | {"jinja2"}) == set()


def test_a_report_does_not_load_what_it_does_not_use(loaded, collected, tmp_path):
    lake, _ = collected
    modules = loaded("report", "--lake", lake, "--output", tmp_path / "page.html")
    assert "jinja2" in modules
    assert modules & (NEVER | AWS | DRAWING | OTHERS) == set()
