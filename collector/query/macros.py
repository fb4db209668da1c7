"""Functions of Trino's that DuckDB lacks or answers otherwise, as macros of the session. Pure.

A macro is expanded where it is called, so it costs what its body costs. `error` stops the query: better no answer than
one that Athena would not give.
"""

from __future__ import annotations

_DIGITS = r"\s*[+-]?[0-9]+\s*"
_DATE = r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*"
_TIMESTAMP = r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?)?\s*"


def _checked_cast(name: str, pattern: str, duckdb_type: str, trino_type: str) -> list[str]:
    """A cast from text that takes the forms that Trino takes and no others, and its `try_cast`."""
    message = f"Cannot cast to {trino_type}: "
    return [
        (
            f"{name}(x) as case when x is null then null when regexp_full_match(x, '{pattern}') then "
            f"cast(trim(x) as {duckdb_type}) else error('{message}' || x) end"
        ),
        f"try_{name}(x) as case when regexp_full_match(x, '{pattern}') then try_cast(trim(x) as {duckdb_type}) end",
    ]


MACROS: tuple[str, ...] = (
    # Trino counts characters from 1, from the end when negative, and answers '' where the start is outside.
    (
        "trino_substr(s, start, size := null) as case when start = 0 or -start > length(s) then '' "
        "when size is null then substr(s, start) else substr(s, start, size) end"
    ),
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
    *_checked_cast("trino_integer", _DIGITS, "INTEGER", "integer"),
    *_checked_cast("trino_bigint", _DIGITS, "BIGINT", "bigint"),
    *_checked_cast("trino_date", _DATE, "DATE", "date"),
    *_checked_cast("trino_timestamp", _TIMESTAMP, "TIMESTAMP", "timestamp(3)"),
)
