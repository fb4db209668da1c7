"""A run that was cut off before its publication, taken up again: what is there of it, and what is still to be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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
    from collector.lake.record import WrittenSnapshot
    from collector.lake.rows import Verdict
    from collector.lake.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """An account that need not be asked again: what it answered, and the SHA-256 of its file as stored."""

    evidence: AccountEvidence
    report: bytes
    stored_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CutRun:
    """A run that began and is not published.

    Attributes:
        run: the run as it began. It keeps its id and its start, and with it its snapshot date.
        reported: the accounts whose reports are there.
        is_complete: whether all accounts had their outcome, so that none is to be asked: only tables and publication
            are missing (or the rules of publication did not let it become a snapshot).
    """

    run: RunEvidence
    reported: frozenset[str]
    is_complete: bool


def begin_run(store: Store, run: RunEvidence) -> None:
    """Write down that the run has begun, before the first account is asked; without this it cannot be resumed."""
    # What the accounts will come to is not known yet, so there is no hash of it.
    store.put(start_key(run.organization_id, run.run_id), run_json(run, ""))


def find_cut_run(store: Store, organization_id: str, *, not_before: datetime) -> CutRun | None:
    """The newest run of the organization, if it was cut off before its publication; None otherwise.

    Args:
        store: the lake.
        organization_id: whose runs.
        not_before: a run that started earlier is left alone: what it did not ask then would be answered today.
    """
    runs = [name for name in store.names(raw_folder(organization_id)) if RUN_ID.fullmatch(name)]
    if not runs:
        return None
    run_id = max(runs)
    record = read_record(store, organization_id).record
    if record is not None and any(snapshot.run_id == run_id for snapshot in record.snapshots.values()):
        return None
    key = start_key(organization_id, run_id)
    if store.size(key) is None:
        return None
    run = read_run_json(store.read(key), store.location(key)).run
    if run.started_at < not_before:
        return None
    names = store.names(raw_folder(organization_id, run_id))
    return CutRun(
        run=run,
        reported=frozenset(account for name in names if (account := reported_account(name)) is not None),
        # It is written when the last account has its outcome, and run.json right after it.
        is_complete=store.size(evidence_key(organization_id, run_id)) is not None,
    )


def fresh_folder(run: RunEvidence, randomness: bytes) -> str:
    """Where the tables of a resumed run go: it may have begun to fill its own folder, and nothing is overwritten."""
    return rebuilt_folder(run.organization_id, run.snapshot_date, run.run_id, randomness)


def read_kept_report(store: Store, run: RunEvidence, account_id: str) -> KeptReport:
    """What is kept of one of the accounts `reported`.

    Raises:
        LakeError: it is damaged, or there is nothing but the report.
    """
    key = report_key(run.organization_id, run.run_id, account_id)
    location = store.location(key)
    stored = store.read(key)
    report = decompressed(stored, location)
    evidence = evidence_in(stored, location)
    if evidence is None or evidence.account_id != account_id or evidence.raw_sha256 != sha256(report):
        raise LakeError(
            f"{location} does not say what was answered beside this report, so run {run.run_id} cannot be resumed. "
            "Make a new run, without --resume.",
            location=location,
        )
    return KeptReport(evidence=evidence, report=report, stored_sha256=sha256(stored))


def finish_cut_run(
    store: Store,
    cut: CutRun,
    scratch_directory: Path,
    *,
    finished_at: datetime,
    randomness: bytes,
    on_account: Callable[[AccountEvidence, Verdict], object] | None = None,
) -> WrittenSnapshot:
    """The tables of a cut run that `is_complete`, ready to be published.

    Args:
        store: the lake.
        cut: the run.
        scratch_directory: an existing folder of this machine, for files that are put together.
        finished_at: the end of the run, unless it is written down already.
        randomness: at least 4 bytes, of `os.urandom`.
        on_account: called with each account as it goes into the tables.
    """
    run = cut.run
    key = run_key(run.organization_id, run.run_id)
    if store.size(key) is None:
        accounts = store.read(evidence_key(run.organization_id, run.run_id))
        store.put(key, run_json(replace(run, finished_at=finished_at), sha256(accounts)))
    return write_tables(
        store,
        run.organization_id,
        run.snapshot_date,
        run.run_id,
        scratch_directory,
        randomness=randomness,
        on_account=on_account,
    )
