"""Complete runs that no record names although the rules of publication let them be snapshots.

A run's evidence is whole before its publication, so it cannot say whether there was one. The rules can: a run that they
refuse is rightly no snapshot. One that they let pass was cut off at the last step; or it was published, and the record
was altered since: a day was taken out of it, or an earlier run of the day was put in the place of a later one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from collector.discovery.accounts import ACTIVE
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
)
from collector.lake.publish import decide
from collector.lake.raw_reading import proved_reports, read_run_with
from collector.lake.record import AccountCounts, WrittenSnapshot
from collector.lake.rows import type_account
from collector.lake.verify.difference import Difference, DifferenceKind, Notes
from collector.lake.writer import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.evidence import RunEvidence
    from collector.lake.raw_reading import KeptRun
    from collector.lake.record import PublicationRecord, PublishedSnapshot
    from collector.lake.store import Store


class UnpublishedRuns:
    """The complete runs of one organization that may have been passed over, as they lie there at one moment."""

    def __init__(self, store: Store, organization_id: str, record: PublicationRecord | None) -> None:
        """See which there are.

        Whoever asks for `differences` later, with the record as it is then, accuses no run that was on its way to its
        publication meanwhile. Runs before the published one of their day need no look: it replaced them.
        """
        self._store = store
        self._organization_id = organization_id
        self._runs: dict[str, list[str]] = {}
        for run_id in sorted(store.names(raw_folder(organization_id)), reverse=True):
            if RUN_ID.fullmatch(run_id) is None or not is_later(run_id, _of_day(record, day_of_run(run_id))):
                continue
            if store.size(run_key(organization_id, run_id)) is not None:
                self._runs.setdefault(day_of_run(run_id), []).append(run_id)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._runs)

    def differences(self, record: PublicationRecord | None) -> Iterator[Difference]:
        """One per day that has such a run; without a record, one in all. A run that cannot be read is one too."""
        for snapshot_date in sorted(self._runs, reverse=record is None):
            notes = Notes(self._organization_id, snapshot_date)
            is_found = any(self._is_noted(run_id, record, notes) for run_id in self._runs[snapshot_date])
            yield from notes.all()
            if is_found and record is None:
                return

    def _is_noted(self, run_id: str, record: PublicationRecord | None, notes: Notes) -> bool:
        """Note the run, if it is one."""
        published = _of_day(record, day_of_run(run_id))
        # Tables are written before the publication, so without them there was none: the run was cut off there.
        if not is_later(run_id, published) or (published is not None and not self._has_tables(run_id)):
            return False
        where = self._store.location(raw_folder(self._organization_id, run_id))
        try:
            kept = read_run_with(self._store, self._organization_id, day_of_run(run_id), run_id, run_sha256=None)
            for key, what in kept.blemishes:
                notes.note(DifferenceKind.RAW, what, self._store.location(key))
            counts = self._counts_to_pass(kept, record, notes)
        except NewerLakeError:
            raise
        except LakeError as error:
            notes.note(DifferenceKind.RAW, error.message, str(error.facts.get("location", where)))
            return False
        if counts is None or (published is not None and not has_to_replace(kept.run, counts, published)):
            return False
        notes.note(DifferenceKind.RUN, self._sentence(kept.run, counts, record, published), where)
        return True

    def _has_tables(self, run_id: str) -> bool:
        """Whether the run's tables are there to the last file, which is that of its accounts."""
        day = day_of_run(run_id)
        parent = day_folder(self._organization_id, day)
        return any(
            is_folder_of(f"{parent}/{name}", self._organization_id, day, run_id)
            and self._store.size(f"{parent}/{name}/{ACCOUNTS_FILE}") is not None
            for name in self._store.names(parent)
        )

    def _counts_to_pass(self, kept: KeptRun, record: PublicationRecord | None, notes: Notes) -> AccountCounts | None:
        """What the run covers, if the rules let it pass; None if they do not."""
        before = as_it_was(record, kept.run)
        # The outcomes alone say the most that it can cover. Few runs that the rules refuse must be read further.
        if not passes(kept.run, _counts_at_most(kept), before):
            return None
        tally = Tally()
        for proved in proved_reports(self._store, kept.run, kept.accounts()):
            evidence = proved.account.evidence
            if proved.fault is not None:
                key = report_key(kept.run.organization_id, kept.run.run_id, evidence.account_id)
                notes.note(DifferenceKind.RAW, proved.fault, self._store.location(key), account_id=evidence.account_id)
                continue
            tally.count(evidence, type_account(kept.run, evidence, proved.report).verdict)
        return tally.accounts if passes(kept.run, tally.accounts, before) else None

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
                f"came as far as its publication: {rebuild} publishes this one."
            )
        if published is None:
            return (
                f"The record holds no snapshot of that day, and by the rules {named} is one. Either the day was taken "
                "out of the record: restore it from a backup (on S3, from an earlier version of the object). Or the "
                f"run was cut off before its publication: {rebuild} publishes it."
            )
        return (
            f"By the rules {named} replaces run {published.run_id}, which began earlier, covers "
            f"{_share(published.accounts)}, and is the one that the record names. Either the record was altered: "
            "restore it from a backup (on S3, from an earlier version of the object). Or the later run was cut off at "
            "its publication: `credlake collect --resume` publishes it on the same day."
        )


def _of_day(record: PublicationRecord | None, snapshot_date: str) -> PublishedSnapshot | None:
    return record.snapshots.get(snapshot_date) if record else None


def _counts_at_most(kept: KeptRun) -> AccountCounts:
    """What the run covers where every report that it has can be read."""
    total = active = covered = 0
    for account in kept.accounts():
        total += 1
        active += account.evidence.account_state == ACTIVE
        covered += account.evidence.outcome.is_covered
    return AccountCounts(total=total, active=active, covered=covered, by_outcome={})


def _share(accounts: AccountCounts) -> str:
    return f"{accounts.covered} of {accounts.active} ACTIVE accounts"


def is_later(run_id: str, published: PublishedSnapshot | None) -> bool:
    """Whether the run began after the one that is published; ids sort by the start."""
    return published is None or run_id > published.run_id


def as_it_was(record: PublicationRecord | None, run: RunEvidence) -> PublicationRecord | None:
    """The record as the run met it, as far as it can be told: with its own day, and what ended before it did."""
    snapshots = {
        day: snapshot
        for day, snapshot in (record.snapshots if record else {}).items()
        if day == run.snapshot_date or snapshot.run_finished_at <= (run.finished_at or run.started_at)
    }
    return replace(record, latest=max(snapshots), snapshots=snapshots) if record and snapshots else None


def passes(run: RunEvidence, counts: AccountCounts, record: PublicationRecord | None) -> bool:
    """Whether a run of these counts is published under the rules, by its own settings."""
    written = WrittenSnapshot(
        organization_id=run.organization_id,
        snapshot_date=run.snapshot_date,
        run_id=run.run_id,
        run_started_at=run.started_at,
        run_finished_at=run.finished_at or run.started_at,
        accounts=counts,
        users=0,
        columns={},
        files=(),
        is_listed_by_file=run.is_listed_by_file,
    )
    floor = run.settings.get("min_coverage")
    return decide(
        record,
        written,
        min_coverage=floor if isinstance(floor, int | float) else None,
        replace=run.settings.get("replace") is True,
    ).publish


def has_to_replace(run: RunEvidence, counts: AccountCounts, published: PublishedSnapshot) -> bool:
    """Whether the published run cannot have come after that one: it covers less, or it was published before.

    Of two runs at once that cover the same, the one that began first may be published last. Tables that were made again
    (a rebuild, a resumed run) are published long after their run ended.
    """
    if counts.coverage > published.accounts.coverage:
        return True
    were_at_once = published.run_finished_at >= run.started_at
    folder = snapshot_folder(run.organization_id, run.snapshot_date, published.run_id)
    may_be_last = were_at_once or published.folder != folder
    return not may_be_last or published.published_at < (run.finished_at or run.started_at)
