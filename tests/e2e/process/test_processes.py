"""What only shows in processes of their own: two runs at once, a full disk, a terminal, what is imported."""

from __future__ import annotations

import os
import pty
import resource
import select
import subprocess
import sys

from collector.simulator import Simulator, UserSpec, faults
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.published import accounts_of, newest, users_of
from tests.fixtures.runs import member, organization

# Not marshmallow: options are made from the settings' declarations, which hold their checks.
HEAVY = (
    "boto3",
    "botocore",
    "pyarrow",
    "duckdb",
    "structlog",
    "awswrangler",
    "pandas",
    "sqlglot",
    "aiohttp",
)


def test_two_runs_at_the_same_time_both_end_well_and_one_snapshot_is_whole(start, lake):
    members = [member(n, users=(UserSpec("someone", member(n).joined_at),)) for n in range(20)]
    with Simulator(organization(*members), latency_seconds=0.02) as server:
        processes = [start("collect", "--lake", lake, at=server) for _ in range(2)]
        codes = [process.end().code for process in processes]

    assert codes == [0, 0]
    assert len(list((lake / "snapshots" / "o-aa111bb222").glob("*/*"))) == 2
    assert {row["run_id"] for row in accounts_of(lake).values()} == {newest(lake)["run_id"]}
    assert {row["run_id"] for rows in users_of(lake).values() for row in rows} == {newest(lake)["run_id"]}
    assert len(accounts_of(lake)) == 21


def test_a_disk_that_fills_up_ends_the_run_with_nothing_published_and_nothing_left(start, lake):
    """No file may grow beyond 4 kB here: the reports fit, the tables do not."""
    with Simulator(organization(member(1))) as server:
        assert start("collect", "--lake", lake, at=server).end().code == 0
        before = (lake / "catalog" / "o-aa111bb222.json").read_bytes()
        process = start(
            *("collect", "--lake", lake),
            at=server,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        )
        ended = process.end()

    assert ended.code == 3
    assert "failed: " in ended.said[-1]
    assert "File too large" in ended.said[-1]
    assert (lake / "catalog" / "o-aa111bb222.json").read_bytes() == before
    assert list(process.temporary.iterdir()) == []


def test_the_help_imports_nothing_heavy():
    """It should come at once; the whole of AWS's models and Arrow take a second and more."""
    script = (
        "import sys\n"
        "from collector.cli.main import exit_code_of\n"
        "for words in (['--help'], ['collect', '--help'], ['query', '--help'], ['demo', '--help'], ['--version']):\n"
        "    assert exit_code_of(words) == 0\n"
        f"print('imported', [name for name in {HEAVY} if name in sys.modules])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert ended.stdout.splitlines()[-1] == "imported []"
    assert "--include-ou" in ended.stdout


def test_on_a_terminal_there_is_a_bar_with_counts_and_no_json(start, lake):
    members = [member(n, faults=(faults.ROLE_MISSING,) if n == 3 else ()) for n in range(12)]
    ours, theirs = pty.openpty()
    with Simulator(organization(*members), latency_seconds=0.05) as server:
        environment = {**os.environ, **server.environment(), "TERM": "xterm", "COLUMNS": "80"}
        process = subprocess.Popen(
            [sys.executable, "-m", "collector", "collect", "--lake", str(lake)],
            env=environment,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        seen = b""
        while True:
            if select.select([ours], [], [], 30)[0]:
                try:
                    chunk = os.read(ours, 4096)
                except OSError:  # the other end is closed
                    chunk = b""
            if not chunk:
                break
            seen += chunk
        out, _ = process.communicate(timeout=30)
    os.close(ours)

    assert process.returncode == 1
    assert b"13/13" in seen
    assert b"12 collected, 1 failed" in seen
    assert b'{"' not in seen
    assert b"Published: 12 of 13 ACTIVE accounts" in out
