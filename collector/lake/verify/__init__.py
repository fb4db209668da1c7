"""Whether what is published matches the raw zone, and nothing was altered since: a list of every difference."""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING

from collector.discovery.accounts import LAKE_ORGANIZATION_ID
from collector.errors import LakeError, NewerLakeError
from collector.evidence import to_milliseconds
from collector.lake.layout import SNAPSHOTS, is_folder_of, raw_folder, record_key, report_key, run_key
from collector.lake.raw import lines_in, organizations_with_runs, read_account_line, read_run, verified_reports
from collector.lake.record import organizations, read_record
from collector.lake.rows import (
    ACCOUNT_RECORD,
    EXCEPTION_RECORD,
    USER_RECORD,
    USER_SCHEMA,
    RunningCounts,
    TypedAccount,
    account_row,
    exception_rows,
    type_account,
)
from collector.lake.verify.runs import MissedPublications, damaged_starts
from collector.lake.verify.tables import (
    Difference,
    DifferenceKind,
    Differences,
    PublishedAccounts,
    PublishedTable,
    PublishedUsers,
    open_tables,
    user_differences,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    import pyarrow as pa

    from collector.lake.raw import RawAccount, VerifiedReport, VerifiedRun
    from collector.lake.record import PublicationRecord, PublishedSnapshot
    from collector.lake.store import Store


def verify(store: Store, scratch_directory: Path, organization_ids: Sequence[str] = ()) -> Iterator[Difference]:
    """Compare what is published with the raw zone: the differences, snapshot by snapshot; none if everything matches.

    Args:
        store: the lake.
        scratch_directory: an existing folder of this machine, for copies of files.
        organization_ids: whose snapshots; those of all organizations in the lake if empty.

    Raises:
        LakeError: there is nothing to verify: no lake, or nothing that is or should be published, of one of those
            organizations or of any.
        NewerLakeError: a newer version wrote it.
    """
    published = organizations(store)
    is_any_there = False
    for organization_id in organization_ids or _organizations_in(store, published):
        is_there = yield from _of_organization(store, organization_id, scratch_directory)
        if organization_ids and not is_there:
            raise LakeError(f"{organization_id} has nothing published in {store.uri}, so nothing can be verified.")
        is_any_there = is_any_there or is_there
    if not is_any_there:
        raise LakeError(
            f"The lake {store.uri} holds no snapshot, nor a run that could be one, so there is nothing to verify. "
            f"Create one with `credlake collect --lake {store.uri}`, or name another lake.",
            lake=store.uri,
        )


def _organizations_in(store: Store, published: Sequence[str]) -> list[str]:
    """The organizations with a record, with runs, or with tables."""
    with_tables = {name for name in store.names(SNAPSHOTS) if LAKE_ORGANIZATION_ID.fullmatch(name)}
    return sorted(with_tables.union(organizations_with_runs(store), published))


def _of_organization(store: Store, organization_id: str, scratch_directory: Path) -> Generator[Difference, None, bool]:
    """The differences of one organization; returns whether there was anything to verify."""
    try:
        record = read_record(store, organization_id).record
    except NewerLakeError:
        raise
    except LakeError as error:
        yield _of_record(store, organization_id, error.message)
        return True
    runs = MissedPublications(store, organization_id, record)
    is_there = record is not None
    if record is not None:
        yield from _of_snapshots(store, record, scratch_directory)
    elif store.names(f"{SNAPSHOTS}/{organization_id}") and not store.names(raw_folder(organization_id)):
        # Raw files are never deleted (docs/concepts.md, Evidence), and tables come after them.
        yield _of_record(store, organization_id, "There are tables, but neither a publication record nor runs.")
        is_there = True
    for difference in damaged_starts(store, organization_id):
        yield difference
        is_there = True
    if runs:
        for difference in runs.differences(read_record(store, organization_id).record):
            yield difference
            is_there = True
    return is_there


def _of_snapshots(store: Store, record: PublicationRecord, scratch_directory: Path) -> Iterator[Difference]:
    for snapshot_date in sorted(record.snapshots):
        check = SnapshotComparison(store, record.organization_id, snapshot_date, record.snapshots[snapshot_date])
        with tempfile.TemporaryDirectory(prefix="credlake-verify-", dir=scratch_directory) as scratch:
            yield from check.differences(Path(scratch))


def _of_record(store: Store, organization_id: str, what: str) -> Difference:
    where = store.location(record_key(organization_id))
    return Difference(kind=DifferenceKind.RECORD, organization_id=organization_id, what=what, where=where)


class SnapshotComparison:
    """Compares one published snapshot with its run in the raw zone."""

    def __init__(self, store: Store, organization_id: str, snapshot_date: str, snapshot: PublishedSnapshot) -> None:
        """Name the snapshot."""
        self._store = store
        self._organization_id = organization_id
        self._snapshot_date = snapshot_date
        self._snapshot = snapshot
        self._differences = Differences(organization_id, snapshot_date)
        # None once an account could not be read back: then the counts are not known.
        self._counts: RunningCounts | None = RunningCounts()

    def differences(self, scratch: Path) -> list[Difference]:
        """Every difference. `scratch` is an empty folder of this machine, for copies of files."""
        tables = open_tables(self._store, self._snapshot, scratch, self._differences)
        try:
            day = self._organization_id, self._snapshot_date
            stored = read_run(self._store, *day, self._snapshot.run_id, run_sha256=self._snapshot.run_sha256)
            for key, what in stored.corruptions:
                self._differences.add(DifferenceKind.RAW, what, self._store.location(key))
            # Lines, not objects: 100 MB for 50,000 accounts instead of 400.
            lines = {
                read_account_line(line, stored.lines_location).evidence.account_id: line
                for line in lines_in(stored.lines, stored.lines_location)
            }
        except LakeError as error:
            key = run_key(self._organization_id, self._snapshot.run_id)
            where = str(error.facts.get("location", self._store.location(key)))
            self._differences.add(DifferenceKind.RAW, error.message, where)
            return self._differences.all()
        self._compare_values(stored, lines, tables)
        self._compare_exceptions(stored, tables)
        self._compare_record(stored)
        return self._differences.all()

    def _compare_values(self, stored: VerifiedRun, lines: dict[str, bytes], tables: list[PublishedTable]) -> None:
        of_users = [table for table in tables if table.file.record_type == USER_RECORD]
        users = PublishedUsers(of_users, self._differences)
        of_accounts = [table for table in tables if table.file.record_type == ACCOUNT_RECORD]
        accounts = PublishedAccounts(of_accounts, self._differences)
        accounts.add_unknown(lines)
        are_users_missing = len(users.tables) < sum(file.record_type == USER_RECORD for file in self._snapshot.files)
        # The users of the accounts whose reports are being read ahead, in the same order.
        waiting: deque[pa.Table] = deque()
        for verified in verified_reports(self._store, stored.run, self._in_order(stored, lines, users, waiting)):
            published = waiting.popleft()
            typed = self._type(stored, verified)
            if typed is None:
                continue
            evidence = verified.account.evidence
            accounts.compare(account_row(stored.run, evidence, typed.result))
            # Files that cannot be read are differences already: that their users are missing adds nothing.
            if published.num_rows or not (are_users_missing or users.are_damaged):
                self._compare_users(evidence.account_id, typed.users, published, users.names)

    def _compare_exceptions(self, stored: VerifiedRun, tables: list[PublishedTable]) -> None:
        of_exceptions = [table for table in tables if table.file.record_type == EXCEPTION_RECORD]
        is_named = any(file.record_type == EXCEPTION_RECORD for file in self._snapshot.files)
        if is_named and not of_exceptions:
            return  # A file that cannot be read is a difference already.
        expected, what = exception_rows(stored.run), "The exceptions differ from those of the run."
        names = [name for name in expected.column_names if all(name in table.names for table in of_exceptions)]
        groups = [table.read(group, names, self._differences) for table in of_exceptions for group in table.groups]
        published = [row for group in groups for row in group.to_pylist()]
        if published != expected.select(names).to_pylist() and not any(table.is_damaged for table in of_exceptions):
            where = of_exceptions[0].where if of_exceptions else self._store.location(self._snapshot.folder)
            self._differences.add(DifferenceKind.VALUE, what, where)

    def _in_order(
        self, stored: VerifiedRun, lines: dict[str, bytes], users: PublishedUsers, waiting: deque[pa.Table]
    ) -> Iterator[RawAccount]:
        """The accounts in the order of their users in the files, then those without users."""
        left = dict(lines)
        for account_id, rows in users.by_account():
            line = None if account_id is None else left.pop(account_id, None)
            if line is None:
                what = f"{rows.num_rows} users belong to an account that the run does not have."
                folder = self._store.location(self._snapshot.folder)
                self._differences.add(DifferenceKind.ROWS, what, folder, account_id=account_id)
                continue
            waiting.append(rows)
            yield read_account_line(line, stored.lines_location)
        for line in left.values():
            waiting.append(USER_SCHEMA.empty_table())
            yield read_account_line(line, stored.lines_location)

    def _type(self, stored: VerifiedRun, verified: VerifiedReport) -> TypedAccount | None:
        """The account as it should be published; None where its report was altered."""
        run, evidence = stored.run, verified.account.evidence
        if problem := verified.error or verified.corruption:
            location = self._store.location(report_key(run.organization_id, run.run_id, evidence.account_id))
            self._differences.add(DifferenceKind.RAW, problem, location, account_id=evidence.account_id)
        if verified.error is not None:
            self._counts = None
            return None
        typed = type_account(run, evidence, verified.report)
        if self._counts is not None:
            self._counts.add(evidence, typed.result)
        return typed

    def _compare_users(self, account_id: str, expected: pa.Table, published: pa.Table, names: Sequence[str]) -> None:
        folder = self._store.location(self._snapshot.folder)
        for column, what in user_differences(expected, published, names):
            kind = DifferenceKind.ROWS if column is None else DifferenceKind.VALUE
            self._differences.add(kind, what, folder, account_id=account_id, column=column)

    def _compare_record(self, stored: VerifiedRun) -> None:
        """Compare the snapshot's entry in the record with the run."""
        run, entry = stored.run, self._snapshot
        where = self._store.location(record_key(self._organization_id))
        if entry.run_sha256 is None:
            what = "There is no `run_sha256`, so nothing proves the raw files of the run."
            self._differences.add(DifferenceKind.RECORD, what, where)
        if not is_folder_of(entry.folder, self._organization_id, self._snapshot_date, entry.run_id):
            self._differences.add(DifferenceKind.RECORD, f"The files are not in a folder of run {entry.run_id}.", where)
        counts = entry.accounts if self._counts is None else self._counts.accounts
        found: dict[str, tuple[object, object]] = {
            "run_started_at": (entry.run_started_at, to_milliseconds(run.started_at)),
            "run_finished_at": (entry.run_finished_at, to_milliseconds(run.finished_at or run.started_at)),
            "coverage": (entry.coverage, float(counts.coverage)),
        }
        if self._counts is not None:
            found |= {
                "total": (entry.accounts.total, counts.total),
                "active": (entry.accounts.active, counts.active),
                "covered": (entry.accounts.covered, counts.covered),
                # To a Counter, an outcome without accounts equals one that is not named.
                "by_outcome": (Counter(entry.accounts.by_outcome), Counter(counts.by_outcome)),
                "users": (entry.users, self._counts.users),
            }
        for name, (of_record, of_run) in found.items():
            if of_record != of_run:
                self._differences.add(DifferenceKind.RECORD, f"`{name}` differs from the run.", where)
