"""`credlake gate`: fail a pipeline if the newest snapshot has too many findings, or too little is known."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.engine import ENGINE_SETTINGS, Engine, engine_problems, opened
from collector.cli.lake import OrganizationId, is_date
from collector.cli.options import Verbose, with_settings
from collector.process.streams import ReaderLeftError, say

if TYPE_CHECKING:
    from collector.query.gate import Thresholds
    from collector.settings.model import Settings

_WORDS = {True: "OK  ", False: "FAIL", None: "NOTE"}


@with_settings(*ENGINE_SETTINGS)
def gate(
    settings: Settings,
    *,
    most: Annotated[
        list[str] | None,
        typer.Option("--max", metavar="SEVERITY=N", help="At most N findings of this severity. Repeatable."),
    ] = None,
    min_coverage: Annotated[
        float | None, typer.Option(metavar="RATE", help="At least this share (0 to 1) of ACTIVE accounts is known.")
    ] = None,
    max_unknown: Annotated[int | None, typer.Option(metavar="N", min=0, help="At most N unknown results.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD", help="Count only findings that the newest snapshot up to then does not have."
        ),
    ] = None,
    control: Annotated[
        list[str] | None, typer.Option(metavar="CONTROL", help="Count only this control. Repeatable.")
    ] = None,
    ou: Annotated[
        list[str] | None, typer.Option(metavar="OU", help="Count only accounts in this OU and below. Repeatable.")
    ] = None,
    organization_id: OrganizationId = None,
    engine: Engine = "duckdb",
    verbose: Verbose = False,
) -> int:
    """Compare the newest snapshot with thresholds, for pipelines: exit 1 if one is exceeded, 0 if none is.

    Examples:
      credlake gate --lake ./lake --max critical=0 --max high=20 --min-coverage 0.95

      credlake gate --lake ./lake --max critical=0 --max high=0 --since 2026-11-01

      credlake gate --lake ./lake --max high=0 --control console-mfa --ou Root/Workloads/Prod --max-unknown 0
    """
    from collector.errors import UsageError
    from collector.process.logs import set_up_logs
    from collector.query.gate import Counted, checks

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    place = settings.required_lake
    thresholds, problems = _thresholds(most or [], min_coverage, max_unknown)
    if since is not None and not is_date(since):
        problems.append(f"--since {since}: not a date; write YYYY-MM-DD.")
    problems += engine_problems(engine, place)
    if problems:
        raise UsageError(problems)
    counted = Counted(controls=tuple(control or ()), ous=tuple(ou or ()), since=since)
    with opened(settings, engine) as run:
        found = checks(run, thresholds, counted, lake=place, organization_id=organization_id)
    # The exit code is the same if the reader has seen enough (`| head`).
    with suppress(ReaderLeftError):
        for check in found:
            say(f"{_WORDS[check.is_met]}  {check.text}", *(f"      {line}" for line in check.details))
    return 1 if any(check.is_met is False for check in found) else 0


def _thresholds(most: list[str], min_coverage: float | None, max_unknown: int | None) -> tuple[Thresholds, list[str]]:
    """The thresholds, and what is wrong with them in sentences."""
    from collector.query.gate import SEVERITIES, Thresholds

    limits: dict[str, int] = {}
    problems = []
    for each in most:
        severity, _, number = each.partition("=")
        if severity not in SEVERITIES or not (number.isascii() and number.isdigit()):
            problems.append(f"--max {each}: write SEVERITY=N, with {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}.")
        elif severity in limits:
            problems.append(f"--max {each}: {severity} is given twice.")
        else:
            limits[severity] = int(number)
    if min_coverage is not None and not 0 <= min_coverage <= 1:
        problems.append(f"--min-coverage {min_coverage:g}: must be from 0 to 1.")
    if not most and min_coverage is None and max_unknown is None:
        problems.append("No threshold given: add --max SEVERITY=N, --min-coverage RATE or --max-unknown N.")
    return Thresholds(most=limits, min_coverage=min_coverage, max_unknown=max_unknown), problems
