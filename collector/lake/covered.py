"""The accounts that a snapshot covers, and those that the snapshot would lose if a run replaced it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from collector.errors import LakeError
from collector.lake.raw import file_sha256
from collector.lake.rows import ACCOUNT_RECORD
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.lake.record import PublishedFile, PublishedSnapshot
    from collector.lake.store import Store

_MAX_NAMED = 10


def covered_accounts(store: Store, files: Iterable[PublishedFile]) -> dict[str, int]:
    """The accounts that are `collected` or `partial` in these tables, each with its number of users.

    Raises:
        LakeError: the file of accounts is missing, or is not the one that was published.
    """
    (file,) = (one for one in files if one.record_type == ACCOUNT_RECORD)
    columns = ["account_id", "outcome", "user_count"]
    with tempfile.TemporaryDirectory(prefix="credlake-", ignore_cleanup_errors=True) as scratch:
        path = store.fetch(file.path, Path(scratch))
        try:
            if file_sha256(path) != file.sha256:
                raise _damaged(store, file)
            rows = pq.read_table(path, columns=columns, partitioning=None).to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise _damaged(store, file) from error
    return {row["account_id"]: row["user_count"] or 0 for row in rows if Outcome(row["outcome"]).is_covered}


def what_is_lost(store: Store, snapshot: PublishedSnapshot, files: Iterable[PublishedFile]) -> str:
    """A sentence: which accounts the snapshot covers that a run with these tables does not, and their users."""
    try:
        before = covered_accounts(store, snapshot.files)
        lost = sorted(before.keys() - covered_accounts(store, files))
    except LakeError as error:
        return f"Which accounts it would lose cannot be listed: {error.message}"
    users = sum(before[account_id] for account_id in lost)
    more = f" and {len(lost) - _MAX_NAMED} more" if len(lost) > _MAX_NAMED else ""
    named = f": {', '.join(lost[:_MAX_NAMED])}{more}" if lost else ""
    return f"Queries would lose {len(lost)} accounts with {users} users that run {snapshot.run_id} covers{named}."


def _damaged(store: Store, file: PublishedFile) -> LakeError:
    location = store.location(file.path)
    return LakeError(
        f"{location} is not the file that was published. `credlake verify` lists every damaged file, and `credlake "
        "rebuild` writes the tables again.",
        location=location,
    )
