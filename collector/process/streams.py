"""stdout and stderr of a command: messages may be lost, data is delivered or its loss is an error.

Streams may be closed, on a full disk, or a pipe that nobody reads. On stderr that changes nothing: a run continues and
ends as it would have. Data that does not reach stdout is a failure, unless the reader left.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import unicodedata
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO, cast

from collector.errors import CredlakeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import ReadableBuffer

_STDIN, _STDOUT, _STDERR = range(3)


class UndeliveredError(CredlakeError):
    """Data could not be written to stdout."""


class ReaderLeftError(Exception):
    """The reader of stdout has closed the pipe (`| head`): the rest is not needed, and this is no error.

    Not a BrokenPipeError: rich and typer catch those and exit with a code of their own, and that of a broken connection
    must not be taken for this.
    """


class _Lossy(io.FileIO):
    """Accepts everything, and loses what cannot be written."""

    def write(self, content: ReadableBuffer) -> int:
        """Write all of it, in one call or several; returns its whole size either way."""
        rest = memoryview(content).cast("B")
        size = rest.nbytes
        try:
            while rest:
                written = super().write(rest)
                if written is None:  # the descriptor is full right now, and does not block
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                rest = rest[written:]
        except OSError as error:
            self._refused(error)
        return size

    def _refused(self, error: OSError) -> None:
        """Nothing to do."""


class _Delivered(_Lossy):
    """Raises where data cannot be written: once, because nothing may follow a gap."""

    _has_gap = False

    def write(self, content: ReadableBuffer) -> int:
        """Write all of it.

        Raises:
            ReaderLeftError: it is a pipe that nobody reads any longer.
            UndeliveredError: it cannot be written.
        """
        return memoryview(content).nbytes if self._has_gap else super().write(content)

    def _refused(self, error: OSError) -> None:
        self._has_gap = True
        if error.errno == errno.EPIPE:
            raise ReaderLeftError from error
        # `_occupy_closed` opened a closed one for reading only.
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror or str(error)
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        next_step = "Free space there, or redirect it (`> FILE`)." if is_full else "Redirect it (`> FILE`)."
        message = f"Writing to standard output failed: {reason}. The output is incomplete. {next_step}"
        raise UndeliveredError(message, errno=error.errno) from error


def take_streams(*, is_data_on_stdout: bool = True) -> None:
    """Replace sys.stdout and sys.stderr by streams that behave as described above, also where they are closed.

    Without data on stdout, what is written there may be lost as well.
    """
    _occupy_closed()
    kind = _Delivered if is_data_on_stdout else _Lossy
    # Data is the same bytes on every machine, whatever its locale. A terminal that lacks a letter shows another.
    out, err = getattr(sys.stdout, "encoding", "utf-8"), getattr(sys.stderr, "encoding", "utf-8")
    encoding, errors = (out, "replace") if os.isatty(_STDOUT) else ("utf-8", "backslashreplace")
    sys.stdout = _stream(kind(_STDOUT, "wb", closefd=False), sys.stdout, encoding=encoding, errors=errors)
    sys.stderr = _stream(_Lossy(_STDERR, "wb", closefd=False), sys.stderr, encoding=err, errors="backslashreplace")


@contextmanager
def may_be_lost() -> Iterator[None]:
    """For messages on stdout about finished work: the command ends the same whether they arrive or not."""
    with suppress(ReaderLeftError, UndeliveredError):
        yield


# Control characters, formatting such as bidirectional overrides, lone surrogates, and line and paragraph separators.
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text with a replacement character for all that could steer a terminal (an escape in a tag, say).

    Every text of AWS's or a user's passes through here on its way to a terminal or a log.
    """
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in _STEERING else sign for sign in text)


def say(*lines: str, to_stderr: bool = False) -> None:
    """Print the lines of a message, each of them `printable`."""
    print(*map(printable, lines), sep="\n", file=sys.stderr if to_stderr else sys.stdout, flush=True)


def flush_streams() -> None:
    """Write what is buffered, as far as possible; raises nothing, because the process ends here."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, ReaderLeftError, UndeliveredError):
            stream.flush()


def _occupy_closed() -> None:
    """Open /dev/null in place of closed streams.

    Otherwise the next file that is opened gets such a number, and a library that writes to stderr writes into the lake.
    stdout is opened for reading only, so that writing to it fails, as it should.
    """
    for number, mode in ((_STDIN, os.O_RDONLY), (_STDOUT, os.O_RDONLY), (_STDERR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)


def _stream(raw: io.FileIO, before: TextIO | None, *, encoding: str, errors: str) -> TextIO:
    """A text stream over it, buffered like the one before (None where it was closed)."""
    is_unbuffered = getattr(before, "write_through", False)
    return io.TextIOWrapper(
        # Typed as buffered, but with PYTHONUNBUFFERED the interpreter itself passes an unbuffered one.
        cast("io.BufferedWriter", raw) if is_unbuffered else io.BufferedWriter(raw),
        encoding=encoding,
        errors=errors,
        line_buffering=getattr(before, "line_buffering", False),
        write_through=is_unbuffered,
    )
