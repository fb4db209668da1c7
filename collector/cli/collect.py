"""`credlake collect`: its flags, the run or the plan of one, and the result on the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.options import (
    ACCOUNTS,
    LAKE,
    RUN,
    Account,
    ConfigFile,
    Database,
    ExternalId,
    KmsKey,
    Lake,
    RoleName,
    RolePath,
    Verbose,
    read_flags,
)

if TYPE_CHECKING:
    from collector.collection.result import RunResult
    from collector.settings.model import Settings


def collect(
    lake: Lake = None,
    role_name: RoleName = None,
    role_path: RolePath = None,
    external_id: ExternalId = None,
    account: Account = None,
    exclude_account: Annotated[
        list[str] | None,
        typer.Option(metavar="ACCOUNT_ID", help="Not this account. Repeatable.", rich_help_panel=ACCOUNTS),
    ] = None,
    include_ou: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OU",
            help="Only accounts in this OU and below: an ID, or a path Root/…. Repeatable.",
            rich_help_panel=ACCOUNTS,
        ),
    ] = None,
    exclude_ou: Annotated[
        list[str] | None,
        typer.Option(metavar="OU", help="No accounts in this OU and below. Repeatable.", rich_help_panel=ACCOUNTS),
    ] = None,
    accounts_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="CSV or JSON list of accounts, instead of Organizations.", rich_help_panel=ACCOUNTS
        ),
    ] = None,
    organization_id: Annotated[
        str | None,
        typer.Option(
            metavar="O-…", help="The organization, where Organizations cannot be called.", rich_help_panel=ACCOUNTS
        ),
    ] = None,
    tags: Annotated[
        bool | None,
        typer.Option("--tags/--no-tags", help="Read the accounts' tags, 10 per second.", rich_help_panel=ACCOUNTS),
    ] = None,
    concurrency: Annotated[
        str | None, typer.Option(metavar="N", help="Concurrent calls. (default 32)", rich_help_panel=RUN)
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS", help="For the run: what is collected by then is published.", rich_help_panel=RUN
        ),
    ] = None,
    account_deadline: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS", help="For each account, from its first call. (default 300)", rich_help_panel=RUN
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="List the accounts that would be collected, and why not the others.", rich_help_panel=RUN
        ),
    ] = False,
    min_coverage: Annotated[
        str | None,
        typer.Option(
            metavar="RATE", help="Publish only if this share of accounts (0 to 1) is collected.", rich_help_panel=RUN
        ),
    ] = None,
    replace: Annotated[
        bool | None,
        typer.Option("--replace/--no-replace", help="Publish even over a better snapshot.", rich_help_panel=RUN),
    ] = None,
    resume: Annotated[
        bool | None,
        typer.Option(
            "--resume/--no-resume",
            help="Resume an interrupted run: collect only what is missing.",
            rich_help_panel=RUN,
        ),
    ] = None,
    kms_key: KmsKey = None,
    glue: Annotated[
        bool | None,
        typer.Option("--glue/--no-glue", help="Sync Glue with a lake on S3. (default --glue)", rich_help_panel=LAKE),
    ] = None,
    database: Database = None,
    config: ConfigFile = None,
    verbose: Verbose = False,
) -> int:
    """Collect every account once, and publish the result as the day's snapshot.

    Flags override CREDLAKE_* environment variables, which override credlake.toml.

    Examples:
      credlake collect --lake ./lake

      credlake collect --lake s3://my-bucket/credlake --role-name credlake-reader --external-id example

      credlake collect --lake ./lake --include-ou Root/Workloads --exclude-account 111122223333 --dry-run
    """
    from collector.process.logs import set_up_logs

    settings = read_flags(
        config,
        lake=lake,
        role_name=role_name,
        role_path=role_path,
        external_id=external_id,
        account=account,
        exclude_account=exclude_account,
        include_ou=include_ou,
        exclude_ou=exclude_ou,
        accounts_file=accounts_file,
        organization_id=organization_id,
        tags=tags,
        concurrency=concurrency,
        deadline=deadline,
        account_deadline=account_deadline,
        min_coverage=min_coverage,
        replace=replace,
        resume=resume,
        kms_key=kms_key,
        glue=glue,
        database=database,
    )
    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    return _plan(settings) if dry_run else _collect(settings)


def _plan(settings: Settings) -> int:
    from collector.cli.summary import print_plan
    from collector.collection.dry_run import plan_run
    from collector.collection.gateway import Gateway
    from collector.process.signals import run_stoppable

    print_plan(run_stoppable(plan_run(settings, Gateway(settings))))
    return 0


def _collect(settings: Settings) -> int:
    from collector.cli.progress import watch_for
    from collector.collection.compose import open_collection, run_until_signal
    from collector.errors import CatalogNotSyncedError, NotPublishedError

    failure: NotPublishedError | CatalogNotSyncedError | None = None
    with watch_for(is_terminal=sys.stderr.isatty()) as watch, open_collection(settings, watch=watch) as collection:
        try:
            run_until_signal(collection)
        except (NotPublishedError, CatalogNotSyncedError) as error:
            failure = error
    result = collection.result
    if result is not None:
        _print_result(result, settings.lake or "")
    if failure is not None:
        raise failure
    return 0 if result is not None and result.is_complete else 1


def _print_result(result: RunResult, lake: str) -> None:
    """Print the result. Whether it can be printed, or is read to its end, does not change the run."""
    import structlog

    from collector.cli.summary import print_result
    from collector.process.streams import ReaderLeftError, UndeliveredError

    try:
        print_result(result, lake=lake)
    except (ReaderLeftError, UndeliveredError) as error:
        structlog.get_logger().warning("result.not_printed", error=type(error).__name__)
