"""What changed between two reports of an account: every kind of change, and everything that is none."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

utc = partial(datetime, tzinfo=UTC)

MADE = utc(2026, 11, 1)
KEY = {"access_key_1_active": True, "access_key_1_last_rotated": MADE}
OTHER_ACCOUNT = "222222222222"


@pytest.fixture
def changes(lake_of, on):
    """What is told of two days, given each day's rows by a function of its makers."""

    def tell(before, now, columns: str = "change_type, user_name") -> list[tuple]:
        first, second = on(22), on(23)
        lake = lake_of(days={first.run_at: before(first), second.run_at: now(second)})
        return [tuple(row.values()) for row in lake.view("credential_changes", columns, order=columns)]

    return tell


def account_with(*users: str, **changes_of_alice):
    """A day of one account with root and alice, and users without credentials."""
    return lambda makers: [
        makers.account(),
        makers.root(),
        makers.user(**changes_of_alice),
        *[makers.user(name) for name in users],
    ]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, KEY, ["key_created"]),
        (KEY, {}, ["key_gone"]),
        (KEY, {**KEY, "access_key_1_active": False}, ["key_deactivated"]),
        ({**KEY, "access_key_1_active": False}, KEY, ["key_reactivated"]),
        ({}, {"mfa_active": True}, ["mfa_added"]),
        ({"mfa_active": True}, {}, ["mfa_removed"]),
        ({}, {"password_enabled": True, "password_last_changed": MADE}, ["password_enabled"]),
        ({"password_enabled": True, "password_last_changed": MADE}, {}, ["password_disabled"]),
        (
            {"password_enabled": True, "password_last_changed": utc(2026, 10, 1)},
            {"password_enabled": True, "password_last_changed": MADE},
            ["password_changed"],
        ),
        # A key that was replaced, in the same slot.
        (KEY, {**KEY, "access_key_1_last_rotated": utc(2026, 11, 23)}, ["key_created", "key_gone"]),
        # Use alone is no change.
        (KEY, {**KEY, "access_key_1_last_used_date": utc(2026, 11, 23)}, []),
    ],
)
def test_a_change_of_one_user(changes, before, now, expected):
    assert changes(account_with(**before), account_with(**now), "change_type") == [(each,) for each in expected]


def test_a_new_user(changes):
    told = changes(account_with(), account_with("bob"), "change_type, user_name, user_arn, changed_at")
    bob = "arn:aws:iam::111111111111:user/team/bob"
    assert told == [("user_created", "bob", bob, utc(2020, 1, 1))]


def test_root_used_since_the_previous_report(changes):
    def day(**use):
        return lambda makers: [makers.account(), makers.root(password_enabled=True, mfa_active=True, **use)]

    signed_in = utc(2026, 11, 23, 9)
    columns = "change_type, user_name, credential_type, changed_at"
    expected = [("root_used", "<root_account>", "password", signed_in)]
    assert changes(day(password_last_used=MADE), day(password_last_used=signed_in), columns) == expected


def test_a_first_use_of_root_is_told_and_an_old_one_is_not(changes):
    key = {"access_key_2_active": True, "access_key_2_last_rotated": MADE}
    used = {**key, "access_key_2_last_used_date": utc(2026, 11, 23, 9)}

    def day(**changes_of_root):
        return lambda makers: [makers.account(), makers.root(**changes_of_root)]

    assert changes(day(**key), day(**used)) == [("root_used", "<root_account>")]


@pytest.mark.parametrize("fault", ["no root row", "unparsed"])
def test_a_use_of_root_that_the_previous_report_may_have_held_is_not_told_as_new(changes, fault):
    def before(makers):
        unclear = makers.root(password_enabled=True, unparsed=("password_last_used",))
        return [makers.account(outcome="partial"), *([unclear] if fault == "unparsed" else [])]

    def now(used):
        return lambda makers: [makers.account(), makers.root(password_enabled=True, password_last_used=used)]

    # The previous report is of 2026-11-22 14:30.
    assert changes(before, now(utc(2026, 11, 22, 14, 0))) == []


@pytest.mark.parametrize("fault", ["no root row", "unparsed"])
def test_a_use_of_root_after_the_previous_report_is_told_whatever_that_report_lacked(changes, fault):
    def before(makers):
        unclear = makers.root(password_enabled=True, unparsed=("password_last_used",))
        return [makers.account(outcome="partial"), *([unclear] if fault == "unparsed" else [])]

    used = utc(2026, 11, 22, 15, 0)
    told = changes(
        before, lambda makers: [makers.account(), makers.root(password_enabled=True, password_last_used=used)]
    )
    assert told == [("root_used", "<root_account>")]


def test_keys_of_root_are_told_like_those_of_users(changes):
    def day(**changes_of_root):
        return lambda makers: [makers.account(), makers.root(**changes_of_root)]

    assert changes(day(), day(**KEY, mfa_active=True)) == [
        ("key_created", "<root_account>"),
        ("mfa_added", "<root_account>"),
    ]


def test_accounts_that_joined_and_left(changes):
    columns = "change_type, account_id, snapshot_date, previous_snapshot_date"
    told = changes(
        lambda makers: [makers.account(), makers.root()],
        lambda makers: [makers.account(OTHER_ACCOUNT), makers.root(OTHER_ACCOUNT)],
        columns,
    )
    # Their users neither came nor went: of an account that left, nothing is known.
    assert told == [
        ("account_joined", OTHER_ACCOUNT, "2026-11-23", "2026-11-22"),
        ("account_left", "111111111111", "2026-11-23", "2026-11-22"),
    ]


def test_lists_from_different_sources_are_not_compared(changes):
    both = ("111111111111", OTHER_ACCOUNT)
    told = changes(
        lambda makers: [makers.account(a) for a in both],
        lambda makers: [makers.account(inventory_source="accounts_file")],
    )
    assert told == []


def test_the_same_report_seen_twice_tells_nothing(lake_of, on):
    """Runs within four hours get the same report; so may two runs on both sides of midnight."""
    first, second = on(22, hour=23), on(23, hour=1)
    second.t = first.t
    lake = lake_of(
        days={
            first.run_at: [first.account(), first.root(), first.user()],
            second.run_at: [second.account(), second.root()],
        }
    )
    assert lake.view("credential_changes") == []


@pytest.mark.parametrize("side", ["before", "now"])
def test_nothing_is_gone_where_either_report_has_rows_that_could_not_be_read(changes, side):
    def day(which, *users):
        partial = {"outcome": "partial", "unreadable_rows": 1} if which == side else {}
        return lambda makers: [makers.account(**partial), makers.root(), *[makers.user(**user) for user in users]]

    bob = {"name": "bob", **KEY}
    assert changes(day("before", {}, bob), day("now", {"mfa_active": True})) == [("mfa_added", "alice")]


def test_who_may_have_stood_in_an_unreadable_row_is_not_created(changes):
    def before(makers):
        return [makers.account(outcome="partial", unreadable_rows=1), makers.root(), makers.user()]

    new = utc(2026, 11, 23, 9)
    now = lambda makers: [  # noqa: E731 - the rows of a day
        makers.account(),
        makers.root(),
        makers.user(),
        makers.user("long there", **KEY),
        makers.user("new", user_creation_time=new, access_key_1_active=True, access_key_1_last_rotated=new),
    ]
    assert changes(before, now) == [("key_created", "new"), ("user_created", "new")]


def test_a_value_that_could_not_be_read_did_not_change(changes):
    known = {
        "mfa_active": True,
        "password_enabled": True,
        "password_last_changed": MADE,
        **KEY,
    }
    unread = ("mfa_active", "password_enabled", "password_last_changed", "access_key_1_active", "user_creation_time")
    assert changes(account_with(**known), account_with(**known, unparsed=unread)) == []


def test_and_nor_did_it_when_it_can_be_read_again(changes):
    known = {"mfa_active": True, "password_enabled": True, "password_last_changed": MADE, **KEY}
    unread = ("mfa_active", "password_enabled", "password_last_changed", "access_key_1_active", "user_creation_time")
    assert changes(account_with(**known, unparsed=unread), account_with(**known)) == []


@pytest.mark.parametrize("side", ["before", "now"])
def test_a_key_whose_date_could_not_be_read_is_neither_gone_nor_new(changes, side):
    undated = {**KEY, "unparsed": ("access_key_1_last_rotated",)}
    before, now = (undated, KEY) if side == "before" else (KEY, undated)
    assert changes(account_with(**before), account_with(**now)) == []


def test_roots_keys_are_not_gone_with_its_row(changes):
    def before(makers):
        return [makers.account(), makers.root(**KEY)]

    assert changes(before, lambda makers: [makers.account(outcome="partial")]) == []


def test_roots_keys_are_not_new_when_its_row_comes_back(changes):
    def now(makers):
        return [makers.account(), makers.root(**KEY)]

    assert changes(lambda makers: [makers.account(outcome="partial")], now) == []


def pair(*states: str) -> dict:
    """A user's keys, all made in the same second: `active` or `inactive`, by slot."""
    keys = {}
    for slot, state in enumerate(states, start=1):
        keys |= {f"access_key_{slot}_active": state == "active", f"access_key_{slot}_last_rotated": MADE}
    return keys


ACTIVE, INACTIVE = "active", "inactive"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (pair(ACTIVE), pair(ACTIVE, ACTIVE), [("key_created", 1)]),
        (pair(), pair(ACTIVE, ACTIVE), [("key_created", 1), ("key_created", 2)]),
        (pair(ACTIVE, ACTIVE), pair(), [("key_gone", 1), ("key_gone", 2)]),
        (pair(ACTIVE, ACTIVE), pair(INACTIVE, INACTIVE), [("key_deactivated", 1), ("key_deactivated", 2)]),
        (pair(ACTIVE, INACTIVE), pair(INACTIVE, ACTIVE), []),
        # The active one was deleted; the inactive one stayed what it was.
        (pair(ACTIVE, INACTIVE), pair(INACTIVE), [("key_gone", 1)]),
        (pair(ACTIVE, ACTIVE), pair(INACTIVE), [("key_deactivated", 1), ("key_gone", 1)]),
        (pair(INACTIVE), pair(ACTIVE, ACTIVE), [("key_created", 1), ("key_reactivated", 1)]),
    ],
)
def test_two_keys_of_the_same_second_are_counted_not_told_apart(changes, before, now, expected):
    assert changes(account_with(**before), account_with(**now), "change_type, occurrence") == expected


def test_each_report_is_compared_with_the_last_collected_one_of_its_own_account(lake_of, on):
    days = {}
    for day, alice in ((20, {}), (21, None), (22, KEY), (23, {**KEY, "mfa_active": True})):
        makers = on(day)
        rows = [makers.account(OTHER_ACCOUNT), makers.root(OTHER_ACCOUNT)]
        if alice is None:
            rows += [makers.account(outcome="throttled")]
        else:
            rows += [makers.account(), makers.root(), makers.user(**alice)]
        days[makers.run_at] = rows
    lake = lake_of(days=days)
    columns = "snapshot_date, previous_snapshot_date, change_type, report_generated_at, previous_report_generated_at"
    assert [tuple(row.values()) for row in lake.view("credential_changes", columns)] == [
        ("2026-11-22", "2026-11-20", "key_created", utc(2026, 11, 22, 14, 30), utc(2026, 11, 20, 14, 30)),
        ("2026-11-23", "2026-11-22", "mfa_added", utc(2026, 11, 23, 14, 30), utc(2026, 11, 22, 14, 30)),
    ]


def test_both_names_of_a_view_of_history_answer_alike(lake_of, on):
    first, second = on(22), on(23)
    lake = lake_of(
        days={
            first.run_at: [first.account(), first.root()],
            second.run_at: [second.account(), second.root(), second.user()],
        }
    )
    for name in ("credential_changes", "organization_trend"):
        answer = lake.view(name, order="2, 4, 8")
        assert answer
        assert lake.view(f"{name}_history", order="2, 4, 8") == answer
