"""`credlake evidence`: a snapshot as a zip for an auditor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.engine import query_limits
from collector.cli.lake import OrganizationId, is_date
from collector.cli.options import Verbose, with_settings
from collector.process.streams import may_be_lost, say

if TYPE_CHECKING:
    from collector.settings.model import Settings


@with_settings("lake", "language", "time_limit", "memory_limit", "disk_limit")
def evidence(
    settings: Settings,
    *,
    date: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The day of the snapshot.")],
    output: Annotated[
        Path, typer.Option(metavar="PACK.zip", help="The file to write. It appears whole or not at all.")
    ],
    framework: Annotated[
        list[str] | None,
        typer.Option(metavar="FRAMEWORK", help="Only requirements of this one, such as pci-4.0.1. Repeatable."),
    ] = None,
    organization_id: OrganizationId = None,
    verbose: Verbose = False,
) -> int:
    """Write a day's snapshot as a zip for an auditor: page, workbook, results by requirement, coverage, raw reports.

    Every file has its SHA-256 in it, so `sha256sum -c` can check the pack without credlake. The same snapshot gives
    the same bytes. Exits with 1 if the tables differ from the raw reports; the differences are in the pack.

    Examples:
      credlake evidence --lake ./lake --date 2026-11-26 --output pack.zip

      credlake evidence --lake s3://my-bucket/credlake --date 2026-09-30 --framework pci-4.0.1 --output q3.zip
    """
    from collector.errors import UsageError
    from collector.lake.raw import file_sha256
    from collector.pack.contents import contents_of, write_pack
    from collector.pack.frameworks import chosen
    from collector.process.logs import set_up_logs
    from collector.process.scratch import scratch_folder
    from collector.query.duckdb import LocalLake
    from collector.query.run import complete_file
    from collector.query.snapshots import chosen_organization, read_snapshots

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    place, target = settings.required_lake, output.expanduser()
    if problems := _problems(date, target):
        raise UsageError(problems)
    organization = chosen_organization(read_snapshots(place).records, organization_id, place)
    with (
        LocalLake(place, (organization,), limits=query_limits(settings), until=date) as lake,
        scratch_folder() as scratch,
    ):
        frameworks = chosen(lake.rows, framework or [])
        contents = contents_of(lake.snapshots, frameworks, is_restricted=bool(framework), language=settings.language)
        with complete_file(target) as path:
            packed = write_pack(contents, lake.rows, path, scratch)
            digest = file_sha256(path)
        notes = lake.notes()
    with may_be_lost():
        say(
            f"Wrote {target}: {organization}, {date}, {packed.reports} reports. SHA-256 {digest}",
            *notes,
            *(
                [f"`verify` found differences ({packed.differences}), which verify.txt lists."]
                if packed.differences
                else []
            ),
            to_stderr=True,
        )
    return 1 if packed.differences else 0


def _problems(date: str, output: Path) -> list[str]:
    """What is wrong with the flags, in sentences."""
    from collector.query.run import is_in_lake

    problems = []
    if not is_date(date):
        problems.append(f"--date {date}: not a date; write YYYY-MM-DD.")
    if output.suffix.lower() != ".zip":
        problems.append(f"--output {output}: name the file PACK.zip.")
    if is_in_lake(output):
        problems.append(f"--output {output}: that is within a lake, which holds only what credlake collects.")
    return problems
