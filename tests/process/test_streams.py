"""The streams of a process: what may be lost is lost, what must arrive is reported where it does not."""

from __future__ import annotations

import errno
import os

import pytest

from collector.process import streams
from collector.process.streams import ReaderLeftError, UndeliveredError, may_be_lost, printable


def test_stderr_that_takes_nothing_right_now_stops_nobody():
    """A pipe that does not wait, and is full: nobody reads it quickly enough."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with open(reads, "rb"), streams._Lossy(writes, "wb") as said:  # noqa: PTH123 -- a descriptor is no path
        assert said.write(b"x" * 2**20) == 2**20
        assert said.write(b"more") == 4


def test_a_gap_in_an_answer_is_told_once_and_nothing_follows_it():
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with open(reads, "rb") as reader, streams._Delivered(writes, "wb") as delivered:  # noqa: PTH123 -- as above
        with pytest.raises(UndeliveredError) as caught:
            delivered.write(b"x" * 2**20)
        assert caught.value.exit_code == 3
        arrived = len(reader.read(2**16))
        assert delivered.write(b"more") == 4
        delivered.close()
        assert set(reader.read()) <= {ord("x")}
        assert arrived


@pytest.mark.parametrize("fault", [ReaderLeftError(), UndeliveredError("It is full.")])
def test_what_is_said_of_work_that_is_done_may_be_lost(fault):
    with may_be_lost():
        raise fault


def test_no_other_fault_is_lost_with_it():
    with pytest.raises(OSError, match="No space"), may_be_lost():
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("R&D [bold]", "R&D [bold]"),
        ("a\x1b[2Jb\x07", "a\ufffd[2Jb\ufffd"),
        ("a\u202eb", "a\ufffdb"),
        ("a\u2028b\u2029c\ud800", "a\ufffdb\ufffdc\ufffd"),
        ("Größe 数", "Größe 数"),
    ],
)
def test_what_could_steer_a_terminal_is_replaced(text, shown):
    assert printable(text) == shown
