"""Time that passes only with calls, so that what a run does by its deadline is the same on every machine."""

from __future__ import annotations

import asyncio

# As many turns of the loop as it takes from a call's answer to the next call of the same account.
_TURNS_TO_SETTLE = 20


class PassingTime:
    """The clock of a loop, and the sleeps on it.

    For one thread, since the time of calls side by side would be added up; and for a deadline before the last call,
    since a sleep from then on would never end.
    """

    def __init__(self) -> None:
        """Take over the clock of the running loop."""
        self.now = 0.0
        self._loop = asyncio.get_running_loop()
        self._loop.time = lambda: self.now
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        over = asyncio.Event()
        self._sleepers.append((self.now + seconds, over))
        await over.wait()

    def call_takes(self, seconds: float) -> None:
        """In a thread: whoever sleeps until the call is over has come to the next call before this one answers."""
        asyncio.run_coroutine_threadsafe(self._pass(seconds), self._loop).result()

    async def _pass(self, seconds: float) -> None:
        await self._settle()
        self.now += seconds
        for _, over in [sleeper for sleeper in self._sleepers if sleeper[0] <= self.now]:
            over.set()
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self.now]
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(_TURNS_TO_SETTLE):
            await asyncio.sleep(0)
