"""Which call gets the next free thread. One thread, held by a first call until all the others have arrived."""

from __future__ import annotations

import asyncio
import threading

import pytest

from collector.collection.account import Urgency
from collector.collection.threads import CallThreads


def order_of_turns(*urgencies, by_urgency=True, give_up=()):
    """The places (from 0) of the calls that came with these urgencies, in the order in which they were made."""
    made = []
    held = threading.Event()

    async def main():
        threads = CallThreads(lambda: 1, by_urgency=lambda: by_urgency)
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


@pytest.mark.parametrize("by_urgency", [True, False])
def test_what_was_fetched_is_stored_before_any_other_call(by_urgency):
    assert order_of_turns(Urgency.DUE, Urgency.NEW, Urgency.STORE, by_urgency=by_urgency)[0] == 2


def test_a_cancelled_call_is_not_made_and_blocks_no_other():
    assert order_of_turns(*[Urgency.NEW] * 4, give_up=[0, 2]) == [1, 3]


def test_the_result_or_error_of_a_call_reaches_its_caller():
    async def main():
        threads = CallThreads(lambda: 2, by_urgency=lambda: True)
        assert await threads.call(Urgency.NEW, lambda: "answer") == "answer"
        with pytest.raises(ZeroDivisionError):
            await threads.call(Urgency.NEW, lambda: 1 / 0)
        threads.close()

    asyncio.run(main())


def test_a_thread_whose_call_is_given_up_is_replaced_and_ends_with_its_call():
    """Accounts whose answers never come must not hold up the others."""
    held = threading.Event()

    async def main():
        threads = CallThreads(lambda: 2, by_urgency=lambda: True)
        for _ in range(3):
            hanging = [threads.call(Urgency.DUE, held.wait) for _ in range(2)]
            waiting = threads.call(Urgency.DUE, lambda: "waited")
            await asyncio.sleep(0.01)
            for call in hanging:
                call.cancel()
            assert await waiting == "waited"
        threads.close()
        return [thread for thread in threading.enumerate() if thread.name == "aws-call"]

    left = asyncio.run(main())
    # Six whose calls hang, and at most two for others.
    assert 6 <= len(left) <= 8
    held.set()
    for thread in left:
        thread.join(5)
    assert not any(thread.is_alive() for thread in left)


def test_the_number_of_threads_follows_the_number_given():
    """More are started at once, and those that are too many end with their calls."""
    number, held, begun, under_way = [2], threading.Semaphore(0), threading.Semaphore(0), []

    async def main():
        threads = CallThreads(lambda: number[0], by_urgency=lambda: True)

        def call():
            under_way.append(threading.current_thread())
            begun.release()
            held.acquire(timeout=10)

        calls = [threads.call(Urgency.DUE, call) for _ in range(2)]
        begun.acquire(timeout=5)
        begun.acquire(timeout=5)
        number[0] = 5
        calls += [threads.call(Urgency.DUE, call) for _ in range(4)]
        for _ in range(3):
            begun.acquire(timeout=5)
        assert len(set(under_way)) == 5
        number[0] = 1
        held.release(6)
        await asyncio.gather(*calls)
        assert await threads.call(Urgency.DUE, lambda: "still called") == "still called"
        threads.close()

    asyncio.run(main())
    for thread in under_way:
        thread.join(5)
    assert not any(thread.is_alive() for thread in under_way)
