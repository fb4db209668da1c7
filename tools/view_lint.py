"""Check view files: each must make an Athena view, and its result must not depend on the clock. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tools.trino.allowed import Problem, line_of, statement_problems, type_problems
from tools.trino.view_files import parse_statement, twin_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.trino.annotation import AnnotatedViews
    from tools.trino.view_files import ViewFile

# Words that Athena accepts as a name only in double quotes (facts F7.4).
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

# Types that an Athena view may return: plain, and without a time zone (facts F7.4).
OUTPUT_TYPES = frozenset(
    {"varchar", "boolean", "integer", "bigint", "double", "date", "timestamp(3)", "map(varchar, varchar)"}
)
# Valid in double quotes in a select, but not in DDL and in BI tools.
_AWKWARD_NAMES = _RESERVED | {"user", "date", "time", "timestamp", "interval", "partition", "row", "rows", "start"}

# A query on Athena has at most 262,144 bytes, and the view's envelope has to fit as well (facts F7.3, F7.4).
_LONGEST_STATEMENT = 200_000


def view_problems(view: ViewFile, annotated: AnnotatedViews) -> list[str]:
    """Everything in a view file that cannot be translated or is not valid in an Athena view, as `file:line: what`."""
    statement = parse_statement(view)
    problems = [
        *_clock_problems(statement),
        *_output_problems(statement),
        *statement_problems(view.sql, statement),
        *type_problems(annotated.tree(view.name)),
    ]
    if len(twin_sql(view, view.names[-1], database="d" * 64).encode()) > _LONGEST_STATEMENT:
        problems.append(
            Problem(1, f"The statement is longer than {_LONGEST_STATEMENT:,} bytes, which Athena does not accept.")
        )
    return [f"{view.path}:{view.first_line + (problem.line or 1) - 1}: {problem.message}" for problem in problems]


def _clock_problems(statement: exp.Query) -> Iterator[Problem]:
    for node in statement.find_all(exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp):
        message = "A view counts from report_generated_at or run_started_at, never from the current time."
        yield Problem(line_of(node), message)


def _output_problems(statement: exp.Query) -> Iterator[Problem]:
    if statement.args.get("order") or statement.args.get("limit"):
        yield Problem(None, "A view has no `order by` or `limit`: its order is declared in the header, `-- Order: …`.")
    for select in _outermost(statement):
        for node in select.expressions:
            yield from _column_problems(node)


def _outermost(statement: exp.Query) -> list[exp.Select]:
    """The selects whose rows the statement returns: both sides of a union."""
    if isinstance(statement, exp.SetOperation):
        return [*_outermost(statement.this), *_outermost(statement.expression)]
    inner = statement.unnest() if isinstance(statement, exp.Subquery) else statement
    return [inner] if isinstance(inner, exp.Select) else []


def _column_problems(node: exp.Expr) -> Iterator[Problem]:
    name = node.alias_or_name
    if node.is_star:
        yield Problem(
            line_of(node),
            "A view names its columns: `*` changes with the table, and the view's columns on Athena do not.",
        )
        return
    value = node.unalias()
    target = value.args["to"].sql(dialect="athena").lower() if isinstance(value, exp.Cast) else None
    if target not in OUTPUT_TYPES:
        yield Problem(line_of(node), f"The column {name} is not cast to a plain type, so its type could change.")
    if name.lower() in _AWKWARD_NAMES or name != name.lower():
        yield Problem(
            line_of(node),
            f"{name} is not a valid column name: use lower case, and no word that Athena or BI tools reserve.",
        )
