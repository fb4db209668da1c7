"""`credlake export`: results and tables for other tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.engine import ENGINE_SETTINGS, Engine, engine_problems, opened_lake
from collector.cli.lake import OrganizationId
from collector.cli.options import Verbose, with_settings
from collector.cli.query import view_names
from collector.process.streams import may_be_lost, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_securityhub.type_defs import AwsSecurityFindingTypeDef

    from collector.export.asff import Importer
    from collector.query.rows import Run
    from collector.settings.model import Settings

FORMATS = ("ocsf", "asff", "duckdb", "parquet")
_FINDINGS = ("ocsf", "asff")
# The failures of a batch that are shown.
_SHOWN = 3


@with_settings(*ENGINE_SETTINGS)
def export(
    settings: Settings,
    *,
    format: Annotated[  # noqa: A002 -- the flag is --format
        str, typer.Option("--format", metavar="FORMAT", help="ocsf, asff, duckdb or parquet.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The file to write, or for parquet a folder, on S3 with Athena; ocsf and asff: default stdout.",
        ),
    ] = None,
    view: Annotated[
        list[str] | None,
        typer.Option(metavar="VIEW", help="parquet: the view to write. Repeatable.", autocompletion=view_names),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(metavar="STATUS", help="ocsf, asff: only results with this status. Repeatable; default all."),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="asff: send to Security Hub CSPM in AWS_REGION, instead of writing.")
    ] = False,
    import_account: Annotated[
        str | None, typer.Option(metavar="ACCOUNT_ID", help="asff: who will import a file (default: the caller).")
    ] = None,
    engine: Engine = "duckdb",
    organization_id: OrganizationId = None,
    verbose: Verbose = False,
) -> int:
    """Write the newest results as OCSF or ASFF findings, the whole lake as a DuckDB file, or views as Parquet files.

    Files appear whole or not at all. Unknown results are exported as unknown.

    Examples:
      credlake export --lake ./lake --format ocsf --status fail --status unknown --output findings.ndjson

      credlake export --lake s3://my-bucket/credlake --format asff --send

      credlake export --lake ./lake --format duckdb --output lake.duckdb

      credlake export --lake ./lake --format parquet --view credentials --view findings_history --output tables/

      credlake export --lake s3://my-bucket/credlake --format parquet --engine athena --view findings --output s3://my-bucket/out/
    """
    from collector.errors import UsageError
    from collector.process.logs import set_up_logs

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    target = None if output is None else output.expanduser()
    views, statuses = tuple(dict.fromkeys(view or ())), tuple(dict.fromkeys(status or ()))
    problems = _format_problems(format, target, views=views, statuses=statuses)
    problems += _import_problems(format, target, send=send, account=import_account)
    problems += engine_problems(engine, settings.required_lake)
    if engine == "athena":
        problems += _athena_problems(format, output, organization_id)
    if problems:
        raise UsageError(problems)
    if engine == "athena":
        return _unload(settings, _on_s3(output), views)
    with opened_lake(settings, (organization_id,) if organization_id else ()) as lake:
        if format == "duckdb" and target is not None:
            return _database(settings, lake.rows, target)
        if format == "parquet" and target is not None:
            return _tables(lake.rows, target, views)
        if format == "ocsf":
            return _events(lake.rows, target, statuses)
        return _findings(lake.rows, target, statuses, account=import_account, is_sent=send)


def _format_problems(
    format_name: str, output: Path | None, *, views: tuple[str, ...], statuses: tuple[str, ...]
) -> list[str]:
    """What is wrong with the format and what belongs to it, in sentences."""
    from collector.export.results import STATUSES
    from collector.query.run import is_in_lake
    from collector.query.statement import suggestion
    from collector.views.files import CURRENT_TABLE, HISTORY_TABLE, shipped_views

    if format_name not in FORMATS:
        known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        return [f"Unknown format {format_name!r}: use {known}.{suggestion(format_name, FORMATS)}"]
    problems = []
    names = {HISTORY_TABLE, CURRENT_TABLE, *shipped_views().by_name}
    if output is None and format_name not in _FINDINGS:
        problems.append(f"--format {format_name} needs --output.")
    # A folder may be the lake itself.
    if output is not None and is_in_lake(output / "file"):
        problems.append(f"--output {output}: that is within a lake, which holds only what credlake collects.")
    if output is not None and format_name != "parquet" and output.is_dir():
        problems.append(f"--output {output}: that is a folder; name a file.")
    if views and format_name != "parquet":
        problems.append("--view needs --format parquet.")
    if format_name == "parquet" and not views:
        problems.append("--format parquet needs --view (`credlake views list` lists all views).")
    if len(views) > 1 and output is not None and _is_one_file(output):
        problems.append(f"--output {output}: several views need a folder.")
    problems += [
        f"Unknown view {each!r}: `credlake views list` lists all views.{suggestion(each, names)}"
        for each in views
        if each not in names
    ]
    if statuses and format_name not in _FINDINGS:
        problems.append("--status needs --format ocsf or asff.")
    problems += [
        f"--status {each}: use {', '.join(STATUSES[:-1])} or {STATUSES[-1]}.{suggestion(each, STATUSES)}"
        for each in statuses
        if each not in STATUSES
    ]
    return problems


def _import_problems(format_name: str, output: Path | None, *, send: bool, account: str | None) -> list[str]:
    """What is wrong with the options of an import to Security Hub, in sentences."""
    problems = []
    if (send or account is not None) and format_name != "asff":
        problems.append("--send and --import-account need --format asff.")
    if send and output is not None:
        problems.append("Give either --output or --send.")
    if send and account is not None:
        problems.append("--import-account is for files: --send imports as the caller.")
    if account is not None and not (len(account) == 12 and account.isascii() and account.isdigit()):  # noqa: PLR2004 -- of an account ID
        problems.append(f"--import-account {account}: must be 12 digits.")
    return problems


def _athena_problems(format_name: str, output: Path | None, organization_id: str | None) -> list[str]:
    """What is wrong with an export that Athena writes, in sentences."""
    problems = []
    if format_name != "parquet":
        problems.append("--engine athena is for --format parquet.")
    if not _on_s3(output).startswith("s3://"):
        problems.append("Athena writes to S3: --output s3://BUCKET/PREFIX/.")
    if organization_id is not None:
        problems.append("--organization-id is for --engine duckdb: a view on Athena has all organizations.")
    return problems


def _on_s3(output: Path | None) -> str:
    """The URI that was given: as a path it has lost a slash."""
    return str(output or "").replace("s3:/", "s3://", 1)


def _unload(settings: Settings, output: str, views: tuple[str, ...]) -> int:
    from collector.aws.unload import unload
    from collector.lake.local_store import open_store
    from collector.process.imports import allow_pandas
    from collector.query.statement import athena_statement
    from collector.views.files import shipped_views

    allow_pandas()
    open_store(settings.required_lake)  # Settles the Region of Athena, where none is configured.
    for name in views:
        path = f"{output}/{name}/"
        # Maps as JSON text: Athena fails to write empty ones.
        sql = athena_statement(name, shipped_views()).sql
        query_id = unload(sql, path, database=settings.database, workgroup=settings.workgroup)
        _wrote(f"{path} (query {query_id})")
    return 0


def _is_one_file(output: Path) -> bool:
    return output.suffix.lower() == ".parquet" and not output.is_dir()


def _database(settings: Settings, run: Run, output: Path) -> int:
    from collector.export.database import write_database
    from collector.process.scratch import scratch_folder
    from collector.query.run import complete_file
    from collector.views.files import column_meanings, shipped_views

    with scratch_folder() as scratch, complete_file(output) as path:
        config = {"memory_limit": settings.memory_limit, "temp_directory": str(scratch)}
        count = write_database(run, path, shipped_views(), column_meanings(), config)
    return _wrote(f"{output}: {count} rows, and every view")


def _tables(run: Run, output: Path, views: tuple[str, ...]) -> int:
    from collector.errors import CredlakeError
    from collector.query.formats import write_parquet
    from collector.query.run import open_target

    is_one_file = _is_one_file(output)
    if not is_one_file:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CredlakeError(f"The folder {output} cannot be created: {error.strerror or error}.") from error
    for name in views:
        path = output if is_one_file else output / f"{name}.parquet"
        with open_target(path, sys.stdout, format_name="parquet") as stream:
            write_parquet(run(name), stream)
        _wrote(str(path))
    return 0


def _events(run: Run, output: Path | None, statuses: tuple[str, ...]) -> int:
    from collector.export.ocsf import write_events
    from collector.export.results import STATUSES, controls, results
    from collector.query.run import open_target
    from collector.views.files import shipped_views

    columns = shipped_views().by_name["control_results"].columns
    every = controls(run)
    with open_target(output, sys.stdout, format_name="json") as stream:
        count = write_events(results(run, columns, statuses or STATUSES), every, stream)
    return _wrote(f"{output or 'to stdout'}: {count} events")


def _findings(run: Run, output: Path | None, statuses: tuple[str, ...], *, account: str | None, is_sent: bool) -> int:
    from collector.aws.clients import client
    from collector.export.asff import Importer, batches, write_batches
    from collector.export.results import STATUSES, controls, results
    from collector.export.security_hub import importer
    from collector.query.run import open_target
    from collector.views.files import shipped_views

    if account is None:
        who = importer()
    else:
        meta = client("securityhub").meta
        who = Importer(partition=meta.partition, region=meta.region_name, account_id=account)
    columns = shipped_views().by_name["control_results"].columns
    found = batches(results(run, columns, statuses or STATUSES), controls(run), who)
    if is_sent:
        return _send(found, who)
    with open_target(output, sys.stdout, format_name="json") as stream:
        count = write_batches(found, stream)
    return _wrote(f"{output or 'to stdout'}: {count} findings for {who.account_id} in {who.region}")


def _send(found: Iterator[list[AwsSecurityFindingTypeDef]], who: Importer) -> int:
    from collector.export.security_hub import send

    total = failed = 0
    for sent in send(found):
        total += sent.findings
        failed += len(sent.failures)
        if sent.failures:
            more = len(sent.failures) - _SHOWN
            say(
                f"Batch {sent.number}: {len(sent.failures)} of {sent.findings} findings were not imported.",
                *(f"  {failure}" for failure in sent.failures[:_SHOWN]),
                *([f"  … and {more} more"] if more > 0 else []),
                to_stderr=True,
            )
    say(
        f"Sent {total} findings to Security Hub CSPM in {who.region}, account {who.account_id}: "
        f"{total - failed} imported, {failed} not.",
        to_stderr=True,
    )
    return 1 if failed else 0


def _wrote(what: str) -> int:
    with may_be_lost():
        say(f"Wrote {what}.", to_stderr=True)
    return 0
