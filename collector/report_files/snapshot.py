"""Report files as a snapshot of a lake: written by the writer of every run, published by the same rules."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector import __version__
from collector.discovery.accounts import ACTIVE, Account
from collector.errors import CredlakeError, LakeError, NotPublishedError
from collector.evidence import REPORT_FILES, AccountEvidence, RunEvidence
from collector.lake.layout import new_run_id, run_key
from collector.lake.publish import publish
from collector.lake.raw import read_run, sha256
from collector.lake.record import read_record
from collector.lake.writer import SnapshotWriter
from collector.outcome import Outcome
from collector.report_files.find import NotReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from collector.lake.record import PublishedSnapshot
    from collector.lake.rows import AccountOutcome
    from collector.lake.store import Store
    from collector.lake.writer import WrittenAccount, WrittenSnapshot
    from collector.report_files.load import LoadedReport
    from collector.settings.model import Settings

# Of several accounts whose reports are given no common name.
DEFAULT_ORGANIZATION_ID = "report-files"
# Why the account's summary and password policy are unknown. It is stored, and `verify` compares it.
NOT_IN_A_FILE = "not in a report file"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotOfFiles:
    """What became of the reports of one date."""

    snapshot_date: str  # `YYYY-MM-DD`.
    written: WrittenSnapshot | None = None  # The snapshot; None where the lake has the same reports for that date.
    refusal: NotPublishedError | None = None  # Why it was not published, if it was not.
    incomplete: tuple[str, ...] = ()  # A sentence for each of the reports that could be read only in part.


def partly_read(report: LoadedReport, outcome: AccountOutcome) -> str:
    """A sentence about a report that could not be read completely."""
    return f"{report.file.name} was read only in part. {outcome.error_message}"


def default_organization_id(reports: Sequence[LoadedReport]) -> str:
    """The name under which reports are published that are given none: the account's ID where there is one account."""
    accounts = {report.account_id for report in reports}
    return accounts.pop() if len(accounts) == 1 else DEFAULT_ORGANIZATION_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSnapshots:
    """Makes snapshots of report files in one lake."""

    store: Store  # The lake.
    organization_id: str  # The name that the reports are given.
    settings: Settings  # Limits, and the rules of publication.
    scratch: Path  # An existing local folder, for files under construction.
    now: Callable[[], datetime]  # The time of day, in UTC.
    exceptions: Sequence[dict[str, str]] = ()  # Those in force.

    def publish(self, days: Sequence[Sequence[LoadedReport]]) -> Iterator[SnapshotOfFiles]:
        """Publish a snapshot of each list of reports, in that order, unless the lake has it already.

        Raises:
            LakeError: the lake cannot be read or written.
            CredlakeError: a file was changed since it was loaded.
        """
        self.store.check_writable()
        record = read_record(self.store, self.organization_id).record
        for reports in days:
            date = max(report.snapshot_date for report in reports)
            published = record.snapshots.get(date) if record else None
            if published is not None and self._is_of(published, date, reports):
                yield SnapshotOfFiles(snapshot_date=date)
                continue
            written, outcomes = self.write(reports)
            pairs = zip(reports, outcomes, strict=True)
            incomplete = tuple(partly_read(report, outcome) for report, outcome in pairs if outcome.error_code)
            refusal = None
            rules = self.settings
            try:
                record = publish(
                    self.store, written, now=self.now, min_coverage=rules.min_coverage, replace=rules.replace
                )
            except NotPublishedError as error:
                refusal = error
            yield SnapshotOfFiles(snapshot_date=date, written=written, refusal=refusal, incomplete=incomplete)

    def write(self, reports: Sequence[LoadedReport]) -> tuple[WrittenSnapshot, list[AccountOutcome]]:
        """Write the reports, at most one of each account, as a run that started with the newest of them.

        Returns:
            The snapshot, which no record names yet, and the outcome of each report.
        """
        started_at = max(report.generated_at for report in reports)
        run = RunEvidence(
            organization_id=self.organization_id,
            run_id=self._free_run_id(started_at),
            started_at=started_at,
            inventory_source=REPORT_FILES,
            settings=self.settings.for_the_record(),
            versions={"credlake": __version__, "python": platform.python_version()},
            exceptions=list(self.exceptions),
        )
        written: list[WrittenAccount] = []
        with SnapshotWriter(self.store, run, self.scratch, on_written=written.extend) as writer:
            for report in reports:
                writer.add(*self._evidence(report))
            # A file may be dated in the future.
            snapshot = writer.finish(max(self.now(), started_at))
        return snapshot, [account.result for account in written]

    def _free_run_id(self, started_at: datetime) -> str:
        """A run ID that no run has: of two runs of the same reports, the one written later has the greater ID."""
        token = int(self.now().timestamp()) & 0xFFFFFFFF
        while True:
            run_id = new_run_id(started_at, token.to_bytes(4, "big"))
            if self.store.size(run_key(self.organization_id, run_id)) is None:
                return run_id
            token += 1

    def _evidence(self, report: LoadedReport) -> tuple[AccountEvidence, bytes]:
        """What the lake keeps of the report, and its bytes."""
        content = _content(report)
        account = _account(report)
        evidence = AccountEvidence(
            account=account.source,
            account_id=account.account_id,
            account_state=account.state,
            aws_partition=account.partition,
            limits=self.settings.limits.resolve(account),
            owner=self.settings.owners.resolve(account),
            outcome=Outcome.COLLECTED,
            report_generated_at=report.generated_at,
            raw_sha256=sha256(content),
            password_policy_error=NOT_IN_A_FILE,
            summary_error=NOT_IN_A_FILE,
        )
        return evidence, content

    def _is_of(self, published: PublishedSnapshot, date: str, reports: Sequence[LoadedReport]) -> bool:
        """Whether the snapshot is of the very same reports and exceptions: a folder may be read again as it grows."""
        try:
            stored = read_run(self.store, self.organization_id, date, published.run_id, run_sha256=published.run_sha256)
            held = {_identity(account) for account, _ in stored.accounts()}
        except LakeError:
            # The raw zone may have expired: then a new snapshot does no harm.
            return False
        if stored.run.inventory_source != REPORT_FILES or stored.run.exceptions != list(self.exceptions):
            return False
        return held == {_identity(self._evidence(report)[0]) for report in reports}


def _identity(evidence: AccountEvidence) -> tuple[object, ...]:
    """What the rows of an account follow from."""
    return evidence.account_id, evidence.raw_sha256, evidence.report_generated_at, evidence.limits, evidence.owner


def _content(report: LoadedReport) -> bytes:
    try:
        return report.content()
    except NotReadError as error:
        raise CredlakeError(f"{report.file.name} was changed while it was read: it {error}") from error


def _account(report: LoadedReport) -> Account:
    name = report.file.path.name if report.file.path else report.file.name
    source = {"Id": report.account_id, "File": name, "TimeFrom": report.time_source}
    return Account(account_id=report.account_id, state=ACTIVE, partition=report.partition, source=source)
