"""Small lakes with literal rows. What a row does not name is null, or, where null is not allowed, some plain value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.schema import file_schema

ORGANIZATION = "o-abcdefghij"
_INSTANT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def _plain_value(kind: pa.DataType):
    if pa.types.is_map(kind):
        return []
    if pa.types.is_string(kind):
        return "plain"
    if pa.types.is_boolean(kind):
        return False
    return 1 if pa.types.is_integer(kind) else _INSTANT


def _table(record_type: str, rows: list[dict], width: int | None) -> pa.Table:
    schema = file_schema(record_type)
    unknown = {name for row in rows for name in row} - set(schema.names)
    assert not unknown, unknown
    full = [
        {field.name: row.get(field.name, None if field.nullable else _plain_value(field.type)) for field in schema}
        for row in rows
    ]
    table = pa.Table.from_pylist(full, schema=schema)
    return table if width is None else table.select(schema.names[:width])


def write_snapshot(root: Path, organization: str, date: str, *, accounts=(), users=(), widths=None) -> dict:
    """Write one day's files, and return its entry in the publication record."""
    run_id = f"{date.replace('-', '')}T101112Z-0a1b2c3d"
    keys = {"organization_id": organization, "snapshot_date": date, "run_id": run_id}
    folder = Path("snapshots") / organization / date / run_id
    (root / folder).mkdir(parents=True, exist_ok=True)
    files = []
    widths = widths or {}
    for record_type, name, rows in (("account", "accounts", accounts), ("user", "users-00000", users)):
        if record_type == "user" and not rows:
            continue
        path = folder / f"{name}.parquet"
        filled = [{**keys, "record_type": record_type, "account_id": "011111111111", **row} for row in rows]
        pq.write_table(_table(record_type, filled, widths.get(record_type)), root / path)
        files.append({"path": str(path), "record_type": record_type, "rows": len(rows), "bytes": 1, "sha256": "0" * 64})
    return {
        "run_id": run_id,
        "run_started_at": f"{date}T10:11:12.000Z",
        "run_finished_at": f"{date}T10:12:12.000Z",
        "published_at": f"{date}T10:13:12.000Z",
        "coverage": 0.5,
        "accounts": {"total": 3, "active": 2, "covered": 1, "by_outcome": {"collected": 1}},
        "users": len(users),
        "columns": {kind: widths.get(kind, len(file_schema(kind))) for kind in ("account", "user")},
        "files": files,
    }


def publish(root: Path, organization: str, snapshots: dict[str, dict]) -> None:
    """Write the publication record."""
    (root / "catalog").mkdir(parents=True, exist_ok=True)
    record = {
        "schema_version": 1,
        "organization_id": organization,
        "latest": max(snapshots),
        "snapshots": snapshots,
    }
    (root / "catalog" / f"{organization}.json").write_text(json.dumps(record))


@pytest.fixture
def make_lake(tmp_path):
    """A function that makes a lake of `{date: {"accounts": rows, "users": rows, "widths": …}}` and returns its path."""

    def make(days: dict[str, dict], *, organization: str = ORGANIZATION, root: Path = tmp_path / "lake") -> str:
        root.mkdir(exist_ok=True)
        publish(root, organization, {d: write_snapshot(root, organization, d, **rows) for d, rows in days.items()})
        return str(root)

    return make


@pytest.fixture
def make_views(tmp_path):
    """A function that writes view files, `{"folder/name": text}`, and returns the folder."""

    def make(files: dict[str, str]) -> Path:
        folder = tmp_path / "athena_queries"
        for name, text in files.items():
            path = folder / f"{name}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return folder

    return make


# The two base views, small: enough for tests of the engine, and free of the real files' changes.
ACCOUNT_VIEW = """\
-- Every account.
-- Grain: organization_id, snapshot_date, account_id
-- Reads: snapshot_record

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(account_id as varchar) as account_id,
    cast(account_name as varchar) as account_name,
    cast(outcome as varchar) as outcome,
    cast(users as integer) as users,
    cast(joined_at as timestamp(3)) as joined_at,
    cast(tags as map(varchar, varchar)) as tags
from snapshot_record
where record_type = 'account'
"""

USER_VIEW = """\
-- Every user.
-- Grain: organization_id, snapshot_date, user_arn
-- Reads: snapshot_record

select
    cast(organization_id as varchar) as organization_id,
    cast(snapshot_date as varchar) as snapshot_date,
    cast(account_id as varchar) as account_id,
    cast(user_name as varchar) as user_name,
    cast(user_arn as varchar) as user_arn,
    cast(password_enabled as boolean) as password_enabled,
    cast(password_last_used as timestamp(3)) as password_last_used,
    cast(report_generated_at as timestamp(3)) as report_generated_at
from snapshot_record
where record_type = 'user'
"""


@pytest.fixture
def small_views(make_views):
    """The two base views in a folder of their own."""
    return make_views({"base/account": ACCOUNT_VIEW, "base/credential_report": USER_VIEW})
