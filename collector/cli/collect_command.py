"""`credlake collect`: its flags. Values are read where all settings are, so that all faults come at once."""

from __future__ import annotations

from typing import Annotated

import typer

from collector.cli.options import ConfigFile, Database, Lake, Verbose


def collect(
    lake: Lake = None,
    role_name: Annotated[
        str | None, typer.Option(help="The role to assume in every account. (default credlake-reader)")
    ] = None,
    role_path: Annotated[str | None, typer.Option(help="The role's path. (default /)")] = None,
    external_id: Annotated[str | None, typer.Option(help="The external id that the role trusts.")] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only this account. Repeatable.")] = None,
    exclude_account: Annotated[list[str] | None, typer.Option(help="Not this account. Repeatable.")] = None,
    include_ou: Annotated[
        list[str] | None, typer.Option(help="Only accounts of this OU and below: an id, or a path Root/…. Repeatable.")
    ] = None,
    exclude_ou: Annotated[list[str] | None, typer.Option(help="No accounts of this OU and below. Repeatable.")] = None,
    accounts_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="CSV or JSON list of accounts, in place of Organizations.")
    ] = None,
    organization_id: Annotated[
        str | None, typer.Option(help="The organization, where Organizations cannot be asked.")
    ] = None,
    concurrency: Annotated[str | None, typer.Option(help="Calls under way at once. (default 32)")] = None,
    deadline: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="For the run: what was collected by then is published.")
    ] = None,
    account_deadline: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="For one account, from its first call. (default 300)")
    ] = None,
    tags: Annotated[bool | None, typer.Option("--tags/--no-tags", help="Read the accounts' tags, 10 a second.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Show which accounts would be asked, and why the others not.")] = False,
    min_coverage: Annotated[
        str | None,
        typer.Option(metavar="RATE", help="Publish only if this share of the accounts was collected."),
    ] = None,
    replace: Annotated[
        bool | None, typer.Option("--replace/--no-replace", help="Publish even in place of a better snapshot.")
    ] = None,
    resume: Annotated[
        bool | None,
        typer.Option("--resume/--no-resume", help="Take up a run that was cut off; ask only what is missing."),
    ] = None,
    kms_key: Annotated[str | None, typer.Option(help="The KMS key that encrypts a lake on S3.")] = None,
    glue: Annotated[
        bool | None, typer.Option("--glue/--no-glue", help="Bring Glue level with a lake on S3. (default --glue)")
    ] = None,
    database: Database = None,
    config: ConfigFile = None,
    verbose: Verbose = False,
) -> int:
    """Collect every account once, and publish what was found as the day's snapshot.

    Settings come from credlake.toml, CREDLAKE_* variables and flags, in rising order.

    Examples:
      credlake collect --lake ./lake

      credlake collect --lake s3://my-bucket/credlake --role-name credlake-reader --external-id example

      credlake collect --lake ./lake --include-ou Root/Workloads --exclude-account 111122223333 --dry-run
    """
    from collector.cli.collect import collect_command

    flags = {
        "lake": lake,
        "role_name": role_name,
        "role_path": role_path,
        "external_id": external_id,
        "account": account,
        "exclude_account": exclude_account,
        "include_ou": include_ou,
        "exclude_ou": exclude_ou,
        "accounts_file": accounts_file,
        "organization_id": organization_id,
        "concurrency": concurrency,
        "deadline": deadline,
        "account_deadline": account_deadline,
        "tags": tags,
        "min_coverage": min_coverage,
        "replace": replace,
        "resume": resume,
        "kms_key": kms_key,
        "glue": glue,
        "database": database,
    }
    return collect_command(flags, config_file=config, dry_run=dry_run, verbose=verbose)
