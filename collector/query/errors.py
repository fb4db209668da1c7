"""DuckDB's errors in words: its own text, the names that may have been meant, and the next step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from collector.errors import CredlakeError, UsageError
from collector.query.question import closest, mentioned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Errors of the SQL itself, found before a row is read; all others come up while rows are worked out.
_OF_THE_SQL = (
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.PermissionException,
    duckdb.NotSupportedError,
)
_MISSING_TABLE = re.compile(r"Table with name (?P<name>\S+) does not exist")
_MISSING_COLUMN = re.compile(
    r'"(?P<name>[^"]+)" not found in FROM clause|does not have a column named "(?P<other>[^"]+)"'
)
_MISSING_DATABASE = re.compile(r'because (schema|catalog) "[^"]+" does not exist')
_CANDIDATES = re.compile(r"^(Did you mean|Candidate bindings:).*\n?", re.MULTILINE)
_ONLY_THE_LAKE = "A query can read the lake's own tables and views, and no other file."
_NO_DATABASES = "DuckDB reads one lake, so its tables and views have no database: write the name alone."
_HINTS = {
    "Out of Memory Error": "It needs more memory or temporary disk than it may have. Select fewer columns or days.",
    "IO Error": "`credlake verify` checks whether the lake is complete and readable.",
    "Conversion Error": "try_cast gives null for what cannot be cast.",
}
_ARROW_STREAM = "reading the stream registered as"


class QueryError(CredlakeError):
    """A query that was understood and could not be carried out."""


def query_error(
    error: BaseException, sql: str = "", known: Mapping[str, Collection[str]] | None = None
) -> CredlakeError:
    """The error for the user: of usage where the SQL is wrong, else that the query failed.

    Args:
        error: DuckDB's, or Arrow's while rows are read.
        sql: the statement.
        known: the columns of every table and view, by its name.
    """
    text = str(error).strip() or type(error).__name__
    if isinstance(error, _OF_THE_SQL):
        return UsageError(_with_suggestion(text, sql, known or {}).splitlines())
    kind, _, rest = text.splitlines()[0].partition(": ")
    if rest.startswith(_ARROW_STREAM):
        # A file on S3 could not be read; DuckDB knows it only as a stream of Arrow's.
        kind, rest = "IO Error", rest.partition(" failed: ")[2]
    hint = f" {_HINTS[kind]}" if kind in _HINTS else ""
    return QueryError(f"The query failed: {rest or text}{hint}", engine="duckdb", kind=kind)


def _with_suggestion(text: str, sql: str, known: Mapping[str, Collection[str]]) -> str:
    """DuckDB's text with our names in place of its candidates, which are tables of its own catalog as well."""
    hint = ""
    if _MISSING_DATABASE.search(text):
        hint = f" {_NO_DATABASES}"
    elif match := _MISSING_TABLE.search(text):
        hint = closest(match["name"], known)
    elif match := _MISSING_COLUMN.search(text):
        columns = {column for name in mentioned(sql, known) for column in known[name]}
        hint = closest(match["name"] or match["other"], columns)
    elif "disabled by configuration" in text:
        hint = f" {_ONLY_THE_LAKE}"
    first, _, rest = text.partition("\n")
    if hint:
        rest = _CANDIDATES.sub("", rest)
    return "\n".join([first + hint, *(line for line in rest.splitlines() if line.strip())])
