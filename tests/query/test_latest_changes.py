"""`latest_changes` reads a few reports of a history, and returns what all of them would."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from collector.query.definitions import Definitions
from collector.query.duckdb import LocalLake
from tests.athena_queries.conftest import Rows
from tests.fixtures.small_lakes import publish, write_snapshot

# Each with a history of its own: a lake of many costs little more than a lake of one.
ORGANIZATIONS = [f"o-aaaaaaaaa{letter}" for letter in "abcdefghijkl"]
ACCOUNTS = [f"{number:012d}" for number in range(6)]
# Few values, so that each comes back.
CREATED = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC), datetime(2026, 11, 9, 3, tzinfo=UTC)]
COLUMNS = (
    *("user_creation_time", "password_enabled", "password_last_used", "password_last_changed", "mfa_active"),
    *(f"access_key_{slot}_{value}" for slot in (1, 2) for value in ("active", "last_rotated", "last_used_date")),
)
NEWEST = "(organization_id, snapshot_date) in (select (organization_id, snapshot_date) from snapshots)"
SEEDS = range(2)


def history(seed: int) -> dict[datetime, list[dict]]:
    """Some days of some accounts whose users change a little from day to day; gaps are rare, so that most have none."""
    draw = random.Random(seed)  # noqa: S311 -- the same rows each time
    gaps = draw.choice([0, 0.002, 0.05])
    users: dict[tuple[str, str], dict] = {}
    days = {}
    for day in range(1, draw.randint(2, 9)):
        makers = Rows(datetime(2026, 11, day, 15, tzinfo=UTC))
        rows = []
        for account in ACCOUNTS:
            if draw.random() < 0.1:
                continue
            is_covered = draw.random() < 0.85
            lost = draw.choice([0, 0, 0, 1]) if draw.random() < gaps * 10 else 0
            # AWS generates at most one report in four hours: two snapshots may contain the same.
            at = makers.t - timedelta(days=1) if draw.random() < 0.05 else makers.t
            outcome = draw.choice(["collected", "partial"]) if is_covered else "throttled"
            report = {"report_generated_at": at if is_covered else None, "unreadable_rows": lost}
            rows.append(makers.account(account, outcome=outcome, **report))
            if not is_covered:
                continue
            for name in ("root", "alice", "bob", "carol"):
                key = (account, name)
                if key not in users or draw.random() < 0.1:
                    users[key] = {column: _value(draw, column) for column in COLUMNS}
                for column in COLUMNS:
                    if draw.random() < 0.04:
                        users[key][column] = _value(draw, column)
                is_absent = draw.random() < (0.15 if name != "root" else gaps)
                if is_absent or (lost and draw.random() < 0.4):
                    continue
                unread = {
                    reason: tuple(column for column in COLUMNS if draw.random() < gaps)
                    for reason in ("unparsed", "empty", "not_supported")
                }
                made = makers.root(account, **users[key], **unread) if name == "root" else None
                rows.append(made or makers.user(name, account, **users[key], **unread))
        days[makers.run_at] = rows
    return days


def _value(draw: random.Random, column: str) -> object:
    if column.endswith(("enabled", "active")):
        return draw.random() < 0.6
    if column.endswith(("last_used", "used_date")):
        return draw.choice([None, *CREATED, datetime(2026, 11, draw.randint(1, 9), 12, tzinfo=UTC)])
    return draw.choice(CREATED if column == "user_creation_time" or draw.random() < 0.9 else [None])


def write_lake(root, seed: int) -> str:
    for place, organization in enumerate(ORGANIZATIONS):
        entries = {}
        for at, rows in history(seed * len(ORGANIZATIONS) + place).items():
            users = [row for row in rows if "user_arn" in row]
            accounts = [row for row in rows if "user_arn" not in row]
            date = at.strftime("%Y-%m-%d")
            entries[date] = write_snapshot(root, organization, date, accounts=accounts, users=users)
        publish(root, organization, entries)
    return str(root)


def rows_of(lake: LocalLake, sql: str) -> list[str]:
    return sorted(repr(row) for batch in lake.rows(sql).batches for row in batch.to_pylist())


@pytest.fixture
def limits(monkeypatch):
    """How many reports decided, query by query."""
    found = []
    original = Definitions._fetched

    def fetched(*arguments):
        found.append(original(*arguments))
        return found[-1]

    monkeypatch.setattr(Definitions, "_fetched", fetched)
    return found


def test_they_are_the_changes_of_the_newest_snapshot_whatever_the_history(tmp_path, limits):
    changes = all_rows = 0
    for seed in SEEDS:
        with LocalLake(write_lake(tmp_path / str(seed), seed)) as lake:
            expected = rows_of(lake, f"select * from credential_changes where {NEWEST}")  # noqa: S608 -- ours
            assert rows_of(lake, "latest_changes") == expected, seed
            changes += len(expected)
            all_rows += len(rows_of(lake, "select 1 from account_history where outcome in ('collected', 'partial')"))
    deciding = sum(found.num_rows for found in limits[1::2])
    # There was something to find, and something left out.
    assert changes > 50 * len(SEEDS)
    assert deciding < all_rows * 0.8
