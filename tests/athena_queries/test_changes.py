"""What changed between two reports of an account: its users, keys and passwords; and who joined and left."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

utc = partial(datetime, tzinfo=UTC)

MADE = utc(2026, 11, 1)
KEY = {"access_key_1_active": True, "access_key_1_last_rotated": MADE}
OTHER_ACCOUNT = "222222222222"


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
    found = changes(account_with(), account_with("bob"), "change_type, user_name, user_arn, changed_at")
    bob = "arn:aws:iam::111111111111:user/team/bob"
    assert found == [("user_created", "bob", bob, utc(2020, 1, 1))]


def test_accounts_that_joined_and_left(changes):
    columns = "change_type, account_id, snapshot_date, previous_snapshot_date"
    found = changes(
        lambda makers: [makers.account(), makers.root()],
        lambda makers: [makers.account(OTHER_ACCOUNT), makers.root(OTHER_ACCOUNT)],
        columns,
    )
    # Their users neither came nor went: of an account that left, nothing is known.
    assert found == [
        ("account_joined", OTHER_ACCOUNT, "2026-11-23", "2026-11-22"),
        ("account_left", "111111111111", "2026-11-23", "2026-11-22"),
    ]


def test_lists_from_different_sources_are_not_compared(changes):
    both = ("111111111111", OTHER_ACCOUNT)
    found = changes(
        lambda makers: [makers.account(a) for a in both],
        lambda makers: [makers.account(inventory_source="accounts_file")],
    )
    assert found == []


def test_the_same_report_seen_twice_is_no_change(lake_of, on):
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


def broken_day(*users: dict):
    """A day on which one row could not be read."""
    return lambda makers: [
        makers.account(outcome="partial", unreadable_rows=1),
        makers.root(),
        *[makers.user(**user) for user in users],
    ]


def whole_day(*users: dict):
    return lambda makers: [makers.account(), makers.root(), *[makers.user(**user) for user in users]]


# Made after the report of the 20th, before that of the 21st.
NEW = utc(2026, 11, 20, 20)
NEW_USER = {"name": "new", "user_creation_time": NEW, "access_key_1_active": True, "access_key_1_last_rotated": NEW}
LONG_THERE = {"name": "long there", **KEY}


@pytest.mark.parametrize("broken", [1, 2])
def test_who_came_while_rows_could_not_be_read_is_reported_once_seen(story, broken):
    found = story(
        whole_day(LONG_THERE),
        *[broken_day()] * broken,
        whole_day(LONG_THERE, NEW_USER),
        # Lost again in such a row, and back.
        broken_day(),
        whole_day(LONG_THERE, NEW_USER),
    )
    seen = f"2026-11-{21 + broken}"
    assert found == [(seen, "key_created", "new"), (seen, "user_created", "new")]


def test_who_is_seen_next_to_a_row_that_could_not_be_read_is_reported_once(story):
    found = story(whole_day(), broken_day(NEW_USER), broken_day(), whole_day(NEW_USER))
    assert found == [("2026-11-21", "key_created", "new"), ("2026-11-21", "user_created", "new")]


def test_without_a_whole_report_only_who_was_made_since_the_first_one_is_new(story):
    found = story(broken_day(), broken_day(), whole_day(LONG_THERE, NEW_USER))
    assert found == [("2026-11-22", "key_created", "new"), ("2026-11-22", "user_created", "new")]


def test_who_is_older_than_the_last_whole_report_may_have_stood_in_a_row_that_could_not_be_read(story):
    assert story(whole_day(), broken_day(), whole_day(LONG_THERE)) == []


def test_a_user_made_again_behind_a_row_that_could_not_be_read_is_created(story):
    again = {"name": "alice", "user_creation_time": NEW}
    found = story(whole_day({"name": "alice"}), broken_day(), whole_day(again))
    # Who is gone stays unsaid: on one side a row could not be read.
    assert found == [("2026-11-22", "user_created", "alice")]


def test_a_user_made_again_is_reported_though_its_creation_could_not_be_read_at_first(story):
    found = story(
        whole_day({"name": "alice", "mfa_active": True}),
        whole_day({"name": "alice", "mfa_active": True, "unparsed": ("user_creation_time",)}),
        whole_day({"name": "alice", "user_creation_time": NEW}),
    )
    assert found == [("2026-11-22", "user_created", "alice"), ("2026-11-22", "user_gone", "alice")]


def test_a_key_made_while_a_date_could_not_be_read_is_reported_once_known(story):
    """The date was missing, so the key was known but not which it is."""
    fresh = {"access_key_1_active": True, "access_key_1_last_rotated": NEW}
    unread = {**fresh, "unparsed": ("access_key_1_last_rotated",)}
    assert story(account_with(), account_with(**unread), account_with(**fresh), account_with(**fresh)) == [
        ("2026-11-22", "key_created", "alice")
    ]


PASSWORD = {"password_enabled": True, "password_last_changed": MADE}


@pytest.mark.parametrize("reason", ["unparsed", "empty"])
@pytest.mark.parametrize(
    ("before", "column", "after", "expected"),
    [
        ({}, "mfa_active", {"mfa_active": True}, "mfa_added"),
        ({"mfa_active": True}, "mfa_active", {}, "mfa_removed"),
        (KEY, "access_key_1_active", {**KEY, "access_key_1_active": False}, "key_deactivated"),
        ({**KEY, "access_key_1_active": False}, "access_key_1_active", KEY, "key_reactivated"),
        ({}, "password_enabled", PASSWORD, "password_enabled"),
        (PASSWORD, "password_enabled", {}, "password_disabled"),
        (PASSWORD, "password_enabled", {**PASSWORD, "password_last_changed": NEW}, "password_changed"),
        (PASSWORD, "password_last_changed", {**PASSWORD, "password_last_changed": NEW}, "password_changed"),
    ],
)
def test_a_change_behind_a_value_that_could_not_be_read_is_reported_when_it_can(  # noqa: PLR0917 - one argument for each parameter
    story, before, column, after, expected, reason
):
    unread = account_with(**after, **{reason: (column,)})
    found = story(
        account_with(**before),
        unread,
        unread,
        account_with(**after),
        account_with(**after),
        columns="snapshot_date, change_type",
    )
    assert found == [("2026-11-23", expected)]


def test_a_change_behind_a_word_instead_of_true_or_false_is_reported_when_it_can_be_read(story):
    both = {"mfa_active": True, **PASSWORD}
    words = {**both, "password_enabled": None, "not_supported": ("mfa_active",)}
    found = story(account_with(**both), account_with(**words), account_with())
    assert found == [("2026-11-22", "mfa_removed", "alice"), ("2026-11-22", "password_disabled", "alice")]


def test_a_change_of_a_user_whose_row_could_not_be_read_is_reported_when_it_is_back(story):
    found = story(
        whole_day({"name": "alice"}, LONG_THERE),
        broken_day(LONG_THERE),
        whole_day({"name": "alice", "mfa_active": True}, LONG_THERE),
    )
    assert found == [("2026-11-22", "mfa_added", "alice")]


def test_no_date_is_a_value_not_one_that_could_not_be_read(story):
    """A password that was taken away and given again was not changed: it is another."""
    other = {**PASSWORD, "password_last_changed": NEW}
    assert story(account_with(**PASSWORD), account_with(), account_with(**other)) == [
        ("2026-11-21", "password_disabled", "alice"),
        ("2026-11-22", "password_enabled", "alice"),
    ]


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
def test_two_keys_of_the_same_second_are_counted_not_distinguished(changes, before, now, expected):
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


def test_the_latest_changes_are_those_of_the_newest_snapshot_alone(lake_of, on):
    first, second, third = on(21), on(22), on(23)
    lake = lake_of(
        days={
            first.run_at: [first.account(), first.root()],
            second.run_at: [second.account(), second.root(), second.user()],
            third.run_at: [third.account(), third.root(), third.user(), third.user("bob")],
        }
    )
    columns = "snapshot_date, change_type, user_name"
    [change] = lake.view("latest_changes", columns)
    assert tuple(change.values()) == ("2026-11-23", "user_created", "bob")
    assert len(lake.view("credential_changes", columns)) == 2
