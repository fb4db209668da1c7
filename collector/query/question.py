"""The text of a query: the name of a view, or SQL. Pure."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from collector.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

_NAME = re.compile(r"[A-Za-z_]\w*")
_WORD = re.compile(r"\w+")
_COMMENTS = re.compile(r"(\s|--[^\n]*(\n|$)|/\*.*?\*/)*", re.DOTALL)

NO_QUERY = "The query is empty. Give the name of a view (`credlake views list`) or a select."


def closest(name: str, candidates: Collection[str]) -> str:
    """The end of a message: ` Did you mean …?` with the nearest names, or nothing where none is near."""
    found = get_close_matches(name.lower(), candidates, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(found)}?" if found else ""


def trimmed(text: str) -> str:
    """The text without blanks and semicolons around it.

    Raises:
        UsageError: nothing is left of it.
    """
    trimmed_text = text.strip().rstrip("; \n\t")
    if _COMMENTS.fullmatch(trimmed_text):
        raise UsageError([NO_QUERY])
    return trimmed_text


def named_view(text: str, names: Collection[str]) -> str | None:
    """The name of the table or view where the text is one word; None where it is SQL.

    Raises:
        UsageError: one word that is not among the names.
    """
    if not _NAME.fullmatch(text):
        return None
    if text.lower() not in names:
        raise UsageError([f"There is no view {text}.{closest(text, names)} `credlake views list` names all of them."])
    return text.lower()


def first_word(sql: str) -> str:
    """The first word or sign of a statement in lower case, after comments and opening parentheses."""
    start = 0
    while (match := _COMMENTS.match(sql, start)) and sql[match.end() : match.end() + 1] == "(":
        start = match.end() + 1
    rest = sql[match.end() :] if match else sql
    word = _WORD.match(rest)
    return (word[0] if word else rest[:1]).lower()


def mentioned(sql: str, names: Collection[str]) -> list[str]:
    """The names that occur in a statement as words, be it in quotes, in a string or as something else's name."""
    return sorted({word.lower() for word in _WORD.findall(sql)} & set(names))
