"""A lake of two days with a million users each, made at once: a collection over HTTP would take an hour.

5,000 accounts of 200 users in 250 OUs. From the one day to the other, one user in a hundred gets another first key, and
one in two hundred gains or loses MFA. Half the users have a password, two thirds a key, a fifth two; one account in
fifty was not collected, one value in ten thousand could not be read. Days are spread so that every control finds some
who pass and some who fail.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collector.lake.raw import file_sha256
from collector.schema import RECORD_TABLES, file_schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ORGANIZATION = "o-benchmark01"
DATES = ("2026-11-22", "2026-11-23")
ACCOUNTS = 5_000
USERS_PER_ACCOUNT = 200
USERS_PER_FILE = 500_000
ROWS_PER_GROUP = 100_000

_TIMESTAMP = pa.timestamp("ms", tz="UTC")
_DAY = 86_400_000
# Every instant but the run's own counts back from here, on both days alike.
_FIRST_DAY = int(datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp() * 1000)


def make_lake(root: Path, *, accounts: int = ACCOUNTS, dates: Sequence[str] = DATES) -> None:
    """Write the lake, unless it is there."""
    record = root / "catalog" / f"{ORGANIZATION}.json"
    if record.exists():
        return
    snapshots = {date: _write_day(root, date, accounts, later) for later, date in enumerate(dates)}
    content = {"schema_version": 1, "organization_id": ORGANIZATION, "latest": dates[-1], "snapshots": snapshots}
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(content))


def _write_day(root: Path, date: str, accounts: int, later: int) -> dict:
    """Write one day's files; the record's entry. The same chances on each day make the same organization."""
    chance = np.random.default_rng(20261123)
    run_id = f"{date.replace('-', '')}T101112Z-0a1b2c3d"
    folder = root / "snapshots" / ORGANIZATION / date / run_id
    folder.mkdir(parents=True, exist_ok=True)
    keys = {"organization_id": ORGANIZATION, "snapshot_date": date, "run_id": run_id}
    covered = [number for number in range(accounts) if number % 50]
    tables = {"accounts": _filled("account", accounts, keys | _accounts(accounts, later))}
    per_file = max(1, USERS_PER_FILE // USERS_PER_ACCOUNT)
    for part, start in enumerate(range(0, len(covered), per_file)):
        some = covered[start : start + per_file]
        tables[f"users-{part:05d}"] = _filled("user", len(some) * USERS_PER_ACCOUNT, keys | _users(some, chance, later))
    files = []
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd", row_group_size=ROWS_PER_GROUP)
        kind = "account" if name == "accounts" else "user"
        about = {"path": str(path.relative_to(root)), "record_type": kind, "rows": table.num_rows}
        files.append(about | {"bytes": path.stat().st_size, "sha256": file_sha256(path)})
    return _entry(accounts, covered, date, run_id, files)


def _entry(accounts: int, covered: list[int], date: str, run_id: str, files: list[dict]) -> dict:
    return {
        "run_id": run_id,
        "run_started_at": f"{date}T10:11:12.000Z",
        "run_finished_at": f"{date}T10:21:12.000Z",
        "published_at": f"{date}T10:21:13.000Z",
        "coverage": len(covered) / accounts,
        "accounts": {
            "total": accounts,
            "active": accounts,
            "covered": len(covered),
            "by_outcome": {"collected": len(covered), "assume_denied": accounts - len(covered)},
        },
        "users": sum(file["rows"] for file in files[1:]),
        "columns": {kind: len(file_schema(kind)) for kind in RECORD_TABLES},
        "files": files,
    }


def _account_id(number: int) -> str:
    return f"{number + 10_000:012d}"


def _instants(chance: np.random.Generator, size: int, *, days: float, share: np.ndarray | None = None) -> pa.Array:
    """Instants of the last days, most of them recent; null outside the share."""
    values = _FIRST_DAY - (chance.exponential(days, size) * _DAY).astype(np.int64)
    mask = None if share is None else ~share
    return pa.array(values, pa.int64(), mask=mask).cast(_TIMESTAMP)


def _fixed(value: object, size: int, kind: pa.DataType) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), size)


def _maps(entries: list[list[tuple[str, str]]]) -> pa.Array:
    return pa.array(entries, pa.map_(pa.string(), pa.string()))


def _filled(record_type: str, size: int, columns: dict[str, object]) -> pa.Table:
    """A table of the file's schema: the columns given, keys, and plain values or nulls for the rest."""
    arrays = []
    for field in file_schema(record_type):
        value = record_type if field.name == "record_type" else columns.get(field.name)
        if isinstance(value, pa.Array | pa.ChunkedArray):
            arrays.append(value)
        elif isinstance(value, np.ndarray):
            arrays.append(pa.array(value, field.type))
        elif pa.types.is_map(field.type) and value is None:
            arrays.append(_maps([[]] * size))
        else:
            arrays.append(_fixed(value, size, field.type))
    return pa.Table.from_arrays(arrays, schema=file_schema(record_type))


def _accounts(count: int, later: int) -> dict[str, object]:
    numbers = np.arange(count)
    covered = numbers % 50 != 0
    ou = [f"ou-ab12-{number % 250:08d}" for number in numbers]
    return {
        "account_id": pa.array([_account_id(number) for number in numbers]),
        "account_name": pa.array([f"team-{number % 250}-{number}" for number in numbers]),
        "account_arn": pa.array([f"arn:aws:organizations::999999999999:account/{_account_id(n)}" for n in numbers]),
        "aws_partition": "aws",
        "account_state": "ACTIVE",
        "ou_id": pa.array(ou),
        "ou_path": pa.array([f"Root/Workloads/Team {number % 250}" for number in numbers]),
        "outcome": pa.array(np.where(covered, "collected", "assume_denied")),
        "error_code": pa.array(np.where(covered, "", "AccessDenied"), mask=covered),
        "attempts": 5,
        "run_started_at": _FIRST_DAY + later * _DAY,
        "report_generated_at": pa.array(np.full(count, _FIRST_DAY + later * _DAY), mask=~covered).cast(_TIMESTAMP),
        "user_count": pa.array(np.where(covered, USERS_PER_ACCOUNT, 0), pa.int32(), mask=~covered),
        "unreadable_rows": pa.array(np.zeros(count), pa.int32(), mask=~covered),
        "unreadable_values": pa.array(np.zeros(count), pa.int32(), mask=~covered),
        "password_policy_state": pa.array(np.where(covered, np.where(numbers % 3, "custom", "default"), "unknown")),
        "minimum_password_length": pa.array(8 + numbers % 10, pa.int32(), mask=numbers % 3 == 0),
        "password_reuse_prevention": pa.array(20 + numbers % 10, pa.int32(), mask=numbers % 3 == 0),
        "max_password_age": pa.array(np.full(count, 365), pa.int32(), mask=numbers % 3 == 0),
        "users": pa.array(np.full(count, USERS_PER_ACCOUNT - 1), pa.int32(), mask=~covered),
        "limit_access_key_rotation_days": 90,
        "limit_access_key_unused_days": 45,
        "limit_password_unused_days": 45,
        "limit_root_use_days": 1,
        "limit_password_length": 14,
        "limit_password_reuse": 24,
        "inventory_source": "organizations",
        "is_management_account": False,
    }


def _users(accounts: list[int], chance: np.random.Generator, later: int) -> dict[str, object]:
    size = len(accounts) * USERS_PER_ACCOUNT
    place = np.tile(np.arange(USERS_PER_ACCOUNT), len(accounts))
    is_root = place == 0
    ids = np.repeat([_account_id(number) for number in accounts], USERS_PER_ACCOUNT)
    names = np.where(is_root, "<root_account>", np.char.add("user.name-", place.astype(str)))
    tails = np.where(is_root, ":root", np.char.add(":user/team/", names))
    has_password = (chance.random(size) < 0.5) & ~is_root
    unreadable = chance.random(size) < 1e-4
    columns = {
        "account_id": pa.array(ids),
        "user_name": pa.array(names),
        "user_arn": pa.array(np.char.add(np.char.add("arn:aws:iam::", ids), tails)),
        "is_root": is_root,
        "user_creation_time": _instants(chance, size, days=900),
        "password_enabled": has_password,
        "password_last_used": _instants(chance, size, days=60, share=has_password & (chance.random(size) < 0.8)),
        "password_last_changed": _instants(chance, size, days=200, share=has_password),
        "mfa_active": pa.array((chance.random(size) < 0.7) ^ (later * chance.random(size) > 0.995), mask=unreadable),
        "cert_1_active": chance.random(size) < 0.01,
        "cert_1_last_rotated": _instants(chance, size, days=900, share=chance.random(size) < 0.01),
        "cert_2_active": False,
        "null_reasons": _maps([[("mfa_active", "unparsed")] if odd else [] for odd in unreadable]),
        "report_generated_at": _FIRST_DAY + later * _DAY,
    }
    for slot, share in ((1, 0.66), (2, 0.2)):
        exists = (chance.random(size) < share) & ~is_root
        used = exists & (chance.random(size) < 0.85)
        columns |= {
            f"access_key_{slot}_active": exists & (chance.random(size) < 0.8),
            f"access_key_{slot}_last_rotated": _instants(chance, size, days=150, share=exists),
            f"access_key_{slot}_last_used_date": _instants(chance, size, days=40, share=used),
            f"access_key_{slot}_last_used_region": pa.array(np.full(size, "eu-central-1"), mask=~used),
            f"access_key_{slot}_last_used_service": pa.array(np.full(size, "s3"), mask=~used),
        }
    if later:
        # Chances of its own: the next file's users must come out the same on both days.
        renewed = np.random.default_rng(later).random(size) < 0.01
        before = columns["access_key_1_last_rotated"].cast(pa.int64())
        after = pa.array(np.where(renewed, _FIRST_DAY + _DAY // 2, before.fill_null(0).to_numpy()))
        columns["access_key_1_last_rotated"] = pc.if_else(before.is_null(), None, after).cast(_TIMESTAMP)
    return columns
