"""`credlake show`: everything that a lake holds about one account, user or key."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.lake import OrganizationId
from collector.cli.options import Verbose, with_settings

if TYPE_CHECKING:
    from collector.settings.model import Settings

FORMATS = ("text", "json")


@with_settings("lake", "time_limit", "memory_limit", "disk_limit")
def show(
    settings: Settings,
    *,
    name: Annotated[
        str,
        typer.Argument(
            metavar="ACCOUNT_OR_USER",
            help="An account (ID or name), a user (name, ARN or ACCOUNT/USER), or a key by the day on which it was "
            "created (ACCOUNT/USER/2025-09-01).",
        ),
    ],
    format: Annotated[  # noqa: A002 -- the flag is --format
        str, typer.Option("--format", metavar="FORMAT", help="text (default) or json.")
    ] = "text",
    organization_id: OrganizationId = None,
    verbose: Verbose = False,
) -> int:
    """Show everything about one account, user or key over time: credentials, results with reasons, changes.

    Examples:
      credlake show --lake ./lake payments-prod

      credlake show --lake ./lake payments-prod/deploy-bot

      credlake show --lake ./lake deploy-bot --format json
    """
    from collector.errors import UsageError
    from collector.process.logs import set_up_logs
    from collector.query.duckdb import LocalLake, QueryLimits
    from collector.reports.biography import read_biography
    from collector.reports.subject import find_subject

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    if format not in FORMATS:
        raise UsageError([f"Unknown format {format!r}: use {' or '.join(FORMATS)}."])
    limits = QueryLimits(
        time_limit=settings.time_limit, memory_limit=settings.memory_limit, disk_limit=settings.disk_limit
    )
    with LocalLake(settings.required_lake, [organization_id] if organization_id else [], limits=limits) as lake:
        found = read_biography(lake.rows, find_subject(lake.rows, name))
    if format == "json":
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        from collector.cli.show_result import print_biography

        print_biography(found)
    return 0
