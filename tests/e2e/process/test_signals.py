"""SIGINT and SIGTERM: gone within two seconds, with nothing half published and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from collector.simulator import Simulator, faults
from tests.fixtures.published import newest
from tests.fixtures.runs import at, collection, member, organization

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}

# A mark in the working directory says that the moment has come.
MARK = "open('mark', 'w').close()"
SLOW_TABLES = f"""
import time
from collector.lake.writer import SnapshotWriter
really = SnapshotWriter._complete
def slow(*arguments):
    {MARK}
    time.sleep(10)
    return really(*arguments)
SnapshotWriter._complete = slow
"""
SLOW_DISK = f"""
import time
from collector.lake.local_store import LocalStore
really = LocalStore.put
def slow(*arguments):
    {MARK}
    time.sleep(10)
    return really(*arguments)
LocalStore.put = slow
"""
SLOW_PUBLICATION = f"""
import time
from collector.lake.local_store import LocalStore
really = LocalStore.replace
def slow(*arguments, **more):
    {MARK}
    time.sleep(%s)
    return really(*arguments, **more)
LocalStore.replace = slow
"""


@pytest.fixture(name="published")
def _published(lake):
    """A snapshot of an earlier run, and the bytes of the record that names it."""
    with Simulator(organization(member(9))) as server, at(server):
        asyncio.run(collection(lake).run())
    return (lake / "catalog" / "o-aa111bb222.json").read_bytes()


def wait_until(is_so, process, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert process.process.poll() is None, process.end()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def stop(process, number):
    """Send the signal; how it ended, and after how many seconds."""
    began = time.monotonic()
    process.signal(number)
    ended = process.end(timeout=30)
    return ended, time.monotonic() - began


@pytest.mark.parametrize("number", EXIT_CODES)
def test_a_run_that_waits_for_reports_is_gone_at_once(start, lake, published, number):
    with Simulator(organization(*(member(n) for n in range(30))), generation_seconds=60) as server:
        process = start("collect", "--lake", lake, at=server)
        wait_until(lambda: server.calls.by_operation.get("iam:GenerateCredentialReport", 0) >= 30, process)

        ended, seconds = stop(process, number)

    assert (ended.code, ended.said, ended.out) == (EXIT_CODES[number], [], "")
    assert "`credlake collect --resume` continues the run" in ended.err
    assert seconds < 2
    assert list(process.temporary.iterdir()) == []
    assert (lake / "catalog" / "o-aa111bb222.json").read_bytes() == published


@pytest.mark.parametrize("number", EXIT_CODES)
def test_a_run_whose_threads_are_all_blocked_in_calls_is_gone_at_once(start, lake, published, number):
    members = [member(n, faults=(faults.connection_hangs(),)) for n in range(12)]
    with Simulator(organization(*members)) as server:
        process = start("collect", "--lake", lake, "--concurrency", "8", at=server)
        wait_until(lambda: server.requests_in_flight >= 8, process)

        ended, seconds = stop(process, number)

    assert (ended.code, ended.said) == (EXIT_CODES[number], [])
    assert seconds < 2
    assert list(process.temporary.iterdir()) == []
    assert (lake / "catalog" / "o-aa111bb222.json").read_bytes() == published


def test_a_run_that_lists_accounts_is_gone_at_once(start, lake, published):
    """The call to Organizations hangs, in a thread of its own."""
    management = organization().accounts[0]
    hangs = faults.connection_hangs(operations=["organizations:ListAccounts"])
    spec = organization()
    spec = type(spec)(
        accounts=(type(management)(management.account_id, "management", faults=(hangs,)),),
        management_account_id=management.account_id,
    )
    with Simulator(spec) as server:
        process = start("collect", "--lake", lake, at=server)
        wait_until(
            lambda: server.requests_in_flight == 1 and "organizations:ListAccounts" in server.calls.by_operation,
            process,
        )

        ended, seconds = stop(process, signal.SIGTERM)

    assert (ended.code, ended.said) == (143, [])
    assert seconds < 2
    assert list(process.temporary.iterdir()) == []


@pytest.mark.parametrize("before", [SLOW_TABLES, SLOW_DISK, SLOW_PUBLICATION % 10])
def test_a_run_whose_disk_hangs_is_gone_within_two_seconds(start, lake, tmp_path, published, before):
    with Simulator(organization(*(member(n) for n in range(4)))) as server:
        process = start("collect", "--lake", lake, at=server, before=before)
        wait_until((tmp_path / "mark").exists, process)

        ended, seconds = stop(process, signal.SIGTERM)

    assert (ended.code, ended.said) == (143, [])
    assert seconds < 2
    assert list(process.temporary.iterdir()) == []
    assert (lake / "catalog" / "o-aa111bb222.json").read_bytes() == published


def test_a_publication_that_has_begun_is_brought_to_its_end(start, lake, tmp_path, published):
    with Simulator(organization(*(member(n) for n in range(4)))) as server:
        process = start("collect", "--lake", lake, at=server, before=SLOW_PUBLICATION % 0.5)
        wait_until((tmp_path / "mark").exists, process)

        ended, seconds = stop(process, signal.SIGINT)

    assert ended.code == 130
    assert seconds < 2
    assert newest(lake)["accounts"]["total"] == 5
    assert list(process.temporary.iterdir()) == []


def test_a_second_signal_changes_nothing(start, lake, published):
    with Simulator(organization(*(member(n) for n in range(4))), generation_seconds=60) as server:
        process = start("collect", "--lake", lake, at=server)
        wait_until(lambda: server.calls.by_operation.get("iam:GenerateCredentialReport", 0) >= 4, process)
        process.signal(signal.SIGINT)

        ended, seconds = stop(process, signal.SIGINT)

    assert ended.code == 130
    assert seconds < 2
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("delay", [0.3, 0.5, 0.7])
def test_a_command_that_is_still_starting_leaves_without_a_word(start, lake, delay):
    """While it imports, makes clients, looks at the lake. Before main() it is Python's own to answer."""
    with Simulator(organization(member(1)), generation_seconds=60) as server:
        process = start("collect", "--lake", lake, at=server)
        time.sleep(delay)

        ended, seconds = stop(process, signal.SIGTERM)

    assert ended.code in {143, -signal.SIGTERM}
    assert ended.said == []
    assert seconds < 2
    assert not any(process.temporary.iterdir())


def test_a_process_that_is_killed_leaves_the_last_snapshot_and_the_next_run_works(start, lake, tmp_path, published):
    with Simulator(organization(*(member(n) for n in range(4)))) as server:
        process = start("collect", "--lake", lake, at=server, before=SLOW_PUBLICATION % 30)
        wait_until((tmp_path / "mark").exists, process)
        os.kill(process.process.pid, signal.SIGKILL)
        process.end()
        assert (lake / "catalog" / "o-aa111bb222.json").read_bytes() == published

        assert start("collect", "--lake", lake, at=server).end().code == 0

    assert newest(lake)["accounts"]["total"] == 5


@pytest.mark.parametrize("number", EXIT_CODES)
@pytest.mark.usefixtures("published")
def test_a_query_that_computes_is_gone_at_once(start, lake, number):
    """DuckDB computes outside Python, whose signal handlers run only between its own instructions."""
    sql = "select count(*) from range(1000000000000) as n(i) where hash(i) % 11 = 2"
    # A shell ignores SIGINT for what it starts in the background, as it may have started these tests.
    heeds_interrupts = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = start("query", "--lake", lake, sql, **heeds_interrupts)
    wait_until(lambda: any(process.temporary.iterdir()), process)
    time.sleep(1)

    ended, seconds = stop(process, number)

    assert (ended.code, ended.out) == (EXIT_CODES[number], "")
    assert "internal error" not in ended.err
    assert seconds < 2
    assert list(process.temporary.iterdir()) == []
