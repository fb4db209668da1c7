"""Resolve every column of a view to its table, and infer the type of every expression. Pure.

A view that names a column that does not exist is refused. sqlglot infers most types; those that it does not know, or
infers differently from Trino, are declared here. Types are grouped in the few families that matter to a translation.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects import Athena
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.resolver import Resolver
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from collector.schema import SNAPSHOT_RECORD, ColumnType
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE
from tools.trino.view_files import ViewFileError, names_of, tables_read, twin_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot.optimizer.annotate_types import TypeAnnotator

    from tools.trino.view_files import ViewFile


_DIALECT = "athena"


class Family(Enum):
    """A group of types that Trino converts implicitly; between two groups it does not."""

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
    """The family of a node's type; `OTHER` if the type is unknown or not used by the views."""
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


_METADATA: dict[type[exp.Expr], dict[str, Any]] = {
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

# Without the precision: timestamp(3) is the only one used, and sqlglot would treat the two as different types.
_TYPES = {ColumnType.TIMESTAMP: "timestamp"}


class AnnotatedViews:
    """The annotated statement behind every view's name, annotated when it is needed."""

    def __init__(self, views: Mapping[str, ViewFile]) -> None:
        """Take the view files; nothing is parsed yet."""
        self._views = names_of(views)
        self._trees: dict[str, exp.Query] = {}
        self._schema = MappingSchema(dialect=_DIALECT)
        for table in (HISTORY_TABLE, CURRENT_TABLE):
            columns = {c.name: _TYPES.get(c.type, c.type.trino) for c in SNAPSHOT_RECORD.columns}
            self._schema.add_table(table, columns, dialect=_DIALECT)

    def tree(self, name: str) -> exp.Query:
        """The annotated statement behind a view's name.

        Raises:
            ViewFileError: the view names a column that does not exist.
        """
        if name not in self._trees:
            view = self._views[name]
            statement = sqlglot.parse_one(twin_sql(view, name), read=_DIALECT)
            if not isinstance(statement, exp.Query):
                raise TypeError(name)
            try:
                self._trees[name] = self._annotated(statement)
            except OptimizeError as error:
                raise ViewFileError([f"{view.path}:{view.first_line}: {str(error).splitlines()[0]}"]) from error
        return self._trees[name]

    def columns(self, name: str) -> dict[str, str]:
        """The columns of a view in order, with their inferred types as sqlglot writes them."""
        return {
            node.alias_or_name: str(node.type.sql(_DIALECT)) if node.type else "" for node in self.tree(name).selects
        }

    def _annotated(self, statement: exp.Query) -> exp.Query:
        for table in tables_read(statement):
            if table in self._views:
                self._schema.add_table(table, self.columns(table), dialect=_DIALECT)
        qualified = qualify(
            statement,
            dialect=_DIALECT,
            schema=self._schema,
            # Trino does not see a select's own aliases in its other expressions; sqlglot and DuckDB would.
            expand_alias_refs=False,
        )
        for scope in traverse_scope(qualified):
            _qualify_having(scope.expression, Resolver(scope, self._schema))
        return annotate_types(qualified, schema=self._schema, expression_metadata=_METADATA, dialect=_DIALECT)


def _qualify_having(select: exp.Expr, resolver: Resolver) -> None:
    """Add the table to the columns in `having`, which sqlglot does not do if an output has the same name.

    In Trino such a name is a column of the table, never an output; DuckDB would accept either.
    """
    having = select.args.get("having")
    for column in having.find_all(exp.Column) if having is not None else ():
        if column.table or column.parent_select is not select:
            continue
        table = resolver.get_table(column)
        if table is None:
            raise OptimizeError(f"Column '{column.name}' could not be resolved")
        column.set("table", table)
