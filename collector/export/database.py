"""A lake as one DuckDB file with its tables and views, which any tool that reads DuckDB opens without the lake."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from collector.errors import CredlakeError
from collector.query.rows import records
from collector.query.statement import identifier, literal
from collector.views.files import CURRENT_TABLE, HISTORY_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from collector.query.rows import Run
    from collector.views.files import PreparedViews

# Tools with DuckDB 1.2, of February 2025, or newer can open the file.
_STORAGE = "v1.2.0"


def write_database(
    run: Run, path: Path, views: PreparedViews, meanings: Mapping[str, str], config: Mapping[str, str]
) -> int:
    """Write the file.

    Args:
        run: runs a select on the lake and returns its rows.
        path: where no file is yet.
        views: the views to create.
        meanings: what each column means, for the comments.
        config: DuckDB's settings.

    Returns:
        The number of rows.

    Raises:
        CredlakeError: the file cannot be written, or the query failed.
    """
    latest = records(run, lambda *row: row, "select organization_id, snapshot_date from snapshots")
    try:
        with duckdb.connect(str(path), config={**config, "storage_compatibility_version": _STORAGE}) as connection:
            count = _fill(connection, run)
            for name, sql in (*_tables(latest, views), *((name, views.duckdb_sql(name)) for name in views.by_name)):
                connection.execute(f"create view {identifier(name)} as {sql}")
            for name, view in views.by_name.items():
                connection.execute(f"comment on view {identifier(name)} is {literal(view.summary)}")
                for column in view.columns.keys() & meanings.keys():
                    place = f"{identifier(name)}.{identifier(column)}"
                    connection.execute(f"comment on column {place} is {literal(meanings[column])}")
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise CredlakeError(f"The database could not be written: {str(error).splitlines()[0]}") from error
    finally:
        # DuckDB's log of what is not yet in the file; it is only there if something failed.
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    return count


def _fill(connection: duckdb.DuckDBPyConnection, run: Run) -> int:
    """Create the one table that holds rows, a batch at a time: then a signal ends it, and memory stays small."""
    rows = run(f"select * from {HISTORY_TABLE}")
    connection.register("batch", rows.schema.empty_table())
    connection.execute(f"create table {HISTORY_TABLE} as select * from batch")
    count = 0
    for batch in rows.batches:
        connection.register("batch", batch)
        connection.execute(f"insert into {HISTORY_TABLE} select * from batch")
        count += batch.num_rows
    connection.unregister("batch")
    return count


def _tables(latest: list[tuple[str, str]], views: PreparedViews) -> list[tuple[str, str]]:
    """The other names by which views read the table: the newest snapshots, and each with one kind of rows."""
    newest = " or ".join(
        f"(organization_id = {literal(organization)} and snapshot_date = {literal(day)})"
        for organization, day in latest
    )
    read = {name for view in views.all.values() for names in view.reads.values() for name in names if ":" in name}
    return [
        (CURRENT_TABLE, f"select * from {HISTORY_TABLE} where {newest}"),
        *(
            (name, f"select * from {table} where record_type = {literal(kind)}")
            for name in sorted(read)
            for table, _, kind in [name.partition(":")]
        ),
    ]
