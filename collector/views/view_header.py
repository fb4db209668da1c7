"""The comment at the head of a view file, which tests and pages read. Pure.

-- What the view answers, in one or more sentences.
-- Grain: the columns that are unique in the result
-- Reads: the tables and views that the statement reads, or nothing
-- Twin: both, current or history (both unless said)
-- Order: what the rows are sorted by when the view is asked for by name
-- Anything: further lines of this form are kept as notes
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIELD = re.compile(r"(?P<name>[A-Z][a-z]+): *(?P<value>.*)")


def parse_header(lines: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The summary, and the `Name: value` lines after its first; any other line goes on with what stands above it."""
    summary: list[str] = []
    fields: dict[str, str] = {}
    current: str | None = None
    for line in lines:
        content = line.removeprefix("--").strip()
        if summary and (match := _FIELD.fullmatch(content)):
            current = match["name"]
            fields[current] = match["value"].strip()
        elif current is None:
            summary.append(content)
        else:
            fields[current] = f"{fields[current]} {content}".strip()
    return " ".join(summary).strip(), fields


def comma_separated(text: str) -> tuple[str, ...]:
    """The names of a list such as `account_id, user_arn`."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
