"""How a process ends: with an exit code, whatever ends it, soon after a signal."""

from __future__ import annotations

import errno
import os
import signal
import traceback
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, NoReturn, TypeVar

from collector.errors import TOO_MANY_FILES, CredlakeError, environment_step
from collector.process.streams import flush_streams

T = TypeVar("T")

INTERNAL_ERROR = 70
_SIGNALLED = 128
# A cancelled run waits for threads that are blocked in a call, up to their read timeout (18 s seen): too long.
_CLEANUP_SECONDS = 1.5


class StoppedBySignal(BaseException):
    """A signal ended the command, which has cleaned up."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(number)
        self.exit_code = _SIGNALLED + number


def stoppable(command: Callable[[], int]) -> int:
    """The exit code of the command, or that of the signal that ended it."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        return command()
    except KeyboardInterrupt:
        return _SIGNALLED + signal.SIGINT
    except StoppedBySignal as stopped:
        return stopped.exit_code


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """End a command on SIGTERM as on SIGINT: by an exception, so that temporary files are removed on the way out."""
    raise StoppedBySignal(number)


def run_stoppable(
    work: Coroutine[Any, Any, T],
    *,
    on_signal: Callable[[], object] = lambda: None,
    before_exit: Callable[[], object] = lambda: None,
) -> T:
    """Run the coroutine to its end, or until SIGINT or SIGTERM.

    A signal cancels it. Where the cleanup takes longer than `_CLEANUP_SECONDS` the process exits without it, even
    during a write of the publication record: that is one atomic write, so the record is whole either way. `on_signal`
    is called at the first signal; `before_exit` removes temporary files before such an exit. Both must be quick, and
    must not raise.

    Raises:
        StoppedBySignal: it was stopped; the process should exit with its exit code.
    """
    import asyncio  # noqa: PLC0415 -- the first process of a container handles SIGTERM before slow imports

    loop = asyncio.new_event_loop()
    task = loop.create_task(work)
    stopped_by: list[int] = []

    def exit_now() -> None:
        before_exit()
        leave(_SIGNALLED + stopped_by[0])

    def stop(number: int) -> None:
        if not stopped_by:
            stopped_by.append(number)
            task.cancel()
            on_signal()
            loop.call_later(_CLEANUP_SECONDS, exit_now)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        loop.add_signal_handler(number, stop, number)
    try:
        return loop.run_until_complete(task)
    except asyncio.CancelledError:
        if not stopped_by:
            raise
        raise StoppedBySignal(stopped_by[0]) from None
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        # Not `shutdown_default_executor`: that waits for threads that are blocked in a call.
        loop.close()


def leave(exit_code: int) -> NoReturn:
    """Flush the streams and exit; threads that are blocked in a call are not waited for."""
    flush_streams()
    os._exit(exit_code)


def internal_error(error: BaseException) -> str:
    """What is shown of a bug: its type, file and line. Its text may hold names of users, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    return (
        f"internal error (a bug in credlake): {type(error).__name__} at {place}. Snapshots published before are "
        "intact. Please report it."
    )


def no_files_left(error: BaseException) -> CredlakeError | None:
    """The error for the user where this process may not open another file, wherever it tried; None for any other."""
    if not isinstance(error, OSError) or error.errno not in {errno.EMFILE, errno.ENFILE}:
        return None
    return CredlakeError(f"{error.strerror}. {environment_step(TOO_MANY_FILES, None)}")
