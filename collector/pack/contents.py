"""What an evidence pack holds, written file by file: what people read first, then what proves it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from collector import __version__
from collector.errors import LakeError
from collector.lake.layout import EVIDENCE_FILE, RUN_FILE, is_on_s3, record_key, report_key, run_key
from collector.lake.raw import read_ahead, read_run
from collector.lake.store import MissingObjectError
from collector.lake.verify import SnapshotComparison
from collector.pack import tables
from collector.pack.archive import Archive, sums_text
from collector.pack.readme import Uncovered, readme
from collector.query.rows import records
from collector.reports.data import read_report
from collector.reports.page import render
from collector.reports.scope import Scope
from collector.reports.workbook import write_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from collector.lake.raw import RawAccount, VerifiedRun
    from collector.lake.record import PublishedSnapshot
    from collector.lake.store import Store
    from collector.pack.frameworks import Framework
    from collector.query.rows import Run
    from collector.query.snapshots import LakeSnapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Which snapshot a pack is about, and what it shows of it."""

    store: Store  # The lake.
    organization_id: str  # Whose snapshot.
    snapshot_date: str  # Of which day.
    snapshot: PublishedSnapshot  # Its entry in the publication record.
    frameworks: Sequence[Framework]  # The frameworks with whose requirements the results are given.
    is_restricted: bool  # Whether those were chosen; else they are all.
    language: str  # Of page and workbook: one of `LANGUAGES`.

    @property
    def folder(self) -> str:
        """The folder in the zip."""
        return f"credlake-evidence-{self.organization_id}-{self.snapshot_date}"


class Packed(NamedTuple):
    """What was written."""

    differences: int  # What `verify` found.
    reports: int  # How many reports the pack holds.


def contents_of(
    snapshots: LakeSnapshots, frameworks: Sequence[Framework], *, is_restricted: bool, language: str
) -> Contents:
    """The contents for the newest snapshot of the one organization whose snapshots these are."""
    [record] = snapshots.records.values()
    return Contents(
        store=snapshots.store,
        organization_id=record.organization_id,
        snapshot_date=record.latest,
        snapshot=record.newest,
        frameworks=frameworks,
        is_restricted=is_restricted,
        language=language,
    )


def write_pack(contents: Contents, run: Run, path: Path, scratch: Path) -> Packed:
    """Write the pack. The same lake, arguments and versions give the same bytes.

    Args:
        contents: what it holds.
        run: runs a select on the views, in which that snapshot is the newest.
        path: the file to write.
        scratch: an existing folder of this machine, for copies of files.

    Raises:
        LakeError: the run's own files, or the tables, cannot be read. A report that is missing is in `verify.txt`.
        OSError: the pack cannot be written.
    """
    raw = read_run(
        contents.store,
        contents.organization_id,
        contents.snapshot_date,
        contents.snapshot.run_id,
        run_sha256=contents.snapshot.run_sha256,
    )
    with path.open("wb") as file, Archive(file, contents.folder, contents.snapshot.run_started_at) as archive:
        _write_reading_matter(contents, run, archive)
        differences = _write_verification(contents, archive, scratch)
        reports = _write_proof(contents, raw, archive)
    return Packed(differences, reports)


def _write_reading_matter(contents: Contents, run: Run, archive: Archive) -> None:
    """The guide, the page, the workbook and the tables."""
    guide = readme(
        contents.snapshot,
        contents.organization_id,
        contents.snapshot_date,
        contents.frameworks,
        records(run, Uncovered, tables.UNCOVERED),
        is_restricted=contents.is_restricted,
        version=__version__,
    )
    archive.put("README.txt", guide.encode())
    # Where a folder is on somebody's machine is no evidence.
    lake = contents.store.uri if is_on_s3(contents.store.uri) else ""
    page = read_report(run, lake=lake, scope=Scope(), published=lambda _: contents.snapshot)
    archive.put("page.html", render(page, language=contents.language).encode())
    del page
    with archive.open("workbook.xlsx") as stream:
        write_report(run, stream, lake=lake, scope=Scope(), language=contents.language)
    for name, sql in {
        "requirements.csv": tables.requirements(contents.frameworks, contents.snapshot_date),
        "results.csv": tables.results(contents.frameworks, is_restricted=contents.is_restricted),
        "coverage.csv": tables.COVERAGE,
        "exceptions.csv": tables.EXCEPTIONS,
    }.items():
        with archive.open(name) as stream:
            tables.write_table(run(sql), stream)


def _write_verification(contents: Contents, archive: Archive, scratch: Path) -> int:
    """What `credlake verify` finds in this snapshot; returns how many differences there are."""
    day = contents.organization_id, contents.snapshot_date
    differences = SnapshotComparison(contents.store, *day, contents.snapshot).differences(scratch)
    count = len(differences)
    lines = [
        f"credlake {__version__} verify: {', '.join(day)}, run {contents.snapshot.run_id}",
        *map(str, differences),
        f"{count or 'No'} {'difference' if count == 1 else 'differences'}.",
    ]
    archive.put("verify.txt", "".join(f"{line}\n" for line in lines).encode())
    return count


def _write_proof(contents: Contents, raw: VerifiedRun, archive: Archive) -> int:
    """The entry of the record, the run, and every report as it is stored; returns the number of reports."""
    store, run = contents.store, raw.run
    day = {
        "organization_id": run.organization_id,
        "snapshot_date": run.snapshot_date,
        "entry": json.loads(store.read(record_key(run.organization_id)))["snapshots"][run.snapshot_date],
    }
    if day["entry"]["run_id"] != run.run_id:
        raise LakeError(f"Another run was published for {run.snapshot_date} in the meantime. Make the pack again.")
    archive.put("record.json", json.dumps(day, indent=1, ensure_ascii=False).encode() + b"\n")
    archive.put(f"raw/{RUN_FILE}", store.read(run_key(run.organization_id, run.run_id)))
    with archive.open(f"raw/{EVIDENCE_FILE}") as stream:
        stream.write(raw.lines)
    sums = {}
    for account, report in read_ahead(lambda account: (account, _report(contents, account)), _reported(raw)):
        if report is not None:
            account_id = account.evidence.account_id
            archive.put(f"raw/{account_id}.csv.gz", report)
            sums[f"{account_id}.csv"] = account.evidence.raw_sha256 or ""
    archive.put("raw/REPORTS.sha256", sums_text(sums))
    return len(sums)


def _reported(raw: VerifiedRun) -> Iterator[RawAccount]:
    return (account for account in raw.accounts() if account.evidence.raw_sha256 is not None)


def _report(contents: Contents, account: RawAccount) -> bytes | None:
    """The report as it is stored; None where the file is missing, which `verify.txt` shows."""
    key = report_key(contents.organization_id, contents.snapshot.run_id, account.evidence.account_id)
    try:
        return contents.store.read(key)
    except MissingObjectError:
        return None
