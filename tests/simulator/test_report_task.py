"""The life cycle of a report, with the clock passed in (facts F2.1 to F2.3)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from collector.simulator.answers import RefusedError
from collector.simulator.report_task import GenerateAnswer, ReportTask, StoredReport

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STARTED = GenerateAnswer("STARTED", "No report exists. Starting a new report generation task")


def seconds(number):
    return NOON + timedelta(seconds=number)


def refusal(task, moment):
    with pytest.raises(RefusedError) as caught:
        task.get(moment)
    return caught.value.answer.code, caught.value.answer.status


@pytest.fixture(name="task")
def _task():
    contents = iter([b"first", b"second"])
    return ReportTask(3, lambda: next(contents))


def test_there_is_no_report_before_one_was_asked_for(task):
    assert refusal(task, NOON) == ("ReportNotPresent", 410)


def test_a_report_is_started_then_in_progress_then_complete(task):
    assert [task.generate(seconds(moment)) for moment in (0, 1, 2.9, 3)] == [
        STARTED,
        GenerateAnswer("INPROGRESS"),
        GenerateAnswer("INPROGRESS"),
        GenerateAnswer("COMPLETE"),
    ]


def test_get_says_in_progress_until_the_report_is_there(task):
    task.generate(NOON)

    assert refusal(task, seconds(2.9)) == ("ReportInProgress", 404)
    assert (task.get(seconds(3)).content, task.get(seconds(3)).generated_at) == (b"first", seconds(3))


def test_within_four_hours_the_old_report_comes_back_with_its_old_time(task):
    task.generate(NOON)
    almost_expired = seconds(3) + timedelta(hours=4) - timedelta(seconds=1)

    assert task.generate(almost_expired) == GenerateAnswer("COMPLETE")
    assert (task.get(almost_expired).content, task.get(almost_expired).generated_at) == (b"first", seconds(3))


def test_after_four_hours_the_report_is_expired_and_a_new_one_can_be_made(task):
    task.generate(NOON)
    assert task.get(seconds(3)).content == b"first"
    expired = seconds(3) + timedelta(hours=4)

    assert refusal(task, expired) == ("ReportExpired", 410)
    assert task.generate(expired) == STARTED
    assert refusal(task, expired + timedelta(seconds=1)) == ("ReportInProgress", 404)
    assert task.get(expired + timedelta(seconds=3)).content == b"second"


def test_a_report_nobody_fetched_expires_too(task):
    task.generate(NOON)

    assert refusal(task, NOON + timedelta(hours=5)) == ("ReportExpired", 410)


def test_a_report_without_end_is_never_ready():
    task = ReportTask(math.inf, lambda: b"never")
    task.generate(NOON)

    assert task.generate(NOON + timedelta(days=300)) == GenerateAnswer("INPROGRESS")
    assert refusal(task, NOON + timedelta(days=300)) == ("ReportInProgress", 404)


def test_a_report_made_before_comes_back_without_a_new_one():
    stored = StoredReport(NOON - timedelta(hours=2), lambda: b"somebody else's")
    task = ReportTask(3, lambda: b"new", stored)

    assert task.get(NOON).content == b"somebody else's"
    assert task.generate(NOON) == GenerateAnswer("COMPLETE")


def test_a_dropped_report_comes_back_only_through_generate(task):
    task.generate(NOON)
    task.drop()

    assert task.generate(seconds(3)) == GenerateAnswer("COMPLETE")
    task.drop()
    assert refusal(task, seconds(4)) == ("ReportNotPresent", 410)
    assert task.generate(seconds(5)) == STARTED


def test_a_rebuilt_report_is_in_progress_again_and_newer(task):
    task.generate(NOON)
    task.get(seconds(3))
    task.rebuild(seconds(10))

    assert refusal(task, seconds(12)) == ("ReportInProgress", 404)
    assert task.get(seconds(13)).generated_at == seconds(13)
