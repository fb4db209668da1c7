"""What a channel is notified: new, worse, reopened, fixed, about to fail, exceptions that end, accounts not read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from collector.notices.compare import Notified, compare
from tests.notices.conftest import DAYS, ONE, TWO, account, changes, result, snapshot_on, standing_of, unread

DAY = 86_400
ALICE, BOB = result("alice"), result("bob")


def users(rows):
    return [row.user_name for row in rows]


def day(*results, **of_account):
    return [account(**of_account), *results]


def key(age, **other):
    """An access key of so many days, which passes until it is 90 days old."""
    status = "fail" if age >= 90 else "pass"
    return result(
        "key", control_id="access-key-rotation", limit_days=90, measured_seconds=int(age * DAY), status=status, **other
    )


def excepted(until, finding_id="alice", *, has_ended=False):
    """A finding that an exception covers, or covered, until the end of a day of November."""
    ends_at = datetime(2026, 11, until) + timedelta(days=1)  # noqa: DTZ001 -- as the views return it
    return result(finding_id, exception_id="EX-1", excepted_until=ends_at, status="fail" if has_ended else "excepted")


def test_at_first_everything_is_new():
    found = changes(day(ALICE, BOB))
    assert (found.is_first, found.since, users(found.new)) == (True, None, ["alice", "bob"])


def test_what_was_told_is_not_told_again():
    assert changes(day(ALICE), day(ALICE)).is_empty


def test_a_finding_is_new_once():
    found = changes(day(ALICE), day(ALICE, BOB))
    assert (users(found.new), found.since) == (["bob"], "2026-11-20")
    assert not (found.fixed)
    assert not (found.reopened)
    assert not (found.worse)


def test_a_finding_that_fails_no_more_is_fixed():
    found = changes(day(ALICE, BOB), day(BOB))
    assert [(each.finding_id, each.control_id, each.account.account_id) for each in found.fixed] == [
        ("alice", "console-mfa", ONE)
    ]
    assert not (found.new)
    assert not (found.reopened)


def test_a_fixed_finding_that_fails_again_is_reopened_and_not_new():
    found = changes(day(ALICE), day(), day(ALICE))
    assert (users(found.reopened), found.new) == (["alice"], [])


def test_a_finding_is_worse_when_the_severity_of_its_control_rises():
    found = changes(day(replace(ALICE, severity="medium", severity_rank=3)), day(ALICE, BOB))
    assert (users(found.worse), users(found.new)) == (["alice"], ["bob"])
    assert changes(day(ALICE), day(replace(ALICE, severity="low", severity_rank=4))).is_empty


def test_an_account_that_cannot_be_read_has_fixed_nothing():
    found = changes(day(ALICE), [unread()])
    assert [(finding_id, each.account_id) for finding_id, each in found.unreadable] == [(f"lost-{ONE}", ONE)]
    assert not (found.fixed)
    assert not (found.new)


def test_what_failed_before_and_after_an_account_was_not_read_is_told_once():
    found = changes(day(ALICE), [unread()], day(ALICE, BOB))
    assert users(found.new) == ["bob"]
    assert [each.account_id for _, each in found.readable] == [ONE]


def test_an_account_that_stays_unread_is_told_once():
    assert changes(day(ALICE), [unread()], [unread()]).is_empty


@pytest.mark.parametrize(
    "unknown",
    [
        replace(ALICE, status="unknown"),
        # Rows were left out: nothing is known about any user of the account.
        result("rows", user_name=None, status="unknown"),
    ],
)
def test_what_is_unknown_stays_open(unknown):
    assert changes(day(ALICE), day(unknown)).is_empty
    assert changes(day(ALICE), day(unknown), day(ALICE)).is_empty


def test_an_account_that_left_has_fixed_nothing():
    assert changes(day(ALICE), [account(TWO)]).is_empty
    assert changes(day(ALICE), day(account_state="SUSPENDED", outcome="skipped_state")).is_empty


def test_an_account_that_changes_hands_is_new_to_one_owner_and_not_fixed_for_the_other():
    both = [account(TWO, owner="blue")]
    before = [*both, account(owner="blue"), replace(ALICE, owner="blue")]
    after = [*both, account(owner="red"), replace(ALICE, owner="red")]
    assert changes(before, after, owner="blue").is_empty
    assert users(changes(before, after, owner="red").new) == ["alice"]


def test_a_finding_that_is_accepted_is_not_fixed():
    assert changes(day(ALICE), day(replace(ALICE, status="excepted"))).is_empty


def test_a_key_is_warned_of_15_and_7_days_before_its_limit_and_once_each():
    ages = (74.9, 75.0, 76.0, 82.9, 83.0, 84.0, 89.9, 90.0)
    days = [day(key(age)) for age in ages]
    found = [changes(*days[: number + 1]) for number in range(len(days))]
    assert [len(each.due) for each in found] == [0, 1, 0, 0, 1, 0, 0, 0]
    assert [len(each.new) for each in found] == [0, 0, 0, 0, 0, 0, 0, 1]


def test_a_warning_that_was_missed_is_given_once():
    assert len(changes(day(), day(key(85))).due) == 1
    assert changes(day(), day(key(85)), day(key(86))).due == []


def test_a_key_is_not_warned_of_again_only_because_its_account_could_not_be_read():
    assert changes(day(key(80)), [unread()], day(key(82))).due == []


def test_a_limit_that_time_does_not_reach_gives_no_warning():
    assert (
        changes(day(result("root", control_id="root-unused", status="pass", limit_days=1, measured_seconds=DAY))).due
        == []
    )


def test_an_exception_is_announced_15_and_7_days_before_its_end():
    days = [day(excepted(until=30)) for _ in range(6)]
    # The snapshots are of 15:00 on the 20th, 21st, …; the exception ends at midnight after the 30th.
    found = [changes(*days[: number + 1]).ending for number in range(len(days))]
    assert [[each.days_left for each in ending] for ending in found] == [[11], [], [], [], [7], []]


def test_an_exception_that_is_extended_is_announced_again():
    assert changes(day(excepted(until=24)), day(excepted(until=25))).ending[0].exception_id == "EX-1"


def test_an_exception_counts_what_it_covers_for_the_owner():
    assert changes(day(excepted(24), excepted(24, "bob"))).ending[0].results == 2


def test_what_fails_again_after_an_exception_is_told_apart_from_what_is_new():
    found = changes(day(excepted(until=20)), day(excepted(until=20, has_ended=True), BOB))
    assert (users(found.exception_ended), users(found.new)) == (["alice"], ["bob"])


def test_what_a_channel_knows_is_the_same_after_json():
    accounts = {ONE: account(), TWO: unread(TWO)}
    rows = [ALICE, key(80), excepted(24, "bob")]
    fixed = Notified(snapshot_date="", run_id="", fixed={"old": "2026-11-01"})
    _, notified = compare(standing_of("", accounts, rows), snapshot_on(20), fixed, days=DAYS)
    assert all(
        (notified.findings, notified.severities, notified.fixed, notified.due, notified.ending, notified.unreadable)
    )
    assert Notified.from_json(notified.as_json()) == notified


def test_what_was_fixed_is_remembered_for_a_year():
    old = {"older": "2025-11-18", "newer": "2025-11-19"}
    notified = Notified(snapshot_date="2026-11-19", run_id="", fixed=old)
    _, after = compare(standing_of("", {ONE: account()}, []), snapshot_on(20), notified, days=DAYS)
    assert after.fixed == {"newer": "2025-11-19"}
