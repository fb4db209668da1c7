"""What is kept of one run, read back and held against the hashes that were taken when it was stored."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from collector.errors import LakeError
from collector.lake.layout import evidence_key, report_key, run_key
from collector.lake.raw import accounts_in, decompressed, read_run_json, sha256
from collector.lake.record import read_record
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from collector.evidence import RunEvidence
    from collector.lake.raw import RawAccount
    from collector.lake.store import Store


class Corruption(NamedTuple):
    """A file that can be read and is not the one that was stored: its key, and a sentence."""

    key: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run whose evidence is complete.

    Attributes:
        run: what `run.json` says.
        sha256: of `run.json` as it lies there.
        lines: `accounts.jsonl.gz` as it lies there.
        lines_location: where that is, for messages.
        blemishes: what is not as it was stored; without any, all of it is.
    """

    run: RunEvidence
    sha256: str
    lines: bytes
    lines_location: str
    blemishes: tuple[Corruption, ...]

    def accounts(self) -> Iterator[RawAccount]:
        """The accounts, one by one. LakeError where the lines are damaged."""
        return accounts_in(self.lines, self.lines_location)


def read_kept_run(store: Store, organization_id: str, snapshot_date: str, run_id: str) -> KeptRun:
    """Read a run's evidence; where it is published, the record says what its `run.json` should be.

    Raises:
        LakeError: a file is missing or cannot be read, or is of another run than its place says.
    """
    record = read_record(store, organization_id).record
    published = record.snapshots.get(snapshot_date) if record else None
    run_sha256 = published.run_sha256 if published and published.run_id == run_id else None
    return read_run_with(store, organization_id, snapshot_date, run_id, run_sha256=run_sha256)


def read_run_with(
    store: Store, organization_id: str, snapshot_date: str, run_id: str, *, run_sha256: str | None
) -> KeptRun:
    """Read a run's evidence, for who knows the SHA-256 of its `run.json` already (None: nobody says)."""
    key, lines_key = run_key(organization_id, run_id), evidence_key(organization_id, run_id)
    content = store.read(key)
    run, lines_sha256 = read_run_json(content, store.location(key))
    if (run.organization_id, run.run_id, run.snapshot_date) != (organization_id, run_id, snapshot_date):
        raise LakeError(
            f"{store.location(key)} is of run {run.run_id} of {run.organization_id} on {run.snapshot_date}, and lies "
            f"where run {run_id} of {organization_id} on {snapshot_date} should. Put the right one there.",
            location=store.location(key),
        )
    lines = store.read(lines_key)
    blemishes = []
    if run_sha256 not in (None, sha256(content)):
        blemishes.append(Corruption(key, "Its SHA-256 is not the one in the publication record."))
    if lines_sha256 not in (None, sha256(lines)):
        blemishes.append(Corruption(lines_key, "Its SHA-256 is not the one in run.json."))
    return KeptRun(
        run=run,
        sha256=sha256(content),
        lines=lines,
        lines_location=store.location(lines_key),
        blemishes=tuple(blemishes),
    )


# On S3 a read takes some 30 ms, nearly all of it waiting.
_READERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReport:
    """One account and its report.

    Attributes:
        account: what the run kept of it.
        report: AWS's bytes, exactly as they came; None where there are none, or where they are not those any more.
        fault: why `report` is None though there was one.
        blemish: what is wrong with the stored file although the bytes in it are AWS's.
    """

    account: RawAccount
    report: bytes | None = None
    fault: str | None = None
    blemish: str | None = None


def proved_reports(store: Store, run: RunEvidence, accounts: Iterable[RawAccount]) -> Iterator[VerifiedReport]:
    """The reports of these accounts, in the same order; a few are read ahead, never all."""
    with ThreadPoolExecutor(_READERS) as readers:
        ahead: deque[Future[VerifiedReport]] = deque()
        for account in accounts:
            ahead.append(readers.submit(_proved_report, store, run, account))
            if len(ahead) > 2 * _READERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _proved_report(store: Store, run: RunEvidence, account: RawAccount) -> VerifiedReport:
    if account.evidence.raw_sha256 is None:
        is_lost = account.evidence.outcome is Outcome.COLLECTED
        return VerifiedReport(
            account=account, fault="It is `collected`, and no report of it is kept." if is_lost else None
        )
    key = report_key(run.organization_id, run.run_id, account.evidence.account_id)
    try:
        stored = store.read(key)
        report = decompressed(stored, store.location(key))
    except LakeError as error:
        return VerifiedReport(account=account, fault=error.message)
    if sha256(report) != account.evidence.raw_sha256:
        return VerifiedReport(
            account=account, fault="The report's SHA-256 is not the one that was taken when AWS returned it."
        )
    if account.stored_sha256 not in (None, sha256(stored)):
        return VerifiedReport(
            account=account,
            report=report,
            blemish="The file is not the one that was stored, although the report in it is the one that AWS returned.",
        )
    return VerifiedReport(account=account, report=report)
