"""A snapshot's tables rebuilt from the raw zone alone, by the code that wrote them the first time."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from collector.errors import LakeError
from collector.lake.layout import raw_folder, rebuilt_folder, report_key, run_id_prefix, run_key
from collector.lake.parquet import UserFiles, put_accounts, put_exceptions
from collector.lake.publish import decide_rebuilt, publish_if
from collector.lake.raw import read_run, verified_reports
from collector.lake.record import read_record
from collector.lake.rows import RunningCounts, account_row, type_account
from collector.lake.writer import WrittenSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from collector.evidence import AccountEvidence
    from collector.lake.record import PublicationRecord
    from collector.lake.rows import AccountOutcome
    from collector.lake.store import Store


class Rebuilt(NamedTuple):
    """What a rebuild published: the tables it wrote, and the record that names them."""

    written: WrittenSnapshot
    record: PublicationRecord


def rebuild(
    store: Store,
    organization_id: str,
    snapshot_date: str,
    scratch_directory: Path,
    *,
    now: Callable[[], datetime],
    randomness: bytes,
    sleep: Callable[[float], None] = time.sleep,
) -> Rebuilt:
    """Rebuild the tables of a day in a new folder, and publish them; `latest` only moves forward.

    The run is the one published for that day, or the newest complete one of that day if none is. `scratch_directory` is
    an existing folder of this machine, for files in progress; `now` gives `published_at`; `randomness` is at least 4
    bytes of `os.urandom`, so that no two rebuilds share a folder; `sleep` waits between attempts to publish.

    Raises:
        LakeError: there is no such run, or its raw files were altered. Nothing was published.
        NotPublishedError: the rules of publication do not allow it.
    """
    run_id = _run_to_rebuild(store, organization_id, snapshot_date)
    written = write_tables(store, organization_id, snapshot_date, run_id, scratch_directory, randomness=randomness)
    record = publish_if(lambda record: decide_rebuilt(record, written), store, written, now=now, sleep=sleep)
    return Rebuilt(written, record)


def write_tables(
    store: Store,
    organization_id: str,
    snapshot_date: str,
    run_id: str,
    scratch_directory: Path,
    *,
    randomness: bytes,
    on_account: Callable[[AccountEvidence, AccountOutcome], object] | None = None,
) -> WrittenSnapshot:
    """Rebuild the tables of a run in a new folder, from the raw zone alone; nothing is published.

    `on_account` is called with each account as it is written.

    Raises:
        LakeError: the raw files of the run are incomplete, or were altered.
    """
    record = read_record(store, organization_id).record
    published = record.snapshots.get(snapshot_date) if record else None
    run_sha256 = published.run_sha256 if published and published.run_id == run_id else None
    stored = read_run(store, organization_id, snapshot_date, run_id, run_sha256=run_sha256)
    for key, what in stored.corruptions:
        # Tables made from an altered file would only look right.
        raise _altered(store.location(key), what)
    folder = rebuilt_folder(organization_id, snapshot_date, run_id, randomness)
    run, counts = stored.run, RunningCounts()

    def rows() -> Iterator[dict[str, Any]]:
        for verified in verified_reports(store, run, stored.accounts()):
            evidence = verified.account.evidence
            if verified.error is not None:
                key = report_key(organization_id, run_id, evidence.account_id)
                raise _altered(store.location(key), verified.error)
            result, users_of_account = type_account(run, evidence, verified.report)
            users.add(users_of_account)
            counts.add(evidence, result)
            if on_account is not None:
                on_account(evidence, result)
            yield account_row(run, evidence, result)

    with tempfile.TemporaryDirectory(prefix=f"credlake-{run_id}-", dir=scratch_directory) as scratch:
        users = UserFiles(store, folder, Path(scratch))
        try:
            files = put_accounts(store, folder, Path(scratch), rows()), *users.finish()
            files += put_exceptions(store, folder, Path(scratch), run)
        finally:
            users.discard()
    return WrittenSnapshot.of_run(run, counts.accounts, users=counts.users, files=files, run_sha256=stored.sha256)


def _run_to_rebuild(store: Store, organization_id: str, snapshot_date: str) -> str:
    record = read_record(store, organization_id).record
    if record is not None and snapshot_date in record.snapshots:
        return record.snapshots[snapshot_date].run_id
    prefix = run_id_prefix(snapshot_date)
    runs = [name for name in store.names(raw_folder(organization_id)) if name.startswith(prefix)]
    for run_id in sorted(runs, reverse=True):
        if store.size(run_key(organization_id, run_id)) is not None:
            return run_id
    unfinished = f"{len(runs)} run(s) of that day did not complete" if runs else "there is no run of that day"
    raise LakeError(
        f"Nothing can be rebuilt for {organization_id} on {snapshot_date}: {unfinished} in "
        f"{store.location(raw_folder(organization_id))}. A snapshot's date is the UTC date on which its run started.",
        organization_id=organization_id,
        snapshot_date=snapshot_date,
    )


def _altered(location: str, what: str) -> LakeError:
    return LakeError(
        f"{location}: {what} Nothing was rebuilt. `credlake verify` lists every altered file: restore them from a "
        "backup (on S3, from an earlier version of the object), and rebuild again.",
        location=location,
    )
