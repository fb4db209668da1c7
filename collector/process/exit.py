"""How a process ends: with an exit code, whatever ends it, and without waiting for threads blocked in a call."""

from __future__ import annotations

import os
import signal
import traceback
from typing import TYPE_CHECKING, NoReturn

from collector.process.streams import flush_streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

INTERNAL_ERROR = 70
_SIGNALLED = 128


class _StoppedError(BaseException):
    """SIGTERM came while no run was under way (`signals` handles those)."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def stoppable(command: Callable[[], int]) -> int:
    """The exit code of the command, or that of the signal that ended it."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        return command()
    except KeyboardInterrupt:
        return _SIGNALLED + signal.SIGINT
    except _StoppedError as stopped:
        return _SIGNALLED + stopped.number


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


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """End a command on SIGTERM as on SIGINT: by an exception, so that temporary files are removed on the way out."""
    raise _StoppedError(number)
