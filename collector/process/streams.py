"""stdout and stderr as the commands need them: what is said can be lost, what was asked for is delivered or missed.

Whoever starts a command may close its streams, fill the disk behind them, or read no further. On stderr that changes
nothing: a run goes on and ends as it would have. Data that does not reach stdout is a failure, unless the reader left.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO, cast

from collector.errors import CredlakeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import ReadableBuffer

_STDIN, _STDOUT, _STDERR = range(3)

_ELSEWHERE = "Send it elsewhere (`> FILE`)."
_NO_ROOM = "Make room there, or send it elsewhere (`> FILE`)."
_NEXT_STEPS = {errno.ENOSPC: _NO_ROOM, errno.EDQUOT: _NO_ROOM}


class UndeliveredError(CredlakeError):
    """What was asked for could not be written to stdout."""


class ReaderLeftError(Exception):
    """Whoever read our stdout has seen enough (`| head`): the rest need not be made, and nobody is to be told.

    Not a BrokenPipeError: rich and typer catch those and end the process by a code of their own, and one of a broken
    connection must not pass for this.
    """


class _Said(io.FileIO):
    """Takes whatever is written, and loses what the descriptor refuses."""

    def write(self, content: ReadableBuffer) -> int:
        """Write all of it, in one go or in several; all is said to be written."""
        rest = memoryview(content).cast("B")
        size = rest.nbytes
        try:
            while rest:
                written = super().write(rest)
                if written is None:  # the descriptor takes nothing right now, and does not wait
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                rest = rest[written:]
        except OSError as error:
            self._refused(error)
        return size

    def _refused(self, error: OSError) -> None:
        """There is nobody to be told."""


class _Delivered(_Said):
    """Says that what is written does not arrive: once, for nothing is to be added to an answer with a gap."""

    _has_gap = False

    def write(self, content: ReadableBuffer) -> int:
        """Write all of it, or say why not.

        Raises:
            ReaderLeftError: it is a pipe that nobody reads any longer.
            UndeliveredError: the descriptor refuses.
        """
        return memoryview(content).nbytes if self._has_gap else super().write(content)

    def _refused(self, error: OSError) -> None:
        self._has_gap = True
        if error.errno == errno.EPIPE:
            raise ReaderLeftError from error
        raise _undelivered(error) from error


def take_streams(*, is_data_on_stdout: bool = True) -> None:
    """Put streams in place of sys.stdout and sys.stderr that behave as this module says, also where they are closed.

    Without data on stdout, what is said there can be lost as well.
    """
    _occupy_closed()
    kind = _Delivered if is_data_on_stdout else _Said
    sys.stdout = _stream(kind(_STDOUT, "wb", closefd=False), sys.stdout, errors="strict")
    sys.stderr = _stream(_Said(_STDERR, "wb", closefd=False), sys.stderr, errors="backslashreplace")


@contextmanager
def may_be_lost() -> Iterator[None]:
    """For what stdout is told of work that stands: whether it arrives changes nothing about how the command ends."""
    with suppress(ReaderLeftError, UndeliveredError):
        yield


def flush_streams() -> None:
    """Bring out what is still held back, as far as that can be: nothing is raised, for the process ends here."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, ReaderLeftError, UndeliveredError):
            stream.flush()


def _occupy_closed() -> None:
    """Give the numbers of closed streams to /dev/null.

    Else the next file that is opened gets such a number, and a library that writes to stderr writes into the lake.
    stdout is opened for reading only: then writing to it fails, as it should.
    """
    for number, mode in ((_STDIN, os.O_RDONLY), (_STDOUT, os.O_RDONLY), (_STDERR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)


def _stream(raw: io.FileIO, before: TextIO | None, *, errors: str) -> TextIO:
    """A text stream over it, buffered and encoded as the interpreter made the one before (None where it was closed)."""
    is_unbuffered = getattr(before, "write_through", False)
    return io.TextIOWrapper(
        # Typed as one that is buffered; the interpreter itself puts an unbuffered one there (PYTHONUNBUFFERED).
        cast("io.BufferedWriter", raw) if is_unbuffered else io.BufferedWriter(raw),
        encoding=getattr(before, "encoding", "utf-8"),
        errors=getattr(before, "errors", errors),
        line_buffering=getattr(before, "line_buffering", False),
        write_through=is_unbuffered,
    )


def _undelivered(error: OSError) -> UndeliveredError:
    # A descriptor that takes no writing is what `_occupy_closed` made of a closed one.
    reason = "it is closed" if error.errno == errno.EBADF else error.strerror or str(error)
    next_step = _NEXT_STEPS.get(error.errno or 0, _ELSEWHERE)
    return UndeliveredError(
        f"The answer could not be written to standard output: {reason}. What arrived there is not all of it. "
        f"{next_step}",
        errno=error.errno,
    )
