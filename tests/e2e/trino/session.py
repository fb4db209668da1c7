"""Queries on the Trino server: rows with their types, and how much the query read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector.views.files import shipped_views
from tests.e2e.trino.server import CATALOG

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.e2e.trino.server import TrinoServer


@dataclass(frozen=True)
class Result:
    """The rows of a query in Python's types, the columns with Trino's types, and the query's statistics."""

    columns: list[tuple[str, str]]
    rows: list[tuple[Any, ...]]
    splits: int
    bytes_read: int
    milliseconds: int


class Trino:
    """A session in UTC, as Athena's are."""

    def __init__(self, server: TrinoServer, database: str) -> None:
        import trino  # noqa: PLC0415  # in requirements/trino.txt alone: a plain `make test` collects this file

        self.error = trino.exceptions.TrinoQueryError
        self._connection = trino.dbapi.connect(
            host=server.host,
            port=server.port,
            user="tests",
            catalog=CATALOG,
            schema=database,
            timezone="UTC",
            source="credlake-tests",
        )

    def run(self, sql: str) -> Result:
        """Run one statement to its end."""
        cursor = self._connection.cursor()
        cursor.execute(sql)
        rows = [tuple(row) for row in cursor.fetchall()]
        stats = cursor.stats
        return Result(
            [(column.name, column.type_code) for column in cursor.description or ()],
            rows,
            stats["completedSplits"],
            stats["physicalInputBytes"],
            stats["elapsedTimeMillis"],
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows alone."""
        return self.run(sql).rows


def create_views(trino: Trino, database: str, *, only: Collection[str] | None = None) -> None:
    """Create every view, or only some, each after those that it reads."""
    for name, statement in shipped_views().athena_statements(database):
        if only is None or name in only:
            trino.run(statement)
