"""Names and types: every column of a statement found in the table it comes from, every expression with its type. Pure.

The columns of a view are those of its file's statement, so a view that names a column that does not exist is refused
here, and so is a question.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.resolver import Resolver
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from collector.errors import UsageFaultsError
from collector.query.suggestion import closest
from collector.query.types import METADATA
from collector.schema import SNAPSHOT_RECORD, ColumnType
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE, names_of, tables_read, twin_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.views.files import ViewFile

_DIALECT = "athena"
_COLUMN = re.compile(r"[Cc]olumn:? '?\"?([\w$]+)")

# Without a precision: that is fixed (timestamp(3) is the only one there is), and sqlglot tells apart what is equal.
_TYPES = {ColumnType.TIMESTAMP: "timestamp"}


class UnknownNameError(UsageFaultsError):
    """A table, view or column that does not exist, with the one that may have been meant."""


class Names:
    """What can be asked: the two tables and the views, with their columns and types, each worked out when needed."""

    def __init__(self, views: Mapping[str, ViewFile]) -> None:
        """Take the view files; nothing is parsed yet."""
        self.views = names_of(views)
        self._schema = MappingSchema(dialect=_DIALECT)
        self._trees: dict[str, exp.Query] = {}
        self._known: dict[str, dict[str, str]] = {}
        for table in (HISTORY_TABLE, CURRENT_TABLE):
            self._learn(table, {c.name: _TYPES.get(c.type, c.type.trino) for c in SNAPSHOT_RECORD.columns})

    def all_names(self) -> list[str]:
        """Every table and view that can be asked for."""
        return [HISTORY_TABLE, CURRENT_TABLE, *self.views]

    def columns(self, name: str) -> dict[str, str]:
        """The columns of a table or view with their types in Athena's SQL, in order."""
        self._require(name)
        return self._known[name]

    def view_tree(self, name: str) -> exp.Query:
        """The annotated statement behind a view's name."""
        self._require(name)
        return self._trees[name]

    def annotate(self, statement: exp.Query) -> exp.Query:
        """A copy of the statement with every column qualified and every expression typed.

        Raises:
            UnknownNameError: a table, view or column that does not exist.
        """
        return self._annotate(statement.copy())

    def _annotate(self, statement: exp.Query) -> exp.Query:
        tables = tables_read(statement)
        for table in tables:
            self._require(table)
        try:
            qualified = qualify(
                _with_trino_names(statement),
                dialect=_DIALECT,
                schema=self._schema,
                # Trino does not see a select's own aliases in its other expressions; sqlglot and DuckDB would.
                expand_alias_refs=False,
            )
            for scope in traverse_scope(qualified):
                resolver = Resolver(scope, self._schema)
                _qualify_having(scope.expression, resolver)
                _settle_order(scope.expression, resolver)
            return annotate_types(qualified, schema=self._schema, expression_metadata=METADATA, dialect=_DIALECT)
        except OptimizeError as error:
            raise self._unknown_column(error, tables) from error

    def _require(self, name: str) -> None:
        if name in self._known:
            return
        if name not in self.views:
            raise UnknownNameError([f"There is no view or table {name}.{closest(name, self.all_names())}"])
        statement = sqlglot.parse_one(twin_sql(self.views[name], name), read=_DIALECT)
        if not isinstance(statement, exp.Query):
            raise TypeError(name)
        tree = self._annotate(statement)
        self._trees[name] = tree
        self._learn(name, {node.alias_or_name: _type_of(node) for node in tree.selects})

    def _learn(self, name: str, columns: dict[str, str]) -> None:
        self._known[name] = columns
        self._schema.add_table(name, dict(columns), dialect=_DIALECT)

    def _unknown_column(self, error: OptimizeError, tables: list[str]) -> UnknownNameError:
        message = str(error).splitlines()[0].rstrip(".")
        match = _COLUMN.search(message)
        candidates = sorted({column for table in tables for column in self._known[table]})
        hint = closest(match[1], candidates) if match else ""
        return UnknownNameError([f"{message}.{hint}"])


def _type_of(node: exp.Expr) -> str:
    return node.type.sql(_DIALECT) if node.type is not None else "unknown"


def _with_trino_names(statement: exp.Query) -> exp.Query:
    """Name what has no name as Trino does, by its place: `_col0`, `_col1`. After a star the place is not known yet."""
    for select in statement.find_all(exp.Select):
        for place, node in enumerate(select.expressions):
            if node.is_star:
                break
            if not isinstance(node, exp.Alias | exp.Column):
                node.replace(exp.alias_(node.copy(), f"_col{place}", quoted=True))
    return statement


def _qualify_having(select: exp.Expr, resolver: Resolver) -> None:
    """Find the tables of the columns in `having`, which sqlglot leaves alone where an output has the same name.

    In Trino a name there is a column of what is read, never an output; DuckDB would take either.
    """
    having = select.args.get("having")
    for column in having.find_all(exp.Column) if having is not None else ():
        if column.table or column.parent_select is not select:
            continue
        table = resolver.get_table(column)
        if table is None:
            raise OptimizeError(f"Column '{column.name}' could not be resolved")
        column.set("table", table)


def _settle_order(select: exp.Expr, resolver: Resolver) -> None:
    """In an expression of `order by`, a name is Trino's output of that name; DuckDB would take the column read."""
    order = select.args.get("order")
    if order is None or not isinstance(select, exp.Select):
        return
    outputs = {node.alias_or_name: node.unalias() for node in select.selects}
    for ordered in order.expressions:
        for column in list(ordered.this.find_all(exp.Column)):
            is_output = not column.table and column.parent is not ordered and column.name in outputs
            if is_output and resolver.get_table(column) is not None:
                column.replace(exp.paren(outputs[column.name].copy()))
