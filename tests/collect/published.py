"""What is published, read as any reader of the lake may: the record says which files count, and pyarrow reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path


def record_of(lake: Path, organization_id: str = "o-aa111bb222") -> dict:
    return json.loads((lake / "catalog" / f"{organization_id}.json").read_bytes())


def newest(lake: Path, organization_id: str = "o-aa111bb222") -> dict:
    record = record_of(lake, organization_id)
    return record["snapshots"][record["latest"]]


def _rows(lake: Path, record_type: str, organization_id: str) -> list[dict]:
    files = [file for file in newest(lake, organization_id)["files"] if file["record_type"] == record_type]
    rows = [
        row for file in files for row in pq.ParquetFile(lake / file["path"]).read().to_pylist(maps_as_pydicts="strict")
    ]
    assert sum(file["rows"] for file in files) == len(rows)
    return rows


def accounts_of(lake: Path, organization_id: str = "o-aa111bb222") -> dict[str, dict]:
    """The rows of `account`, by account id; each id once."""
    rows = _rows(lake, "account", organization_id)
    by_id = {row["account_id"]: row for row in rows}
    assert len(by_id) == len(rows)
    return by_id


def users_of(lake: Path, organization_id: str = "o-aa111bb222") -> dict[str, list[dict]]:
    """The rows of `credential_report`, by account id."""
    found: dict[str, list[dict]] = {}
    for row in _rows(lake, "user", organization_id):
        found.setdefault(row["account_id"], []).append(row)
    return found
