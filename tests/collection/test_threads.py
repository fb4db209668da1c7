"""Which call gets the next free thread. One thread, held by a first call until all the others have arrived."""

from __future__ import annotations

import asyncio
import threading

import pytest

from collector.collection.account import Urgency
from collector.collection.engine import CallThreads


def order_of_turns(*urgencies, by_urgency=True, give_up=()):
    """The places (from 0) of the calls that came with these urgencies, in the order in which they were made."""
    made = []
    held = threading.Event()

    async def main():
        threads = CallThreads(1, by_urgency=by_urgency)
        first = threads.call(Urgency.DUE, held.wait)
        calls = [
            threads.call(urgency, lambda place=place: made.append(place)) for place, urgency in enumerate(urgencies)
        ]
        for place in give_up:
            calls[place].cancel()
        # What was given up is taken out by the loop.
        await asyncio.sleep(0)
        held.set()
        await asyncio.gather(first, *calls, return_exceptions=True)
        threads.close()

    asyncio.run(main())
    return made


def test_reports_go_before_account_reads_and_both_before_new_accounts():
    assert order_of_turns(Urgency.NEW, Urgency.READ, Urgency.DUE) == [2, 1, 0]


def test_calls_of_equal_urgency_are_made_in_the_order_they_arrive():
    new, due = Urgency.NEW, Urgency.DUE

    assert order_of_turns(new, due, new, due, new, due) == [1, 3, 5, 0, 2, 4]


def test_without_urgency_calls_are_made_in_the_order_they_arrive():
    assert order_of_turns(Urgency.NEW, Urgency.READ, Urgency.DUE, by_urgency=False) == [0, 1, 2]


def test_a_cancelled_call_is_not_made_and_blocks_no_other():
    assert order_of_turns(*[Urgency.NEW] * 4, give_up=[0, 2]) == [1, 3]


def test_the_result_or_error_of_a_call_reaches_its_caller():
    async def main():
        threads = CallThreads(2, by_urgency=True)
        assert await threads.call(Urgency.NEW, lambda: "answer") == "answer"
        with pytest.raises(ZeroDivisionError):
            await threads.call(Urgency.NEW, lambda: 1 / 0)
        threads.close()

    asyncio.run(main())


def test_an_abandoned_call_holds_its_thread_until_it_ends():
    """Or more calls than there are threads would be under way."""
    held, begun = threading.Event(), threading.Event()

    def hang():
        begun.set()
        held.wait()

    async def main():
        threads = CallThreads(1, by_urgency=True)
        hanging = threads.call(Urgency.DUE, hang)
        await asyncio.to_thread(begun.wait)
        hanging.cancel()
        after = threads.call(Urgency.DUE, held.is_set)
        asyncio.get_running_loop().call_soon(held.set)
        assert await after
        threads.close()

    asyncio.run(main())
