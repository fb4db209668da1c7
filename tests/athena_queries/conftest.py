"""Lakes of literal rows, and questions to them.

A row says only what matters: the rest is an account that was collected in full, and a user without any credential.
Times are given as instants, or as an age before the report.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from collector.evidence import RunEvidence
from collector.lake.rows import exception_rows
from collector.limits import Limits
from collector.query.definitions import Definitions
from collector.schema import SNAPSHOT_RECORD, file_schema
from collector.views.files import shipped_views

if TYPE_CHECKING:
    from collections.abc import Iterator

ORGANIZATION = "o-abcdefghij"
ACCOUNT = "111111111111"
RUN_AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class Rows:
    """Rows of a lake, given by their differences from the plainest account and the plainest user."""

    def __init__(self, day: datetime = RUN_AT) -> None:
        self.run_at = day
        # The report is half an hour older than the run.
        self.t = day - timedelta(minutes=30)

    def ago(self, **age: float) -> datetime:
        """An instant that long before the report."""
        return self.t - timedelta(**age)

    def account(self, account_id: str = ACCOUNT, **changes) -> dict:
        limits = {f"limit_{name}": value for name, value in _defaults().items()}
        covered = changes.get("outcome", "collected") in {"collected", "partial"}
        return {
            "account_id": account_id,
            "account_name": f"name-{account_id[:4]}",
            "aws_partition": "aws",
            "account_state": "ACTIVE",
            "ou_id": "ou-ab12-11111111",
            "ou_path": "Root/Workloads",
            "tags": [],
            "outcome": "collected",
            "attempts": 5,
            "run_started_at": self.run_at,
            "started_at": self.run_at,
            "finished_at": self.run_at + timedelta(minutes=1),
            "report_generated_at": self.t if covered else None,
            "user_count": 1 if covered else None,
            "unreadable_rows": 0 if covered else None,
            "unreadable_values": 0 if covered else None,
            "password_policy_state": "custom" if covered else "unknown",
            "minimum_password_length": 14 if covered else None,
            "password_reuse_prevention": 24 if covered else None,
            "inventory_source": "organizations",
            "is_management_account": False,
            **limits,
            **changes,
        }

    def user(self, name: str = "alice", account_id: str = ACCOUNT, **changes) -> dict:
        row = {
            "account_id": account_id,
            "user_name": name,
            "user_arn": f"arn:aws:iam::{account_id}:user/team/{name}",
            "is_root": False,
            "user_creation_time": datetime(2020, 1, 1, tzinfo=UTC),
            "password_enabled": False,
            "mfa_active": False,
            "access_key_1_active": False,
            "access_key_2_active": False,
            "cert_1_active": False,
            "cert_2_active": False,
            "null_reasons": [],
            "unknown_columns": [],
            "report_generated_at": self.t,
            **changes,
        }
        # A value that could not be read is null and has a reason: `unparsed=("mfa_active",)`.
        reasons = dict(row["null_reasons"])
        for reason in ("unparsed", "empty", "no_information", "not_supported"):
            for column in row.pop(reason, ()):
                row[column] = None
                reasons[column] = reason
        row["null_reasons"] = list(reasons.items())
        return row

    def root(self, account_id: str = ACCOUNT, **changes) -> dict:
        arn = f"arn:aws:iam::{account_id}:root"
        not_supported = ("password_next_rotation", *changes.pop("not_supported", ()))
        return self.user(
            "<root_account>", account_id, **{"user_arn": arn, "is_root": True, **changes}, not_supported=not_supported
        )

    def console_user(self, name: str = "alice", account_id: str = ACCOUNT, **changes) -> dict:
        """A user with MFA and a password of October, who signed in an hour ago."""
        signed_in = {
            "password_last_used": self.ago(hours=1),
            "password_last_changed": datetime(2026, 10, 24, 14, 30, tzinfo=UTC),
        }
        return self.user(name, account_id, **{"password_enabled": True, "mfa_active": True, **signed_in, **changes})

    def key_user(self, name: str = "alice", account_id: str = ACCOUNT, **changes) -> dict:
        """A user with one key of this month, in use."""
        key = {
            "access_key_1_active": True,
            "access_key_1_last_rotated": datetime(2026, 11, 13, 14, 30, tzinfo=UTC),
            "access_key_1_last_used_date": self.ago(hours=1),
            "access_key_1_last_used_region": "eu-central-1",
            "access_key_1_last_used_service": "ec2",
        }
        return self.user(name, account_id, **{**key, **changes})

    def exception(self, exception_id: str = "EX-1", **terms: str) -> dict:
        """An exception, by the fields of its file: for all controls, to the end of the year."""
        terms = {"exception_id": exception_id, "control_id": "*", "expires_on": "2026-12-31", **terms}
        run = RunEvidence(
            organization_id="", run_id="", started_at=self.run_at, inventory_source="", exceptions=[terms]
        )
        (row,) = exception_rows(run).to_pylist()
        return {name: row[name] for name in row if name not in {"organization_id", "snapshot_date", "run_id"}}


def _defaults() -> dict[str, int]:
    limits = Limits()
    return {name: getattr(limits, name) for name in limits.__slots__}


@pytest.fixture
def rows():
    """Makers of rows for one day."""
    return Rows()


@pytest.fixture(scope="session", name="makers_on")
def _makers_on():
    return lambda day, hour=15, minute=0: Rows(datetime(2026, 11, day, hour, minute, tzinfo=UTC))


@pytest.fixture
def on(makers_on):
    """Makers of rows for a day of November 2026, or an hour and minute of it."""
    return makers_on


class Questions:
    """The views on one DuckDB session, over tables that each test fills anew.

    The engine's own path from files to tables has tests of its own; here the views stay defined from test to test.
    """

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"python_enable_replacements": False})
        self.connection.execute("set TimeZone = 'UTC'")
        columns = ", ".join(f"{column.name} {column.type.duckdb}" for column in SNAPSHOT_RECORD.columns)
        self.connection.execute(f"create table record ({columns})")
        self.definitions = Definitions(self.connection, _table_sql, shipped_views())

    def fill(self, days: dict[datetime, list[dict]], organization: str) -> None:
        for table in snapshot_tables(days, organization):
            # Naive instants in UTC, as Athena has them.
            self.connection.register("rows_of_a_day", table)
            self.connection.execute("insert into record by name select * from rows_of_a_day")
            self.connection.unregister("rows_of_a_day")

    def empty(self) -> None:
        self.connection.execute("delete from record")

    def ask(self, sql: str) -> list[dict]:
        cursor = self.connection.execute(self.definitions.prepare(sql))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, map(_aware, row), strict=True)) for row in cursor.fetchall()]

    def view(
        self, name: str, columns: str = "*", where: str = "true", *, order: str = "1", group: str = ""
    ) -> list[dict]:
        words = ["select", columns, "from", name, "where", where]
        words += ["group by", group] if group else []
        return self.ask(" ".join([*words, "order by", order]))

    def results(self, control: str, columns: str = "status", account_id: str = ACCOUNT) -> list:
        """What one control says in one account, in order: tuples, or plain values where one column is asked for."""
        where = f"control_id = '{control}' and account_id = '{account_id}'"
        found = [tuple(row.values()) for row in self.view("control_results", columns, where, order=columns)]
        return [row[0] for row in found] if "," not in columns else found


def _table_sql(table: str, kind: str | None, _reports: object = None) -> str:
    of_kind = f"record_type = '{kind}'" if kind is not None else "true"
    newest = (
        "(organization_id, snapshot_date) "
        "in (select (organization_id, max(snapshot_date)) from record group by organization_id)"
    )
    return f"from record where {of_kind}" + (f" and {newest}" if table == "snapshot_record_latest" else "")


def _aware(value: object) -> object:
    """Athena's timestamps have no zone, and mean UTC."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


@pytest.fixture(scope="session")
def new_questions():
    """A function that makes a lake of its own, for tests that share one."""
    opened = []

    def make() -> Questions:
        opened.append(Questions())
        return opened[-1]

    yield make
    for questions in opened:
        questions.connection.close()


@pytest.fixture(scope="session")
def _questions(new_questions):
    return new_questions()


@pytest.fixture
def lake_of(_questions):
    """A lake with the rows of one day (accounts and users) or of several ({run time: rows}), ready to be asked."""

    def make(
        *rows: dict, days: dict[datetime, list[dict]] | None = None, organization: str = ORGANIZATION
    ) -> Questions:
        _questions.fill(days or {RUN_AT: list(rows)}, organization)
        return _questions

    yield make
    _questions.empty()


def snapshot_tables(days: dict[datetime, list[dict]], organization: str = ORGANIZATION) -> Iterator[pa.Table]:
    """The rows of each day and kind as a typed table, with the columns that every row of a run has."""
    for run_at, day_rows in days.items():
        keys = {
            "organization_id": organization,
            "snapshot_date": run_at.strftime("%Y-%m-%d"),
            "run_id": run_at.strftime("%Y%m%dT%H%M%SZ") + "-0a1b2c3d",
        }
        for kind in ("account", "user", "exception"):
            schema = file_schema(kind)
            of_kind = [{**keys, "record_type": kind, **r} for r in day_rows if _kind(r) == kind]
            unknown = {column for row in of_kind for column in row} - set(schema.names)
            assert not unknown, unknown
            yield pa.Table.from_pylist(of_kind, schema=schema)


def _kind(row: dict) -> str:
    return "user" if "user_arn" in row else "exception" if "exception_id" in row else "account"


@pytest.fixture
def changes(lake_of, on):
    """The changes between two days, given each day's rows by a function of its makers."""

    def between(before, now, columns: str = "change_type, user_name") -> list[tuple]:
        first, second = on(22), on(23)
        lake = lake_of(days={first.run_at: before(first), second.run_at: now(second)})
        return [tuple(row.values()) for row in lake.view("credential_changes", columns, order=columns)]

    return between


@pytest.fixture
def story(lake_of, on):
    """The changes of the days from the 20th on, each given as a function of its makers, with the day of each change."""

    def over(*days, columns: str = "snapshot_date, change_type, user_name") -> list[tuple]:
        makers = [on(day) for day in range(20, 20 + len(days))]
        lake = lake_of(days={each.run_at: day(each) for each, day in zip(makers, days, strict=True)})
        return [tuple(row.values()) for row in lake.view("credential_changes", columns, order=columns)]

    return over
