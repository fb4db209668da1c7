"""A run on its way into the lake: raw first, then Parquet. `publication` makes it a snapshot afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Self, TypeVar

from collector.discovery.accounts import ACTIVE
from collector.lake.layout import EVIDENCE_FILE, evidence_key, run_key, snapshot_folder
from collector.lake.parquet import UserFiles, put_accounts
from collector.lake.raw import account_line, file_sha256, open_gzip, put_report, read_account_line, run_json, sha256
from collector.lake.record import AccountCounts, WrittenSnapshot
from collector.lake.rows import account_row, file_columns, type_account
from collector.lake.store import disk_faults
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from types import TracebackType

    from collector.evidence import AccountEvidence, RunEvidence
    from collector.lake.rows import Verdict
    from collector.lake.store import Store


class Entry(NamedTuple):
    """One account: its line of `accounts.jsonl.gz`, and what the reading of its report came to."""

    line: bytes
    verdict: Verdict


class _Place(NamedTuple):
    offset: int
    length: int
    verdict: Verdict


class EvidenceLog:
    """Lines of evidence in the order they come, read back in the order of account ids. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """Begin the file, which stays on this machine."""
        self._path = path
        self._places: dict[str, _Place] = {}
        self._end = 0
        with disk_faults("Writing", path):
            self._file = path.open("w+b")

    def __contains__(self, account_id: str) -> bool:
        """Whether the account is in it."""
        return account_id in self._places

    def add(self, evidence: AccountEvidence, stored_sha256: str | None, verdict: Verdict) -> None:
        """Take one account, at the end."""
        line = account_line(evidence, stored_sha256)
        with disk_faults("Writing", self._path):
            self._file.write(line)
        self._places[evidence.account_id] = _Place(self._end, len(line), verdict)
        self._end += len(line)

    def entries(self) -> Iterator[Entry]:
        """All accounts, by id: the same run gives the same files, in whatever order its accounts answered."""
        for account_id in sorted(self._places):
            offset, length, verdict = self._places[account_id]
            with disk_faults("Reading", self._path):
                self._file.seek(offset)
                line = self._file.read(length)
            yield Entry(line, verdict)

    def compress_to(self, target: Path) -> None:
        """Write all lines, by account id, as `accounts.jsonl.gz`."""
        with disk_faults("Writing", target), target.open("wb") as file, open_gzip(file) as lines:
            for entry in self.entries():
                lines.write(entry.line)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@dataclass(slots=True)
class Tally:
    """Accounts by outcome, ACTIVE ones, and users."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    active: int = 0
    users: int = 0

    def count(self, evidence: AccountEvidence, verdict: Verdict) -> None:
        """Count one account."""
        self.outcomes[verdict.outcome] += 1
        self.active += evidence.account_state == ACTIVE
        self.users += verdict.user_count or 0

    @property
    def accounts(self) -> AccountCounts:
        """The counts as the record holds them, every outcome named."""
        return AccountCounts(
            total=self.outcomes.total(),
            active=self.active,
            covered=sum(count for outcome, count in self.outcomes.items() if outcome.is_covered),
            by_outcome={str(outcome): self.outcomes[outcome] for outcome in Outcome},
        )


_P = ParamSpec("_P")
_T = TypeVar("_T")


class WriterClosedError(Exception):
    """The run was finished or aborted, so it takes no more accounts. Where a run is being ended, this is expected."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id} is finished or aborted")


class SnapshotWriter:
    """Takes the accounts of one run as they come, and at the end hands over a snapshot that is ready to be published.

    `add` may be called from many threads. Memory does not grow with the organization: reports are kept nowhere but in
    the store, rows go to files of the scratch folder. Whatever goes wrong in one `add` is raised again by `finish`: a
    snapshot that lacks an account must not come to be.

    Reports are typed in one thread, whoever adds them. Arrow's allocator keeps memory for each thread that ever used
    it, and threads that type at once wait for the interpreter's lock: with 32 of them, 4,000 accounts took twice the
    memory and twice the CPU time.

    Used as a context manager, it cleans up its scratch files however the run ends.
    """

    def __init__(self, store: Store, run: RunEvidence, scratch_directory: Path, *, folder: str | None = None) -> None:
        """Begin a run.

        Args:
            store: the lake.
            run: what is known of the run by now.
            scratch_directory: an existing folder of this machine, for files that are put together.
            folder: where the tables go, if not into the run's own folder, which a resumed run may have begun to fill.
        """
        self._store = store
        self._run = run
        self._folder = folder or snapshot_folder(run.organization_id, run.snapshot_date, run.run_id)
        with disk_faults("Writing into", scratch_directory):
            self._scratch = Path(tempfile.mkdtemp(prefix=f"credlake-{run.run_id}-", dir=scratch_directory))
        # These belong to the one thread.
        self._log = EvidenceLog(self._scratch / "accounts.jsonl")
        self._users = UserFiles(store, self._folder, self._scratch)
        self._tally = Tally()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="credlake-tables")
        self._fault: BaseException | None = None

    def __enter__(self) -> Self:
        """Use it as a context manager."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Abort, unless it was finished."""
        self.abort()

    def add(self, evidence: AccountEvidence, report: bytes | None, *, stored_sha256: str | None = None) -> Verdict:
        """Keep one account: its report's bytes in the raw zone, its rows for the tables. What is published of it.

        Args:
            evidence: what was asked and answered. Its `outcome` is `collected` where there is a report; the reading of
                the report has the last word then.
            report: the bytes of GetCredentialReport, or None where none was fetched.
            stored_sha256: of the file in the raw zone, where the report lies there already (a resumed run).

        Raises:
            LakeError: the lake, or the scratch folder, could not be written.
            WriterClosedError: the run was finished or aborted.
        """
        try:
            if report is not None:
                evidence = _with_hash(evidence, report)
                stored_sha256 = stored_sha256 or put_report(self._store, self._run, evidence, report)
            return self._in_thread(self._take, evidence, stored_sha256, report)
        except BaseException as fault:
            self._fault = self._fault or fault
            raise

    def finish(self, finished_at: datetime, *, endpoints: dict[str, str] | None = None) -> WrittenSnapshot:
        """Complete the raw zone of the run, then its tables: a snapshot that only the record does not name yet.

        Args:
            finished_at: when the last account's outcome was known.
            endpoints: those that are not of AWS, which are known once the clients are made. None: as at the start.
        """
        endpoints = self._run.endpoints if endpoints is None else endpoints
        written = self._in_thread(self._complete, replace(self._run, finished_at=finished_at, endpoints=endpoints))
        self.abort()
        return written

    def abort(self) -> None:
        """Take no more accounts and remove the scratch files. What is in the lake stays, and no record names it."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._users.discard()
        self._log.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _in_thread(self, do: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            doing = self._thread.submit(do, *args, **kwargs)
        except RuntimeError as error:  # submit's word for "shut down"
            raise WriterClosedError(self._run.run_id) from error
        try:
            return doing.result()
        except CancelledError as error:
            raise WriterClosedError(self._run.run_id) from error

    def _take(self, evidence: AccountEvidence, stored_sha256: str | None, report: bytes | None) -> Verdict:
        if evidence.account_id in self._log:
            raise ValueError(f"account {evidence.account_id} was added to run {self._run.run_id} before")
        verdict, users = type_account(self._run, evidence, report)
        self._users.add(users)
        self._log.add(evidence, stored_sha256, verdict)
        self._tally.count(evidence, verdict)
        return verdict

    def _complete(self, run: RunEvidence) -> WrittenSnapshot:
        if self._fault is not None:
            raise self._fault
        run_sha256 = self._complete_raw(run)
        users = self._users.finish()
        accounts = put_accounts(self._store, self._folder, self._scratch, self._account_rows(run))
        return WrittenSnapshot(
            organization_id=run.organization_id,
            snapshot_date=run.snapshot_date,
            run_id=run.run_id,
            run_sha256=run_sha256,
            run_started_at=run.started_at,
            run_finished_at=run.finished_at or run.started_at,
            accounts=self._tally.accounts,
            users=self._tally.users,
            columns=file_columns(),
            files=(accounts, *users),
            is_listed_by_file=run.is_listed_by_file,
        )

    def _complete_raw(self, run: RunEvidence) -> str:
        """Put `accounts.jsonl.gz`, then `run.json`, with which the run's raw zone is complete; the latter's hash."""
        lines = self._scratch / EVIDENCE_FILE
        self._log.compress_to(lines)
        self._store.put_file(evidence_key(run.organization_id, run.run_id), lines)
        content = run_json(run, file_sha256(lines))
        self._store.put(run_key(run.organization_id, run.run_id), content)
        return sha256(content)

    def _account_rows(self, run: RunEvidence) -> Iterator[dict[str, Any]]:
        # From the lines of the raw zone, not from memory: a table that says otherwise than raw cannot be written.
        for line, verdict in self._log.entries():
            yield account_row(run, read_account_line(line, str(self._scratch)).evidence, verdict)


def _with_hash(evidence: AccountEvidence, report: bytes) -> AccountEvidence:
    found = sha256(report)
    if evidence.raw_sha256 not in (None, found):
        raise ValueError(f"the report of account {evidence.account_id} is not the one that was hashed")
    return replace(evidence, raw_sha256=found)
