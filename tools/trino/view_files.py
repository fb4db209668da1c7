"""The view files of `athena_queries/`: one SQL statement a file, its header, and the two views made from each.

Each file makes `<view>`, over the newest snapshot, and `<view>_history`, over all of them (docs/views.md). Athena
gets the text of the file, in which only the names of tables are replaced, so that what was reviewed is what runs. Pure
apart from reading the files. The header:

-- What the view returns, in one or more sentences.
-- Grain: the columns that are unique in the result
-- Reads: the tables and views that the statement reads, or nothing
-- Twin: both, current or history (by default both)
-- Order: what the rows are sorted by when the view is queried by name
-- Anything: further lines of this form are kept as notes
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from collector.views.files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

QUERIES = Path(__file__).parents[2] / "athena_queries"
HISTORY_SUFFIX = "_history"

Twin = Literal["both", "current", "history"]

_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIELD = re.compile(r"(?P<name>[A-Z][a-z]+): *(?P<value>.*)")
_KNOWN_FIELDS = frozenset({"Grain", "Reads", "Twin", "Order"})


class ViewFileError(Exception):
    """View files that break the rules of view files. One problem a line, `file:line: what`."""

    def __init__(self, problems: list[str]) -> None:
        """Keep all problems."""
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ViewFile:
    """One file: what its header declares, and its statement as written."""

    name: str
    """The file's name without its suffix."""
    path: Path
    """The file."""
    summary: str
    """What the view returns, in sentences."""
    grain: tuple[str, ...]
    """The columns that are unique in the result."""
    reads: tuple[str, ...]
    """The tables and views that the statement reads."""
    twin: Twin
    """Which of the two views exist."""
    order: str | None
    """What the rows are sorted by when the view is queried by name."""
    notes: tuple[tuple[str, str], ...]
    """The other `Name: value` lines of the header."""
    sql: str
    """The statement, without header and semicolon."""
    first_line: int
    """The line of the file where the statement starts, counted from 1."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the view. One that exists only as history has both names."""
        return (self.name,) if self.twin == "current" else (self.name, self.name + HISTORY_SUFFIX)

    def reads_history(self, name: str) -> bool:
        """Whether the view of that name reads all snapshots, not only the newest."""
        return self.twin == "history" or name != self.name


@cache
def source_views() -> Mapping[str, ViewFile]:
    """The views of this working copy, in the order in which they can be created."""
    return load_views(QUERIES)


def load_views(folder: Path) -> dict[str, ViewFile]:
    """All views below a folder, each after those that it reads.

    Raises:
        ViewFileError: a header is incomplete or does not say what the statement reads, a name occurs twice, a view
            reads something that does not exist, or views read each other in a circle.
    """
    problems: list[str] = []
    views: dict[str, ViewFile] = {}
    for path in sorted(folder.rglob("*.sql")):
        try:
            view = read_view(path.read_text("utf-8"), path)
        except ViewFileError as error:
            problems += error.problems
            continue
        if view.name in views:
            problems.append(f"{path}:1: the view {view.name} is also in {views[view.name].path}")
        views[view.name] = view
    for view in views.values():
        problems += _reading_problems(view, views)
    if problems:
        raise ViewFileError(problems)
    try:
        order = tuple(TopologicalSorter({name: sorted(view.reads) for name, view in views.items()}).static_order())
    except CycleError as error:
        raise ViewFileError([f"views read each other in a circle: {' → '.join(error.args[1])}"]) from error
    return {name: views[name] for name in order if name in views}


def read_view(text: str, path: Path) -> ViewFile:
    """One view from its file's text; the file's name is the view's name."""
    lines = text.splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    summary, fields = _parse_header(lines[:count])
    first = next((i for i in range(count, len(lines)) if lines[i].strip()), count)
    sql = "\n".join(lines[first:]).rstrip().removesuffix(";").rstrip()

    problems: list[str] = []
    if not _PLAIN_NAME.fullmatch(path.stem) or path.stem.endswith(HISTORY_SUFFIX):
        problems.append(f"{path}:1: a view's name is lower case, and the ending {HISTORY_SUFFIX} belongs to its twin")
    if not summary:
        problems.append(f"{path}:1: the header has no description of the view")
    problems += [
        f"{path}:1: the header has no line `-- {name}: …`" for name in ("Grain", "Reads") if name not in fields
    ]
    twin = fields.get("Twin", "both")
    if twin not in get_args(Twin):
        problems.append(f"{path}:1: Twin is both, current or history, not {twin!r}")
    if problems:
        raise ViewFileError(problems)
    view = ViewFile(
        name=path.stem,
        path=path,
        summary=summary,
        grain=_comma_separated(fields["Grain"]),
        reads=tuple(name for name in _comma_separated(fields["Reads"]) if name != "nothing"),
        twin=twin,  # type: ignore[arg-type]  # checked against the literal's values above
        order=fields.get("Order"),
        notes=tuple((name, value) for name, value in fields.items() if name not in _KNOWN_FIELDS),
        sql=sql,
        first_line=first + 1,
    )
    return _check_statement(view)


@cache
def parse_statement(view: ViewFile) -> exp.Query:
    """The view's statement as a tree, which must not be changed; lines of its nodes count from `first_line`."""
    statement = sqlglot.parse_one(view.sql, read="athena")
    if not isinstance(statement, exp.Query):
        raise ViewFileError([f"{view.path}:{view.first_line}: a view file holds one select statement"])
    return statement


def _check_statement(view: ViewFile) -> ViewFile:
    try:
        statement = parse_statement(view)
    except ParseError as error:
        raise ViewFileError([_syntax_problem(view, found) for found in error.errors]) from error
    except SqlglotError as error:
        raise ViewFileError([f"{view.path}:{view.first_line}: {error}"]) from error
    problems = [
        f"{view.path}:{line_of(view, table.this)}: tables are named without a database"
        for table in statement.find_all(exp.Table)
        if table.args.get("db") is not None
    ]
    read, declared = set(tables_read(statement)), set(view.reads)
    if read != declared:
        problems.append(
            f"{view.path}:1: the header's Reads names {_listing(declared)}, the statement reads {_listing(read)}"
        )
    outputs = set(statement.named_selects)
    if "*" not in outputs:
        problems += [
            f"{view.path}:1: the header's Grain names {column}, which the statement does not return"
            for column in view.grain
            if column not in outputs
        ]
    if problems:
        raise ViewFileError(problems)
    return view


def _syntax_problem(view: ViewFile, found: Mapping[str, Any]) -> str:
    line = view.first_line + (found["line"] or 1) - 1
    return f"{view.path}:{line}: {found['description']} near `{found['highlight']}`"


def _reading_problems(view: ViewFile, views: Mapping[str, ViewFile]) -> list[str]:
    problems = [
        f"{view.path}:1: reads {name}, which is neither a view nor {HISTORY_TABLE}"
        for name in view.reads
        if name not in views and name != HISTORY_TABLE
    ]
    problems += [
        f"{view.path}:1: has a history, but reads {name}, which has none"
        for name in view.reads
        if view.twin != "current" and name in views and views[name].twin == "current"
    ]
    hidden = {cte.alias for cte in parse_statement(view).find_all(exp.CTE)} & {*views, HISTORY_TABLE, CURRENT_TABLE}
    problems += [f"{view.path}:{view.first_line}: `with {name}` hides the view of that name" for name in sorted(hidden)]
    return problems


def tables_read(statement: exp.Expr) -> list[str]:
    """The tables and views that a statement reads, without those that its own `with` defines."""
    own = {cte.alias for cte in statement.find_all(exp.CTE)}
    return sorted({table.name for table in statement.find_all(exp.Table)} - own)


def line_of(view: ViewFile, node: exp.Expr) -> int:
    """The line of the file with a node's first name."""
    lines = [found.meta["line"] for found in node.find_all(exp.Identifier, exp.Column) if "line" in found.meta]
    return view.first_line + min(lines, default=1) - 1


def twin_sql(view: ViewFile, name: str, *, database: str | None = None) -> str:
    """The statement behind one of the view's names, in Athena's SQL, with the tables that this name reads.

    A replaced name is kept as the alias, so that `credentials.user_arn` still finds its table.
    """
    history = view.reads_history(name)
    statement = parse_statement(view)
    own = {cte.alias for cte in statement.find_all(exp.CTE)}
    replacements: list[tuple[int, int, str]] = []
    for table in statement.find_all(exp.Table):
        if table.name in own:
            continue
        target = _target(table.name, history=history)
        if database is not None:
            target = f'"{database}"."{target}"'
        if target == table.name:
            continue
        if not table.alias:
            target = f"{target} as {table.name}"
        replacements.append((table.this.meta["start"], table.this.meta["end"] + 1, target))
    sql = view.sql
    for start, end, target in sorted(replacements, reverse=True):
        sql = sql[:start] + target + sql[end:]
    return sql


def _target(table: str, *, history: bool) -> str:
    if table == HISTORY_TABLE:
        return HISTORY_TABLE if history else CURRENT_TABLE
    return table + HISTORY_SUFFIX if history else table


def output_types(view: ViewFile) -> dict[str, str]:
    """The view's columns in order with Trino's types: every output column is a cast."""
    return {node.alias_or_name: node.this.to.sql("trino").lower() for node in parse_statement(view).selects}


def main_columns(view: ViewFile) -> list[str]:
    """The columns of the header's example, which a terminal shows; all of them where it has none."""
    return [name.strip() for name in dict(view.notes).get("Example", ",".join(output_types(view))).split(",")]


def names_of(views: Mapping[str, ViewFile]) -> dict[str, ViewFile]:
    """Every name of a view, and the file behind it."""
    return {name: view for view in views.values() for name in view.names}


def _listing(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _parse_header(lines: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The summary, and the `Name: value` lines after its first; any other line continues the one above."""
    summary: list[str] = []
    fields: dict[str, str] = {}
    current: str | None = None
    for line in lines:
        content = line.removeprefix("--").strip()
        if summary and (match := _FIELD.fullmatch(content)):
            current = match["name"]
            fields[current] = match["value"].strip()
        elif current is None:
            summary.append(content)
        else:
            fields[current] = f"{fields[current]} {content}".strip()
    return " ".join(summary).strip(), fields


def _comma_separated(text: str) -> tuple[str, ...]:
    """The names of a list such as `account_id, user_arn`."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
