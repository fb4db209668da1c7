"""Flags that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Lake = Annotated[
    str | None,
    typer.Option("--lake", metavar="DIR_OR_S3_URI", help="Where the lake is: a folder, or s3://bucket/prefix."),
]
ConfigFile = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Settings file, in place of ./credlake.toml.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log more; show the traceback of a fault of ours.")]
Database = Annotated[
    str | None, typer.Option("--database", metavar="NAME", help="The Glue database of a lake on S3. (default credlake)")
]
Workgroup = Annotated[str | None, typer.Option("--workgroup", metavar="NAME", help="The Athena workgroup.")]
OutputLocation = Annotated[
    str | None,
    typer.Option("--output-location", metavar="S3_URI", help="Where results go, if the workgroup does not say."),
]
