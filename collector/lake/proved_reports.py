"""The reports of a run read back from the raw zone, each held against the hashes that were taken when it came."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.errors import LakeError
from collector.lake.layout import report_key
from collector.lake.raw import decompressed, sha256
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from collector.evidence import RunEvidence
    from collector.lake.raw_json import RawAccount
    from collector.lake.store import Store

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
