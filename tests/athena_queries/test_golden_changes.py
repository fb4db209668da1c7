"""The golden cases of what changed between two snapshots, by name."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

utc = partial(datetime, tzinfo=UTC)


def changes(lake, columns: str = "change_type, user_name") -> list[tuple]:
    return [tuple(row.values()) for row in lake.view("credential_changes", columns, order=columns)]


def test_a_user_deleted_between_snapshots(lake_of, on):
    before, now = on(22), on(23)
    bob = before.key_user("bob")
    lake = lake_of(
        days={
            before.run_at: [before.account(), before.root(), before.user(), bob],
            now.run_at: [now.account(), now.root(), now.user()],
        }
    )
    columns = (
        "change_type, user_name, credential_created_at, snapshot_date, previous_snapshot_date, "
        "report_generated_at, previous_report_generated_at"
    )
    times = ("2026-11-23", "2026-11-22", utc(2026, 11, 23, 14, 30), utc(2026, 11, 22, 14, 30))
    assert changes(lake, columns) == [
        ("key_gone", "bob", bob["access_key_1_last_rotated"], *times),
        ("user_gone", "bob", None, *times),
    ]


def test_a_user_deleted_and_made_again_under_the_same_name(lake_of, on):
    before, now = on(22), on(23)
    again = utc(2026, 11, 23, 9, 0)
    lake = lake_of(
        days={
            before.run_at: [before.account(), before.root(), before.console_user()],
            now.run_at: [now.account(), now.root(), now.user(user_creation_time=again)],
        }
    )
    # Not `password_disabled` or `mfa_removed`: this is another user.
    assert changes(lake, "change_type, user_name, changed_at") == [
        ("user_created", "alice", again),
        ("user_gone", "alice", None),
    ]


def test_key_slots_swapped_between_snapshots(lake_of, on):
    before, now = on(22), on(23)
    old, young = utc(2026, 1, 1), utc(2026, 11, 1)

    def keys(first, second):
        return {
            "access_key_1_active": True,
            "access_key_1_last_rotated": first,
            "access_key_2_active": True,
            "access_key_2_last_rotated": second,
        }

    lake = lake_of(
        days={
            before.run_at: [before.account(), before.root(), before.user(**keys(old, young))],
            now.run_at: [now.account(), now.root(), now.user(**keys(young, old))],
        }
    )
    assert changes(lake) == []
    # The failing key is the same finding on both days, though it sits in another slot.
    found = lake.view(
        "findings_history", "slot, finding_id", "control_id = 'access-key-rotation'", order="snapshot_date"
    )
    assert [row["slot"] for row in found] == [1, 2]
    assert found[0]["finding_id"] == found[1]["finding_id"]


def test_two_keys_made_in_the_same_second(lake_of, on):
    before, now = on(22), on(23)
    made = utc(2026, 1, 1)

    def pair(makers, first, second):
        return makers.user(
            access_key_1_active=first,
            access_key_1_last_rotated=made,
            access_key_2_active=second,
            access_key_2_last_rotated=made,
        )

    lake = lake_of(
        days={
            before.run_at: [before.account(), before.root(), pair(before, first=True, second=False)],
            now.run_at: [now.account(), now.root(), pair(now, first=False, second=True)],
        }
    )
    # They swapped slots; nothing was deactivated, and none is mistaken for the other.
    assert changes(lake) == []
    where = "control_id = 'access-key-unused'"
    found = lake.view("control_results_history", "status, slot, finding_id", where, order="snapshot_date, status")
    assert [(row["status"], row["slot"]) for row in found] == [
        ("fail", 1),
        ("not_applicable", 2),
        ("fail", 2),
        ("not_applicable", 1),
    ]
    failing, inactive = found[0]["finding_id"], found[1]["finding_id"]
    assert failing != inactive
    assert [row["finding_id"] for row in found] == [failing, inactive, failing, inactive]


def test_an_account_that_failed_today_and_was_fine_yesterday(lake_of, on):
    """No one is gone: nothing is known. When it answers again, it is compared with the last time it did."""
    first, second, third = on(21), on(22), on(23)
    denied = second.account(outcome="assume_denied", error_code="AccessDenied")
    lake = lake_of(
        days={
            first.run_at: [first.account(), first.root(), first.console_user(), first.console_user("bob")],
            second.run_at: [denied],
        }
    )
    assert changes(lake) == []
    assert {row["status"] for row in lake.view("control_results", "status", "control_id <> 'report-collected'")} == {
        "unknown"
    }
    assert lake.results("report-collected", "status, reason") == [
        ("fail", "The report was not collected: assume_denied (AccessDenied).")
    ]
    lake = lake_of(days={third.run_at: [third.account(), third.root(), third.console_user()]})
    assert changes(lake, "change_type, user_name, snapshot_date, previous_snapshot_date") == [
        ("user_gone", "bob", "2026-11-23", "2026-11-21")
    ]
