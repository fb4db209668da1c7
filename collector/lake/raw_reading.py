"""A run read back from the raw zone and verified against the hashes that were taken when it was stored."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from collector.errors import LakeError
from collector.lake.layout import evidence_key, report_key, run_key
from collector.lake.raw import decompressed, lines_in, read_account_line, read_run_json, sha256
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from collector.evidence import RunEvidence
    from collector.lake.raw import RawAccount
    from collector.lake.store import Store

# On S3 a read takes some 30 ms, nearly all of it waiting.
_READERS = 8


class Corruption(NamedTuple):
    """A file that can be read but differs from the one that was stored: its key, and a sentence."""

    key: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRun:
    """A run whose evidence is complete.

    Attributes:
        run: the content of `run.json`.
        sha256: of `run.json` as it is stored now.
        lines: the bytes of `accounts.jsonl.gz` as it is stored now.
        lines_location: the path or URI of that file, for messages.
        corruptions: every file that differs from what was stored.
    """

    run: RunEvidence
    sha256: str
    lines: bytes
    lines_location: str
    corruptions: tuple[Corruption, ...]

    def accounts(self) -> Iterator[RawAccount]:
        """The accounts, one by one, in the order of their ids. LakeError where the lines are damaged."""
        for line in lines_in(self.lines, self.lines_location):
            yield read_account_line(line, self.lines_location)


def read_run(
    store: Store, organization_id: str, snapshot_date: str, run_id: str, *, run_sha256: str | None
) -> VerifiedRun:
    """Read a run's evidence. `run_sha256` is that of its `run.json` in the publication record; None if unknown.

    Raises:
        LakeError: a file is missing or cannot be read, or belongs to another run than its path names.
    """
    key, lines_key = run_key(organization_id, run_id), evidence_key(organization_id, run_id)
    content = store.read(key)
    run, lines_sha256 = read_run_json(content, store.location(key))
    if (run.organization_id, run.run_id, run.snapshot_date) != (organization_id, run_id, snapshot_date):
        raise LakeError(
            f"{store.location(key)} belongs to run {run.run_id} of {run.organization_id} on {run.snapshot_date}, not "
            f"to run {run_id} of {organization_id} on {snapshot_date}. Restore the right file.",
            location=store.location(key),
        )
    lines = store.read(lines_key)
    corruptions = []
    if run_sha256 not in (None, sha256(content)):
        corruptions.append(Corruption(key, "Its SHA-256 is not the one in the publication record."))
    if lines_sha256 not in (None, sha256(lines)):
        corruptions.append(Corruption(lines_key, "Its SHA-256 is not the one in run.json."))
    return VerifiedRun(
        run=run,
        sha256=sha256(content),
        lines=lines,
        lines_location=store.location(lines_key),
        corruptions=tuple(corruptions),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReport:
    """One account and its report.

    Attributes:
        account: the account's line in the raw zone.
        report: the bytes that AWS returned; None where there are none, or where they were altered.
        error: why `report` is None although there was a report.
        corruption: how the stored file was altered although the bytes in it are those that AWS returned.
    """

    account: RawAccount
    report: bytes | None = None
    error: str | None = None
    corruption: str | None = None


def verified_reports(store: Store, run: RunEvidence, accounts: Iterable[RawAccount]) -> Iterator[VerifiedReport]:
    """The reports of these accounts, in the same order; a few are read ahead, never all."""
    with ThreadPoolExecutor(_READERS) as readers:
        ahead: deque[Future[VerifiedReport]] = deque()
        for account in accounts:
            ahead.append(readers.submit(_verified_report, store, run, account))
            if len(ahead) > 2 * _READERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _verified_report(store: Store, run: RunEvidence, account: RawAccount) -> VerifiedReport:
    if account.evidence.raw_sha256 is None:
        is_lost = account.evidence.outcome is Outcome.COLLECTED
        return VerifiedReport(account=account, error="It is `collected`, but has no report." if is_lost else None)
    key = report_key(run.organization_id, run.run_id, account.evidence.account_id)
    try:
        stored = store.read(key)
        report = decompressed(stored, store.location(key))
    except LakeError as error:
        return VerifiedReport(account=account, error=error.message)
    if sha256(report) != account.evidence.raw_sha256:
        return VerifiedReport(
            account=account, error="The report's SHA-256 is not the one that was taken when AWS returned it."
        )
    is_altered = account.stored_sha256 not in (None, sha256(stored))
    return VerifiedReport(
        account=account,
        report=report,
        corruption="The file differs from the one that was stored, although the report in it is unmodified."
        if is_altered
        else None,
    )
