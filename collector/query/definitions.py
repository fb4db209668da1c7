"""The tables and views of a DuckDB session, and the check that a statement only reads."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb

from collector.errors import UsageError
from collector.query.deciding_reports import LATEST_CHANGES, deciding_reports
from collector.query.rows import query_error, unreadable_tables
from collector.query.statement import first_word, identifier, mentioned, named_view, trimmed
from collector.schema import SNAPSHOT_RECORD
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from collector.views.files import PreparedViews

    TableSql = Callable[[str, str | None, pa.Table | None], str]

_RECORD_TABLES = (HISTORY_TABLE, CURRENT_TABLE)
# Statements about all tables and views, which name none: `show tables`, `describe`.
_ABOUT_ALL = frozenset({"show", "describe", "desc"})
# Nodes of a serialized statement that read, words of those that write, and functions that run a string as a statement.
_READING = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_WRITING_WORDS = frozenset({"copy", "delete", "insert", "merge", "truncate", "update"})
_EVALUATING = frozenset({"query", "json_execute_serialized_sql"})


class Definitions:
    """The tables and views of a lake in a DuckDB session, each defined when a query needs it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table_sql: TableSql, views: PreparedViews) -> None:
        """Nothing is defined yet.

        Args:
            connection: the session.
            table_sql: the select behind `snapshot_record` or `snapshot_record_latest`, for one record type or for all;
                given reports, its rows of users may be limited to theirs.
            views: the views.
        """
        self._connection = connection
        self._table_sql = table_sql
        self._views = views
        self._defined: set[str] = set()
        self.columns = {**dict.fromkeys(_RECORD_TABLES, SNAPSHOT_RECORD.names), **views.columns()}
        """The columns of every table and view that can be queried, by its name."""

    def prepare(self, text: str) -> str:
        """DuckDB's SQL for the name of a view, or for one statement, with everything defined that it reads.

        Raises:
            UsageError: an unknown name, or anything but one statement that only reads.
        """
        sql = trimmed(text)
        name = named_view(sql, self.columns)
        if name is not None:
            self.define(name)
            return self._whole_view(name)
        self._require_one_reading_statement(sql)
        names = mentioned(sql, self.columns)
        for each in names or (self.columns if first_word(sql) in _ABOUT_ALL else ()):
            self.define(each)
        # DuckDB itself refuses a copy or an insert within a subquery, and numbers columns of one name there.
        return f"from ({sql}\n)"

    def define(self, name: str) -> None:
        """Define a table or view."""
        if name in self._defined:
            return
        try:
            self._connection.execute(f"create view {identifier(name)} as {self._selected(name)}")
        except (duckdb.Error, UnicodeDecodeError) as error:
            # The SQL is ours, so it is the files: one whose hash was not compared.
            raise unreadable_tables(error) from error
        self._defined.add(name)

    def _selected(self, name: str) -> str:
        """All rows of a table or view, in one statement with all that it reads.

        DuckDB analyzes a view when it is created, with all views below it: one at a time, `findings` took a quarter of
        a second.
        """
        if name == LATEST_CHANGES:
            return self._with_parts([name], f"from {identifier(name)}", deciding_reports(self._fetched))
        return self._with_parts([name], f"from {identifier(name)}")

    def _fetched(self, sql: str, reads: list[str], reports: pa.Table | None) -> pa.Table:
        found: pa.Table = self._connection.sql(self._with_parts(reads, sql, reports)).to_arrow_table()
        return found

    def _with_parts(self, reads: list[str], sql: str, reports: pa.Table | None = None) -> str:
        """A statement with all tables and views below those that it reads, which are needed for some reports or all."""
        parts: dict[str, str] = {}
        for each in reads:
            self._collect(each, parts, reports)
        # As views are, so that each reader of a part computes only the columns and rows that it needs. But opening the
        # many small files of accounts for each reader would take longer than all the rest of a few reports.
        kept = () if reports is None else ("account_history",)
        steps = [
            f"{identifier(each)} as {'' if each in kept else 'not '}materialized (\n{text}\n)"
            for each, text in parts.items()
        ]
        return f"with {', '.join(steps)}\nfrom (\n{sql}\n)"

    def _collect(self, name: str, parts: dict[str, str], reports: pa.Table | None) -> None:
        """Add the statement of a table or view to the parts, after those of all that it reads."""
        if name in parts:
            return
        table, _, kind = name.partition(":")
        if table in _RECORD_TABLES:
            parts[name] = self._table_sql(table, kind or None, reports)
            return
        for read in self._views.by_name[name].reads[name]:
            self._collect(read, parts, reports)
        parts[name] = self._views.duckdb_sql(name)

    def _whole_view(self, name: str) -> str:
        """All rows of a view in its own order; those of a union are computed before they are sorted."""
        view = self._views.by_name.get(name)
        rows = f"select * from {identifier(name)}"  # noqa: S608 -- one of our names
        if view is None or view.order is None:
            return rows
        if view.flows_from_union:
            # Materialized first, so that the hash tables of the union are freed before the rows are sorted.
            rows = f'with "rows of the view" as materialized ({rows}) select * from "rows of the view"'  # noqa: S608
        return f"{rows} order by {view.order}"

    def _require_one_reading_statement(self, sql: str) -> None:
        try:
            statements = self._connection.extract_statements(sql)
        except duckdb.Error as error:
            raise query_error(error) from error
        if len(statements) != 1:
            raise UsageError([f"The query has {len(statements)} statements: run one at a time."])
        if not self._only_reads(statements[0].type, sql):
            problem = (
                f"`{first_word(sql)} …` does more than read, and `credlake query` only reads. Give the name of a view "
                "(`credlake views list`) or one SELECT statement."
            )
            raise UsageError([problem])

    def _only_reads(self, kind: duckdb.StatementType, sql: str) -> bool:
        """Whether a statement reads and nothing else: a `with` may contain a copy or an insert."""
        if kind == duckdb.StatementType.SELECT:
            ((serialized,),) = self._connection.execute("select json_serialize_sql(?::varchar)", [sql]).fetchall()
            with suppress(RecursionError):
                return _only_selects(json.loads(serialized))
        # A pivot, which DuckDB expands to several statements, or one that is nested too deep: checked by its words.
        is_known = kind in {duckdb.StatementType.SELECT, duckdb.StatementType.MULTI}
        return is_known and not mentioned(sql, _WRITING_WORDS | _EVALUATING)


def _only_selects(serialized: object) -> bool:
    """Whether all queries within a serialized statement read, and none is run from a string."""
    rest: list[object] = [serialized]
    while rest:
        part = rest.pop()
        if isinstance(part, list):
            rest += part
        elif isinstance(part, dict):
            kind, function = str(part.get("type")), str(part.get("function_name")).lower()
            is_other_node = kind.endswith("_NODE") and kind not in _READING
            if part.get("error") is True or is_other_node or function in _EVALUATING:
                return False
            rest += part.values()
    return True
