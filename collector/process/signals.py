"""SIGINT and SIGTERM during a run: the process ends within two seconds, with nothing half published."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any, TypeVar

from collector.process.streams import flush_streams

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_SIGNALLED = 128
# A cancelled run waits for threads that are blocked in a call, up to their read timeout (18 s seen): too long.
_CLEANUP_SECONDS = 1.5


class StoppedBySignal(BaseException):
    """The run was stopped, and has cleaned up."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(number)
        self.exit_code = _SIGNALLED + number


def run_stoppable(work: Coroutine[Any, Any, T], *, before_exit: Callable[[], object] = lambda: None) -> T:
    """Run the coroutine to its end, or until a signal.

    A signal cancels it. Where the cleanup takes longer than `_CLEANUP_SECONDS` the process exits without it, even
    during a write of the publication record: that is one atomic write, so the record is whole either way. `before_exit`
    then removes temporary files; it must be quick, and must not raise.

    Raises:
        StoppedBySignal: it was stopped; the process should exit with its exit code.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)
    stopped_by: list[int] = []

    def exit_now() -> None:
        before_exit()
        flush_streams()
        os._exit(_SIGNALLED + stopped_by[0])

    def stop(number: int) -> None:
        if not stopped_by:
            stopped_by.append(number)
            task.cancel()
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
