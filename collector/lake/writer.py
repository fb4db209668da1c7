"""A run as it is written to the lake: raw first, then Parquet. `publish` makes it a snapshot afterwards."""

from __future__ import annotations

import shutil
import tempfile
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from collector.evidence import to_milliseconds
from collector.lake.layout import EVIDENCE_FILE, evidence_key, run_key, snapshot_folder
from collector.lake.parquet import UserFiles, put_accounts, put_exceptions
from collector.lake.raw import account_line, file_sha256, open_gzip, put_report, read_account_line, run_json, sha256
from collector.lake.record import PublishedSnapshot
from collector.lake.rows import RunningCounts, account_row, type_accounts
from collector.lake.store import disk_errors
from collector.schema import RECORD_TABLES, file_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from collector.evidence import AccountEvidence, RunEvidence
    from collector.lake.record import AccountCounts, PublicationRecord, PublishedFile
    from collector.lake.rows import AccountOutcome
    from collector.lake.store import Store

# Accounts are typed together: for the report of a small account, Arrow's calls are the cost, however few its rows.
_BATCH_ACCOUNTS = 64
_BATCH_SECONDS = 0.3
# Of reports: as Arrow tables they are ten times as large. A larger report is a batch of its own.
_BATCH_BYTES = 2 * 2**20
# Reports that wait, or are being typed. Adding more waits until they fit, so that memory stays flat.
_MOST_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSnapshot:
    """A run whose evidence and tables are complete in the lake, but which no record names yet."""

    organization_id: str  # whose run it is
    snapshot_date: str  # the UTC date of the run's start, `YYYY-MM-DD`
    run_id: str  # the run
    run_sha256: str | None = None  # of `run.json` as stored; None where it is not known
    run_started_at: datetime  # when the run started
    run_finished_at: datetime  # when the last account's outcome was known
    accounts: AccountCounts  # how many it has
    users: int  # rows in its files of users
    columns: Mapping[str, int]  # per record type, how many columns its files have
    files: tuple[PublishedFile, ...]  # its tables
    is_listed_by_file: bool = False  # whether files name its accounts: the organization may have others
    min_coverage: float | None = None  # the floor that the run was started with, 0 to 1; None: none

    @classmethod
    def of_run(
        cls,
        run: RunEvidence,
        accounts: AccountCounts,
        *,
        users: int = 0,
        files: tuple[PublishedFile, ...] = (),
        run_sha256: str | None = None,
    ) -> Self:
        """The snapshot of that run; its files have this version's columns."""
        floor = run.settings.get("min_coverage")
        return cls(
            organization_id=run.organization_id,
            snapshot_date=run.snapshot_date,
            run_id=run.run_id,
            run_sha256=run_sha256,
            run_started_at=run.started_at,
            run_finished_at=run.finished_at or run.started_at,
            accounts=accounts,
            users=users,
            columns={record_type: len(file_schema(record_type)) for record_type in RECORD_TABLES},
            files=files,
            is_listed_by_file=run.is_listed_by_file,
            min_coverage=floor if isinstance(floor, int | float) else None,
        )

    def is_published_in(self, record: PublicationRecord) -> bool:
        """Whether the record names these very files."""
        day = record.snapshots.get(self.snapshot_date)
        return day is not None and day.files == self.files

    def published(self, at: datetime) -> PublishedSnapshot:
        """The day's entry in the record."""
        return PublishedSnapshot(
            run_id=self.run_id,
            run_sha256=self.run_sha256,
            run_started_at=to_milliseconds(self.run_started_at),
            run_finished_at=to_milliseconds(self.run_finished_at),
            published_at=to_milliseconds(at),
            accounts=self.accounts,
            users=self.users,
            columns=self.columns,
            files=self.files,
        )


class WriterClosedError(Exception):
    """The run was finished or aborted, so it takes no more accounts. Expected while a run is being ended."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id} is finished or aborted")


class WrittenAccount(NamedTuple):
    """An account whose rows are ready for the tables."""

    evidence: AccountEvidence
    result: AccountOutcome


class _StoredAccount(NamedTuple):
    """An account whose report is in the raw zone, and is to be typed."""

    evidence: AccountEvidence
    stored_sha256: str | None
    report: bytes | None

    @property
    def bytes(self) -> int:
        return len(self.report or b"")


class SnapshotWriter:
    """Writes the accounts of one run as they come, and at the end returns a snapshot that is ready to be published.

    `add` may be called from many threads; it stores the report, and leaves the typing to one thread of the writer's
    own. Arrow's allocator keeps memory for each thread that ever used it, and threads that parse at once wait for the
    interpreter's lock: with 32 of them, 4,000 accounts took twice the memory and twice the CPU time.

    Memory does not grow with the organization: reports are only kept in the store, rows in files of the scratch folder.
    Any error of an `add`, or of the typing, is raised again by `finish`: there must be no snapshot that lacks an
    account.

    Used as a context manager, it cleans up its scratch files however the run ends.
    """

    def __init__(
        self,
        store: Store,
        run: RunEvidence,
        scratch_directory: Path,
        *,
        folder: str | None = None,
        on_written: Callable[[Sequence[WrittenAccount]], object] | None = None,
    ) -> None:
        """Start a run.

        Args:
            store: the lake.
            run: what is known of the run so far.
            scratch_directory: an existing folder of this machine, for files in progress.
            folder: where the tables go, if not into the run's own folder, which a resumed run may have partly filled.
            on_written: called in the writer's thread with accounts whose outcome is known.
        """
        self._store = store
        self._run = run
        self._folder = folder or snapshot_folder(run.organization_id, run.snapshot_date, run.run_id)
        self._on_written = on_written
        with disk_errors("Writing into", scratch_directory):
            self._scratch = Path(tempfile.mkdtemp(prefix=f"credlake-{run.run_id}-", dir=scratch_directory))
        # Used in the one thread alone.
        self._log = _EvidenceLog(self._scratch / "accounts.jsonl")
        self._users = UserFiles(store, self._folder, self._scratch)
        self._counts = RunningCounts()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="credlake-tables")
        self._changed = threading.Condition()  # guards all below
        self._added: set[str] = set()  # the ids of all accounts so far
        self._waiting: list[_StoredAccount] = []  # to be typed
        self._bytes = 0  # of the reports that wait, or are being typed
        self._is_typing = False  # whether the thread will look for accounts that wait
        self._is_ending = False  # whether no account is added any more
        self._error: BaseException | None = None  # the first; it ends the run

    def __enter__(self) -> Self:
        """Use it as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Abort, unless it was finished."""
        self.abort()

    def add(self, evidence: AccountEvidence, report: bytes | None, *, stored_sha256: str | None = None) -> None:
        """Store one account's report in the raw zone, and queue its rows for the writer's thread.

        Args:
            evidence: what AWS returned. Its `outcome` is `collected` where there is a report; parsing the report
                decides what it is in the end.
            report: the bytes of GetCredentialReport, or None where none was fetched.
            stored_sha256: of the file in the raw zone, where the report is stored already (a resumed run).

        Raises:
            LakeError: the lake, or the scratch folder, could not be written, for this account or an earlier one.
            WriterClosedError: the run was finished or aborted.
        """
        try:
            with self._changed:
                _refuse_repetition(evidence.account_id, self._added)
            if report is not None:
                evidence = _with_hash(evidence, report)
                stored_sha256 = stored_sha256 or put_report(self._store, self._run, evidence, report)
            self._leave_to_thread(_StoredAccount(evidence, stored_sha256, report))
        except BaseException as error:
            self._end(error)
            raise

    def finish(self, finished_at: datetime, *, endpoints: dict[str, str] | None = None) -> WrittenSnapshot:
        """Complete the raw zone of the run, then its tables; returns a snapshot that no record names yet.

        Args:
            finished_at: when the last account's outcome was known.
            endpoints: those that are not AWS's own, known once the clients exist. None: as at the start.
        """
        endpoints = self._run.endpoints if endpoints is None else endpoints
        self._end()
        run = replace(self._run, finished_at=finished_at, endpoints=endpoints)
        try:
            completing = self._thread.submit(self._complete, run)
        except RuntimeError as error:  # what `submit` raises after a shutdown
            raise WriterClosedError(run.run_id) from error
        try:
            written = completing.result()
        except CancelledError as error:
            raise WriterClosedError(run.run_id) from error
        self.abort()
        return written

    def abort(self) -> None:
        """Take no more accounts and remove the scratch files. What was written stays in the lake, unpublished."""
        with self._changed:
            self._waiting.clear()
        self._end()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._users.discard()
        self._log.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _end(self, error: BaseException | None = None) -> None:
        """Take no more accounts, and type at once those that wait; after an error none is typed any more."""
        with self._changed:
            self._is_ending = True
            self._error = self._error or error
            self._changed.notify_all()

    def _leave_to_thread(self, account: _StoredAccount) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_ending or not self._bytes or self._has_room(account))
            if self._is_ending:
                raise self._error or WriterClosedError(self._run.run_id)
            self._waiting.append(account)
            self._bytes += account.bytes
            if not self._is_typing:
                self._is_typing = True
                self._thread.submit(self._type_waiting)
            elif self._is_batch_full():
                self._changed.notify_all()

    def _has_room(self, account: _StoredAccount) -> bool:
        return self._bytes + account.bytes <= _MOST_BYTES

    def _type_waiting(self) -> None:
        """In the thread: type what waits, a batch at a time, until nothing does."""
        while batch := self._next_batch():
            try:
                self._type(batch)
            except BaseException as error:  # noqa: BLE001 -- raised again by `add` and `finish`
                self._end(error)
            with self._changed:
                self._bytes -= sum(account.bytes for account in batch)
                self._changed.notify_all()

    def _next_batch(self) -> list[_StoredAccount]:
        with self._changed:
            self._changed.wait_for(lambda: self._is_ending or self._is_batch_full(), _BATCH_SECONDS)
            sizes = accumulate(account.bytes for account in self._waiting[:_BATCH_ACCOUNTS])
            number = sum(1 for size in sizes if size <= _BATCH_BYTES) or len(self._waiting[:1])
            batch = [] if self._error else self._waiting[:number]
            del self._waiting[: len(batch)]
            self._is_typing = bool(batch)
            return batch

    def _is_batch_full(self) -> bool:
        return len(self._waiting) >= _BATCH_ACCOUNTS or self._bytes >= _BATCH_BYTES

    def _type(self, batch: Sequence[_StoredAccount]) -> None:
        results, users = type_accounts(self._run, [(account.evidence, account.report) for account in batch])
        self._users.add(users)
        written = []
        for (evidence, stored_sha256, _), result in zip(batch, results, strict=True):
            self._log.add(evidence, stored_sha256, result)
            self._counts.add(evidence, result)
            written.append(WrittenAccount(evidence, result))
        if self._on_written is not None:
            self._on_written(written)

    def _complete(self, run: RunEvidence) -> WrittenSnapshot:
        if self._error is not None:
            raise self._error
        run_sha256 = self._complete_raw(run)
        users = self._users.finish()
        accounts = put_accounts(self._store, self._folder, self._scratch, self._account_rows(run))
        files = (accounts, *users, *put_exceptions(self._store, self._folder, self._scratch, run))
        return WrittenSnapshot.of_run(
            run, self._counts.accounts, users=self._counts.users, files=files, run_sha256=run_sha256
        )

    def _complete_raw(self, run: RunEvidence) -> str:
        """Put `accounts.jsonl.gz`, then `run.json`, which completes the run's raw zone; returns the latter's hash."""
        lines = self._scratch / EVIDENCE_FILE
        self._log.compress_to(lines)
        self._store.put_file(evidence_key(run.organization_id, run.run_id), lines)
        content = run_json(run, file_sha256(lines))
        self._store.put(run_key(run.organization_id, run.run_id), content)
        return sha256(content)

    def _account_rows(self, run: RunEvidence) -> Iterator[dict[str, Any]]:
        # From the lines of the raw zone, not from memory: no table can differ from raw.
        for line, result in self._log.entries():
            yield account_row(run, read_account_line(line, str(self._scratch)).evidence, result)


class _EvidenceLog:
    """Lines of evidence in the order they come, read back in the order of account ids. One thread at a time.

    On disk, because an organization has up to 50,000 accounts.
    """

    def __init__(self, path: Path) -> None:
        """Create the file, on this machine."""
        self._path = path
        # Of each account, where its line begins, its length in bytes, and its result.
        self._places: dict[str, tuple[int, int, AccountOutcome]] = {}
        self._end = 0
        with disk_errors("Writing", path):
            self._file = path.open("w+b")

    def add(self, evidence: AccountEvidence, stored_sha256: str | None, result: AccountOutcome) -> None:
        """Append one account."""
        line = account_line(evidence, stored_sha256)
        with disk_errors("Writing", self._path):
            self._file.write(line)
        self._places[evidence.account_id] = (self._end, len(line), result)
        self._end += len(line)

    def entries(self) -> Iterator[tuple[bytes, AccountOutcome]]:
        """Each account's line and result, by id: the order in which accounts were collected changes no file."""
        for account_id in sorted(self._places):
            offset, length, result = self._places[account_id]
            with disk_errors("Reading", self._path):
                self._file.seek(offset)
                line = self._file.read(length)
            yield line, result

    def compress_to(self, target: Path) -> None:
        """Write all lines, by account id, as `accounts.jsonl.gz`."""
        with disk_errors("Writing", target), target.open("wb") as file, open_gzip(file) as lines:
            for line, _ in self.entries():
                lines.write(line)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _refuse_repetition(account_id: str, added: set[str]) -> None:
    if account_id in added:
        raise ValueError(f"account {account_id} was already added to the run")
    added.add(account_id)


def _with_hash(evidence: AccountEvidence, report: bytes) -> AccountEvidence:
    found = sha256(report)
    if evidence.raw_sha256 not in (None, found):
        raise ValueError(f"the report of account {evidence.account_id} does not match its hash")
    return replace(evidence, raw_sha256=found)
