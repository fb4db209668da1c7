"""Files as reports: each with its account and its time, or why it is not one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from collector.report_files.dates import date_of
from collector.report_files.decode import decode
from collector.report_files.find import GivenFile, NotReadError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_ARN = re.compile(rb"[,\"]arn:(aws[a-z-]*):iam::([0-9]{12}):(?:root|user/)")
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedReport:
    """A file that holds a credential report. Its bytes are read again when they are needed: there may be many files."""

    file: GivenFile
    account_id: str  # 12 digits, from the ARNs.
    partition: str  # From the ARNs too.
    generated_at: datetime  # UTC.
    time_source: str  # Where that time comes from, as shown to the user.

    @property
    def snapshot_date(self) -> str:
        """The UTC date of the report."""
        return self.generated_at.strftime("%Y-%m-%d")

    def content(self) -> bytes:
        """The report's bytes.

        Raises:
            NotReadError: the file was changed or removed since it was loaded.
        """
        return decode(self.file.read()).report


class NotRead(NamedTuple):
    """A file that was not read."""

    name: str
    why: str  # A sentence that begins with a verb: the file `is …`.


def load_reports(
    files: Iterable[GivenFile], *, generated_at: datetime | None, now: datetime
) -> tuple[list[LoadedReport], list[NotRead]]:
    """The files that hold reports, and those that do not. `generated_at` is for files that show no time."""
    reports, not_read = [], []
    for file in files:
        try:
            reports.append(_load(file, generated_at, now))
        except NotReadError as error:
            not_read.append(NotRead(file.name, str(error)))
    return reports, not_read


def _load(file: GivenFile, generated_at: datetime | None, now: datetime) -> LoadedReport:
    report, cli_time = decode(file.read())
    accounts = sorted({(match[2].decode(), match[1].decode()) for match in _ARN.finditer(report)})
    if not accounts:
        raise NotReadError("is a credential report without a user's ARN, so its account is unknown.")
    if len(accounts) > 1:
        named = ", ".join(account_id for account_id, _ in accounts[:_MAX_NAMED])
        more = "" if len(accounts) <= _MAX_NAMED else f" and {len(accounts) - _MAX_NAMED} more"
        raise NotReadError(f"holds users of several accounts ({named}{more}). Give each report as a file of its own.")
    (account_id, partition) = accounts[0]
    at, source = date_of(file, cli_time=cli_time, generated_at=generated_at, now=now)
    return LoadedReport(file=file, account_id=account_id, partition=partition, generated_at=at, time_source=source)


def newest_of_each(reports: Iterable[LoadedReport]) -> list[LoadedReport]:
    """Of each account the newest report, by account."""
    newest: dict[str, LoadedReport] = {}
    for report in reports:
        held = newest.get(report.account_id)
        if held is None or report.generated_at > held.generated_at:
            newest[report.account_id] = report
    return [newest[account_id] for account_id in sorted(newest)]


def by_day(reports: Iterable[LoadedReport]) -> list[list[LoadedReport]]:
    """For each UTC date on which there is a report, the newest of each account by then; the oldest date first.

    An account keeps its last report on dates without one of its own: it has not left.
    """
    listed = sorted(reports, key=lambda report: report.generated_at)
    days = sorted({report.snapshot_date for report in listed})
    return [newest_of_each(report for report in listed if report.snapshot_date <= day) for day in days]
