"""`credlake read`: credential reports in files, evaluated and shown without AWS; with `--lake` published as well."""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.exceptions import note_unused
from collector.cli.options import Verbose, with_settings
from collector.cli.report import output_problems, write_folder_page
from collector.process.streams import ReaderLeftError, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.lake.rows import AccountOutcome
    from collector.report_files.load import LoadedReport
    from collector.report_files.snapshot import FileSnapshots
    from collector.settings.model import Settings

_MAX_NAMED = 10


@with_settings(
    "limits", "exceptions", "max_exception_days", "min_coverage", "replace", "kms_key", "raw_lock", "glue", "database"
)
def read(
    settings: Settings,
    *,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Reports, folders of them, or - for standard input.")
    ],
    # Not the setting: a settings file names the lake of an organization, which a file from elsewhere must not change.
    lake: Annotated[
        str | None, typer.Option(metavar="DIR_OR_S3_URI", help="Publish the reports as a snapshot of this lake.")
    ] = None,
    organization_id: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Their name in the lake. (default the account's ID, or report-files)"),
    ] = None,
    each_day: Annotated[
        bool,
        typer.Option("--each-day", metavar="", help="Publish a snapshot for each date on which there is a report."),
    ] = False,
    generated_at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When the reports were generated whose files do not show it.")
    ] = None,
    format: Annotated[  # noqa: A002 -- the flag's name is that of `query`
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="table (default), or the findings as csv, json, parquet, xlsx."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result to this file; its name sets the format.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Write the result as a page, too (see `credlake report`).")
    ] = None,
    verbose: Verbose = False,
) -> int:
    """Read credential reports that the IAM console or the AWS CLI downloaded. No AWS, no credentials, no network.

    Shows how many users there are, what to fix first, and what is unknown. Of each account the newest report counts.
    Exit codes: 0 all files were read, 1 a file was not read or only in part, 2 no such file, 3 nothing could be read.

    Examples:
      credlake read "status_reports_2026-11-25 10-00-00.csv"

      credlake read downloads/ --output findings.xlsx

      credlake read downloads/ --report page.html

      credlake read downloads/ --lake ./lake --organization-id my-accounts --each-day

      aws iam get-credential-report | credlake read -
    """
    from collector.errors import CredlakeError, UsageError
    from collector.exceptions.file import read_exceptions
    from collector.process.logs import set_up_logs
    from collector.process.scratch import scratch_folder
    from collector.query.run import checked_format
    from collector.report_files.find import find_files
    from collector.report_files.load import load_reports, newest_of_each
    from collector.report_files.snapshot import FileSnapshots

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    target = None if output is None else output.expanduser()
    chosen = checked_format(format, target, sys.stdout)
    page = None if report is None else report.expanduser()
    time = _check_flags(lake, organization_id, generated_at, page, each_day=each_day)
    exceptions = read_exceptions(settings.exceptions, today=_now().date(), max_days=settings.max_exception_days)
    found = find_files(files)
    reports, not_read = load_reports(found.files, generated_at=time, now=_now())
    problems = [f"{name}: no such file." for name in found.missing]
    problems += [f"{name} is a folder without a file that ends in .csv, .json or .gz." for name in found.empty]
    problems += [f"{name} {why}" for name, why in not_read]
    if not reports:
        raise UsageError(problems) if found.missing else CredlakeError("\n".join(problems))
    for problem in problems:
        say(problem, to_stderr=True)
    newest = newest_of_each(reports)
    with scratch_folder() as scratch:
        made_of = partial(FileSnapshots, settings=settings, exceptions=exceptions, scratch=scratch, now=_now)
        outcomes = _write_temporary_lake(scratch, newest, made_of)
        _note_reports(reports, newest, outcomes, each_day=each_day)
        published = _publish(lake, reports, organization_id, settings, made_of, each_day=each_day) if lake else 0
        if page is not None:
            write_folder_page(scratch / "lake", page, shown_lake="")
            say(f"Wrote {page}.", to_stderr=True)
        # A reader that closed the pipe (`| head`) still gets the exit code.
        with suppress(ReaderLeftError):
            _show(scratch, newest, chosen, target)
    if found.missing:
        return 2
    return published or int(bool(problems) or any(outcome.error_code for outcome in outcomes))


def _now() -> datetime:
    return datetime.now(UTC)


def _check_flags(
    lake: str | None, organization_id: str | None, generated_at: str | None, page: Path | None, *, each_day: bool
) -> datetime | None:
    """The time in `--generated-at`.

    Raises:
        UsageError: a flag is wrong: all of them at once.
    """
    from collector.discovery.accounts import LAKE_ORGANIZATION_ID, LAKE_ORGANIZATION_ID_FORM
    from collector.errors import UsageError
    from collector.evidence import read_instant
    from collector.report_files.dates import FIRST_YEAR

    problems, time = [] if page is None else output_problems("--report", page), None
    if each_day and lake is None:
        problems.append("--each-day: needs a lake for the snapshots: set --lake.")
    if organization_id is not None and not LAKE_ORGANIZATION_ID.fullmatch(organization_id):
        problems.append(f"--organization-id {organization_id}: not {LAKE_ORGANIZATION_ID_FORM}.")
    if generated_at is not None:
        try:
            time = read_instant(generated_at)
        except (ValueError, OverflowError):
            time = None
        if time is None or time.year < FIRST_YEAR:
            problems.append(f"--generated-at {generated_at}: not a time; write 2026-11-25T10:00:00Z.")
    if problems:
        raise UsageError(problems)
    return time


def _write_temporary_lake(
    scratch: Path, newest: Sequence[LoadedReport], made_of: Callable[..., FileSnapshots]
) -> list[AccountOutcome]:
    """Write the reports into a lake that is removed with the scratch folder, for the views; their outcomes.

    Raises:
        CredlakeError: none of them can be read.
    """
    from collector.errors import CredlakeError
    from collector.lake.local_store import LocalStore
    from collector.lake.publish import publish
    from collector.report_files.snapshot import DEFAULT_ORGANIZATION_ID

    store = LocalStore(scratch / "lake")
    written, outcomes = made_of(store=store, organization_id=DEFAULT_ORGANIZATION_ID).write(newest)
    if not written.accounts.covered:
        why = [f"{report.file.name}: {outcome.error_message}" for report, outcome in zip(newest, outcomes, strict=True)]
        raise CredlakeError("\n".join(["No report could be read.", *why]))
    publish(store, written, now=_now)
    return outcomes


def _note_reports(
    reports: Sequence[LoadedReport],
    newest: Sequence[LoadedReport],
    outcomes: Sequence[AccountOutcome],
    *,
    each_day: bool,
) -> None:
    """Note on stderr which reports are odd, incomplete or left out."""
    from collector.report_files.dates import oddity
    from collector.report_files.snapshot import partly_read

    for report, outcome in zip(newest, outcomes, strict=True):
        if outcome.error_code is not None:
            say(partly_read(report, outcome), to_stderr=True)
        if odd := oddity(report.generated_at, _now()):
            say(
                f"{report.file.name} {odd} ({report.generated_at:%Y-%m-%d}; time from: {report.time_source}).",
                to_stderr=True,
            )
    used = {report.account_id: report for report in newest}
    older = [report for report in reports if report is not used[report.account_id]]
    if not each_day:
        for report in older[:_MAX_NAMED]:
            file = used[report.account_id].file.name
            say(
                f"{report.file.name} is left out: account {report.account_id} has a newer report, {file}.",
                to_stderr=True,
            )
        if len(older) > _MAX_NAMED:
            say(f"{len(older) - _MAX_NAMED} more files are left out for the same reason.", to_stderr=True)


def _publish(
    lake: str,
    reports: Sequence[LoadedReport],
    organization_id: str | None,
    settings: Settings,
    made_of: Callable[..., FileSnapshots],
    *,
    each_day: bool,
) -> int:
    """Publish the reports, and note what was published and what was not.

    Returns:
        The exit code: 0 if every date is in the lake, 1 if one is not, or was read only in part, 3 if none is, or if
        Glue could not be synced.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    from collector.catalog.follow import follower_of
    from collector.errors import CatalogNotSyncedError
    from collector.lake.layout import is_on_s3
    from collector.lake.local_store import open_store
    from collector.lake.record import read_record
    from collector.report_files.load import by_day, newest_of_each
    from collector.report_files.snapshot import default_organization_id

    name = organization_id or default_organization_id(reports)
    lake = lake if is_on_s3(lake) else str(Path(lake).expanduser())
    store = open_store(lake, kms_key=settings.kms_key, raw_lock=settings.raw_lock)
    follower = follower_of(store, database=settings.glue_database)
    before = read_record(store, name).record
    days = by_day(reports) if each_day else [newest_of_each(reports)]
    results = list(made_of(store=store, organization_id=name).publish(days))
    after = read_record(store, name).record
    if after is not None:
        follower.tag_replaced(before, after)
    for result in results:
        if result.refusal is not None:
            say(result.refusal.message, to_stderr=True)
    earlier = {why for result in results[:-1] for why in result.incomplete}
    for why in sorted(earlier):
        say(why, to_stderr=True)
    refused = sum(result.refusal is not None for result in results)
    unchanged = sum(result.written is None for result in results)
    published = [result.snapshot_date for result in results if result.written is not None and result.refusal is None]
    if published:
        span = published[0] if len(published) == 1 else f"{len(published)} dates from {published[0]} to {published[-1]}"
        say(
            f"Published in {lake} as {name}: {span}. To query it: credlake query --lake {shlex.quote(lake)} findings",
            to_stderr=True,
        )
    if unchanged:
        say(
            f"{unchanged} {'date is' if unchanged == 1 else 'dates are'} in {lake} already, from the same reports.",
            to_stderr=True,
        )
    try:
        follower.sync_catalog(name)
    except CatalogNotSyncedError as error:
        # Only `collect` has an exit code of its own for it (docs/settings.md).
        say(f"The reports are published, but Glue is out of sync. {error.message}", to_stderr=True)
        return 3
    return 3 if refused == len(results) else 1 if refused or earlier else 0


def _show(scratch: Path, newest: Sequence[LoadedReport], format_name: str, output: Path | None) -> None:
    from collector.cli.read_result import write_result
    from collector.query.duckdb import LocalLake

    with LocalLake(str(scratch / "lake")) as lake:
        write_result(lake, newest, format_name, output)
        note_unused(lake)
