"""A run as it is written to the lake: raw first, then Parquet. `publish` makes it a snapshot afterwards."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from collector.evidence import to_milliseconds
from collector.lake.layout import EVIDENCE_FILE, evidence_key, run_key, snapshot_folder
from collector.lake.parquet import UserFiles, put_accounts, put_exceptions
from collector.lake.raw import account_line, file_sha256, open_gzip, put_report, read_account_line, run_json, sha256
from collector.lake.record import PublishedSnapshot
from collector.lake.rows import RunningCounts, account_row, type_account
from collector.lake.store import disk_errors
from collector.schema import RECORD_TABLES, file_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from collector.evidence import AccountEvidence, RunEvidence
    from collector.lake.record import AccountCounts, PublicationRecord, PublishedFile
    from collector.lake.rows import AccountOutcome
    from collector.lake.store import Store

_P = ParamSpec("_P")
_T = TypeVar("_T")


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


class SnapshotWriter:
    """Writes the accounts of one run as they come, and at the end returns a snapshot that is ready to be published.

    `add` may be called from many threads. Memory does not grow with the organization: reports are only kept in the
    store, rows in files of the scratch folder. Any error of an `add` is raised again by `finish`: there must be no
    snapshot that lacks an account.

    Reports are parsed in one thread, whichever thread adds them. Arrow's allocator keeps memory for each thread that
    ever used it, and threads that parse at once wait for the interpreter's lock: with 32 of them, 4,000 accounts took
    twice the memory and twice the CPU time.

    Used as a context manager, it cleans up its scratch files however the run ends.
    """

    def __init__(self, store: Store, run: RunEvidence, scratch_directory: Path, *, folder: str | None = None) -> None:
        """Start a run.

        Args:
            store: the lake.
            run: what is known of the run so far.
            scratch_directory: an existing folder of this machine, for files in progress.
            folder: where the tables go, if not into the run's own folder, which a resumed run may have partly filled.
        """
        self._store = store
        self._run = run
        self._folder = folder or snapshot_folder(run.organization_id, run.snapshot_date, run.run_id)
        with disk_errors("Writing into", scratch_directory):
            self._scratch = Path(tempfile.mkdtemp(prefix=f"credlake-{run.run_id}-", dir=scratch_directory))
        # Used in the one thread alone.
        self._log = _EvidenceLog(self._scratch / "accounts.jsonl")
        self._users = UserFiles(store, self._folder, self._scratch)
        self._counts = RunningCounts()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="credlake-tables")
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        """Use it as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Abort, unless it was finished."""
        self.abort()

    def add(
        self, evidence: AccountEvidence, report: bytes | None, *, stored_sha256: str | None = None
    ) -> AccountOutcome:
        """Store one account's report in the raw zone and its rows for the tables; returns what is published of it.

        Args:
            evidence: what AWS returned. Its `outcome` is `collected` where there is a report; parsing the report
                decides what it is in the end.
            report: the bytes of GetCredentialReport, or None where none was fetched.
            stored_sha256: of the file in the raw zone, where the report is stored already (a resumed run).

        Raises:
            LakeError: the lake, or the scratch folder, could not be written.
            WriterClosedError: the run was finished or aborted.
        """
        try:
            if report is not None:
                evidence = _with_hash(evidence, report)
                stored_sha256 = stored_sha256 or put_report(self._store, self._run, evidence, report)
            return self._in_thread(self._take, evidence, stored_sha256, report)
        except BaseException as error:
            self._error = self._error or error
            raise

    def finish(self, finished_at: datetime, *, endpoints: dict[str, str] | None = None) -> WrittenSnapshot:
        """Complete the raw zone of the run, then its tables; returns a snapshot that no record names yet.

        Args:
            finished_at: when the last account's outcome was known.
            endpoints: those that are not AWS's own, known once the clients exist. None: as at the start.
        """
        endpoints = self._run.endpoints if endpoints is None else endpoints
        written = self._in_thread(self._complete, replace(self._run, finished_at=finished_at, endpoints=endpoints))
        self.abort()
        return written

    def abort(self) -> None:
        """Take no more accounts and remove the scratch files. What was written stays in the lake, unpublished."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._users.discard()
        self._log.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _in_thread(self, do: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            doing = self._thread.submit(do, *args, **kwargs)
        except RuntimeError as error:  # what submit raises after a shutdown
            raise WriterClosedError(self._run.run_id) from error
        try:
            return doing.result()
        except CancelledError as error:
            raise WriterClosedError(self._run.run_id) from error

    def _take(self, evidence: AccountEvidence, stored_sha256: str | None, report: bytes | None) -> AccountOutcome:
        if evidence.account_id in self._log:
            raise ValueError(f"account {evidence.account_id} was already added to run {self._run.run_id}")
        result, users = type_account(self._run, evidence, report)
        self._users.add(users)
        self._log.add(evidence, stored_sha256, result)
        self._counts.add(evidence, result)
        return result

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

    def __contains__(self, account_id: str) -> bool:
        """Whether the account is in it."""
        return account_id in self._places

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


def _with_hash(evidence: AccountEvidence, report: bytes) -> AccountEvidence:
    found = sha256(report)
    if evidence.raw_sha256 not in (None, found):
        raise ValueError(f"the report of account {evidence.account_id} does not match its hash")
    return replace(evidence, raw_sha256=found)
