"""Where settings come from: flags override environment variables, which override the settings file.

All problems of all sources come in one message.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from collector.discovery.limits import LIMIT_NAMES
from collector.discovery.owners import OWNER_NAMES
from collector.errors import UsageError
from collector.lake.layout import is_on_s3, lake_uri_error
from collector.settings.model import SETTINGS, Settings, SettingsSchema
from collector.settings.notify import NOTIFY_NAMES

FILE_NAME = "credlake.toml"
PREFIX = "CREDLAKE_"
# Names the settings file itself, so it is not a setting.
FILE_VARIABLE = "CREDLAKE_CONFIG"

_FLAGS = "command line"
_ENVIRONMENT = "environment"
# What marshmallow says of a name that the schema does not have.
_UNKNOWN = "Unknown field."


def read_settings(
    flags: Mapping[str, Any], environment: Mapping[str, str], *, config_file: str | None = None, directory: Path
) -> Settings:
    """The settings of one command.

    Args:
        flags: setting → value; None, or an empty list, where the flag was not given.
        environment: all environment variables; an empty one is one that is not set.
        config_file: the settings file, which must exist. None: `CREDLAKE_CONFIG`, else `credlake.toml` in `directory`
            or the nearest folder above it that has one.
        directory: the current folder.

    Raises:
        UsageError: every problem of every source, each with its source and name.
    """
    problems: list[str] = []
    merged: dict[str, Any] = {}
    for source, values in (
        _from_file(config_file or environment.get(FILE_VARIABLE), directory, problems),
        (_ENVIRONMENT, _from_environment(environment)),
        (_FLAGS, {name: value for name, value in flags.items() if value not in (None, [], ())}),
    ):
        hidden = [name for name, declared in SETTINGS.items() if declared.is_of_environment and name in values]
        if source != _ENVIRONMENT and hidden:
            problems += [f"{source}: {name}: set the variable {PREFIX}{name.upper()} instead." for name in hidden]
            continue
        try:
            merged |= SettingsSchema().load(values)
        except ValidationError as error:
            messages = error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}
            problems += [f"{source}: {problem}" for problem in _sentences(messages, source)]
    if merged.get("resume") and merged.get("retry_failed"):
        problems.append("resume and retry_failed: use one of them. An interrupted --retry-failed is resumed as such.")
    if problems:
        raise UsageError(problems)
    return Settings(**merged)


def _from_file(named: str | None, directory: Path, problems: list[str]) -> tuple[str, dict[str, Any]]:
    folders = [] if named else [directory, *directory.parents]
    found = [folder / FILE_NAME for folder in folders if (folder / FILE_NAME).exists()]
    if not (named or found):
        return FILE_NAME, {}
    path = Path(named).expanduser() if named else found[0]
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        name = FILE_NAME if path == directory / FILE_NAME else str(named or path)
        return name, values if path.parent.samefile(directory) else _relative_to(path.parent, values)
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}.")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: is not valid TOML: {error}")
    return str(path), {}


def _relative_to(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The values with their paths relative to the settings file's folder, from wherever the command runs."""
    paths = {
        name for name, value in values.items() if name in SETTINGS and SETTINGS[name].is_path and isinstance(value, str)
    }
    return values | {name: _path_from(folder, values[name]) for name in paths}


def _path_from(folder: Path, path: str) -> str:
    is_elsewhere = not path or is_on_s3(path) or lake_uri_error(path) or path.startswith("~")
    return path if is_elsewhere else str(folder / path)


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != FILE_VARIABLE and value
    }


def _sentences(messages: Mapping[Any, Any], source: str, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Marshmallow's nested messages, one sentence each, with settings spelled as in the source."""
    for name, value in messages.items():
        here = (*path, str(name)) if name != "_schema" else path
        if isinstance(value, dict):
            yield from _sentences(value, source, here)
            continue
        for text in value:
            yield f"{_spelled(here, source)}: {_unknown(here) if text == _UNKNOWN else text}"


def _spelled(path: tuple[str, ...], source: str) -> str:
    if not path:
        return "settings"
    name = path[0]
    if source == _ENVIRONMENT:
        return PREFIX + name.upper()
    if source == _FLAGS:
        return "--" + name.replace("_", "-")
    # Positions in a list count from 1 for people.
    return ".".join(str(int(part) + 1) if part.isdigit() else part for part in path)


def _unknown(path: tuple[str, ...]) -> str:
    known = {"limits": LIMIT_NAMES, "owners": OWNER_NAMES, "notify": NOTIFY_NAMES}.get(path[0], tuple(SETTINGS))
    close = difflib.get_close_matches(path[-1].lower(), known, n=1)
    return "unknown setting" + (f"; did you mean {close[0]}?" if close else ".")
