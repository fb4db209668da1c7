"""`snapshot_record` and `snapshot_record_latest` as DuckDB's SQL over an explicit list of files. Pure.

A snapshot's files are of two kinds, with the columns of their kind only. Each kind is one branch with a constant
`record_type`, so that a question about accounts opens no file of users. Within a kind, files of equally many columns
are read together; a column that a file is too old to have reads as null (columns are only ever added, contract part 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.schema import RECORD_TYPE, SNAPSHOT_RECORD, Column, ColumnType, file_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from collector.query.snapshots import DataFile


def read_parquet_sql(files: Sequence[DataFile]) -> str:
    """Files of this machine, of one kind and equally many columns, as DuckDB reads them itself."""
    paths = ", ".join(literal(file.path) for file in files)
    # The folders of a lake are no Hive partitions, and a path that looks like one must not add a column.
    return f"read_parquet([{paths}], hive_partitioning = false)"


def relation_sql(
    files: Iterable[DataFile],
    record_type: str | None = None,
    *,
    source: Callable[[Sequence[DataFile]], str] = read_parquet_sql,
) -> str:
    """A select of all columns of `snapshot_record`, in order, over these files; or over those of one kind alone.

    Args:
        files: the files that count.
        record_type: the kind, where only one is asked for.
        source: what to select from, for files of one kind and equally many columns.
    """
    groups: dict[tuple[str, int], list[DataFile]] = {}
    for file in files:
        groups.setdefault((file.record_type, file.columns), []).append(file)
    branches = [
        _branch(kind, width, source(together))
        for (kind, width), together in sorted(groups.items())
        if record_type is None or kind == record_type
    ]
    return "\nunion all\n".join(branches) or _empty()


def _branch(record_type: str, width: int, source: str) -> str:
    held = set(file_schema(record_type).names[:width])
    columns = ", ".join(_column(column, record_type, held) for column in SNAPSHOT_RECORD.columns)
    # There are no bound parameters in a view; names come from the schema, paths are quoted.
    return f"select {columns} from {source}"  # noqa: S608 -- see above


def _column(column: Column, record_type: str, held: set[str]) -> str:
    name = identifier(column.name)
    if column.name == RECORD_TYPE.name:
        return f"{literal(record_type)} as {name}"
    if column.name not in held:
        return f"cast(null as {column.type.duckdb}) as {name}"
    if column.type is ColumnType.TIMESTAMP:
        # Files hold UTC-adjusted instants, which DuckDB reads as TIMESTAMP WITH TIME ZONE and Athena as timestamp(3).
        # A cast would go through the calendar of a time zone: three times as slow as these two, which keep the number.
        return f"make_timestamp(epoch_us({name})) as {name}"
    return name


def _empty() -> str:
    columns = ", ".join(f"cast(null as {c.type.duckdb}) as {identifier(c.name)}" for c in SNAPSHOT_RECORD.columns)
    return f"select {columns} where false"


def literal(text: str) -> str:
    """A string in DuckDB's SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name in DuckDB's SQL, whatever words it reserves."""
    return '"' + name.replace('"', '""') + '"'
