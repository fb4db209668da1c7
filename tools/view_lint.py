"""What a view file must not hold: it becomes an Athena view, and what it returns must be the same tomorrow. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tools.trino.allowed import Fault, line_of, statement_faults, type_faults
from tools.trino.view_files import parse_statement, twin_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.trino.annotation import AnnotatedViews
    from tools.trino.view_files import ViewFile

# Words that Athena takes for a name only in double quotes (facts F7.4).
_RESERVED = frozenset(
    {
        *("alter", "and", "as", "between", "by", "case", "cast", "constraint", "create", "cross", "cube"),
        *("current_catalog", "current_date", "current_path", "current_role", "current_schema", "current_time"),
        *("current_timestamp", "current_user", "deallocate", "delete", "describe", "distinct", "drop", "else"),
        *("end", "escape", "except", "execute", "exists", "extract", "false", "first", "for", "from", "full"),
        *("group", "grouping", "having", "in", "inner", "insert", "intersect", "into", "is", "join"),
        *("json_array", "json_exists", "json_object", "json_query", "json_table", "json_value", "last", "left"),
        *("like", "listagg", "localtime", "localtimestamp", "natural", "normalize", "not", "null", "of", "on"),
        *("or", "order", "outer", "prepare", "recursive", "right", "rollup", "select", "skip", "table", "then"),
        *("trim", "true", "uescape", "union", "unnest", "using", "values", "when", "where", "with"),
    }
)

# Types that an Athena view may put out: plain, and without a time zone (facts F7.4).
OUTPUT_TYPES = frozenset(
    {"varchar", "boolean", "integer", "bigint", "double", "date", "timestamp(3)", "map(varchar, varchar)"}
)
# Fine in double quotes in a select, but not in the DDL and the tools that come after it.
_AWKWARD_NAMES = _RESERVED | {"user", "date", "time", "timestamp", "interval", "partition", "row", "rows", "start"}

# Athena takes a query of at most 262,144 bytes, and the view's envelope has to fit as well (facts F7.3, F7.4).
_LONGEST_STATEMENT = 200_000


def view_faults(view: ViewFile, annotated: AnnotatedViews) -> list[str]:
    """Everything in a view file that is not translated truly or makes no Athena view, as `file:line: what`."""
    statement = parse_statement(view)
    faults = [
        *_clock_faults(statement),
        *_output_faults(statement),
        *statement_faults(view.sql, statement),
        *type_faults(annotated.tree(view.name)),
    ]
    if len(twin_sql(view, view.names[-1], database="d" * 64).encode()) > _LONGEST_STATEMENT:
        faults.append(Fault(1, "Athena takes no statement as long as this."))
    return [f"{view.path}:{view.first_line + (fault.line or 1) - 1}: {fault.message}" for fault in faults]


def _clock_faults(statement: exp.Query) -> Iterator[Fault]:
    for node in statement.find_all(exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp):
        message = "A view counts from report_generated_at or run_started_at, never from the clock."
        yield Fault(line_of(node), message)


def _output_faults(statement: exp.Query) -> Iterator[Fault]:
    if statement.args.get("order") or statement.args.get("limit"):
        yield Fault(None, "A view has no order of its own: the header's line `-- Order: …` says how it is read.")
    for select in _outermost(statement):
        for node in select.expressions:
            yield from _column_faults(node)


def _outermost(statement: exp.Query) -> list[exp.Select]:
    """The selects whose rows the statement puts out: both sides of a union."""
    if isinstance(statement, exp.SetOperation):
        return [*_outermost(statement.this), *_outermost(statement.expression)]
    inner = statement.unnest() if isinstance(statement, exp.Subquery) else statement
    return [inner] if isinstance(inner, exp.Select) else []


def _column_faults(node: exp.Expr) -> Iterator[Fault]:
    name = node.alias_or_name
    if node.is_star:
        yield Fault(
            line_of(node), "A view names its columns: a star changes with what it reads, and Athena's does not."
        )
        return
    value = node.unalias()
    target = value.args["to"].sql(dialect="athena").lower() if isinstance(value, exp.Cast) else None
    if target not in OUTPUT_TYPES:
        yield Fault(line_of(node), f"The column {name} is not cast to a plain type, so that its type may drift.")
    if name.lower() in _AWKWARD_NAMES or name != name.lower():
        yield Fault(line_of(node), f"{name} is no name for a column: Athena or a tool after it reserves the word.")
