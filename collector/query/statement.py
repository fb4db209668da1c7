"""What Athena is asked: the statement for a view's name or for a select, and which of its columns are maps. Pure.

Athena gives results as text, and a map as `{a=b, c=d}`, which cannot be read back where a value holds a comma. So a map
is asked for as JSON, and made a map again from that. A select without maps is sent exactly as it was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects import Athena
from sqlglot.errors import SqlglotError

from collector.errors import UsageFaultsError
from collector.query.suggestion import closest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.annotation import Names

_NAME = re.compile(r"[A-Za-z_]\w*")
_QUERY_STARTS = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.L_PAREN})
_MAP = "map(varchar, varchar)"


@dataclass(frozen=True, slots=True)
class AthenaStatement:
    """One select in Athena's SQL, and the columns that it gives as the JSON text of a map of strings."""

    sql: str
    map_columns: frozenset[str] = frozenset()


def athena_statement(text: str, names: Names) -> AthenaStatement:
    """The statement that answers a question on Athena.

    Args:
        text: the name of a view, or one select. Tables that are not ours may be read, and are Athena's to judge.
        names: the columns and types of our views.

    Raises:
        UsageFaultsError: a word that is no view, or anything but a select.
    """
    asked = text.strip().removesuffix(";").strip()
    if _NAME.fullmatch(asked):
        return _whole_view(asked.lower(), names)
    _require_select(asked)
    return _with_maps_as_json(asked, names)


def _whole_view(name: str, names: Names) -> AthenaStatement:
    if name not in names.all_names():
        raise UsageFaultsError(
            [f"There is no view {name}.{closest(name, names.all_names())} `credlake views list` names them all."]
        )
    columns = names.columns(name)
    maps = frozenset(column for column, type_ in columns.items() if _is_map(type_))
    outputs = ",\n    ".join(_as_json(c) if c in maps else f'"{c}"' for c in columns)
    view = names.views.get(name)
    order = f"\norder by {view.order}" if view is not None and view.order else ""
    return AthenaStatement(f'select\n    {outputs}\nfrom "{name}"{order}', maps)


def _with_maps_as_json(sql: str, names: Names) -> AthenaStatement:
    """The select itself, unless its output is known to hold a map."""
    try:
        parsed = sqlglot.parse_one(sql, read="athena")
        if not isinstance(parsed, exp.Query):
            return AthenaStatement(sql)
        typed = names.annotate(_without_database(parsed.copy()))
    except (SqlglotError, UsageFaultsError):
        # It reads something that is not ours, or is written in a way that only Athena knows.
        return AthenaStatement(sql)
    maps = [node.alias_or_name for node in typed.selects if node.type is not None and _is_map(node.type.sql("athena"))]
    if not maps:
        return AthenaStatement(sql)
    return AthenaStatement(_wrapped(parsed, [node.alias_or_name for node in typed.selects], maps), frozenset(maps))


def _wrapped(parsed: exp.Query, columns: Sequence[str], maps: Sequence[str]) -> str:
    """A select around the query that turns its maps into JSON; the order is asked for outside, where it counts.

    An inner order without a limit means nothing to Trino, so it is moved; with a limit it is also kept inside.
    """
    inner = parsed.copy()
    order = inner.args.get("order")
    outer_order = ""
    if order is not None:
        keys = [_outer_key(key, columns) for key in order.expressions]
        if None in keys:
            raise UsageFaultsError(
                ["A select that puts out a map can only be ordered by columns that it puts out as well."]
            )
        outer_order = " order by " + ", ".join(key for key in keys if key is not None)
        if inner.args.get("limit") is None and inner.args.get("offset") is None:
            inner.set("order", None)
    outputs = ", ".join(_as_json(c) if c in maps else f'"{c}"' for c in columns)
    # S608: built from the query that the user asked for; Athena runs nothing else with it.
    return f"select {outputs} from ({inner.sql(dialect='athena')}) as asked{outer_order}"  # noqa: S608


def _outer_key(key: exp.Expr, columns: Sequence[str]) -> str | None:
    """The sort key as it can be written outside: an output column, by name or by place."""
    if not isinstance(key, exp.Ordered):
        return None
    direction = " desc" if key.args.get("desc") else ""
    nulls = " nulls first" if key.args.get("nulls_first") else ""
    if isinstance(key.this, exp.Literal) and key.this.is_int:
        return f"{key.this.name}{direction}{nulls}"
    if isinstance(key.this, exp.Column) and key.this.name in columns:
        return f'"{key.this.name}"{direction}{nulls}'
    return None


def _as_json(column: str) -> str:
    return f'json_format(cast("{column}" as json)) as "{column}"'


def _is_map(type_name: str) -> bool:
    return type_name.lower() == _MAP


def _without_database(statement: exp.Query) -> exp.Query:
    """Our names are known without a database."""
    for table in statement.find_all(exp.Table):
        table.set("catalog", None)
        table.set("db", None)
    return statement


def _require_select(sql: str) -> None:
    """`credlake query` only reads. The first word tells: what sqlglot does not know it takes for a command."""
    try:
        tokens = Athena().tokenize(sql)
    except SqlglotError as error:
        raise UsageFaultsError([f"This is not SQL that can be read: {str(error).splitlines()[0]}"]) from error
    if not tokens:
        raise UsageFaultsError(["Nothing was asked. Give the name of a view (`credlake views list`) or a select."])
    if tokens[0].token_type not in _QUERY_STARTS:
        fault = (
            f"`{sql.split(maxsplit=1)[0]}` is no select: `credlake query` takes a view's name or one select. "
            "`credlake views list` and `credlake views show NAME` say what there is."
        )
        raise UsageFaultsError([fault])
