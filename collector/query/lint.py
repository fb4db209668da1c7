"""What must not be asked, because DuckDB would answer it otherwise than Athena or Athena would not answer it. Pure.

A question is refused only for that. A view file has more to fulfil: it becomes an Athena view, and its answer must be
the same tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.annotation import UnknownNameError
from collector.query.fault import Fault, line_of
from collector.query.question import QuestionError
from collector.query.shapes import shape_faults
from collector.query.spelling import RESERVED, spelling_faults
from collector.query.typecheck import type_faults
from collector.views.files import parse_statement, twin_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collector.query.annotation import Names
    from collector.views.files import ViewFile

# Types that an Athena view may put out: plain, and without a time zone (facts F7.4).
OUTPUT_TYPES = frozenset(
    {"varchar", "boolean", "integer", "bigint", "double", "date", "timestamp(3)", "map(varchar, varchar)"}
)
# Fine in double quotes in a select, but not in the DDL and the tools that come after it.
_AWKWARD_NAMES = RESERVED | {"user", "date", "time", "timestamp", "interval", "partition", "row", "rows", "start"}

# Athena takes a query of at most 262,144 bytes, and the view's envelope has to fit as well (facts F7.3, F7.4).
_LONGEST_STATEMENT = 200_000


def annotated_truly(sql: str, statement: exp.Query, names: Names) -> exp.Query:
    """The statement with names and types, refused where it would not be answered truly.

    Args:
        sql: the question as written.
        statement: the same, parsed.
        names: what can be asked.

    Raises:
        UnknownNameError: a table, view or column that does not exist.
        QuestionError: every fault, with its line and what to write instead.
    """
    faults = statement_faults(sql, statement)
    try:
        annotated = names.annotate(statement)
    except UnknownNameError as error:
        if faults:  # A table function, say, has no name to look for.
            raise QuestionError(_lines(faults)) from error
        raise
    faults += type_faults(annotated)
    if faults:
        raise QuestionError(_lines(faults))
    return annotated


def statement_faults(sql: str, statement: exp.Query) -> list[Fault]:
    """What can be refused before the names are looked up."""
    return [*spelling_faults(sql, statement), *shape_faults(statement)]


def view_faults(view: ViewFile, names: Names) -> list[str]:
    """Everything in a view file that is not answered truly or makes no Athena view, as `file:line: what`."""
    statement = parse_statement(view)
    annotated = names.view_tree(view.name)
    faults = [
        *statement_faults(view.sql, statement),
        *type_faults(annotated),
        *_clock_faults(statement),
        *_output_faults(statement),
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


def _lines(faults: Iterable[Fault]) -> list[str]:
    found = dict.fromkeys((fault.line, fault.message) for fault in faults)
    return [f"Line {line}: {message}" if line and line > 1 else message for line, message in found]
