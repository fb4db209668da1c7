"""Snapshots of literal rows, queried through the views, and channels that keep what they get."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from collector.notices.channels import Channel, Channels
from collector.notices.compare import compare
from collector.notices.send import Notices
from collector.notices.standing import Account, Result, Snapshot, Standing, find_snapshot, read_standings
from collector.query.rows import stream
from collector.settings.model import Settings

if TYPE_CHECKING:
    from collector.notices.compare import Changes, Notified
    from collector.notices.message import Notice

DAYS = (15, 7)
# Names that a chat, a mail reader or a terminal could take for more than text.
HOSTILE = (
    "<!channel>",
    "<@U012AB3CD>",
    "@everyone",
    "x @here y",
    "[click](https://evil.example/)",
    "![](https://evil.example/p.png)",
    "<img src=x onerror=alert(1)>",
    "a`b`c",
    "abc\u202egpj.exe",
    "two\nlines\r\n# heading",
    "**bold** _it_ ~~s~~ | cell |",
    "\x1b[2J\x07",
    "a\u2028b\u2066c",
)
COLUMNS = {
    "snapshots": [each.name for each in fields(Snapshot)],
    "account": [each.name for kind in (Account, Snapshot) for each in fields(kind)],
    "control_results": [each.name for kind in (Result, Snapshot) for each in fields(kind)],
}
ONE, TWO = "111111111111", "222222222222"


@pytest.fixture(name="fill")
def _fill():
    """A function that adds the rows of a day (accounts and results) and returns what runs a select.

    The views are tables here, so that a query takes milliseconds; `test_standing` has the real ones.
    """
    connection = duckdb.connect()

    def fill(day: int, rows):
        snapshot = asdict(snapshot_on(day))
        found = {
            "snapshots": [snapshot],
            "account": [_columns(row) | snapshot for row in rows if isinstance(row, Account)],
            "control_results": [_columns(row) | snapshot for row in rows if isinstance(row, Result)],
        }
        for view, each in found.items():
            schema = pa.schema([(name, _type(name)) for name in COLUMNS[view]])
            connection.register("rows_of_a_day", pa.Table.from_pylist(each, schema=schema))
            exists = "insert into" if view in filled else "create table"
            filled.add(view)
            words = "by name select" if exists == "insert into" else "as select"
            connection.execute(f"{exists} {view}_history {words} * from rows_of_a_day")
            connection.execute(
                f"create or replace view {view} as from {view}_history "
                f"where snapshot_date = (from {view}_history select max(snapshot_date))"
            )
        return lambda sql: stream(connection, sql)

    filled: set[str] = set()
    yield fill
    connection.close()


def _columns(row) -> dict:
    return {name: getattr(row, name) for name in row.__slots__}


def _type(column: str) -> pa.DataType:
    if column.endswith(("_at", "_since", "_until")):
        return pa.timestamp("ms")
    return pa.int64() if column.endswith(("_days", "_seconds", "_rank")) else pa.string()


def standings(run, day=None):
    """The newest snapshot, or that of a day, and what it holds by owner."""
    snapshot = find_snapshot(run, lake="lake", day=day)
    found = read_standings(run, snapshot, most_days_left=max(DAYS), is_newest=day is None)
    return snapshot, {each.owner: each for each in found}


def account(account_id: str = ONE, **changes) -> Account:
    plain = {
        "owner": "",
        "account_id": account_id,
        "account_name": "pay",
        "account_state": "ACTIVE",
        "outcome": "collected",
        "error_code": None,
        "denied_by_type": None,
        "denied_by_arn": None,
    }
    return Account(**plain | changes)


def result(finding_id: str, **changes) -> Result:
    """A user without MFA, or the differences from that."""
    plain = {field.name: None for field in fields(Result)} | {
        "owner": "",
        "account_id": ONE,
        "account_name": "pay",
        "control_id": "console-mfa",
        "severity": "high",
        "severity_rank": 2,
        "user_name": finding_id,
        "status": "fail",
        "finding_id": finding_id,
        "reason": "The user has a password and no MFA device.",
        "reason_code": "password_without_mfa",
    }
    return Result(**plain | changes)


def unread(account_id: str = ONE, **changes) -> Account:
    return account(account_id, **{"outcome": "assume_denied", "error_code": "AccessDenied"} | changes)


def changes(*days, owner: str = "", notified: Notified | None = None) -> Changes:
    """What a channel is notified of on the last of several days (accounts and results), after each of the others."""
    for day, rows in enumerate(days, start=20):
        of_owner = [row for row in rows if row.owner == owner]
        accounts = {row.account_id: row for row in of_owner if isinstance(row, Account)}
        found, notified = compare(standing_of(owner, accounts, of_owner), snapshot_on(day), notified, days=DAYS)
    return found


def standing_of(owner, accounts, rows) -> Standing:
    results = [row for row in rows if isinstance(row, Result)]
    results += [
        result(f"lost-{key}", account_id=key, control_id="report-collected", user_name=None, owner=owner)
        for key, each in accounts.items()
        if each.is_in_scope and not each.is_covered
    ]
    return Standing(owner=owner, accounts=accounts, results=results)


def snapshot_on(day: int) -> Snapshot:
    at = datetime(2026, 11, day, 15)  # noqa: DTZ001 -- as the views return it
    return Snapshot(
        organization_id="o-abcdefghij", snapshot_date=f"2026-11-{day:02}", snapshot_at=at, run_id=f"2026{day}"
    )


@dataclass
class Box:
    """A channel that keeps what it gets."""

    name: str
    got: list[Notice] = field(default_factory=list)
    problem: str | None = None  # what it says instead of taking a notice

    @property
    def channel(self) -> Channel:
        return Channel(self.name, self._take)

    def _take(self, notice):
        if self.problem is None:
            self.got.append(notice)
        return self.problem


@pytest.fixture(name="send")
def _send(lake):
    """Sends to boxes, and returns how each notice ended: (owner, channel, status)."""
    lake.mkdir()

    def send(run, *boxes, **options):
        channels = Channels(tuple(box.channel for box in boxes), {})
        notices = Notices(run=run, settings=Settings(lake=str(lake)), channels=channels, **options)
        return [(each.owner, each.channel, each.status) for each in notices.send()]

    return send
