"""The lake's two tables as Glue knows them: pure builders of the exact `TableInput` and `PartitionInput`.

A partition's location is the one pointer that readers on Athena follow, so both tables have registered partitions and
no projection, which ignores locations (contract part 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.schema import ORGANIZATION_ID, SCHEMA_VERSION, SNAPSHOT_DATE, SNAPSHOT_RECORD, SNAPSHOT_RECORD_LATEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_boto3_glue.type_defs import (
        ColumnTypeDef,
        PartitionInputTypeDef,
        StorageDescriptorTypeDef,
        TableInputTypeDef,
    )

    from collector.schema import Column, Table

# Glue refuses a longer comment of a column (`CommentString` of its API).
LONGEST_COMMENT = 255

SCHEMA_VERSION_PARAMETER = "credlake_schema_version"

# Where a committed description of a table says that a lake's own address goes.
PLACEHOLDER_LOCATION = "s3://LAKE/snapshots/"

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


@dataclass(frozen=True, slots=True)
class GlueTable:
    """A table in Glue: the lake's columns, some of which are partition keys there."""

    table: Table
    partition_keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table's name in Glue."""
        return self.table.name

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are no partition keys, in order; Athena finds them in a file by name (facts F7.1)."""
        return tuple(column for column in self.table.columns if column.name not in self.partition_keys)


GLUE_SNAPSHOT_RECORD = GlueTable(SNAPSHOT_RECORD, (ORGANIZATION_ID.name, SNAPSHOT_DATE.name))
GLUE_SNAPSHOT_RECORD_LATEST = GlueTable(SNAPSHOT_RECORD_LATEST, (ORGANIZATION_ID.name,))
GLUE_TABLES = (GLUE_SNAPSHOT_RECORD, GLUE_SNAPSHOT_RECORD_LATEST)


def table_input(glue_table: GlueTable, location: str) -> TableInputTypeDef:
    """The `TableInput` of CreateTable and UpdateTable.

    Args:
        glue_table: one of `GLUE_TABLES`.
        location: the folder of all snapshots, with `/` at its end. Nothing is read there: partitions have their own.
    """
    table = glue_table.table
    return {
        "Name": table.name,
        "Description": table.comment,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "classification": "parquet",
            SCHEMA_VERSION_PARAMETER: str(SCHEMA_VERSION),
        },
        "PartitionKeys": [_glue_column(table.column(name)) for name in glue_table.partition_keys],
        "StorageDescriptor": storage_descriptor(glue_table, location),
    }


def partition_input(glue_table: GlueTable, values: Sequence[str], location: str) -> PartitionInputTypeDef:
    """The `PartitionInput` of BatchCreatePartition and BatchUpdatePartition.

    Args:
        glue_table: one of `GLUE_TABLES`.
        values: one for each partition key, in order.
        location: the folder of the run, with `/` at its end.
    """
    if len(values) != len(glue_table.partition_keys):
        raise ValueError(f"{glue_table.name} is partitioned by {glue_table.partition_keys}, not by {tuple(values)}")
    return {"Values": list(values), "StorageDescriptor": storage_descriptor(glue_table, location)}


def storage_descriptor(glue_table: GlueTable, location: str) -> StorageDescriptorTypeDef:
    """How the files of a table or partition are read (facts F7.1)."""
    return {
        "Columns": [_glue_column(column) for column in glue_table.columns],
        "Location": location,
        "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    }


def _glue_column(column: Column) -> ColumnTypeDef:
    return {"Name": column.name, "Type": column.type.glue, "Comment": column.comment}
