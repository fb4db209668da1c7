"""The text of a query, which is a view's name or SQL, and the statement that Athena runs for it. Pure.

Athena returns results as text, and a map as `{a=b, c=d}`, which cannot be parsed where a value contains a comma. So the
select for a view's name converts its maps to JSON, and `athena` converts them back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from collector.errors import UsageError
from collector.schema import SNAPSHOT_RECORD
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from collector.views.files import PreparedViews

_NAME = re.compile(r"[A-Za-z_][\w-]*")
_WORD = re.compile(r"\w+")
_COMMENTS = re.compile(r"(\s|--[^\n]*(\n|$)|/\*.*?\*/)*", re.DOTALL)
_MAP = "map(varchar, varchar)"
_SELECTS = frozenset({"select", "with", "values", "table"})


@dataclass(frozen=True, slots=True)
class AthenaStatement:
    """One select in Athena's SQL."""

    sql: str  # The select.
    map_columns: frozenset[str] = frozenset()  # The columns that it returns as the JSON text of a map of strings.


def athena_statement(text: str, views: PreparedViews) -> AthenaStatement:
    """The statement that Athena runs for a query.

    Args:
        text: the name of a view, or one select in Athena's SQL, which is sent unmodified.
        views: the views of this version.

    Raises:
        UsageError: an unknown view, or a statement other than a select.
    """
    sql = trimmed(text)
    name = named_view(sql, [HISTORY_TABLE, CURRENT_TABLE, *views.by_name])
    if name is not None:
        view = views.by_name.get(name)
        columns = view.columns if view is not None else {c.name: c.type.trino for c in SNAPSHOT_RECORD.columns}
        return _whole_view(name, columns, view.order if view is not None else None)
    if first_word(sql) not in _SELECTS:
        problem = (
            f"`{first_word(sql)} …` is not a SELECT statement, and `credlake query` only reads. Give the name of a "
            "view (`credlake views list`) or one SELECT statement."
        )
        raise UsageError([problem])
    return AthenaStatement(sql)


def _whole_view(name: str, columns: Mapping[str, str], order: str | None) -> AthenaStatement:
    maps = frozenset(column for column, kind in columns.items() if kind == _MAP)
    outputs = ",\n    ".join(
        f"json_format(cast({identifier(column)} as json)) as {identifier(column)}"
        if column in maps
        else identifier(column)
        for column in columns
    )
    sql = f"select\n    {outputs}\nfrom {identifier(name)}"
    return AthenaStatement(sql + (f"\norder by {order}" if order else ""), maps)


def trimmed(text: str) -> str:
    """The text without surrounding blanks and trailing semicolons.

    Raises:
        UsageError: nothing remains but comments, or it is not text (undecodable bytes of the command line).
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(["The query is not valid UTF-8."]) from error
    sql = text.strip().rstrip("; \n\t")
    if _COMMENTS.fullmatch(sql):
        raise UsageError(["The query is empty. Give the name of a view (`credlake views list`) or a SELECT statement."])
    return sql


def named_view(text: str, names: Collection[str]) -> str | None:
    """The table or view that a text of one word names, in lower case; None if the text is SQL.

    Raises:
        UsageError: one word that is not among the names.
    """
    if not _NAME.fullmatch(text):
        return None
    if text.lower() not in names:
        raise UsageError([f"Unknown view {text!r}: `credlake views list` lists all views.{suggestion(text, names)}"])
    return text.lower()


def suggestion(name: str, candidates: Collection[str]) -> str:
    """The end of a message: ` Did you mean …?` with the nearest names, or nothing if none is near."""
    lower = {candidate.lower(): candidate for candidate in candidates}
    found = [lower[near] for near in get_close_matches(name.lower(), lower, n=3, cutoff=0.6)]
    return f" Did you mean {' or '.join(found)}?" if found else ""


def first_word(sql: str) -> str:
    """The first word or sign of a statement in lower case, after comments and opening parentheses."""
    start = 0
    while (match := _COMMENTS.match(sql, start)) and sql[match.end() : match.end() + 1] == "(":
        start = match.end() + 1
    rest = sql[match.end() :] if match else sql
    word = _WORD.match(rest)
    return (word[0] if word else rest[:1]).lower()


def mentioned(sql: str, names: Collection[str]) -> list[str]:
    """The names that occur in a statement as words, sorted; also within quotes, strings and comments."""
    return sorted({word.lower() for word in _WORD.findall(sql)} & set(names))


def identifier(name: str) -> str:
    """A quoted name in the SQL of either engine."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string in the SQL of either engine."""
    return "'" + text.replace("'", "''") + "'"
