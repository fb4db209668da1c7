"""What sqlglot carries over to DuckDB with another meaning, written so that the meaning stays. Pure.

Every rule takes a typed node of Athena's tree and returns the node to put in its place. Nodes inside it were rewritten
before. The differences are those of real runs (`tests/query/corpus.json` holds one question for each).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from collector.query.types import Family, family

if TYPE_CHECKING:
    from collections.abc import Callable

_CHECKED_CASTS = {
    exp.DType.INT: "trino_integer",
    exp.DType.BIGINT: "trino_bigint",
    exp.DType.DATE: "trino_date",
    exp.DType.TIMESTAMP: "trino_timestamp",
}
_WHOLE_NUMBERS = frozenset({exp.DType.INT, exp.DType.BIGINT})


def rewrite(tree: exp.Query) -> exp.Query:
    """The tree with every rule applied, innermost nodes first. The tree given is changed."""
    for node in reversed(list(tree.walk(bfs=True))):
        rule = RULES.get(type(node))
        if rule is None:
            continue
        replacement = rule(node)
        if replacement is not node:
            if replacement.type is None:
                replacement.type = node.type
            node.replace(replacement)
    return tree


def _call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    # The arguments move: the node that held them is thrown away.
    return exp.Anonymous(this=name, expressions=[argument for argument in arguments if argument is not None])


def _as_date(node: exp.Expr) -> exp.Expr:
    """A date that DuckDB would make a timestamp of: made a date again."""
    return exp.cast(node.copy(), exp.DType.DATE)


def _elapsed_units(node: exp.DateDiff) -> exp.Expr:
    """Trino counts whole units that passed; DuckDB's date_diff counts borders crossed, its date_sub whole units."""
    return _call("date_sub", exp.Literal.string(node.text("unit").lower()), node.expression, node.this)


def _value_at_maximum(node: exp.ArgMax) -> exp.Expr:
    """The value at the maximum even where it is null; DuckDB's arg_max would pass over it to an older one."""
    return _call("arg_max_null", node.this, node.expression)


def _value_at_minimum(node: exp.ArgMin) -> exp.Expr:
    return _call("arg_min_null", node.this, node.expression)


def _count_if(node: exp.CountIf) -> exp.Expr:
    """Over no rows 0; DuckDB's count_if says null."""
    return exp.Filter(this=exp.Count(this=exp.Star(), big_int=True), expression=exp.Where(this=node.this.copy()))


def _merge_filters(node: exp.Filter) -> exp.Expr:
    """`count_if(a) filter (where b)`: one filter with both."""
    inner = node.this
    if not isinstance(inner, exp.Filter):
        return node
    both = exp.and_(inner.expression.this.copy(), node.expression.this.copy())
    return exp.Filter(this=inner.this.copy(), expression=exp.Where(this=both))


def _distinct_count(node: exp.ApproxDistinct) -> exp.Expr:
    """An exact count is within the error that an approximation may have, and the same every time."""
    return exp.Count(this=exp.Distinct(expressions=[node.this.copy()]), big_int=True)


def _cast(node: exp.Cast) -> exp.Expr:
    """Casts that take other texts, or round otherwise: `trunc` would cut, Trino rounds half away from zero."""
    target, source = node.to.this, family(node.this)
    if target is exp.DType.TIMESTAMP:
        node.set("to", exp.DataType(this=exp.DType.TIMESTAMP))
    is_typed_literal = type(node) is exp.Cast and isinstance(node.this, exp.Literal) and target not in _WHOLE_NUMBERS
    if source is Family.TEXT and target in _CHECKED_CASTS and not is_typed_literal:
        prefix = "try_" if isinstance(node, exp.TryCast) else ""
        return _call(prefix + _CHECKED_CASTS[target], node.this)
    if source is Family.DOUBLE and target in _WHOLE_NUMBERS:
        node.set("this", exp.Round(this=node.this.copy()))
    return node


def _date_stays_date(node: exp.Add | exp.Sub) -> exp.Expr:
    """A date and an interval are a date; DuckDB makes a timestamp of it."""
    return _as_date(node) if family(node) is Family.DATE else node


def _date_add(node: exp.DateAdd) -> exp.Expr:
    return _as_date(node) if family(node.this) is Family.DATE else node


def _date_trunc(node: exp.TimestampTrunc | exp.DateTrunc) -> exp.Expr:
    return _as_date(node) if family(node.this) is Family.DATE else node


def _whole_number(node: exp.Floor | exp.Ceil) -> exp.Expr:
    """Of an integer, itself; DuckDB would make a double of it."""
    return node.this if family(node.this) is Family.INTEGER else node


def _sign(node: exp.Sign) -> exp.Expr:
    """Of a double a double; DuckDB's is an integer."""
    return exp.cast(node.copy(), exp.DType.DOUBLE) if family(node.this) is Family.DOUBLE else node


def _upper(node: exp.Upper) -> exp.Expr:
    return _call("trino_upper", node.this)


def _substring(node: exp.Substring) -> exp.Expr:
    return _call("trino_substr", node.this, node.args.get("start"), node.args.get("length"))


def _split_part(node: exp.SplitPart) -> exp.Expr:
    return _call("trino_split_part", node.this, node.args["delimiter"], node.args["part_index"])


def _regexp_extract(node: exp.RegexpExtract) -> exp.Expr:
    return _call("trino_regexp_extract", node.this, node.expression, node.args.get("group"))


def _contains(node: exp.ArrayContains) -> exp.Expr:
    return _call("trino_contains", node.this, node.expression)


def _cardinality(node: exp.ArraySize) -> exp.Expr:
    """The number of entries of a map; DuckDB has another function for it than for arrays."""
    if family(node.this) is not Family.MAP:
        return node
    return exp.cast(_call("cardinality", node.this), exp.DType.BIGINT)


def _hex_of_md5(node: exp.Hex | exp.LowerHex) -> exp.Expr:
    """DuckDB's md5 is the hexadecimal text already; sqlglot would turn it into bytes and back."""
    digest = node.this
    if not (isinstance(digest, exp.MD5Digest) and isinstance(digest.this, exp.Encode)):
        return node
    text = _call("md5", digest.this.this)
    return text if isinstance(node, exp.LowerHex) else exp.Upper(this=text)


def _named_function(node: exp.Anonymous) -> exp.Expr:
    """Functions that sqlglot does not know, under DuckDB's name."""
    if node.name.lower() == "every":
        return exp.LogicalAnd(this=node.expressions[0].copy())
    return node


def _unnest(node: exp.Unnest) -> exp.Expr:
    """A map becomes two columns, an array of rows a column for each field; DuckDB would give one column of structs."""
    argument = node.expressions[0]
    alias = node.args.get("alias")
    if family(argument) is Family.MAP:
        argument = _call("map_entries", argument)
    elif family(argument) is not Family.ARRAY or not _has_row_elements(argument):
        return node
    unnest = exp.Anonymous(
        this="unnest",
        expressions=[
            argument.copy(),
            exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2)),
        ],
    )
    rows = exp.Subquery(this=exp.Select(expressions=[unnest]))
    return exp.Lateral(this=rows, alias=alias.copy() if alias is not None else None)


def _row(node: exp.Struct) -> exp.Expr:
    """A row has no names; sqlglot would name its fields after what stands in them, and DuckDB match rows by name."""
    return _call("row", *(f.expression if isinstance(f, exp.PropertyEQ) else f for f in node.expressions))


def _has_row_elements(node: exp.Expr) -> bool:
    parts = node.type.expressions if node.type is not None else []
    if isinstance(node, exp.Array) and node.expressions:
        return family(node.expressions[0]) is Family.ROW
    return bool(parts) and isinstance(parts[0], exp.DataType) and parts[0].this is exp.DType.STRUCT


RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.DateDiff: _elapsed_units,
    exp.ArgMax: _value_at_maximum,
    exp.ArgMin: _value_at_minimum,
    exp.CountIf: _count_if,
    exp.Filter: _merge_filters,
    exp.ApproxDistinct: _distinct_count,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Add: _date_stays_date,
    exp.Sub: _date_stays_date,
    exp.DateAdd: _date_add,
    exp.TimestampTrunc: _date_trunc,
    exp.DateTrunc: _date_trunc,
    exp.Floor: _whole_number,
    exp.Ceil: _whole_number,
    exp.Sign: _sign,
    exp.Upper: _upper,
    exp.Substring: _substring,
    exp.SplitPart: _split_part,
    exp.RegexpExtract: _regexp_extract,
    exp.ArrayContains: _contains,
    exp.ArraySize: _cardinality,
    exp.LowerHex: _hex_of_md5,
    exp.Hex: _hex_of_md5,
    exp.Anonymous: _named_function,
    exp.Struct: _row,
    exp.Unnest: _unnest,
}
