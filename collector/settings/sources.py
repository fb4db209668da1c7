"""Where settings come from: `credlake.toml`, the environment, flags, in rising order; all faults in one message."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from collector.discovery.limits import LIMIT_NAMES
from collector.errors import UsageError
from collector.settings.model import Settings, SettingsSchema, settings_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE_NAME = "credlake.toml"
PREFIX = "CREDLAKE_"
# Names the settings file itself, so it is no setting.
FILE_VARIABLE = "CREDLAKE_CONFIG"
_UNKNOWN = "Unknown field."


def read_settings(
    flags: Mapping[str, Any], environment: Mapping[str, str], *, config_file: str | None = None, directory: Path
) -> Settings:
    """The settings of one command.

    `flags` holds what was said on the command line (None: not said). `config_file` must exist; without one,
    `credlake.toml` in `directory` is read where there is one.

    Raises:
        UsageError: every fault of every source, each with the place it was found in.
    """
    faults: list[str] = []
    merged: dict[str, Any] = {}
    file_name = config_file or environment.get(FILE_VARIABLE)
    for source, values in (
        _from_file(file_name, directory, faults),
        ("environment", _from_environment(environment)),
        ("command line", {name: value for name, value in flags.items() if value not in (None, [], ())}),
    ):
        try:
            merged |= SettingsSchema().load(values)
        except ValidationError as error:
            faults += [f"{source}: {fault}" for fault in _sentences(_by_field(error), source)]
            if isinstance(error.valid_data, dict):
                merged |= error.valid_data
    if faults:
        raise UsageError(faults)
    return settings_from(merged)


def _from_file(named: str | None, directory: Path, faults: list[str]) -> tuple[str, dict[str, Any]]:
    path = Path(named) if named else directory / FILE_NAME
    if not named and not path.exists():
        return FILE_NAME, {}
    try:
        return str(named or FILE_NAME), tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{path}: cannot be read: {error.strerror}.")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path}: is no TOML: {error}")
    return str(path), {}


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != FILE_VARIABLE and value
    }


def _by_field(error: ValidationError) -> dict[str, Any]:
    messages = error.messages
    return messages if isinstance(messages, dict) else {"_schema": messages}


def _sentences(messages: Mapping[Any, Any], source: str, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Marshmallow's nested messages, one sentence each, with settings spelled as the source spells them."""
    for name, value in messages.items():
        here = (*path, str(name)) if name != "_schema" else path
        if isinstance(value, dict):
            yield from _sentences(value, source, here)
            continue
        for text in value:
            spelled = _spelled(here, source)
            yield f"{spelled}: {_unknown(here)}" if text == _UNKNOWN else f"{spelled}: {text}"


def _spelled(path: tuple[str, ...], source: str) -> str:
    if not path:
        return "settings"
    name = path[0]
    if source == "environment":
        return PREFIX + name.upper()
    if source == "command line":
        return "--" + name.replace("_", "-")
    # A list's position is of no use to a reader unless it is one of several tables.
    return ".".join(str(int(part) + 1) if part.isdigit() else part for part in path)


def _unknown(path: tuple[str, ...]) -> str:
    known = LIMIT_NAMES if path[0] == "limits" else tuple(SettingsSchema().fields)
    close = difflib.get_close_matches(path[-1].lower(), known, n=1)
    return "there is no such setting" + (f"; did you mean {close[0]}?" if close else ".")
