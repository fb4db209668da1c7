"""Options that several commands share, and the settings that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collector.settings.model import Settings

# The headings of `--help`.
ROLE = "Role in the accounts"
ACCOUNTS = "Accounts"
RUN = "Run"
LAKE = "Lake, Glue and Athena"

Lake = Annotated[
    str | None,
    typer.Option(metavar="DIR_OR_S3_URI", help="The lake: a folder, or s3://bucket/prefix.", rich_help_panel=LAKE),
]
KmsKey = Annotated[
    str | None, typer.Option(metavar="KEY", help="The KMS key that encrypts a lake on S3.", rich_help_panel=LAKE)
]
Database = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The Glue database of a lake on S3. (default credlake)", rich_help_panel=LAKE),
]
Workgroup = Annotated[str | None, typer.Option(metavar="NAME", help="The Athena workgroup.", rich_help_panel=LAKE)]
OutputLocation = Annotated[
    str | None,
    typer.Option(
        metavar="S3_URI", help="Where Athena stores results, unless the workgroup sets it.", rich_help_panel=LAKE
    ),
]
RoleName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The role to assume in every account. (default credlake-reader)", rich_help_panel=ROLE
    ),
]
RolePath = Annotated[
    str | None, typer.Option(metavar="PATH", help="The path of the role. (default /)", rich_help_panel=ROLE)
]
ExternalId = Annotated[
    str | None, typer.Option(metavar="ID", help="The external ID in the role's trust policy.", rich_help_panel=ROLE)
]
Account = Annotated[
    list[str] | None,
    typer.Option(metavar="ACCOUNT_ID", help="Only this account. Repeatable.", rich_help_panel=ACCOUNTS),
]
ConfigFile = Annotated[str | None, typer.Option(metavar="FILE", help="Settings file, instead of ./credlake.toml.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log more; print the traceback of an internal error.")]


def read_flags(config: str | None, **flags: object) -> Settings:
    """The settings from file, environment and the flags that were given (None: not given).

    Raises:
        UsageError: every error in them.
    """
    import os
    from pathlib import Path

    from collector.settings.sources import read_settings

    return read_settings(flags, os.environ, config_file=config, directory=Path.cwd())


def required_lake(settings: Settings) -> str:
    """The lake of the settings.

    Raises:
        UsageError: they name none.
    """
    from collector.errors import UsageError

    if settings.lake is None:
        raise UsageError(["No lake given: set --lake, CREDLAKE_LAKE, or `lake` in credlake.toml."])
    return settings.lake
