"""Names and types: every column of a view found in the table it comes from, every expression with its type. Pure.

The columns of a view are those of its file's statement, so a view that names a column that does not exist is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.resolver import Resolver
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from collector.schema import SNAPSHOT_RECORD, ColumnType
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE
from tools.trino.types import METADATA
from tools.trino.view_files import ViewFileError, names_of, tables_read, twin_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.trino.view_files import ViewFile

_DIALECT = "athena"

# Without a precision: that is fixed (timestamp(3) is the only one there is), and sqlglot tells apart what is equal.
_TYPES = {ColumnType.TIMESTAMP: "timestamp"}


class AnnotatedViews:
    """The annotated statement behind every view's name, each worked out when it is needed."""

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
        """The columns of a view in order, with their inferred types in sqlglot's words."""
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
        return annotate_types(qualified, schema=self._schema, expression_metadata=METADATA, dialect=_DIALECT)


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
