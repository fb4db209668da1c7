"""What was asked: the name of a view, or one select in Athena's SQL. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects import Athena
from sqlglot.errors import SqlglotError, TokenError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from collector.errors import UsageFaultsError
from collector.query.suggestion import closest

if TYPE_CHECKING:
    from collector.query.annotation import Names

_NAME = re.compile(r"[A-Za-z_]\w*")
_NOTHING = "Nothing was asked. Give the name of a view (`credlake views list`) or a select."
_QUERY_STARTS = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.L_PAREN})


class QuestionError(UsageFaultsError):
    """A question that is no single select, or one that the local engine cannot answer truly."""


class Question(NamedTuple):
    """The statement that answers, and the text it was read from."""

    sql: str
    statement: exp.Query


def parse_question(text: str, names: Names) -> Question:
    """The statement that answers the question: the one given, or all rows of the view named, in the view's own order.

    Raises:
        UnknownNameError: one word that is no view.
        QuestionError: no SQL, SQL that cannot be read, or anything but one select.
    """
    asked = text.strip().removesuffix(";").strip()
    if not asked:
        raise QuestionError([_NOTHING])
    if _NAME.fullmatch(asked):
        return _whole_view(asked.lower(), names)
    _refuse_other_statements(asked)
    try:
        found = sqlglot.parse(asked, read="athena")
    except SqlglotError as error:
        raise QuestionError([_syntax_fault(error)]) from error
    if not any(found):
        raise QuestionError([_NOTHING])
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise QuestionError(["Ask one select at a time: `credlake query` only reads."])
    # Athena's names are lower case however they are written.
    statement = normalize_identifiers(_without_database(found[0]), dialect="athena")
    _refuse_hidden_views(statement, names)
    return Question(asked, statement)


def _whole_view(name: str, names: Names) -> Question:
    if name not in names.all_names():
        raise QuestionError(
            [f"There is no view {name}.{closest(name, names.all_names())} `credlake views list` names them all."]
        )
    view = names.views.get(name)
    order = f" order by {view.order}" if view is not None and view.order else ""
    sql = f"select * from {name}{order}"  # noqa: S608 -- found among the views, with the view's own order
    return Question(sql, sqlglot.parse_one(sql, read="athena", into=exp.Select))


def _refuse_other_statements(text: str) -> None:
    """Look at the first word before sqlglot does: it takes what it does not know for a command, with a warning."""
    try:
        tokens = Athena().tokenize(text)
    except TokenError as error:
        raise QuestionError([_syntax_fault(error)]) from error
    if tokens and tokens[0].token_type not in _QUERY_STARTS:
        word = text.split(maxsplit=1)[0]
        raise QuestionError([f"`{word}` is no select. Give a view's name (`credlake views list`) or one select."])


def _syntax_fault(error: SqlglotError) -> str:
    places = getattr(error, "errors", None)
    if not places:
        return f"This is not SQL that can be read: {str(error).splitlines()[0]}"
    first = places[0]
    return f"Line {first['line']}, column {first['col']}: {first['description']} near `{first['highlight']}`."


def _refuse_hidden_views(statement: exp.Query, names: Names) -> None:
    """`with account as (select … from account)` means one thing to Athena and another to DuckDB."""
    hidden = {cte.alias for cte in statement.find_all(exp.CTE)} & set(names.all_names())
    if hidden:
        raise QuestionError([f"`with {name}` hides the view of that name: give it another." for name in sorted(hidden)])


def _without_database(statement: exp.Query) -> exp.Query:
    """On Athena one may write `credlake.findings`; a local lake has no databases, and one word means the same."""
    for table in statement.find_all(exp.Table):
        if table.args.get("catalog") is not None:
            raise QuestionError([f"Name {table.name} without a catalogue: a local lake has none."])
        table.set("db", None)
    return statement
