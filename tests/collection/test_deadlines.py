"""Deadlines, of the run and of each account: what was collected by then counts, and everything else says why not."""

from __future__ import annotations

import asyncio
import threading

import pytest

from collector.errors import FaultKind
from tests.fixtures.passing_time import PassingTime
from tests.fixtures.scripted_calls import (
    ASSUME,
    GENERATE,
    GET,
    POLICY,
    SUMMARY,
    ScriptedCalls,
    always,
    collect,
    ids,
    outcomes,
)

ONE, TWO, THREE = ids(3)


@pytest.fixture(name="hang")
def _hang():
    """A step of a script that does not come back while the test runs."""
    let_go = threading.Event()
    yield lambda: let_go.wait(30)
    let_go.set()


def run(calls, account_ids, **options):
    """Run with a real clock; the loop must have nothing to complain of."""
    complaints = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        delivered = await collect(calls, account_ids, **options)
        await asyncio.sleep(0.02)
        return delivered

    loop = asyncio.new_event_loop()
    try:
        delivered = loop.run_until_complete(main())
    finally:
        loop.close()
    assert not complaints
    return delivered


def run_in_slept_time(calls, account_ids, **options):
    """Run on a clock that only sleeping moves, each sleep by its length, through one thread; the time at the end."""
    clock = [0.0]

    async def sleep(seconds):
        clock[0] += seconds
        await asyncio.sleep(0)

    async def main():
        asyncio.get_running_loop().time = lambda: clock[0]
        return await collect(calls, account_ids, concurrency=1, sleep=sleep, **options)

    return asyncio.run(main()), clock[0]


def run_in_passing_time(accounts, **options):
    """Through one thread, a second a call. All of 30 accounts take 150 s, of which asking them takes 60."""
    calls = ScriptedCalls(seconds_a_call=1.0)

    async def main():
        time_passes = PassingTime()
        calls.takes = time_passes.call_takes
        return await collect(calls, ids(accounts), concurrency=1, sleep=time_passes.sleep, **options)

    return asyncio.run(main()), calls


def test_at_the_run_deadline_what_is_there_stays_and_the_rest_says_why_not():
    calls = ScriptedCalls(
        scripts={(TWO, GET): always(FaultKind.IN_PROGRESS), (THREE, GET): always(FaultKind.THROTTLED)}
    )
    delivered, seconds = run_in_slept_time(calls, [ONE, TWO, THREE], run_deadline_seconds=30.0)

    assert {account: answers.outcome for account, answers in delivered.items()} == {
        ONE: "collected",
        TWO: "report_timeout",
        THREE: "throttled",
    }
    assert (delivered[TWO].error_code, delivered[THREE].error_code) == ("ReportInProgress", "Throttling")
    # The last look at the report is a second before the deadline, and no wait for another goes beyond it.
    assert 28.0 <= seconds < 30.0


def test_an_account_whose_turn_does_not_come_before_the_deadline_was_not_reached():
    """In 10.5 s one thread begins 11 calls, and no account is finished with fewer than 5: at most three begin."""
    delivered, calls = run_in_passing_time(40, run_deadline_seconds=10.5)

    not_reached = [answers for answers in delivered.values() if answers.outcome == "not_reached"]
    assert len(delivered) == 40
    assert len(not_reached) >= 37
    assert {answers.error_code for answers in not_reached} == {"DeadlinePassed"}
    assert {answers.error_message for answers in not_reached} == {"The deadline passed before the account was called."}
    # Of one account AssumeRole may have been under way.
    assert sum(answers.attempts == 0 and answers.started_at is None for answers in not_reached) >= 36
    # The thread whose call the deadline gives up is replaced, and no account is left for its successor.
    assert len(calls.made) == 11


def test_a_call_that_hangs_does_not_outlast_the_deadline(hang):
    calls = ScriptedCalls(scripts={(ONE, ASSUME): [hang], (TWO, GENERATE): [hang], (THREE, GET): [hang]})

    delivered = run(calls, [ONE, TWO, THREE], account_deadline_seconds=0.6)

    # All three still hang.
    assert calls.under_way == 3
    assert delivered[ONE].outcome == "not_reached"
    assert (delivered[TWO].outcome, delivered[TWO].error_code) == ("failed", "DeadlinePassed")
    assert (delivered[THREE].outcome, delivered[THREE].error_code) == ("report_timeout", "DeadlinePassed")
    assert all(answers.finished_at for answers in delivered.values())


def test_account_reads_that_hang_leave_the_account_collected_and_their_columns_unknown(hang):
    calls = ScriptedCalls(scripts={(ONE, SUMMARY): [hang], (TWO, POLICY): [hang]})

    delivered = run(calls, [ONE, TWO], account_deadline_seconds=0.6)

    # Both still hang.
    assert calls.under_way == 2
    assert [delivered[ONE].outcome, delivered[TWO].outcome] == ["collected"] * 2
    assert (delivered[ONE].summary, delivered[ONE].summary_error) == (None, "DeadlinePassed")
    assert (delivered[TWO].summary, delivered[TWO].summary_error) == ({"Users": 1}, None)
    assert (delivered[TWO].password_policy_state, delivered[TWO].password_policy_error) == ("unknown", "DeadlinePassed")


def test_an_accounts_deadline_runs_from_its_first_call_and_not_from_when_it_was_listed():
    """Calls go in turn, so the first account ends after 121 s, and the last 150 s after it was listed."""
    delivered, _ = run_in_passing_time(30, account_deadline_seconds=130.0)

    assert outcomes(delivered) == {"collected": 30}


def test_a_report_is_looked_for_once_more_right_before_the_deadline():
    """The next look would come after the deadline: so it comes a second before, and finds the report."""
    calls = ScriptedCalls(scripts={(ONE, GET): [FaultKind.IN_PROGRESS] * 6})
    delivered, seconds = run_in_slept_time(calls, [ONE], account_deadline_seconds=9.0)

    assert delivered[ONE].outcome == "collected"
    assert seconds == pytest.approx(8.0)


def test_a_deadline_in_which_everything_ends_changes_nothing():
    delivered = run(ScriptedCalls(), ids(20), run_deadline_seconds=30.0, account_deadline_seconds=20.0)

    assert {answers.outcome for answers in delivered.values()} == {"collected"}


@pytest.mark.parametrize("deadline", [0.2, 0.5, 0.8, 1.1])
def test_a_deadline_amid_many_accounts_leaves_no_account_without_an_outcome(deadline):
    """300 accounts need some 2 s here, so the deadline falls while they are asked, or while reports are fetched."""
    calls = ScriptedCalls(seconds_a_call=0.01)

    delivered = run(calls, ids(300), run_deadline_seconds=deadline, concurrency=8)

    assert len(delivered) == 300
    found = {answers.outcome for answers in delivered.values()}
    assert found <= {"collected", "not_reached", "report_timeout", "failed"}
    assert found != {"collected"}
    for answers in delivered.values():
        assert (answers.started_at is None) is (answers.attempts == 0)
        assert (answers.outcome == "collected") is (answers.error_code is None)
        assert (answers.outcome == "collected") is (answers.report is not None)


@pytest.mark.parametrize(("deadline", "collected"), [(30.0, 4), (60.0, 10), (120.0, 22)])
def test_a_deadline_halfway_finds_accounts_collected_and_not_all_of_them_asked(deadline, collected):
    """Five seconds an account, and a look some 3 s after it was asked: of 60 s, accounts that are collected fill 50."""
    delivered, calls = run_in_passing_time(30, run_deadline_seconds=deadline)

    found = outcomes(delivered)
    assert found["collected"] >= collected
    # What was begun and not finished is what a thread and the wait for a look take, however many accounts there are.
    assert found["collected"] + found["not_reached"] >= 30 - 3
    assert all(calls.count(account)[GET] == 1 for account, one in delivered.items() if one.outcome == "collected")


def test_no_account_is_asked_for_the_first_time_while_a_look_is_due():
    """But for the one whose turn had come already."""
    delivered, calls = run_in_passing_time(30, run_deadline_seconds=120.0)

    under_way = most = 0
    for _, operation in calls.made:
        under_way += (operation == ASSUME) - (operation == GET)
        most = max(most, under_way)
    assert outcomes(delivered)["collected"] > 20
    assert most <= 3
