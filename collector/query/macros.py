"""Functions of Trino's that DuckDB lacks or answers otherwise, as macros of the session. Pure.

A macro is expanded where it is called, so it costs what its body costs. `error` stops the query: better no answer than
one that Athena would not give.
"""

from __future__ import annotations

_DIGITS = r"[+-]?[0-9]+"
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_TIMESTAMP = _DATE + r"( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,3})?)?)?"

# What Trino surely does not take either: anything else without a blank for a number, without a digit for an instant.
_NO_BLANK = r"\S*"
_NO_DIGIT = r"[^0-9]*"


def _checked_casts(name: str, pattern: str, hopeless: str, duckdb_type: str, trino_type: str) -> tuple[str, str]:
    """A cast from text, and its `try_cast`, that take the forms that both engines read alike.

    DuckDB reads more: it makes 8 of '7.5', and a date of '2026-01-02 03:04'. `try_cast` gives null for what is
    hopeless, and where the form is right and the value impossible; for what lies between it stops, too.
    """
    refused = f"error('Cannot cast to {trino_type}: ' || x)"
    cast = f"case when x is null then null when regexp_full_match(x, '{pattern}') then cast(x as {duckdb_type})"
    attempt = f"case when x is null then null when regexp_full_match(x, '{pattern}') then try_cast(x as {duckdb_type})"
    return (
        f"{name}(x) as {cast} else {refused} end",
        f"try_{name}(x) as {attempt} when regexp_full_match(x, '{hopeless}') then null else {refused} end",
    )


MACROS: tuple[str, ...] = (
    # Trino counts characters from 1, from the end when negative, and answers '' where the start is outside.
    (
        "trino_substr(s, start, size := null) as case when start = 0 or -start > length(s) then '' "
        "when size is null then substr(s, start) else substr(s, start, size) end"
    ),
    # Trino changes letter by letter, and ß has no other one; DuckDB makes ẞ of it.
    "trino_upper(s) as replace(upper(replace(s, 'ß', chr(1))), chr(1), 'ß')",
    # Past the last part: null, where DuckDB's own split_part says ''.
    (
        "trino_split_part(s, delimiter, position) as case when position < 1 "
        "then error('split_part counts from 1') else list_extract(string_split(s, delimiter), position) end"
    ),
    # No match: null, where DuckDB's own regexp_extract says ''.
    (
        "trino_regexp_extract(s, pattern, part := 0) as case when regexp_matches(s, pattern) "
        "then regexp_extract(s, pattern, part) end"
    ),
    # Not found, but there is a null that it could be: unknown.
    (
        "trino_contains(list, x) as case when list is null or x is null then null "
        "when list_contains(list, x) then true when len(list_filter(list, lambda e: e is null)) > 0 then null "
        "else false end"
    ),
    *_checked_casts("trino_integer", _DIGITS, _NO_BLANK, "INTEGER", "integer"),
    *_checked_casts("trino_bigint", _DIGITS, _NO_BLANK, "BIGINT", "bigint"),
    *_checked_casts("trino_date", _DATE, _NO_DIGIT, "DATE", "date"),
    *_checked_casts("trino_timestamp", _TIMESTAMP, _NO_DIGIT, "TIMESTAMP", "timestamp(3)"),
)
