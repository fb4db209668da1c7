"""How a process ends: its exit code, whatever ends it, and no wait for threads that are blocked in a call."""

from __future__ import annotations

import os
import signal
import traceback
from typing import TYPE_CHECKING, NoReturn

from collector.process.streams import flush_streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

FAULT_OF_OURS = 70
_SIGNALLED = 128


class _StoppedError(BaseException):
    """SIGTERM came while no run was under way (`signals` has those)."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def stoppable(command: Callable[[], int]) -> int:
    """The exit code of the command, or the signal's where one ends it."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        return command()
    except KeyboardInterrupt:
        return _SIGNALLED + signal.SIGINT
    except _StoppedError as stopped:
        return _SIGNALLED + stopped.number


def leave(exit_code: int) -> NoReturn:
    """Flush what was said and be gone: threads that are blocked in a call are not waited for."""
    flush_streams()
    os._exit(exit_code)


def place_of(error: BaseException) -> str:
    """The file and line that raised it: what can be told of a fault of ours where nobody reads a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM ends a command as SIGINT does: by an exception, so that temporary files are removed on the way out."""
    raise _StoppedError(number)
