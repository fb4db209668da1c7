"""A second run of a day: what `--replace` would lose and needs, and what `--retry-failed` takes over."""

from __future__ import annotations

import sys
import time

import pytest
import typer

from collector.simulator import Simulator, UserSpec, faults
from tests.fixtures.published import newest, record_of
from tests.fixtures.runs import member, organization

GOOD = organization(*(member(number, users=(UserSpec("someone", member(1).joined_at),)) for number in range(3)))
ONE = ("--account", "100000000001")


@pytest.fixture(name="covered")
def _covered(credlake, lake):
    """A lake with a snapshot of all four accounts, and the organization that it is of."""
    with Simulator(GOOD) as server:
        assert credlake("collect", "--lake", lake, at=server).code == 0
        # Run ids sort by the second in which a run started.
        time.sleep(1.0 - time.time() % 1)
        yield server


@pytest.mark.parametrize(
    "selection", [ONE, ("--exclude-account", "100000000001"), ("--exclude-ou", "Root"), ("--include-ou", "Root")]
)
def test_a_refused_run_by_selection_is_never_advised_to_replace(credlake, lake, covered, selection):
    if selection[0].endswith("-ou"):
        selection = (*selection, "--account", "100000000001")

    ended = credlake("collect", "--lake", lake, *selection, at=covered)

    assert ended.code == 3
    assert "--replace" not in ended.said[-1]
    assert "Fix the accounts" not in ended.said[-1]
    assert "include and exclude rules left out" in ended.said[-1]
    assert "credlake collect --retry-failed" in ended.said[-1]


def test_replace_says_what_is_lost_and_needs_yes_where_nobody_can_be_asked(credlake, lake, covered):
    before = record_of(lake)
    first = newest(lake)["run_id"]

    refused = credlake("collect", "--lake", lake, *ONE, "--replace", at=covered)
    assert (refused.code, record_of(lake)) == (3, before)
    assert (
        f"Queries would lose 3 accounts with 5 users that run {first} covers: 000000000001, 100000000000, 100000000002."
    ) in refused.said[-1]
    # By the rules `replace` allows it, and nobody confirmed it.
    assert credlake("verify", "--lake", lake).code == 0
    covered.reset_calls()
    confirmed = credlake("collect", "--lake", lake, "--resume", "--replace", "--yes", at=covered)

    assert "To publish it anyway: `credlake collect --resume --replace --yes`" in refused.said[-1]
    assert confirmed.code == 0
    assert newest(lake)["accounts"]["covered"] == 1
    assert covered.calls.by_operation.get("sts:AssumeRole", 0) == 0


def test_a_scheduled_run_confirms_by_a_setting(credlake, lake, covered):
    environment = {"CREDLAKE_REPLACE": "true", "CREDLAKE_YES": "true"}

    assert (
        credlake("collect", "--lake", lake, *ONE, at=covered, environment=covered.environment() | environment).code == 0
    )
    assert newest(lake)["accounts"]["covered"] == 1


def test_replace_needs_no_confirmation_where_nothing_better_is_published(credlake, lake, covered):
    assert credlake("collect", "--lake", lake, "--replace", at=covered).code == 0


@pytest.mark.parametrize("is_agreed", [True, False])
def test_a_person_at_a_terminal_is_asked(credlake, lake, covered, monkeypatch, is_agreed):
    asked = []

    def confirm(question, **_):
        asked.append(question)
        return is_agreed

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", confirm)

    ended = credlake("collect", "--lake", lake, *ONE, "--replace", at=covered)

    assert (ended.code, asked) == (0 if is_agreed else 3, ["Replace it?"])
    assert "Queries would lose 3 accounts with 5 users" in ended.err
    assert newest(lake)["accounts"]["covered"] == (1 if is_agreed else 4)


@pytest.mark.parametrize("typed", [KeyboardInterrupt, EOFError])
def test_a_question_that_is_left_without_an_answer_publishes_nothing(credlake, lake, covered, monkeypatch, typed):
    def type_it():
        raise typed

    def leave(*_, **__):
        try:
            type_it()
        except typed:
            raise typer.Abort from None

    before = record_of(lake)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", leave)

    code = credlake("collect", "--lake", lake, *ONE, "--replace", at=covered).code
    assert code == (130 if typed is KeyboardInterrupt else 3)
    assert record_of(lake) == before


def test_the_summary_and_the_plan_of_a_retry_say_what_is_taken_over(credlake, lake):
    with Simulator(organization(member(1), member(2, faults=(faults.ROLE_MISSING,)))) as server:
        assert credlake("collect", "--lake", lake, at=server).code == 1
    first = newest(lake)["run_id"]
    with Simulator(organization(member(1), member(2))) as server:
        planned = credlake("collect", "--lake", lake, "--retry-failed", "--dry-run", at=server)
        ended = credlake("collect", "--lake", lake, "--retry-failed", at=server)

    assert (planned.code, ended.code) == (0, 0)
    assert planned.out.count(f"Taken over from run {first}.") == 2
    assert "1 of 3 accounts would be collected." in planned.out
    day = record_of(lake)["latest"]
    assert f"2 accounts were taken over from the snapshot of {day}, 1 were collected now." in ended.out


def test_resume_and_retry_failed_exclude_each_other(credlake, lake):
    ended = credlake("collect", "--lake", lake, "--resume", "--retry-failed")

    assert ended.code == 2
    assert ended.said[0].startswith("credlake: resume and retry_failed: use one of them.")
