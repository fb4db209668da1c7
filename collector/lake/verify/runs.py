"""What `verify` finds of runs whose tables no record names.

Missed publications: complete runs that no record names although the rules of publication allow it.

A run's evidence is complete before its publication, so it does not show whether there was one. The rules do: a run that
they refuse is rightly not a snapshot. A run that they allow was interrupted at the last step; or it was published, and
the record was altered since: a day was removed, or an earlier run of the day was put in place of a later one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from collector.errors import LakeError, NewerLakeError
from collector.lake.layout import (
    ACCOUNTS_FILE,
    RUN_ID,
    day_folder,
    day_of_run,
    is_folder_of,
    raw_folder,
    report_key,
    run_key,
    snapshot_folder,
    start_key,
)
from collector.lake.publish import decide
from collector.lake.raw import read_run, read_run_json, verified_reports
from collector.lake.rows import AccountOutcome, RunningCounts, type_account
from collector.lake.store import MissingObjectError
from collector.lake.verify.tables import Difference, DifferenceKind, Differences
from collector.lake.writer import WrittenSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.evidence import RunEvidence
    from collector.lake.raw import VerifiedRun
    from collector.lake.record import AccountCounts, PublicationRecord, PublishedSnapshot
    from collector.lake.store import Store


# On S3 a read takes some 30 ms, nearly all of it waiting.
_READERS = 8


class MissedPublications:
    """The complete runs of one organization that may be missing from the record, as of one moment."""

    def __init__(self, store: Store, organization_id: str, record: PublicationRecord | None) -> None:
        """List them.

        `differences` is called later, with the record as it is then: so a run that was just being published is not
        reported. Runs before the published one of their day are left out: it replaced them.
        """
        self._store = store
        self._organization_id = organization_id
        self._runs: dict[str, list[str]] = {}
        for run_id in sorted(store.names(raw_folder(organization_id)), reverse=True):
            if RUN_ID.fullmatch(run_id) is None or not _is_later(run_id, _of_day(record, day_of_run(run_id))):
                continue
            if store.size(run_key(organization_id, run_id)) is not None:
                self._runs.setdefault(day_of_run(run_id), []).append(run_id)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._runs)

    def differences(self, record: PublicationRecord | None) -> Iterator[Difference]:
        """One per day that has such a run; without a record, one in total. A run that cannot be read is one too."""
        for snapshot_date in sorted(self._runs, reverse=record is None):
            found = Differences(self._organization_id, snapshot_date)
            is_missed = any(self._is_missed(run_id, record, found) for run_id in self._runs[snapshot_date])
            yield from found.all()
            if is_missed and record is None:
                return

    def _is_missed(self, run_id: str, record: PublicationRecord | None, found: Differences) -> bool:
        """Whether the publication of the run was missed; then it is added to the differences."""
        published = _of_day(record, day_of_run(run_id))
        # Tables are written before the publication, so without them there was none: the run was interrupted there.
        if not _is_later(run_id, published) or (published is not None and not self._has_tables(run_id)):
            return False
        where = self._store.location(raw_folder(self._organization_id, run_id))
        try:
            stored = read_run(self._store, self._organization_id, day_of_run(run_id), run_id, run_sha256=None)
            for key, what in stored.corruptions:
                found.add(DifferenceKind.RAW, what, self._store.location(key))
            counts = self._allowed_counts(stored, record, found)
        except NewerLakeError:
            raise
        except LakeError as error:
            found.add(DifferenceKind.RAW, error.message, str(error.facts.get("location", where)))
            return False
        if counts is None or (published is not None and not _replaces(stored.run, counts, published)):
            return False
        found.add(DifferenceKind.RUN, self._sentence(stored.run, counts, record, published), where)
        return True

    def _has_tables(self, run_id: str) -> bool:
        """Whether the run's tables are complete: the file of accounts is written last."""
        day = day_of_run(run_id)
        parent = day_folder(self._organization_id, day)
        return any(
            is_folder_of(f"{parent}/{name}", self._organization_id, day, run_id)
            and self._store.size(f"{parent}/{name}/{ACCOUNTS_FILE}") is not None
            for name in self._store.names(parent)
        )

    def _allowed_counts(
        self, stored: VerifiedRun, record: PublicationRecord | None, found: Differences
    ) -> AccountCounts | None:
        """What the run covers, if the rules allow its publication; None if they do not."""
        before = _record_at(record, stored.run)
        # The outcomes alone give the most that it can cover: few runs that the rules refuse have to be read further.
        most = RunningCounts()
        for account in stored.accounts():
            most.add(account.evidence, AccountOutcome(outcome=account.evidence.outcome))
        if not _is_allowed(stored.run, most.accounts, before):
            return None
        counts = RunningCounts()
        for verified in verified_reports(self._store, stored.run, stored.accounts()):
            evidence = verified.account.evidence
            if verified.error is not None:
                key = report_key(stored.run.organization_id, stored.run.run_id, evidence.account_id)
                found.add(DifferenceKind.RAW, verified.error, self._store.location(key), account_id=evidence.account_id)
                continue
            counts.add(evidence, type_account(stored.run, evidence, verified.report).result)
        return counts.accounts if _is_allowed(stored.run, counts.accounts, before) else None

    def _sentence(
        self,
        run: RunEvidence,
        counts: AccountCounts,
        record: PublicationRecord | None,
        published: PublishedSnapshot | None,
    ) -> str:
        named = f"run {run.run_id}, which is complete and covers {_share(counts)},"
        rebuild = f"`credlake rebuild --date {run.snapshot_date} --organization-id {self._organization_id}`"
        if record is None:
            return (
                f"There is no publication record, and by the rules {named} is the snapshot of its day. Either the "
                "record was lost: restore it from a backup (on S3, from an earlier version of the object). Or no run "
                f"was ever published: {rebuild} publishes this one."
            )
        if published is None:
            return (
                f"The record holds no snapshot of that day, and by the rules {named} is one. Either the day was "
                "removed from the record: restore it from a backup (on S3, from an earlier version of the object). Or "
                f"the run was interrupted before its publication: {rebuild} publishes it."
            )
        return (
            f"By the rules {named} replaces run {published.run_id}, which began earlier, covers "
            f"{_share(published.accounts)}, and is the one that the record names. Either the record was altered: "
            "restore it from a backup (on S3, from an earlier version of the object). Or the later run was interrupted "
            "at its publication: `credlake collect --resume` publishes it on the same day."
        )


def damaged_starts(store: Store, organization_id: str) -> Iterator[Difference]:
    """The `started.json` that differ from what was stored. Nothing published depends on one, but `--resume` does."""
    run_ids = [name for name in store.names(raw_folder(organization_id)) if RUN_ID.fullmatch(name)]
    found = Differences(organization_id, None)
    with ThreadPoolExecutor(_READERS) as readers:
        for run_id, problem in zip(
            run_ids, readers.map(lambda run_id: _damage_of_start(store, organization_id, run_id), run_ids), strict=True
        ):
            if problem is not None:
                found.add(DifferenceKind.RAW, problem, store.location(start_key(organization_id, run_id)))
    yield from found.all()


def _damage_of_start(store: Store, organization_id: str, run_id: str) -> str | None:
    key = start_key(organization_id, run_id)
    try:
        run = read_run_json(store.read(key), store.location(key)).run
    except MissingObjectError:
        return None  # a run that reads report files has none
    except NewerLakeError:
        raise
    except LakeError as error:
        return error.message
    is_its_own = (run.organization_id, run.run_id) == (organization_id, run_id)
    return None if is_its_own else f"It belongs to run {run.run_id} of {run.organization_id}."


def _of_day(record: PublicationRecord | None, snapshot_date: str) -> PublishedSnapshot | None:
    return record.snapshots.get(snapshot_date) if record else None


def _share(accounts: AccountCounts) -> str:
    return f"{accounts.covered} of {accounts.active} ACTIVE accounts"


def _is_later(run_id: str, published: PublishedSnapshot | None) -> bool:
    """Whether the run started after the published one; ids sort by the start."""
    return published is None or run_id > published.run_id


def _record_at(record: PublicationRecord | None, run: RunEvidence) -> PublicationRecord | None:
    """The record at the end of the run, as far as it is known: its own day, and the runs that ended before it."""
    snapshots = {
        day: snapshot
        for day, snapshot in (record.snapshots if record else {}).items()
        if day == run.snapshot_date or snapshot.run_finished_at <= (run.finished_at or run.started_at)
    }
    return replace(record, latest=max(snapshots), snapshots=snapshots) if record and snapshots else None


def _is_allowed(run: RunEvidence, counts: AccountCounts, record: PublicationRecord | None) -> bool:
    """Whether the rules, with the run's own settings, allow publishing a run of these counts."""
    # Older versions did not ask for a confirmation. Where it was asked for at a terminal, the run does not show it.
    is_confirmed = run.settings.get("yes", True) is True
    replace = run.settings.get("replace") is True and is_confirmed
    return decide(record, WrittenSnapshot.of_run(run, counts), replace=replace).publish


def _replaces(run: RunEvidence, counts: AccountCounts, published: PublishedSnapshot) -> bool:
    """Whether the run would have replaced the published one: that one covers less, or was published before.

    Of two concurrent runs that cover the same, the one that started first may be published last. Rebuilt tables (of a
    rebuild or a resumed run) are published long after their run ended.
    """
    if counts.coverage > published.accounts.coverage:
        return True
    were_concurrent = published.run_finished_at >= run.started_at
    folder = snapshot_folder(run.organization_id, run.snapshot_date, published.run_id)
    may_be_last = were_concurrent or published.folder != folder
    return not may_be_last or published.published_at < (run.finished_at or run.started_at)
