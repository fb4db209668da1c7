"""What changed between two reports of an account about root: its uses and its credentials."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

utc = partial(datetime, tzinfo=UTC)

MADE = utc(2026, 11, 1)
KEY = {"access_key_1_active": True, "access_key_1_last_rotated": MADE}


def test_root_used_since_the_previous_report(changes):
    def day(**use):
        return lambda makers: [makers.account(), makers.root(password_enabled=True, mfa_active=True, **use)]

    signed_in = utc(2026, 11, 23, 9)
    columns = "change_type, user_name, credential_type, changed_at"
    expected = [("root_used", "<root_account>", "password", signed_in)]
    assert changes(day(password_last_used=MADE), day(password_last_used=signed_in), columns) == expected


def test_a_first_use_of_root_is_reported_and_an_old_one_is_not(changes):
    key = {"access_key_2_active": True, "access_key_2_last_rotated": MADE}
    used = {**key, "access_key_2_last_used_date": utc(2026, 11, 23, 9)}

    def day(**changes_of_root):
        return lambda makers: [makers.account(), makers.root(**changes_of_root)]

    assert changes(day(**key), day(**used)) == [("root_used", "<root_account>")]


@pytest.mark.parametrize("fault", ["no root row", "unparsed"])
def test_a_use_of_root_that_the_previous_report_may_have_held_is_not_reported_as_new(changes, fault):
    def before(makers):
        unclear = makers.root(password_enabled=True, unparsed=("password_last_used",))
        return [makers.account(outcome="partial"), *([unclear] if fault == "unparsed" else [])]

    def now(used):
        return lambda makers: [makers.account(), makers.root(password_enabled=True, password_last_used=used)]

    # The previous report is of 2026-11-22 14:30.
    assert changes(before, now(utc(2026, 11, 22, 14, 0))) == []


@pytest.mark.parametrize("fault", ["no root row", "unparsed"])
def test_a_use_of_root_after_the_previous_report_is_reported_whatever_that_report_lacked(changes, fault):
    def before(makers):
        unclear = makers.root(password_enabled=True, unparsed=("password_last_used",))
        return [makers.account(outcome="partial"), *([unclear] if fault == "unparsed" else [])]

    used = utc(2026, 11, 22, 15, 0)
    found = changes(
        before, lambda makers: [makers.account(), makers.root(password_enabled=True, password_last_used=used)]
    )
    assert found == [("root_used", "<root_account>")]


def root_day(outcome: str = "collected", **changes_of_root):
    """A day of one account with nobody but root."""
    return lambda makers: [makers.account(outcome=outcome), makers.root(**changes_of_root)]


def test_a_use_of_roots_key_is_reported_though_its_creation_could_not_be_read(story):
    key = {"access_key_1_active": True, "access_key_1_last_rotated": MADE}
    february, used = utc(2026, 2, 1), utc(2026, 11, 21, 10)
    found = story(
        root_day(**key, access_key_1_last_used_date=february),
        # The report of the 20th is of 14:30.
        root_day(**key, access_key_1_last_used_date=used, unparsed=("access_key_1_last_rotated",)),
        # Known again: the same use is reported once.
        root_day(**key, access_key_1_last_used_date=used),
        # And unknown again.
        root_day(**key, access_key_1_last_used_date=used, unparsed=("access_key_1_last_rotated",)),
        columns="snapshot_date, change_type, credential_type, credential_created_at, changed_at",
    )
    assert found == [("2026-11-21", "root_used", "access_key", None, used)]


def test_an_old_use_of_roots_key_is_not_new_because_its_creation_could_not_be_read(story):
    key = {"access_key_1_active": True, "access_key_1_last_rotated": MADE, "access_key_1_last_used_date": MADE}
    assert story(root_day(**key), root_day(**key, unparsed=("access_key_1_last_rotated",)), root_day(**key)) == []


def test_a_use_of_root_is_reported_of_a_slot_that_holds_no_key(story):
    found = story(
        root_day(),
        root_day(access_key_1_last_used_date=utc(2026, 11, 21, 10)),
        root_day(),
        columns="snapshot_date, change_type",
    )
    assert found == [("2026-11-21", "root_used")]


@pytest.mark.parametrize("slot", ["password_last_used", "access_key_2_last_used_date"])
def test_a_use_of_root_between_two_reports_that_could_not_be_read_is_reported_when_it_can(story, slot):
    credentials = {"password_enabled": True, "access_key_2_active": True, "access_key_2_last_rotated": MADE}
    found = story(
        root_day(**credentials, **{slot: MADE}),
        root_day("partial", **credentials, unparsed=(slot,)),
        root_day("partial", **credentials, empty=(slot,)),
        # After the first report and before the others.
        root_day(**credentials, **{slot: utc(2026, 11, 20, 20)}),
        root_day(**credentials, **{slot: utc(2026, 11, 20, 20)}),
    )
    assert found == [("2026-11-23", "root_used", "<root_account>")]


def test_keys_of_root_are_reported_like_those_of_users(changes):
    def day(**changes_of_root):
        return lambda makers: [makers.account(), makers.root(**changes_of_root)]

    assert changes(day(), day(**KEY, mfa_active=True)) == [
        ("key_created", "<root_account>"),
        ("mfa_added", "<root_account>"),
    ]


def test_what_is_not_supported_is_a_value_too(story):
    """AWS said so of root's password until 2023: neither enabled nor not."""
    found = story(
        root_day(password_enabled=True, password_last_changed=MADE),
        root_day(not_supported=("password_enabled", "password_last_changed")),
        root_day(password_enabled=False),
    )
    assert found == []


def test_roots_keys_are_not_gone_with_its_row(changes):
    def before(makers):
        return [makers.account(), makers.root(**KEY)]

    assert changes(before, lambda makers: [makers.account(outcome="partial")]) == []


def test_roots_keys_are_not_new_when_its_row_comes_back(changes):
    def now(makers):
        return [makers.account(), makers.root(**KEY)]

    assert changes(lambda makers: [makers.account(outcome="partial")], now) == []
