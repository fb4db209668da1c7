"""`collect --resume`: continues a run that was interrupted before its publication.

The run keeps its id, its start and so its date. Accounts whose report is in the lake are not collected again, and stand
in the snapshot as they were then; the others are collected now.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from collector.errors import LakeError
from collector.lake.layout import (
    RUN_ID,
    evidence_key,
    raw_folder,
    rebuilt_folder,
    report_key,
    reported_account,
    run_key,
    start_key,
)
from collector.lake.raw import decompressed, evidence_in, read_run_json, run_json, sha256
from collector.lake.rebuild import write_tables
from collector.lake.record import read_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from collector.evidence import AccountEvidence, RunEvidence
    from collector.lake.rows import AccountOutcome
    from collector.lake.store import Store
    from collector.lake.writer import WrittenSnapshot

_log = structlog.get_logger()

# AWS generates a new report where the last is older (facts F2.3), so an older run would mix two states.
_MAX_AGE = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptedRun:
    """A run that began and is not published. Its methods block.

    Attributes:
        store: the lake it is in.
        run: the run as it began. It keeps its id and its start, and with it its snapshot date.
        reported: the accounts whose reports are in the lake.
        is_complete: whether every account has its outcome, so that none is to be collected: only tables and publication
            are missing, or the rules of publication refused the snapshot.
    """

    store: Store
    run: RunEvidence
    reported: frozenset[str]
    is_complete: bool

    def fresh_folder(self) -> str:
        """A new folder for the tables: the run may have begun to fill its own, and nothing is overwritten."""
        run = self.run
        return rebuilt_folder(run.organization_id, run.snapshot_date, run.run_id, secrets.token_bytes(4))

    def kept_report(self, account_id: str) -> tuple[AccountEvidence, bytes, str]:
        """The evidence and the report of one of the accounts in `reported`, and the SHA-256 of its file as stored.

        Raises:
            LakeError: the file is damaged, or holds no evidence of that account.
        """
        return stored_report(self.store, self.run, account_id)

    def write_tables(
        self,
        scratch_directory: Path,
        *,
        finished_at: datetime,
        on_account: Callable[[AccountEvidence, AccountOutcome], object] | None = None,
    ) -> WrittenSnapshot:
        """Write the tables of a run that `is_complete`, ready to be published.

        Args:
            scratch_directory: an existing local folder, for files under construction.
            finished_at: the end of the run, unless its `run.json` is already there.
            on_account: called with each account as it goes into the tables.
        """
        run, store = self.run, self.store
        key = run_key(run.organization_id, run.run_id)
        if store.size(key) is None:
            accounts = store.read(evidence_key(run.organization_id, run.run_id))
            store.put(key, run_json(replace(run, finished_at=finished_at), sha256(accounts)))
        identified = (run.organization_id, run.snapshot_date, run.run_id)
        randomness = secrets.token_bytes(4)
        return write_tables(store, *identified, scratch_directory, randomness=randomness, on_account=on_account)


def stored_report(store: Store, run: RunEvidence, account_id: str) -> tuple[AccountEvidence, bytes, str]:
    """The evidence and the report of an account in the raw zone of that run, and the SHA-256 of its file as stored.

    Raises:
        LakeError: the file is damaged, or holds no evidence of that account.
    """
    key = report_key(run.organization_id, run.run_id, account_id)
    location = store.location(key)
    stored = store.read(key)
    report = decompressed(stored, location)
    evidence = evidence_in(stored, location)
    if evidence is None or evidence.account_id != account_id or evidence.raw_sha256 != sha256(report):
        raise LakeError(
            f"{location} holds a report without the evidence of its collection, so run {run.run_id} cannot be "
            "continued. Start a new run, without --resume and --retry-failed.",
            location=location,
        )
    return evidence, report, sha256(stored)


def begin_run(store: Store, run: RunEvidence) -> None:
    """Record that the run has begun, before the first account is collected; without this it cannot be resumed."""
    # The outcomes are not known yet, so there is no hash of `accounts.jsonl.gz`.
    store.put(start_key(run.organization_id, run.run_id), run_json(run, ""))


def interrupted_run(store: Store, run: RunEvidence) -> InterruptedRun | None:
    """The run of the organization of `run` to resume: see `find_interrupted_run`; None if there is none.

    A run of an earlier day is resumed only as long as AWS would return the same reports: four hours.
    """
    midnight = run.started_at.replace(hour=0, minute=0, second=0, microsecond=0)
    found = find_interrupted_run(store, run.organization_id, not_before=min(midnight, run.started_at - _MAX_AGE))
    if found is None:
        _log.info("run.nothing_to_resume", organization_id=run.organization_id)
    else:
        kept = len(found.reported)
        _log.info("run.resumed", run_id=found.run.run_id, reports_kept=kept, is_complete=found.is_complete)
    return found


def find_interrupted_run(store: Store, organization_id: str, *, not_before: datetime) -> InterruptedRun | None:
    """The newest run that is newer than the last published one and did not start earlier than `not_before`.

    A run that kept nothing, such as one whose rules for accounts were refused, does not hide an older one that did.
    """
    record = read_record(store, organization_id).record
    published = set() if record is None else {snapshot.run_id for snapshot in record.snapshots.values()}
    newest: InterruptedRun | None = None
    for run_id in sorted(filter(RUN_ID.fullmatch, store.names(raw_folder(organization_id))), reverse=True):
        key = start_key(organization_id, run_id)
        if run_id in published:
            break
        if store.size(key) is None:  # of `credlake read`, which is repeated rather than resumed
            continue
        run = read_run_json(store.read(key), store.location(key)).run
        if run.started_at < not_before:
            break
        names = store.names(raw_folder(organization_id, run_id))
        found = InterruptedRun(
            store=store,
            run=run,
            reported=frozenset(account for name in names if (account := reported_account(name)) is not None),
            # It is written when the last account has its outcome, and run.json right after it.
            is_complete=store.size(evidence_key(organization_id, run_id)) is not None,
        )
        if found.reported or found.is_complete:
            return found
        newest = newest or found
    return newest
