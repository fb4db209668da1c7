"""Commands whose stdout or stderr is closed, full, or read by nobody any longer."""

from __future__ import annotations

import os
import pty
import shutil
from contextlib import contextmanager, suppress

import pytest

from collector.simulator import Simulator, faults
from tests.fixtures.published import newest
from tests.fixtures.runs import collect, member, organization

GOOD = organization(member(1), member(2))
SOME_DENIED = organization(member(1), member(2, faults=(faults.ROLE_MISSING,)))
# More than a pipe holds, so that whoever reads the first line alone has left before the last is written.
MANY_ROWS = (
    "select a.control_id as a, b.control_id as b, c.control_id as c, d.control_id as d "
    "from controls as a cross join controls as b cross join controls as c cross join controls as d"
)
NUMBERS = {"stdout": 1, "stderr": 2}
SAID = {
    "closed": "it is closed. The output is incomplete. Redirect it (`> FILE`).",
    "full": ("No space left on device. The output is incomplete. Free space there, or redirect it (`> FILE`)."),
}


@contextmanager
def refusing(kind, *names):
    """How to start a process whose streams of these names are `closed`, `full`, or pipes that are `unread`."""
    if kind == "closed":
        yield {"preexec_fn": lambda: [os.close(NUMBERS[name]) for name in names]}
        return
    if kind == "full":
        target = os.open("/dev/full", os.O_WRONLY)
    else:
        reads, target = os.pipe()
        os.close(reads)
    try:
        yield dict.fromkeys(names, target)
    finally:
        os.close(target)


@pytest.fixture(name="good", scope="module")
def _good():
    with Simulator(GOOD) as server:
        yield server


@pytest.fixture(name="once", scope="module")
def _once(good, tmp_path_factory):
    lake = tmp_path_factory.mktemp("once") / "lake"
    collect(good, lake)
    return lake


@pytest.fixture(name="collected")
def _collected(once, lake):
    shutil.copytree(once, lake)
    return lake


@pytest.mark.parametrize("kind", ["closed", "full", "unread"])
def test_a_run_is_published_and_ends_with_its_own_code_whatever_becomes_of_stderr(start, good, lake, kind):
    with refusing(kind, "stderr") as streams_:
        ended = start("collect", "--lake", lake, at=good, **streams_).end()

    assert ended.code == 0
    assert "Published: 3 of 3 ACTIVE accounts" in ended.out
    assert newest(lake)["accounts"]["covered"] == 3


@pytest.mark.parametrize("kind", ["closed", "full", "unread"])
def test_a_run_is_published_and_ends_with_its_own_code_whatever_becomes_of_stdout(start, lake, kind):
    with Simulator(SOME_DENIED) as server, refusing(kind, "stdout") as streams_:
        ended = start("collect", "--lake", lake, at=server, **streams_).end()

    assert ended.code == 1
    assert "result.not_printed" in ended.err
    assert ended.said == []
    assert newest(lake)["accounts"]["covered"] == 2


def test_a_run_without_any_stream_is_published_and_no_file_of_the_lake_takes_the_number_of_one(start, good, lake):
    """A library may write to stderr by its number; a file that had it would hold the noise."""
    noisy = (
        "import os\n"
        "from collector.lake.local_store import LocalStore\n"
        "really = LocalStore.put\n"
        "def put(*arguments):\n"
        "    os.write(2, b'noise')\n"
        "    return really(*arguments)\n"
        "LocalStore.put = put\n"
    )

    def close_all():
        for number in (0, 1, 2):
            os.close(number)

    assert start("collect", "--lake", lake, at=good, before=noisy, preexec_fn=close_all).end().code == 0
    assert newest(lake)["accounts"]["covered"] == 3
    assert start("verify", "--lake", lake).end().code == 0


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        (("verify", "--lake", "lake"), "closed", 0),
        (("verify", "--lake", "lake"), "full", 0),
        (("verify", "--lake", "no-lake"), "unread", 3),
        (("--bogus",), "closed", 2),
        (("--bogus",), "unread", 2),
        (("views", "list"), "closed", 0),
    ],
)
def test_other_commands_end_with_their_own_code_whatever_becomes_of_stderr(start, collected, arguments, kind, code):
    with refusing(kind, "stderr") as streams_:
        assert start(*arguments, **streams_).end().code == code


@pytest.mark.parametrize("kind", ["closed", "full", "unread"])
def test_what_verify_found_counts_whoever_reads_it(start, collected, kind):
    for file in collected.glob("snapshots/*/*/*/users-*.parquet"):
        file.write_bytes(b"altered")
    with refusing(kind, "stdout") as streams_:
        ended = start("verify", "--lake", collected, **streams_).end()

    # A reader who left had what is needed; that differences did not arrive is a failure of its own.
    assert ended.code == (1 if kind == "unread" else 3)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("query", "--lake", "lake", "account"), "closed"),
        (("query", "--lake", "lake", "account"), "full"),
        (("query", "--lake", "lake", "--format", "csv", MANY_ROWS), "full"),
        (("query", "--lake", "lake", "--format", "json", "account"), "full"),
        (("query", "--lake", "lake", "--format", "parquet", "account"), "closed"),
        (("views", "list"), "closed"),
        (("views", "list"), "full"),
        (("views", "show", "findings"), "full"),
    ],
)
def test_3_where_the_answer_does_not_reach_stdout(start, collected, arguments, kind):
    with refusing(kind, "stdout") as streams_:
        ended = start(*arguments, **streams_).end()

    assert ended.code == 3
    assert ended.said[-1] == f"credlake: Writing to standard output failed: {SAID[kind]}"
    assert "Traceback" not in ended.err


def test_3_where_the_answer_reaches_nobody_and_nobody_can_be_told(start, collected):
    with refusing("full", "stdout", "stderr") as streams_:
        assert start("query", "--lake", collected, "account", **streams_).end().code == 3


def test_3_where_a_plan_does_not_reach_stdout(start, good):
    """A dry run has nothing else to give."""
    with refusing("full", "stdout") as streams_:
        assert start("collect", "--dry-run", at=good, **streams_).end().code == 3


@pytest.mark.parametrize("format_name", ["csv", "json"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_who_has_seen_enough_is_no_failure(start, collected, monkeypatch, format_name, unbuffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    process = start("query", "--lake", collected, "--format", format_name, MANY_ROWS).process
    first = process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()

    assert (process.wait(60), first) == (0, {"csv": "a,b,c,d\n", "json": "[\n"}[format_name])
    assert [line for line in said.splitlines() if not line.startswith("o-aa111bb222: ")] == []


def test_an_answer_arrives_whole_also_unbuffered_and_through_a_slow_pipe(start, collected, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")

    ended = start("query", "--lake", collected, "--format", "csv", MANY_ROWS).end()

    assert ended.code == 0
    assert len(ended.out.splitlines()) == 1 + 14**4


def test_a_rebuild_that_cannot_say_so_is_done_all_the_same(start, collected):
    before = newest(collected)["files"]
    day = newest(collected)["run_started_at"][:10]
    with refusing("full", "stdout") as streams_:
        ended = start("rebuild", "--lake", collected, "--date", day, **streams_).end()

    assert (ended.code, ended.said) == (0, [])
    assert newest(collected)["files"] != before


@pytest.mark.parametrize("kind", ["closed", "full"])
def test_the_container_ends_with_its_own_code_whatever_becomes_of_its_log(start, kind):
    with refusing(kind, "stdout", "stderr") as streams_:
        assert start(module="collector.scheduled", **streams_).end().code == 2


@pytest.mark.parametrize(("encoding", "format_name"), [("ascii", "csv"), ("latin-1", "json"), ("cp932", "table")])
def test_data_is_utf_8_whatever_the_locale(start, collected, monkeypatch, encoding, format_name):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    data = collected.parent / "data"
    with data.open("wb") as file:
        ended = start("query", "--lake", collected, "--format", format_name, "select 'é本番' as x", stdout=file).end()
    assert (ended.code, "é本番".encode() in data.read_bytes()) == (0, True)


def test_a_terminal_that_lacks_a_letter_shows_another(start, collected, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    ours, theirs = pty.openpty()
    process = start("query", "--lake", collected, "select 'é本番' as x", stdout=theirs)
    os.close(theirs)
    seen = b""
    # At its end Linux raises an OSError.
    with suppress(OSError):
        while chunk := os.read(ours, 4096):
            seen += chunk
    os.close(ours)
    assert (process.end().code, b"\xe9??" in seen) == (0, True)
