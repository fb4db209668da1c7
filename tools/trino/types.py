"""The types of the expressions in the views, in the few families that make a difference to a translation. Pure.

sqlglot infers most types. What it does not know, or infers differently than Trino, is declared here.
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
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    MAP = "map"
    NULL = "null"
    OTHER = "other"


_FAMILIES: dict[exp.DType, Family] = {
    exp.DType.VARCHAR: Family.TEXT,
    exp.DType.INT: Family.INTEGER,
    exp.DType.BIGINT: Family.INTEGER,
    exp.DType.DOUBLE: Family.DOUBLE,
    exp.DType.BOOLEAN: Family.BOOLEAN,
    exp.DType.TIMESTAMP: Family.TIMESTAMP,
    exp.DType.MAP: Family.MAP,
    exp.DType.NULL: Family.NULL,
}


def family(node: exp.Expr) -> Family:
    """The family of a node's type; `OTHER` where the type is unknown, or one that the views do not use."""
    if isinstance(node, exp.Null):
        return Family.NULL
    found = node.type.this if node.type is not None else None
    return _FAMILIES.get(found, Family.OTHER) if isinstance(found, exp.DType) else Family.OTHER


def _map_value(self: TypeAnnotator, node: exp.Bracket) -> None:
    """`element_at` of a map has the type of the map's values."""
    parts = node.this.type.expressions if node.this.type is not None and family(node.this) is Family.MAP else []
    self._set_type(node, parts[-1] if parts and isinstance(parts[-1], exp.DataType) else exp.DType.UNKNOWN)


def _type_of_argument(self: TypeAnnotator, node: exp.Expr) -> None:
    self._annotate_by_args(node, "this")


METADATA: dict[type[exp.Expr], dict[str, Any]] = {
    **Athena.EXPRESSION_METADATA,
    exp.Bracket: {"annotator": _map_value},
    exp.DateAdd: {"annotator": _type_of_argument},
    exp.TimestampTrunc: {"annotator": _type_of_argument},
    exp.Count: {"returns": exp.DType.BIGINT},
    exp.CountIf: {"returns": exp.DType.BIGINT},
    exp.DateDiff: {"returns": exp.DType.BIGINT},
    exp.LogicalAnd: {"returns": exp.DType.BOOLEAN},
    exp.LowerHex: {"returns": exp.DType.VARCHAR},
}
