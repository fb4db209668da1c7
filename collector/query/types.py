"""The types of Trino's expressions, in the few families that make a difference to an answer. Pure.

sqlglot infers most types. What it does not know, or knows otherwise than Trino, is declared here: without the type of
its operands a division, a difference or a cast cannot be carried over truly.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.dialects import Athena

if TYPE_CHECKING:
    from sqlglot.optimizer.annotate_types import TypeAnnotator


class Family(Enum):
    """A group of types between which Trino converts by itself; between two groups it does not."""

    TEXT = "varchar"
    INTEGER = "bigint"
    DOUBLE = "double"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIMESTAMP_WITH_ZONE = "timestamp with time zone"
    INTERVAL = "interval"
    MAP = "map"
    ARRAY = "array"
    ROW = "row"
    BINARY = "varbinary"
    NULL = "null"
    UNKNOWN = "unknown"


NUMBERS = frozenset({Family.INTEGER, Family.DOUBLE, Family.DECIMAL})
INSTANTS = frozenset({Family.DATE, Family.TIMESTAMP, Family.TIMESTAMP_WITH_ZONE})

_FAMILIES: dict[exp.DType, Family] = {
    **dict.fromkeys((exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.TEXT), Family.TEXT),
    **dict.fromkeys(
        (exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT),
        Family.INTEGER,
    ),
    **dict.fromkeys((exp.DType.DOUBLE, exp.DType.FLOAT), Family.DOUBLE),
    exp.DType.DECIMAL: Family.DECIMAL,
    exp.DType.BOOLEAN: Family.BOOLEAN,
    exp.DType.DATE: Family.DATE,
    exp.DType.TIMESTAMP: Family.TIMESTAMP,
    exp.DType.DATETIME: Family.TIMESTAMP,
    exp.DType.TIMESTAMPTZ: Family.TIMESTAMP_WITH_ZONE,
    exp.DType.INTERVAL: Family.INTERVAL,
    exp.DType.MAP: Family.MAP,
    exp.DType.ARRAY: Family.ARRAY,
    exp.DType.STRUCT: Family.ROW,
    exp.DType.VARBINARY: Family.BINARY,
    exp.DType.NULL: Family.NULL,
}

# Trino's names of the types that a view may put out, by sqlglot's.
TRINO_NAMES: dict[exp.DType, str] = {
    exp.DType.VARCHAR: "varchar",
    exp.DType.BOOLEAN: "boolean",
    exp.DType.INT: "integer",
    exp.DType.BIGINT: "bigint",
    exp.DType.DOUBLE: "double",
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp(3)",
    exp.DType.MAP: "map(varchar, varchar)",
}


def family(node: exp.Expr) -> Family:
    """The family of a node's type; a number with a decimal point is a DECIMAL to Trino, whatever sqlglot says."""
    if isinstance(node, exp.Paren | exp.Neg):
        return family(node.this)
    if is_decimal_literal(node):
        return Family.DECIMAL
    if isinstance(node, exp.Null):
        return Family.NULL
    if node.type is None or not isinstance(node.type.this, exp.DType):
        return Family.UNKNOWN
    return _FAMILIES.get(node.type.this, Family.UNKNOWN)


def is_decimal_literal(node: exp.Expr) -> bool:
    """Whether a node is a number like `0.5`: a DECIMAL in Trino, where `5e-1` is a double."""
    return isinstance(node, exp.Literal) and not node.is_string and "." in node.name and "e" not in node.name.lower()


def trino_name(node: exp.Expr) -> str:
    """Trino's name for a node's type; `unknown` where it cannot be told."""
    found = node.type.this if node.type is not None else None
    return TRINO_NAMES.get(found, family(node).value) if isinstance(found, exp.DType) else "unknown"


def _returns(*, of: str) -> dict[str, Any]:
    return {"annotator": lambda self, node: self._annotate_by_args(node, of)}


def _difference(self: TypeAnnotator, node: exp.Sub) -> None:
    """Of two instants an interval; else what sqlglot says."""
    if family(node.this) in INSTANTS and family(node.expression) in INSTANTS:
        self._set_type(node, exp.DType.INTERVAL)
    else:
        self._annotate_binary(node)


def _product(self: TypeAnnotator, node: exp.Mul) -> None:
    """A number times an interval is an interval; else what sqlglot says."""
    if Family.INTERVAL in {family(node.this), family(node.expression)}:
        self._set_type(node, exp.DType.INTERVAL)
    else:
        self._annotate_binary(node)


def _sum(self: TypeAnnotator, node: exp.Add) -> None:
    """An instant and an interval are an instant of the same type; else what sqlglot says."""
    left, right = family(node.this), family(node.expression)
    if left in INSTANTS and right is Family.INTERVAL:
        self._set_type(node, node.this.type)
    elif right in INSTANTS and left is Family.INTERVAL:
        self._set_type(node, node.expression.type)
    else:
        self._annotate_binary(node)


def _sum_or_difference(self: TypeAnnotator, node: exp.Sub) -> None:
    if family(node.this) in INSTANTS and family(node.expression) is Family.INTERVAL:
        self._set_type(node, node.this.type)
    else:
        _difference(self, node)


def _element(self: TypeAnnotator, node: exp.Bracket) -> None:
    """The value of a map or the element of an array."""
    container = node.this.type
    parts = container.expressions if container is not None else []
    last = parts[-1] if parts and family(node.this) in {Family.MAP, Family.ARRAY} else None
    self._set_type(node, last if isinstance(last, exp.DataType) else exp.DType.UNKNOWN)


def _array_of_part(self: TypeAnnotator, node: exp.Expr, container: exp.Expr, position: int) -> None:
    """An array of the keys (0) or the values (1) of a map."""
    parts = container.type.expressions if container.type is not None and family(container) is Family.MAP else []
    element = [parts[position].copy()] if len(parts) > position else []
    self._set_type(node, exp.DataType(this=exp.DType.ARRAY, expressions=element, nested=True))


def _named_function(self: TypeAnnotator, node: exp.Anonymous) -> None:
    """A function of Trino's that sqlglot does not know."""
    if node.name.lower() == "map_values" and len(node.expressions) == 1:
        _array_of_part(self, node, node.expressions[0], 1)
    else:
        self._set_type(node, exp.DType.UNKNOWN)


METADATA: dict[type[exp.Expr], dict[str, Any]] = {
    **Athena.EXPRESSION_METADATA,
    exp.Add: {"annotator": _sum},
    exp.Sub: {"annotator": _sum_or_difference},
    exp.Mul: {"annotator": _product},
    exp.Bracket: {"annotator": _element},
    exp.MapKeys: {"annotator": lambda self, node: _array_of_part(self, node, node.this, 0)},
    exp.Anonymous: {"annotator": _named_function},
    **{node: _returns(of="this") for node in (exp.ArgMax, exp.ArgMin, exp.AnyValue, exp.DateAdd)},
    **{node: _returns(of="this") for node in (exp.TimestampTrunc, exp.DateTrunc, exp.Trunc, exp.ArrayDistinct)},
    **{node: {"returns": exp.DType.VARCHAR} for node in (exp.SplitPart, exp.Replace, exp.RegexpExtract)},
    **{node: {"returns": exp.DType.VARCHAR} for node in (exp.RegexpReplace, exp.Pad)},
    exp.Split: {"returns": exp.DataType.build("array<varchar>")},
    **{node: {"returns": exp.DType.BIGINT} for node in (exp.Count, exp.DateDiff, exp.Extract, exp.StrPosition)},
    **{node: {"returns": exp.DType.BIGINT} for node in (exp.Year, exp.Month, exp.Day, exp.DayOfMonth, exp.Hour)},
    **{node: {"returns": exp.DType.BIGINT} for node in (exp.Minute, exp.Second, exp.Quarter, exp.DayOfYear)},
    **{node: {"returns": exp.DType.BIGINT} for node in (exp.DayOfWeekIso, exp.WeekOfYear, exp.YearOfWeek)},
    **{node: {"returns": exp.DType.BIGINT} for node in (exp.Length, exp.ArraySize)},
    **{node: {"returns": exp.DType.DATE} for node in (exp.FromISO8601Date, exp.LastDay)},
    **{node: {"returns": exp.DType.BOOLEAN} for node in (exp.RegexpLike, exp.ArrayContains, exp.LogicalAnd)},
    **{node: {"returns": exp.DType.TIMESTAMPTZ} for node in (exp.FromISO8601Timestamp, exp.UnixToTime)},
    exp.CurrentTimestamp: {"returns": exp.DType.TIMESTAMPTZ},
    **{node: {"returns": exp.DType.TIMESTAMP} for node in (exp.Localtimestamp, exp.StrToTime)},
    exp.Grouping: {"returns": exp.DType.INT},
    exp.TimeToUnix: {"returns": exp.DType.DOUBLE},
    **{node: {"returns": exp.DType.VARBINARY} for node in (exp.Encode, exp.MD5Digest, exp.SHA2Digest)},
    **{node: {"returns": exp.DType.VARCHAR} for node in (exp.Hex, exp.LowerHex)},
}
