"""Words and signs that Athena would not read, or that are not answered truly: a look at the text's tokens. Pure.

sqlglot is a friend of all dialects: it reads what Athena refuses, and its tree forgets how a function was spelt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import TokenType, exp
from sqlglot.dialects import Athena

from collector.query.fault import Fault, line_of
from collector.query.suggestion import closest
from collector.query.vocabulary import FUNCTIONS, INSTEAD, SYNTAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlglot import Token

# Words that Athena takes for a name only in double quotes (facts F7.4).
RESERVED = frozenset(
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

# Names that sqlglot reads by rules of its own, whatever the dialect, and that are not Trino's.
FOREIGN = frozenset(name.lower() for name in (*Athena.parser_class.FUNCTION_PARSERS, "FILTER")) - SYNTAX


def spelling_faults(sql: str, tree: exp.Query) -> Iterator[Fault]:
    """Everything wrong with the words of a statement: the text as written, and the same parsed and unchanged."""
    tokens = Athena().tokenize(sql)
    for place, token in enumerate(tokens):
        for rule in _RULES:
            if message := rule(tokens, place):
                yield Fault(token.line, message)
    for node in tree.walk():
        message = _function(sql, node) if isinstance(node, exp.Func) else None
        if isinstance(node, exp.Identifier):
            message = _reserved(node)
        if message:
            yield Fault(line_of(node), message)


def unknown_function(name: str) -> str:
    """The message for a function that is not in the vocabulary."""
    hint = f": {INSTEAD[name]}." if name in INSTEAD else f".{closest(name, FUNCTIONS)}"
    return f"The local engine does not answer {name}(){hint}"


def _function(sql: str, node: exp.Func) -> str | None:
    """A function under another name than Trino's: sqlglot keeps the place where its name stands."""
    if "start" not in node.meta or isinstance(node, exp.Array):
        return None
    name = sql[node.meta["start"] : node.meta["end"] + 1].lower()
    return None if name in FUNCTIONS else unknown_function(name)


def _reserved(node: exp.Identifier) -> str | None:
    if node.args.get("quoted") or node.name.lower() not in RESERVED or "line" not in node.meta:
        return None
    return f'`{node.name}` is a word of the language: as a name it stands in double quotes, "{node.name}".'


def _kind(tokens: Sequence[Token], place: int) -> TokenType | None:
    return tokens[place].token_type if 0 <= place < len(tokens) else None


def _type_operator(tokens: Sequence[Token], place: int) -> str | None:
    return "Athena does not know `::`: write cast(x as type)." if _kind(tokens, place) is TokenType.DCOLON else None


def _comma_at_the_end(tokens: Sequence[Token], place: int) -> str | None:
    ends = {TokenType.FROM, TokenType.R_PAREN, TokenType.SELECT, TokenType.WHERE, None}
    if _kind(tokens, place) is TokenType.COMMA and _kind(tokens, place + 1) in ends:
        return "There is a comma after the last item."
    return None


def _braces(tokens: Sequence[Token], place: int) -> str | None:
    return "Athena does not know `{…}`." if _kind(tokens, place) is TokenType.L_BRACE else None


def _bare_interval(tokens: Sequence[Token], place: int) -> str | None:
    if _kind(tokens, place) is TokenType.INTERVAL and _kind(tokens, place + 1) is TokenType.NUMBER:
        return f"The number of an interval stands in quotes: interval '{tokens[place + 1].text}' day."
    return None


def _number_with_a_tail(tokens: Sequence[Token], place: int) -> str | None:
    """`1_000`, which sqlglot reads as a 1 with the name `_000`."""
    is_number = _kind(tokens, place) is TokenType.NUMBER and place + 1 < len(tokens)
    if is_number and tokens[place + 1].start == tokens[place].end + 1 and tokens[place + 1].text[:1].isidentifier():
        return f"`{tokens[place + 1].text}` is stuck to a number."
    return None


def _bare_filter(tokens: Sequence[Token], place: int) -> str | None:
    follows = _kind(tokens, place - 1) is TokenType.R_PAREN and _kind(tokens, place + 1) is TokenType.L_PAREN
    if _kind(tokens, place) is TokenType.FILTER and follows and _kind(tokens, place + 2) is not TokenType.WHERE:
        return "Write `filter (where …)`."
    return None


def _bare_using(tokens: Sequence[Token], place: int) -> str | None:
    if _kind(tokens, place) is TokenType.USING and _kind(tokens, place + 1) is not TokenType.L_PAREN:
        return "The columns after `using` stand in parentheses."
    return None


def _limit_before_offset(tokens: Sequence[Token], place: int) -> str | None:
    if _kind(tokens, place) is TokenType.LIMIT and _kind(tokens, place + 2) is TokenType.OFFSET:
        return "Athena takes `offset` before `limit`."
    return None


def _extract_with_comma(tokens: Sequence[Token], place: int) -> str | None:
    if tokens[place].text.lower() == "extract" and _kind(tokens, place + 3) is TokenType.COMMA:
        return "Write extract(day from x)."
    return None


def _foreign_function(tokens: Sequence[Token], place: int) -> str | None:
    name = tokens[place].text.lower()
    if name not in FOREIGN or _kind(tokens, place + 1) is not TokenType.L_PAREN:
        return None
    is_clause = name == "filter" and _kind(tokens, place - 1) is TokenType.R_PAREN
    is_quoted = _kind(tokens, place) in {TokenType.IDENTIFIER, TokenType.STRING}
    return None if is_clause or is_quoted else unknown_function(name)


_RULES: tuple[Callable[[Sequence[Token], int], str | None], ...] = (
    _type_operator,
    _comma_at_the_end,
    _braces,
    _bare_interval,
    _number_with_a_tail,
    _bare_filter,
    _bare_using,
    _limit_before_offset,
    _extract_with_comma,
    _foreign_function,
)
