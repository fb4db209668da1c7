"""The clock that the organization on loopback lives by: passed in, so that four hours can pass in no time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Gives the present moment, aware of its zone. It is called from the server's thread.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The machine's own time."""
    return datetime.now(UTC)


def shifted_clock(offset: timedelta) -> Clock:
    """A clock that runs like the machine's, `offset` ahead of it (negative: behind)."""
    return lambda: datetime.now(UTC) + offset


class ManualClock:
    """A clock that stands still until it is told to advance; safe to advance from another thread."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs a moment with its zone, such as datetime.now(UTC)")
        self._now = start
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """The moment at which the clock stands."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta) -> None:
        """Let that much time pass at once."""
        with self._lock:
            self._now += by
