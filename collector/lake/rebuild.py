"""A snapshot's tables made again from the raw zone alone, by the code that made them the first time."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.errors import LakeError
from collector.lake.layout import raw_folder, rebuilt_folder, report_key, run_id_prefix, run_key
from collector.lake.parquet import UserFiles, put_accounts
from collector.lake.publish import decide_rebuilt, not_published, replace_record
from collector.lake.raw_reading import proved_reports, read_kept_run
from collector.lake.record import WrittenSnapshot, read_record, with_snapshot
from collector.lake.rows import account_row, file_columns, type_account
from collector.lake.writer import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from collector.evidence import AccountEvidence
    from collector.lake.raw_reading import KeptRun
    from collector.lake.record import PublicationRecord
    from collector.lake.rows import Verdict
    from collector.lake.store import Store


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild published: the tables it made, and the record that names them."""

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
    """Make the tables of a day again, in a fresh folder, and let the record name them; `latest` only moves forward.

    The run is the one that is published for that day, or the newest complete one of that day if none is.

    Args:
        store: the lake.
        organization_id: whose snapshot.
        snapshot_date: of which day, `YYYY-MM-DD`.
        scratch_directory: an existing folder of this machine, for files that are put together.
        now: the clock, for `published_at`.
        randomness: at least 4 bytes, of `os.urandom`: no two rebuilds share a folder.
        sleep: waits the seconds given, between attempts to publish.

    Raises:
        LakeError: there is no such run, or what is kept of it is not what was collected. Nothing was published.
        NotPublishedError: the rules of publication do not let it.
    """
    run_id = _run_to_rebuild(store, organization_id, snapshot_date)
    written = write_tables(store, organization_id, snapshot_date, run_id, scratch_directory, randomness=randomness)

    def next_record(record: PublicationRecord | None) -> PublicationRecord:
        decision = decide_rebuilt(record, written)
        if not decision.publish:
            raise not_published(store, written, decision)
        return with_snapshot(record, organization_id, snapshot_date, written.published(now()))

    record = replace_record(store, organization_id, next_record, is_done=written.is_published_in, sleep=sleep)
    return Rebuilt(written, record)


def write_tables(
    store: Store,
    organization_id: str,
    snapshot_date: str,
    run_id: str,
    scratch_directory: Path,
    *,
    randomness: bytes,
    on_account: Callable[[AccountEvidence, Verdict], object] | None = None,
) -> WrittenSnapshot:
    """Make the tables of a run again, in a fresh folder, from the raw zone alone; nothing is published by it.

    `on_account` is called with each account as it goes into the tables.

    Raises:
        LakeError: what is kept of the run is not complete, or not what was collected.
    """
    kept = _unaltered(store, read_kept_run(store, organization_id, snapshot_date, run_id))
    folder = rebuilt_folder(organization_id, snapshot_date, run_id, randomness)
    with tempfile.TemporaryDirectory(prefix=f"credlake-{run_id}-", dir=scratch_directory) as scratch:
        return _write_tables(store, kept, folder, Path(scratch), on_account)


def _run_to_rebuild(store: Store, organization_id: str, snapshot_date: str) -> str:
    record = read_record(store, organization_id).record
    if record is not None and snapshot_date in record.snapshots:
        return record.snapshots[snapshot_date].run_id
    prefix = run_id_prefix(snapshot_date)
    runs = [name for name in store.names(raw_folder(organization_id)) if name.startswith(prefix)]
    for run_id in sorted(runs, reverse=True):
        if store.size(run_key(organization_id, run_id)) is not None:
            return run_id
    unfinished = f"{len(runs)} run(s) of that day did not come to their end" if runs else "there is no run of that day"
    raise LakeError(
        f"Nothing can be rebuilt for {organization_id} on {snapshot_date}: {unfinished} in "
        f"{store.location(raw_folder(organization_id))}. A snapshot's date is the UTC date on which its run started.",
        organization_id=organization_id,
        snapshot_date=snapshot_date,
    )


def _unaltered(store: Store, kept: KeptRun) -> KeptRun:
    """The run, unless something of it is not what was stored: tables made of that would only look right."""
    for key, what in kept.blemishes:
        raise _altered(store.location(key), what)
    return kept


def _altered(location: str, what: str) -> LakeError:
    return LakeError(
        f"{location}: {what} Nothing was rebuilt of it. `credlake verify` names everything that is not as it was; "
        "restore those files from a backup (on S3, from an earlier version of the object), and rebuild then.",
        location=location,
    )


def _write_tables(
    store: Store,
    kept: KeptRun,
    folder: str,
    scratch: Path,
    on_account: Callable[[AccountEvidence, Verdict], object] | None,
) -> WrittenSnapshot:
    users = UserFiles(store, folder, scratch)
    tally = Tally()

    def count(evidence: AccountEvidence, verdict: Verdict) -> None:
        tally.count(evidence, verdict)
        if on_account is not None:
            on_account(evidence, verdict)

    try:
        accounts_file = put_accounts(store, folder, scratch, _rows(store, kept, users, count))
        users_files = users.finish()
    finally:
        users.discard()
    run = kept.run
    return WrittenSnapshot(
        organization_id=run.organization_id,
        snapshot_date=run.snapshot_date,
        run_id=run.run_id,
        run_sha256=kept.sha256,
        run_started_at=run.started_at,
        run_finished_at=run.finished_at or run.started_at,
        accounts=tally.accounts,
        users=tally.users,
        columns=file_columns(),
        files=(accounts_file, *users_files),
        is_listed_by_file=run.is_listed_by_file,
    )


def _rows(
    store: Store, kept: KeptRun, users: UserFiles, count: Callable[[AccountEvidence, Verdict], object]
) -> Iterator[dict[str, Any]]:
    """The rows of accounts; the users of each go their own way in passing."""
    for proved in proved_reports(store, kept.run, kept.accounts()):
        evidence = proved.account.evidence
        if proved.fault is not None:
            key = report_key(kept.run.organization_id, kept.run.run_id, evidence.account_id)
            raise _altered(store.location(key), proved.fault)
        verdict, rows = type_account(kept.run, evidence, proved.report)
        users.add(rows)
        count(evidence, verdict)
        yield account_row(kept.run, evidence, verdict)
