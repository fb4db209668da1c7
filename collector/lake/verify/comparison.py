"""Rows as published held against the rows that the raw zone gives: which columns differ, never by which value. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

_USER_KEY = "user_arn"


def differing_columns(expected: dict[str, Any], published: dict[str, Any], names: Iterable[str]) -> list[str]:
    """The columns in which two rows differ."""
    return [name for name in names if _plain(expected[name]) != _plain(published[name])]


def user_differences(expected: pa.Table, published: pa.Table, names: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """What differs between the users of one account as (column, sentence); no column where whole rows do.

    Args:
        expected: the rows that the raw zone gives, all columns.
        published: the rows that were found.
        names: the columns that the published file should have, and has.
    """
    if _is_equal(expected, published, names):
        return
    expected_rows, published_rows = _by_user(expected.select(names)), _by_user(published.select(names))
    missing = sum((Counter(_sizes(expected_rows)) - Counter(_sizes(published_rows))).values())
    extra = sum((Counter(_sizes(published_rows)) - Counter(_sizes(expected_rows))).values())
    if missing:
        yield None, f"{missing} of {expected.num_rows} users of the report are not in the table"
    if extra:
        yield (
            None,
            f"{extra} of {published.num_rows} rows in the table are of no user of the report, or are there twice",
        )
    differing: Counter[str] = Counter()
    for user, rows in expected_rows.items():
        for one, other in zip(rows, published_rows.get(user, []), strict=False):
            differing.update(differing_columns(one, other, names))
    for name in names:
        if differing[name]:
            yield name, f"{differing[name]} of {expected.num_rows} values are not what the report says"


def _is_equal(expected: pa.Table, published: pa.Table, names: Sequence[str]) -> bool:
    if expected.num_rows != published.num_rows:
        return False
    return all(_same_column(expected.column(name), published.column(name)) for name in names)


def _same_column(expected: pa.ChunkedArray[Any], published: pa.ChunkedArray[Any]) -> bool:
    return expected.type == published.type and expected.equals(published)


def _by_user(table: pa.Table) -> dict[object, list[dict[str, Any]]]:
    rows: dict[object, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row.get(_USER_KEY), []).append(row)
    return rows


def _sizes(rows: dict[object, list[dict[str, Any]]]) -> dict[object, int]:
    return {user: len(of_user) for user, of_user in rows.items()}


def _plain(value: object) -> object:
    """A map's entries have no order."""
    return sorted(value) if isinstance(value, list) else value
