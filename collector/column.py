"""What a column and a table of the lake are. Which there are is `schema`'s matter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import pyarrow as pa


class ColumnType(Enum):
    """A type of the lake, with its name in Glue (Hive), in Trino and in DuckDB."""

    STRING = ("string", "varchar", "VARCHAR")
    BOOLEAN = ("boolean", "boolean", "BOOLEAN")
    INT = ("int", "integer", "INTEGER")
    # INT64 milliseconds, UTC-adjusted: Athena's timestamps have precision 3, and INT96 overflows (facts F7.1).
    TIMESTAMP = ("timestamp", "timestamp(3)", "TIMESTAMP")
    STRING_MAP = ("map<string,string>", "map(varchar, varchar)", "MAP(VARCHAR, VARCHAR)")

    def __init__(self, glue: str, trino: str, duckdb: str) -> None:
        """Spread the names over attributes."""
        self.glue = glue
        self.trino = trino
        self.duckdb = duckdb

    @property
    def arrow(self) -> pa.DataType:
        """The type of a column in a Parquet file."""
        return _ARROW[self]


_ARROW: dict[ColumnType, pa.DataType] = {
    ColumnType.STRING: pa.string(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.INT: pa.int32(),
    ColumnType.TIMESTAMP: pa.timestamp("ms", tz="UTC"),
    ColumnType.STRING_MAP: pa.map_(pa.string(), pa.string()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type and meaning.

    `source` is AWS's own header in the credential report, for the columns that come from there. `since` is the schema
    in which the column came to be: it puts a later column at the end of `snapshot_record`, whichever table it is of.
    """

    name: str
    type: ColumnType
    comment: str
    source: str | None = None
    nullable: bool = True
    since: int = 1


@dataclass(frozen=True)
class Table:
    """An ordered set of columns, with a name and what one row is."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The schema that files are written with; a field carries its column's comment."""
        return pa.schema(
            [pa.field(c.name, c.type.arrow, nullable=c.nullable, metadata={"comment": c.comment}) for c in self.columns]
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
