"""`docs/columns.md`: every column with its type, AWS's own header and its meaning. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.catalog.catalogue import GLUE_TABLES, GlueTable
from collector.schema import ACCOUNT, CREDENTIAL_REPORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.schema import Column, Table

_HEAD = """\
# Columns

<!-- Generated from collector/schema.py by `make generate`. Do not edit. -->

Types are Glue's. Timestamps are UTC, to the millisecond. Account ids are text. Maps are never null.
Columns are only ever added, at the end of a table, and never retyped.
"""

_GLUE_HEAD = """\
## In Glue

Both tables hold the rows of `account` and of `credential_report`; `record_type` says which a row is (`account` or
`user`), and the columns of the other kind are null in it. Ask the views, not these tables.
"""


def columns_page() -> str:
    """The page's text."""
    parts = [_HEAD, *(_section(table) for table in (ACCOUNT, CREDENTIAL_REPORT)), _GLUE_HEAD]
    return "\n".join([*parts, *(_glue_section(glue_table) for glue_table in GLUE_TABLES)])


def _section(table: Table) -> str:
    return f"## `{table.name}`\n\n{table.comment}\n\n{_lines(table.columns)}"


def _lines(columns: Iterable[Column]) -> str:
    head = ["| column | type | AWS's header | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *(_line(column) for column in columns)]) + "\n"


def _line(column: Column) -> str:
    source = f"`{column.source}`" if column.source else ""
    meaning = column.comment.replace("|", "\\|")
    return f"| `{column.name}` | `{column.type.glue}` | {source} | {meaning} |"


def _glue_section(glue_table: GlueTable) -> str:
    partitions = ", ".join(f"`{name}`" for name in glue_table.partition_keys)
    columns = ", ".join(f"`{column.name}`" for column in glue_table.columns)
    return (
        f"### `{glue_table.name}`\n\n{glue_table.table.comment}\n\nPartitions: {partitions}.\n\nColumns: {columns}.\n"
    )
