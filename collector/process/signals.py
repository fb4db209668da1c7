"""SIGINT and SIGTERM while a run is under way: gone within two seconds, with nothing half published."""

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
# Cancelling waits for threads that are blocked in a call, up to their read timeout (18 s seen): it is not waited for.
_PATIENCE_SECONDS = 1.5


class StoppedBySignal(BaseException):
    """The run was stopped, and has cleaned up behind it."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(number)
        self.exit_code = _SIGNALLED + number


def run_stoppable(work: Coroutine[Any, Any, T], *, before_cut: Callable[[], object] = lambda: None) -> T:
    """Run the coroutine to its end, or until a signal.

    A signal cancels it. What takes longer to clean up than `_PATIENCE_SECONDS` is left, also a write of the publication
    record that hangs: it is one atomic write, so whatever comes of it is whole. `before_cut` removes what would lie
    about then; it must be quick, and not raise.

    Raises:
        StoppedBySignal: it was stopped; the process should leave with its exit code.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)
    stopped_by: list[int] = []

    def cut() -> None:
        before_cut()
        flush_streams()
        os._exit(_SIGNALLED + stopped_by[0])

    def stop(number: int) -> None:
        if not stopped_by:
            stopped_by.append(number)
            task.cancel()
            loop.call_later(_PATIENCE_SECONDS, cut)

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
