"""The engine: all accounts at once, no thread while waiting, a budget for each kind of fault."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import CallFault, FaultKind
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

ONE = "000000000001"


def run(calls, account_ids=(ONE,), **options):
    return asyncio.run(collect(calls, account_ids, **options))


def test_every_account_is_asked_before_the_first_report_is_looked_at():
    """Where reports take longer than asking for all of them does; here 120 accounts through 4 threads."""
    calls = ScriptedCalls(seconds_a_call=0.001, generation_seconds=0.3)

    delivered = run(calls, ids(120), pace=0.2)

    operations = [operation for _, operation in calls.made]
    assert outcomes(delivered) == {"collected": 120}
    assert operations.index(GET) > max(at for at, operation in enumerate(operations) if operation == GENERATE)


def test_waiting_holds_no_thread():
    """300 accounts wait half a second each; through 4 threads that hold nothing it is little more than that in all."""
    calls = ScriptedCalls(generation_seconds=0.5)
    began = time.monotonic()

    delivered = run(calls, ids(300), pace=0.2)

    assert outcomes(delivered) == {"collected": 300}
    # 300 accounts, 4 at a time, 0.5 s each would be 37 s.
    assert time.monotonic() - began < 10
    assert calls.peak <= 4


def test_never_are_more_calls_under_way_than_concurrency_says():
    calls = ScriptedCalls(seconds_a_call=0.005)

    run(calls, ids(40), concurrency=3)

    assert calls.peak == 3


def test_no_more_accounts_are_under_way_than_may_be():
    """So that memory and the age of sessions are bounded; the list is not read further meanwhile."""
    calls = ScriptedCalls(generation_seconds=0.05)

    delivered = run(calls, ids(30), max_under_way=5, pace=0.05)

    assert outcomes(delivered) == {"collected": 30}
    assert calls.most_accounts_under_way == 5


def test_each_account_gets_its_own_report_by_its_own_session():
    calls = ScriptedCalls(seconds_a_call=0.0005)

    delivered = run(calls, ids(200), concurrency=16)

    assert all(answers.report == f"report of {account}".encode() for account, answers in delivered.items())
    assert all(session.account_id == account for account, _, session in calls.used)


def test_an_ordinary_account_costs_five_calls():
    """AssumeRole, Generate, both account reads, and one look that finds the report there."""
    calls = ScriptedCalls()

    answers = run(calls)[ONE]

    assert calls.count(ONE) == {ASSUME: 1, GENERATE: 1, SUMMARY: 1, POLICY: 1, GET: 1}
    assert answers.attempts == 5
    assert (answers.summary, answers.password_policy_state) == ({"Users": 1}, "default")


def test_each_kind_of_fault_has_a_budget_of_its_own():
    """Five times throttled, four times cut, and whatever else there is: none uses up the patience with another."""
    calls = ScriptedCalls(
        scripts={
            (ONE, ASSUME): [FaultKind.THROTTLED] * 2 + [FaultKind.REGION_DISABLED],
            (ONE, GENERATE): [FaultKind.THROTTLED] * 3
            + [FaultKind.LIMIT_EXCEEDED] * 5
            + [FaultKind.SERVICE_FAILURE] * 2,
            (ONE, GET): [FaultKind.CONNECTION] * 4
            + [FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED, FaultKind.TOKEN_EXPIRED]
            + [FaultKind.IN_PROGRESS] * 40,
        }
    )

    answers = run(calls)[ONE]

    assert (answers.outcome, answers.error_code) == ("collected", None)
    assert answers.attempts == len(calls.made)


@pytest.mark.parametrize(
    ("operation", "kind", "outcome"),
    [
        (ASSUME, FaultKind.DENIED, "assume_denied"),
        (ASSUME, FaultKind.THROTTLED, "throttled"),
        (ASSUME, FaultKind.TOKEN_EXPIRED, "failed"),
        (ASSUME, FaultKind.REGION_DISABLED, "failed"),
        (ASSUME, FaultKind.OTHER, "failed"),
        (GENERATE, FaultKind.DENIED, "report_denied"),
        (GENERATE, FaultKind.THROTTLED, "throttled"),
        (GENERATE, FaultKind.LIMIT_EXCEEDED, "throttled"),
        (GENERATE, FaultKind.SERVICE_FAILURE, "failed"),
        (GENERATE, FaultKind.OTHER, "failed"),
        (GET, FaultKind.DENIED, "report_denied"),
        (GET, FaultKind.THROTTLED, "throttled"),
        (GET, FaultKind.CONNECTION, "failed"),
        (GET, FaultKind.NOT_PRESENT, "failed"),
        (GET, FaultKind.REPORT_EXPIRED, "failed"),
        (GET, FaultKind.TOKEN_EXPIRED, "failed"),
    ],
)
def test_what_never_ends_ends_the_account_with_its_outcome_and_no_other(operation, kind, outcome):
    calls = ScriptedCalls(scripts={(ONE, operation): always(kind)})
    two = "000000000002"

    delivered = run(calls, [ONE, two])

    assert (delivered[ONE].outcome, delivered[two].outcome) == (outcome, "collected")
    assert delivered[ONE].error_message == "as scripted"
    assert delivered[ONE].report is None


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.OTHER, FaultKind.NO_SUCH_ENTITY])
def test_what_time_cannot_mend_is_not_asked_again(kind):
    calls = ScriptedCalls(scripts={(ONE, ASSUME): always(kind)})

    run(calls)

    assert calls.count(ONE) == {ASSUME: 1}


def test_generate_and_get_are_one_loop():
    """Another caller's request replaces ours between the two, so after a COMPLETE the report may be gone again."""
    calls = ScriptedCalls(
        scripts={
            (ONE, GET): [FaultKind.IN_PROGRESS, FaultKind.NOT_PRESENT, FaultKind.IN_PROGRESS, FaultKind.REPORT_EXPIRED]
        }
    )

    assert run(calls)[ONE].outcome == "collected"
    assert [operation for _, operation in calls.made if operation in (GENERATE, GET)] == [
        *(GENERATE, GET, GET),
        *(GENERATE, GET, GET),
        *(GENERATE, GET),
    ]


def test_looking_again_asks_get_and_not_generate():
    """Get answers ReportInProgress: a second Generate would be a call for nothing."""
    calls = ScriptedCalls(scripts={(ONE, GET): [FaultKind.IN_PROGRESS] * 7})

    run(calls)

    assert calls.count(ONE)[GENERATE] == 1


def test_a_fault_of_the_account_reads_leaves_the_account_collected_and_says_why():
    calls = ScriptedCalls(
        scripts={(ONE, SUMMARY): always(FaultKind.DENIED), (ONE, POLICY): always(FaultKind.SERVICE_FAILURE)}
    )

    answers = run(calls)[ONE]

    assert answers.outcome == "collected"
    assert (answers.summary, answers.summary_error) == (None, "AccessDenied: as scripted")
    assert answers.password_policy_state == "unknown"
    assert answers.password_policy_error == "ServiceFailure: as scripted"


def test_the_account_reads_have_budgets_of_their_own():
    calls = ScriptedCalls(
        scripts={
            (ONE, SUMMARY): [FaultKind.THROTTLED] * 8,
            (ONE, POLICY): [FaultKind.THROTTLED] * 8,
            (ONE, GENERATE): [FaultKind.THROTTLED] * 8,
        }
    )

    answers = run(calls)[ONE]

    assert (answers.outcome, answers.summary_error, answers.password_policy_error) == ("collected", None, None)


@pytest.mark.parametrize(
    ("by_others", "on_get", "expected"),
    [
        ({ONE}, [], ("collected", None)),
        ({ONE}, [FaultKind.IN_PROGRESS, FaultKind.THROTTLED, FaultKind.TOKEN_EXPIRED], ("collected", None)),
        ((), [], ("report_denied", f"{GENERATE} as scripted")),
        ({ONE}, always(FaultKind.DENIED), ("report_denied", f"{GENERATE} as scripted")),
        ({ONE}, always(FaultKind.CONNECTION), ("report_denied", f"{GENERATE} as scripted")),
        ({ONE}, [FaultKind.REPORT_EXPIRED], ("report_denied", f"{GENERATE} as scripted")),
    ],
    ids=["a report", "a report after a while", "no report", "get denied too", "get fails", "too old"],
)
def test_where_only_generate_is_denied_a_report_that_others_requested_is_fetched(by_others, on_get, expected):
    def deny():
        raise CallFault(FaultKind.DENIED, "AccessDenied", f"{GENERATE} as scripted", GENERATE)

    calls = ScriptedCalls(
        scripts={(ONE, GENERATE): always(deny), (ONE, GET): on_get}, requested_by_others=frozenset(by_others)
    )

    answers = run(calls)[ONE]

    assert (answers.outcome, answers.error_message) == expected
    assert calls.count(ONE)[GENERATE] == 1


def test_at_the_deadline_the_denial_of_generate_is_the_reason():
    """The report that another tool requested was still being generated."""
    calls = ScriptedCalls(
        scripts={(ONE, GENERATE): always(FaultKind.DENIED), (ONE, GET): always(FaultKind.IN_PROGRESS)},
        requested_by_others=frozenset({ONE}),
    )

    answers = run(calls, account_deadline_seconds=0.3)[ONE]

    assert (answers.outcome, answers.error_code) == ("report_denied", "AccessDenied")


def test_a_refused_report_does_not_keep_the_account_reads_from_being_known():
    calls = ScriptedCalls(scripts={(ONE, GENERATE): always(FaultKind.DENIED)})

    answers = run(calls)[ONE]

    assert (answers.outcome, answers.summary, answers.password_policy_state) == (
        "report_denied",
        {"Users": 1},
        "default",
    )


def test_a_session_near_its_end_is_not_used_and_the_role_assumed_again():
    """A report that takes longer than a session: 60 s before its end the session is as good as over."""
    now = [datetime(2026, 11, 23, 12, tzinfo=UTC)]

    def later(minutes):
        def pass_time():
            now[0] += timedelta(minutes=minutes)

        return pass_time

    calls = ScriptedCalls(now=lambda: now[0])
    calls.scripts[ONE, GET] = [FaultKind.IN_PROGRESS, later(13), FaultKind.IN_PROGRESS]
    calls.generation_seconds = 0.05

    assert run(calls, pace=0.01)[ONE].outcome == "collected"
    assert len(calls.sessions[ONE]) == 1

    calls = ScriptedCalls(now=lambda: now[0])
    calls.scripts[ONE, POLICY] = [later(14.5)]
    # The policy is read before the first look.
    assert run(calls, pace=0.1)[ONE].outcome == "collected"
    assert [session.number for _, operation, session in calls.used if operation == GET] == [1]
    assert calls.count(ONE)[ASSUME] == 2


def test_a_session_that_ends_before_its_time_is_replaced():
    calls = ScriptedCalls(scripts={(ONE, GET): [FaultKind.TOKEN_EXPIRED]})

    assert run(calls)[ONE].outcome == "collected"
    assert [session.number for _, operation, session in calls.used if operation == GET] == [0, 1]


def test_the_collectors_own_account_needs_no_role_and_counts_no_call_for_it():
    calls = ScriptedCalls(own=ONE, session_length=None)

    answers = run(calls)[ONE]

    assert calls.count(ONE) == {GENERATE: 1, SUMMARY: 1, POLICY: 1, GET: 1}
    assert answers.attempts == 4


def test_where_a_region_is_off_the_role_is_assumed_elsewhere_and_stays_so():
    calls = ScriptedCalls(scripts={(ONE, ASSUME): [FaultKind.REGION_DISABLED], (ONE, GET): [FaultKind.TOKEN_EXPIRED]})

    assert run(calls)[ONE].outcome == "collected"
    assert [session.is_regional for session in calls.sessions[ONE]] == [False, False]


def test_an_internal_error_in_one_account_ends_the_run_and_is_not_taken_for_an_outcome():
    def broken():
        raise RuntimeError("ours")

    calls = ScriptedCalls(scripts={(ONE, GET): [broken]})

    with pytest.raises(ExceptionGroup) as caught:
        run(calls, ids(5))
    assert caught.group_contains(RuntimeError, match="ours")
