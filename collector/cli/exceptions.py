"""`credlake exceptions`: what each line of a file would cover, and lines from a review sheet that was filled in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.options import Verbose, with_settings
from collector.process.streams import say

if TYPE_CHECKING:
    from collector.query.duckdb import LocalLake
    from collector.settings.model import Settings

ExceptionsFile = Annotated[str, typer.Argument(metavar="FILE", help="The exceptions file: CSV or TOML, also on S3.")]

# Each term is there for people to find the line; the whole of it is in the file.
_QUERY = """\
select
    exception_id, state, results_covered, ends_in_days, control_id, account_id, ou, finding_id, user_glob, expires_on
from exceptions
order by organization_id, exception_id"""


@with_settings("lake", "max_exception_days", "time_limit", "memory_limit", "disk_limit")
def check_exceptions(settings: Settings, *, file: ExceptionsFile, verbose: Verbose = False) -> int:
    """Check an exceptions file, and show what each line would cover in the newest snapshot. Nothing is changed.

    Examples:
      credlake exceptions check exceptions.csv --lake ./lake
    """
    from datetime import UTC, datetime

    from collector.exceptions.file import read_exceptions
    from collector.process.logs import set_up_logs
    from collector.query.duckdb import LocalLake, QueryLimits
    from collector.query.run import EVERY_COLUMN, write_rows

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    now = datetime.now(UTC)
    exceptions = read_exceptions(file, today=now.date(), max_days=settings.max_exception_days)
    limits = QueryLimits(
        time_limit=settings.time_limit, memory_limit=settings.memory_limit, disk_limit=settings.disk_limit
    )
    with LocalLake(settings.required_lake, limits=limits, exceptions=exceptions) as lake:
        for line in lake.snapshots.freshness(now):
            say(line, to_stderr=True)
        write_rows(
            lake.rows(_QUERY),
            _QUERY,
            format="table",
            output=None,
            choice=EVERY_COLUMN,
            out_stream=sys.stdout,
            err_stream=sys.stderr,
        )
        note_unused(lake)
    return 0


def note_unused(lake: LocalLake) -> None:
    """Note on stderr which exceptions cover nothing."""
    for batch in lake.rows("select exception_id from exceptions where state = 'unused' order by 1").batches:
        for exception_id in batch.column(0).to_pylist():
            say(f"{exception_id} covers nothing in the newest snapshot.", to_stderr=True)


@with_settings("max_exception_days")
def exceptions_from(
    settings: Settings,
    *,
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="A workbook of `credlake report`, filled in.")],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The exceptions file to write, a new one. Without it, stdout.")
    ] = None,
    verbose: Verbose = False,
) -> int:
    """Write the rows of a review sheet whose decision is "exception until" as lines of an exceptions file.

    Each needs a last day (until), a reviewer (becomes approved_by) and a comment (becomes the reason). Check the lines
    with `credlake exceptions check`.

    Examples:
      credlake exceptions from book.xlsx --output exceptions.csv
    """
    import csv
    from datetime import UTC, datetime

    from collector.errors import UsageError
    from collector.exceptions.file import FIELDS
    from collector.process.logs import set_up_logs
    from collector.query.run import is_in_lake, open_target
    from collector.reports.decisions import read_decisions

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    target = output and output.expanduser()
    if target and target.exists():
        raise UsageError([f"--output {output}: exists. Name a new file, and add its lines to the other one."])
    if target and is_in_lake(target):
        raise UsageError([f"--output {output}: that is within a lake, which holds only what credlake collects."])
    found = read_decisions(book.expanduser(), today=datetime.now(UTC).date(), max_days=settings.max_exception_days)
    with open_target(target, sys.stdout, format_name="csv") as stream:
        writer = csv.DictWriter(stream, FIELDS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    say(f"{len(found)} exceptions of {book}.", to_stderr=True)
    return 0
