"""The statement that Athena runs for a query: the SQL as written, or the select for a view's name. Pure.

Athena gives results as text, and a map as `{a=b, c=d}`, which cannot be read back where a value holds a comma. So the
select for a view's name asks for its maps as JSON, and they are made maps again from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.errors import UsageError
from collector.query.question import first_word, named_view, trimmed
from collector.schema import SNAPSHOT_RECORD
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.views.files import PreparedViews

_MAP = "map(varchar, varchar)"
_SELECTS = frozenset({"select", "with", "values", "table"})


@dataclass(frozen=True, slots=True)
class AthenaStatement:
    """One select in Athena's SQL."""

    sql: str
    """The select."""
    map_columns: frozenset[str] = frozenset()
    """The columns that it returns as the JSON text of a map of strings."""


def athena_statement(text: str, views: PreparedViews) -> AthenaStatement:
    """The statement that runs on Athena for a query.

    Args:
        text: the name of a view, or one select in Athena's SQL, which is sent as it is.
        views: our views.

    Raises:
        UsageError: a word that is not a view, or anything but a select.
    """
    sql = trimmed(text)
    name = named_view(sql, [HISTORY_TABLE, CURRENT_TABLE, *views.by_name])
    if name is not None:
        view = views.by_name.get(name)
        columns = view.columns if view is not None else {c.name: c.type.trino for c in SNAPSHOT_RECORD.columns}
        return _whole_view(name, columns, view.order if view is not None else None)
    if first_word(sql) not in _SELECTS:
        fault = (
            f"`{first_word(sql)}` does not start a select: `credlake query` takes a view's name or one select. "
            "`credlake views list` and `credlake views show NAME` show what there is."
        )
        raise UsageError([fault])
    return AthenaStatement(sql)


def _whole_view(name: str, columns: Mapping[str, str], order: str | None) -> AthenaStatement:
    maps = frozenset(column for column, kind in columns.items() if kind == _MAP)
    outputs = ",\n    ".join(
        f'json_format(cast("{column}" as json)) as "{column}"' if column in maps else f'"{column}"'
        for column in columns
    )
    # S608: names from the index of our own views.
    sql = f'select\n    {outputs}\nfrom "{name}"'
    return AthenaStatement(sql + (f"\norder by {order}" if order else ""), maps)
