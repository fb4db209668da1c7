"""`credlake init`: writes a settings file to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collector.process.streams import say


def init(
    *,
    config: Annotated[
        Path, typer.Option(metavar="FILE", help="Write this file. (default credlake.toml)", show_default=False)
    ] = Path("credlake.toml"),
    force: Annotated[bool, typer.Option("--force", metavar="", help="Replace the file if it exists.")] = False,
) -> int:
    """Write a settings file with every setting, its meaning and its default, commented out.

    credlake reads it in the folder that it runs in, or in the nearest folder above.

    Example:
      credlake init
    """
    from collector.errors import CredlakeError, UsageError
    from collector.settings.template import settings_template

    path = config.expanduser()
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(settings_template())
    except FileExistsError as error:
        raise UsageError([f"{path} exists already. To replace it: credlake init --force"]) from error
    except OSError as error:
        raise CredlakeError(f"{path} could not be written: {error.strerror or error}.") from error
    say(f"Written: {path}. Remove the `#` of what you want to set.")
    return 0
