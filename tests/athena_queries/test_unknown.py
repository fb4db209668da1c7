"""What could not be read is unknown, and the reason names it: never a pass, never a failure, never no row."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from tests.fixtures.control_list import JUDGED_PER

utc = partial(datetime, tzinfo=UTC)

OLD = utc(2020, 1, 1)
ANY = "222222222222"
KEY = {"access_key_1_active": True, "access_key_1_last_rotated": OLD, "access_key_1_last_used_date": OLD}


@pytest.mark.parametrize("reason", ["unparsed", "empty"])
@pytest.mark.parametrize(
    ("control", "column", "changes"),
    [
        ("console-mfa", "mfa_active", {"password_enabled": True}),
        ("console-mfa", "password_enabled", {"mfa_active": False}),
        ("no-setup-access-key", "access_key_1_active", {"access_key_1_last_rotated": OLD, "password_enabled": True}),
        ("no-setup-access-key", "password_enabled", {**KEY, "access_key_1_last_used_date": None}),
        ("no-setup-access-key", "access_key_1_last_used_date", {**KEY, "password_enabled": True}),
        ("password-unused", "password_enabled", {"password_last_used": OLD, "password_last_changed": OLD}),
        ("password-unused", "password_last_used", {"password_enabled": True, "password_last_changed": OLD}),
        ("password-unused", "password_last_changed", {"password_enabled": True}),
        ("access-key-unused", "access_key_1_active", KEY),
        ("access-key-unused", "access_key_1_last_used_date", KEY),
        ("access-key-unused", "access_key_1_last_rotated", {**KEY, "access_key_1_last_used_date": None}),
        ("access-key-rotation", "access_key_1_active", KEY),
        ("access-key-rotation", "access_key_1_last_rotated", KEY),
        ("single-access-key", "access_key_2_active", {**KEY, "access_key_2_last_rotated": OLD}),
        # Whether the second key exists at all could not be read.
        ("single-access-key", "access_key_2_active", KEY),
    ],
)
def test_a_value_that_a_user_control_needs_makes_it_unknown(lake_of, rows, control, column, changes, reason):  # noqa: PLR0917 - one argument for each parameter
    user = rows.user(**{**changes, reason: (column,)})
    lake = lake_of(rows.account(outcome="partial", unreadable_values=1), rows.root(), user)
    where = f"control_id = '{control}' and status = 'unknown'"
    assert lake.view("control_results", "user_name, reason", where) == [
        {"user_name": "alice", "reason": f"Cannot be evaluated: {column} is {reason}."}
    ]
    assert lake.view("findings", where=f"control_id = '{control}'") == []
    if control.endswith("-unused"):
        assert lake.view("inactive_users") == []


@pytest.mark.parametrize(
    ("control", "column", "changes"),
    [
        ("root-no-access-key", "access_key_1_active", {"access_key_1_last_rotated": OLD}),
        ("root-mfa", "mfa_active", {"password_enabled": True}),
        ("root-mfa", "password_enabled", {"mfa_active": False}),
        ("root-mfa", "access_key_2_active", {"password_enabled": False, "access_key_2_last_rotated": OLD}),
        ("root-unused", "password_last_used", {"password_enabled": True}),
        ("root-unused", "access_key_2_last_used_date", {"access_key_2_last_rotated": OLD}),
        # A slot without a key has a last use all the same.
        ("root-unused", "access_key_1_last_used_date", {}),
    ],
)
def test_a_value_that_a_root_control_needs_makes_it_unknown(lake_of, rows, control, column, changes):
    lake = lake_of(rows.account(outcome="partial", unreadable_values=1), rows.root(**changes, unparsed=(column,)))
    assert lake.results(control, "status, reason") == [("unknown", f"Cannot be evaluated: {column} is unparsed.")]


def test_an_empty_last_use_of_a_slot_without_a_key_of_root_is_unknown(lake_of, rows):
    lake = lake_of(rows.account(), rows.root(empty=("access_key_1_last_used_date",)))
    assert lake.results("root-unused", "status, reason") == [
        ("unknown", "Cannot be evaluated: access_key_1_last_used_date is empty.")
    ]


@pytest.mark.parametrize(
    ("control", "changes", "expected"),
    [
        # One active key is enough, whatever the other is.
        ("root-no-access-key", {**KEY, "unparsed": ("access_key_2_active",)}, "fail"),
        # A use within the day is known, whatever the others are.
        ("root-unused", {"password_last_used": "an hour ago", "unparsed": ("access_key_1_last_used_date",)}, "fail"),
        # With an active key the password does not matter: MFA is missing.
        ("root-mfa", {**KEY, "unparsed": ("password_enabled",)}, "fail"),
    ],
)
def test_what_is_known_to_fail_fails_whatever_else_could_not_be_read(lake_of, rows, control, changes, expected):
    changes = {name: rows.ago(hours=1) if value == "an hour ago" else value for name, value in changes.items()}
    lake = lake_of(rows.account(outcome="partial", unreadable_values=1), rows.root(**changes))
    assert lake.results(control) == [expected]


def test_a_value_that_is_not_needed_does_not_matter(lake_of, rows):
    users = [
        # Inactive: neither its age nor its use is asked.
        rows.user("inactive", access_key_1_last_rotated=OLD, unparsed=("access_key_1_last_used_date",)),
        # Used: when it was made is not asked for.
        rows.key_user("used", unparsed=("access_key_1_last_rotated",)),
        # No password: whether there is MFA is not asked.
        rows.user("no password", unparsed=("mfa_active",)),
    ]
    lake = lake_of(rows.account(outcome="partial", unreadable_values=3), rows.root(), *users)
    assert lake.results("access-key-unused", "user_name, status") == [("inactive", "not_applicable"), ("used", "pass")]
    assert lake.results("console-mfa") == ["not_applicable"] * 3


@pytest.mark.parametrize(
    ("control", "changes", "column"),
    [
        ("console-mfa", {"password_enabled": True, "mfa_active": None}, "mfa_active is N/A"),
        ("console-mfa", {"password_enabled": None}, "password_enabled is N/A"),
        ("console-mfa", {"not_supported": ("password_enabled",)}, "password_enabled is not_supported"),
        (
            "console-mfa",
            {"password_enabled": True, "not_supported": ("mfa_active",)},
            "mfa_active is not_supported",
        ),
        ("password-unused", {"password_enabled": None, "password_last_used": OLD}, "password_enabled is N/A"),
        ("password-unused", {"not_supported": ("password_enabled",)}, "password_enabled is not_supported"),
        (
            "no-setup-access-key",
            {**KEY, "access_key_1_last_used_date": None, "password_enabled": None},
            "password_enabled is N/A",
        ),
        (
            "access-key-unused",
            {**KEY, "not_supported": ("access_key_1_active",)},
            "access_key_1_active is not_supported",
        ),
        (
            "single-access-key",
            {**KEY, "access_key_2_active": None, "access_key_2_last_rotated": OLD},
            "access_key_2_active is N/A",
        ),
        (
            "password-unused",
            {"password_enabled": True, "password_last_changed": OLD, "not_supported": ("password_last_used",)},
            "password_last_used is not_supported",
        ),
        ("password-unused", {"password_enabled": True}, "password_last_changed is N/A"),
        ("access-key-rotation", {"access_key_1_active": True}, "access_key_1_last_rotated is N/A"),
        (
            "access-key-rotation",
            {"access_key_1_active": None, "access_key_1_last_rotated": OLD},
            "access_key_1_active is N/A",
        ),
    ],
)
def test_a_null_where_aws_gives_a_value_is_unknown_too(lake_of, rows, control, changes, column):
    lake = lake_of(rows.account(), rows.root(), rows.user(**changes))
    assert lake.results(control, "status, reason") == [("unknown", f"Cannot be evaluated: {column}.")]


@pytest.mark.parametrize("word", [{"access_key_2_active": None}, {"not_supported": ("access_key_2_active",)}])
def test_a_slot_with_a_word_and_without_a_date_holds_no_key(lake_of, rows, word):
    lake = lake_of(rows.account(), rows.root(), rows.user(**KEY, **word))
    assert lake.view("credentials", "credential_type, slot") == [{"credential_type": "access_key", "slot": 1}]
    assert lake.results("single-access-key") == ["pass"]
    assert [row["user_name"] for row in lake.view("inactive_users")] == ["alice"]


def test_a_credential_whose_existence_could_not_be_read_is_listed(lake_of, rows):
    user = rows.user(unparsed=("password_enabled", "access_key_1_active"), empty=("cert_2_last_rotated",))
    lake = lake_of(rows.account(outcome="partial", unreadable_values=3), rows.root(), user)
    columns = "credential_type, slot, is_active, is_active_fault, created_at_fault"
    assert [tuple(row.values()) for row in lake.view("credentials", columns)] == [
        ("access_key", 1, None, "access_key_1_active is unparsed", "access_key_1_last_rotated is N/A"),
        ("password", None, None, "password_enabled is unparsed", "password_last_changed is N/A"),
        ("signing_certificate", 2, False, None, "cert_2_last_rotated is empty"),
    ]


@pytest.mark.parametrize(
    "outcome",
    [
        "excluded",
        "assume_denied",
        "report_denied",
        "report_timeout",
        "not_reached",
        "throttled",
        "malformed_report",
        "wrong_account",
        "failed",
    ],
)
def test_an_active_account_that_was_not_collected_is_unknown_in_every_control(lake_of, rows, outcome):
    # The password policy may have been readable all the same.
    lake = lake_of(rows.account(ANY, outcome=outcome, password_policy_state="custom"))
    results = lake.view("control_results", "control_id, status, reason, finding_id")
    assert len(results) == len(JUDGED_PER)
    by_control = {row["control_id"]: (row["status"], row["reason"]) for row in results}
    assert by_control.pop("report-collected") == ("fail", f"The report was not collected: {outcome}.")
    reason = f"Cannot be evaluated: the account was not collected ({outcome})."
    assert by_control == dict.fromkeys(JUDGED_PER.keys() - {"report-collected"}, ("unknown", reason))
    assert len({row["finding_id"] for row in results}) == len(JUDGED_PER)


@pytest.mark.parametrize("state", ["SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED"])
def test_an_account_that_is_not_active_has_no_results(lake_of, rows, state):
    lake = lake_of(rows.account(), rows.root(), rows.account(ANY, account_state=state, outcome="skipped_state"))
    assert {row["account_id"] for row in lake.view("control_results", "account_id")} == {"111111111111"}
    assert {row["account_id"] for row in lake.view("account_scorecard", "account_id")} == {"111111111111"}
    assert lake.view("collection_coverage", "is_in_scope, reason", f"account_id = '{ANY}'") == [
        {"is_in_scope": False, "reason": f"The account is {state}, so it was not called."}
    ]


def test_rows_left_out_are_one_more_unknown_in_each_user_and_credential_control(lake_of, rows):
    account = rows.account(outcome="partial", unreadable_rows=2)
    lake = lake_of(account, rows.root(), rows.key_user())
    left_out = lake.view("control_results", "control_id, status, user_name", "reason like '%left out.'")
    assert [(row["control_id"], row["status"], row["user_name"]) for row in left_out] == [
        (control, "unknown", None) for control in sorted(JUDGED_PER) if JUDGED_PER[control] != "account"
    ]
    # Who could be read is judged as ever.
    assert lake.results("access-key-rotation", "status, user_name, reason") == [
        ("pass", "alice", "Created 10 days before the report: within the limit of 90 days."),
        ("unknown", None, "Cannot be evaluated: 2 rows of the report were left out."),
    ]


def test_a_report_without_a_root_row_leaves_the_root_controls_unknown(lake_of, rows):
    lake = lake_of(rows.account(outcome="partial"), rows.key_user())
    for control in ("root-no-access-key", "root-mfa", "root-unused", "root-no-credentials", "root-no-certificate"):
        assert lake.results(control, "status, reason") == [
            ("unknown", "Cannot be evaluated: the report has no root row.")
        ]
    assert lake.view("root_posture", "root_credentials, active_access_keys, mfa_active") == [
        {"root_credentials": "unknown", "active_access_keys": None, "mfa_active": None}
    ]


def test_an_account_without_users_is_judged_by_its_account_controls(lake_of, rows):
    lake = lake_of(rows.account(), rows.root())
    assert sorted(row["control_id"] for row in lake.view("control_results", "control_id")) == [
        "password-length",
        "password-reuse",
        "report-collected",
        "root-mfa",
        "root-no-access-key",
        "root-no-certificate",
        "root-no-credentials",
        "root-unused",
    ]


def test_without_a_limit_nothing_passes(lake_of, rows):
    """No run writes such a row; a view must not make a pass of it all the same."""
    limits = ("limit_access_key_rotation_days", "limit_access_key_unused_days", "limit_root_use_days")
    root = rows.root(password_enabled=True, password_last_used=OLD)
    lake = lake_of(rows.account(**dict.fromkeys(limits)), root, rows.key_user())
    for control in ("access-key-rotation", "access-key-unused", "root-unused"):
        assert lake.results(control, "status, reason") == [("unknown", "Cannot be evaluated: the limit is unknown.")]


@pytest.mark.parametrize("column", ["access_key_2_active", "access_key_2_last_used_date", "password_last_used"])
def test_a_user_of_whom_one_credential_may_be_in_use_is_not_called_inactive(lake_of, rows, column):
    others = {
        "access_key_2_active": True,
        "access_key_2_last_rotated": OLD,
        "password_enabled": True,
        "password_last_changed": OLD,
        "password_last_used": OLD,
    }
    lake = lake_of(rows.account(), rows.user("idle", **KEY, **others), rows.user(**KEY, **others, unparsed=(column,)))
    assert lake.view("inactive_users", "user_name, active_credentials") == [
        {"user_name": "idle", "active_credentials": 3}
    ]


@pytest.mark.parametrize("word", [{"password_enabled": None}, {"not_supported": ("password_enabled",)}])
def test_a_user_whose_password_may_be_enabled_is_not_called_inactive(lake_of, rows, word):
    """Found in the field: the password had been used a day before."""
    user = rows.user(**{**KEY, "password_last_used": rows.ago(days=1), **word})
    lake = lake_of(rows.account(), rows.root(), user)
    assert lake.view("inactive_users") == []
    assert lake.results("access-key-unused") == ["fail"]
    assert lake.results("password-unused") == ["unknown"]


def test_a_user_whose_creation_time_could_not_be_read_is_another_thing_that_day(lake_of, on):
    """The known exception to stable ids: what was made again under the same name must not be taken for what was."""
    days = {}
    for day, unread in ((21, ()), (22, ("user_creation_time",)), (23, ())):
        makers = on(day)
        user = makers.console_user(mfa_active=False, unparsed=unread)
        days[makers.run_at] = [makers.account(), makers.root(), user]
    found = lake_of(days=days).view(
        "findings_history", "finding_id", "control_id = 'console-mfa'", order="snapshot_date"
    )
    first, unread, third = (row["finding_id"] for row in found)
    assert first == third != unread


@pytest.mark.parametrize("outcome", ["skipped_state", "collected"])
def test_an_account_that_is_not_active_has_no_results_and_is_in_no_list(lake_of, rows, outcome):
    """Whatever the report of an account says that was suspended while it was collected (docs/views.md)."""
    old = rows.ago(days=900)
    bad = {"password_enabled": True, "password_last_changed": old, "access_key_1_active": True}
    lake = lake_of(
        rows.account(account_state="SUSPENDED", outcome=outcome, unreadable_rows=1, max_password_age=90),
        rows.root(access_key_1_active=True, access_key_1_last_rotated=old),
        rows.user(**bad, access_key_1_last_rotated=old, access_key_2_active=True, access_key_2_last_rotated=old),
        rows.user("bob"),
    )
    views = ("control_results", "account_scorecard", "inactive_users", "passwords_overdue")
    for view in (*views, "users_without_active_credentials"):
        assert lake.view(view) == [], view
