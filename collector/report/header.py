"""The report's first line: the position of each column.

Columns are found by name, never by position. AWS's header of 2026-09 has 22 columns; the documentation has a 23rd, and
there may be more some day (facts F1.2).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from collector.limits import MAX_REPORT_COLUMNS
from collector.schema import OPTIONAL_REPORT_COLUMNS, REPORT_COLUMNS

if TYPE_CHECKING:
    from collector.schema import Column

_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
_MARKUP = (b"<!doctype", b"<html", b"<?xml")

_KNOWN: dict[str, Column] = {column.source: column for column in REPORT_COLUMNS if column.source is not None}
_REQUIRED = tuple(source for source in _KNOWN if source not in OPTIONAL_REPORT_COLUMNS)

# AWS's header has 400 bytes. A longer first line is read too, but not cached.
_MAX_CACHED_HEADER = 8192


class NotAReportError(Exception):
    """The bytes are not a credential report; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of one report, with their positions."""

    width: int  # How many fields a row has.
    known: tuple[tuple[Column, int], ...]  # The columns of the schema that are there.
    unknown: tuple[tuple[str, int], ...]  # The other columns, each by a name that occurs once.
    user: int  # The position of the user's name.
    arn: int  # The position of the user's ARN.

    @property
    def unknown_names(self) -> tuple[str, ...]:
        """The names of the columns that this version does not know."""
        return tuple(name for name, _ in self.unknown)


def read_header(content: bytes) -> tuple[Header, int]:
    """The header, and the offset in the bytes where the rows begin.

    Raises:
        NotAReportError: the first line that is not blank is not the header of a credential report.
    """
    start = len(_BOM) if content.startswith(_BOM) else 0
    if content[start : start + 1].isspace():
        start += len(content[start:]) - len(content[start:].lstrip(_BLANKS))
    end = content.find(b"\n", start)
    end = len(content) if end < 0 else end
    line = content[start:end]
    if not line:
        raise NotAReportError("The report is empty.")
    read = _cached_header if len(line) <= _MAX_CACHED_HEADER else _header
    return read(line), min(end + 1, len(content))


def _header(line: bytes) -> Header:
    names = _names(line)
    if len(names) > MAX_REPORT_COLUMNS:
        # A page of HTML in one line holds as many commas.
        is_report = any(name.lower() in _KNOWN for name in names)
        many = f"The first line has {len(names)} columns, more than the {MAX_REPORT_COLUMNS} that are read."
        raise NotAReportError(many if is_report else _not_a_header(line))
    positions: dict[str, list[int]] = {source: [] for source in _KNOWN}
    unknown: list[int] = []
    for position, name in enumerate(names):
        positions.get(name.lower(), unknown).append(position)
    missing = [source for source in _REQUIRED if not positions[source]]
    if len(missing) == len(_REQUIRED):
        raise NotAReportError(_not_a_header(line))
    if missing:
        raise NotAReportError(f"The report lacks {_columns(missing)}.")
    repeated = [source for source in _KNOWN if len(positions[source]) > 1]
    if repeated:
        raise NotAReportError(f"The report has {_columns(repeated)} more than once.")
    return Header(
        width=len(names),
        known=tuple((column, positions[source][0]) for source, column in _KNOWN.items() if positions[source]),
        unknown=tuple(_named_once(names, unknown).items()),
        user=positions["user"][0],
        arn=positions["arn"][0],
    )


# A run reads thousands of reports with the same first line.
_cached_header = lru_cache(maxsize=64)(_header)


def _names(line: bytes) -> list[str]:
    try:
        fields = next(csv.reader([line.decode()], strict=True))
    except UnicodeDecodeError:
        raise NotAReportError("The report's first line is not UTF-8 text.") from None
    except csv.Error:
        raise NotAReportError("The report's first line is not a line of CSV.") from None
    return [field.strip() for field in fields]


def _named_once(names: list[str], positions: list[int]) -> dict[str, int]:
    """The columns at these positions by a name that no other of them has: a map holds each key once."""
    named: dict[str, int] = {}
    for position in positions:
        place = f"column {position + 1}"
        name = names[position] or place
        while name in named:
            name = f"{name} ({place})"
        named[name] = position
    return named


def _not_a_header(line: bytes) -> str:
    looks = " It looks like HTML or XML." if line.lower().startswith(_MARKUP) else ""
    return f"The first line holds none of the {len(_REQUIRED)} columns of a credential report.{looks}"


def _columns(sources: list[str]) -> str:
    return f"the column{'s' if len(sources) > 1 else ''} {', '.join(sources)}"
