"""The lake's two tables in Glue and their partitions: the exact requests, by what Glue holds already. Pure.

A partition's location is the one pointer that Athena follows, so both tables have registered partitions and no
projection, which ignores locations (facts F7.2). Columns are only ever added; what a newer version or a user added
stays. Athena finds the columns of a Parquet file by name, so their order in Glue does not matter (facts F7.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.errors import CatalogNotSyncedError
from collector.schema import ORGANIZATION_ID, SCHEMA_VERSION, SNAPSHOT_DATE, SNAPSHOT_RECORD, SNAPSHOT_RECORD_LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from types_boto3_glue.type_defs import (
        ColumnTypeDef,
        ColumnUnionTypeDef,
        PartitionInputTypeDef,
        PartitionTypeDef,
        StorageDescriptorTypeDef,
        StorageDescriptorUnionTypeDef,
        TableInputTypeDef,
        TableTypeDef,
    )

    from collector.lake.record import PublicationRecord
    from collector.schema import Column, Table


# One value for each partition key, in order.
Values = tuple[str, ...]

SCHEMA_VERSION_PARAMETER = "credlake_schema_version"
# Part of the sentence about a partition that was not changed, by which the doctor knows it.
NOT_OURS = "it was not changed"

# Stands for a lake's own address in the descriptions of the tables that are committed (`glue/`).
PLACEHOLDER_LOCATION = "s3://LAKE/snapshots/"

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
# With projection on, Athena computes locations and ignores registered ones (facts F7.2).
_PROJECTION = ("projection.", "storage.location.template")
_TABLE_TYPE = "EXTERNAL_TABLE"
_RECREATE = "Drop the table; nothing is lost, since the next run creates it again from the publication record."


@dataclass(frozen=True, slots=True)
class GlueTable:
    """A table in Glue: the lake's columns, some of which are partition keys there."""

    table: Table  # The table as the schema declares it.
    partition_keys: tuple[str, ...]  # The names of the columns that are partition keys, in order.

    @property
    def name(self) -> str:
        """The table's name in Glue."""
        return self.table.name

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are not partition keys, in order."""
        return tuple(column for column in self.table.columns if column.name not in self.partition_keys)


GLUE_SNAPSHOT_RECORD = GlueTable(SNAPSHOT_RECORD, (ORGANIZATION_ID.name, SNAPSHOT_DATE.name))
GLUE_SNAPSHOT_RECORD_LATEST = GlueTable(SNAPSHOT_RECORD_LATEST, (ORGANIZATION_ID.name,))
GLUE_TABLES = (GLUE_SNAPSHOT_RECORD, GLUE_SNAPSHOT_RECORD_LATEST)


@dataclass(frozen=True, slots=True)
class TableStep:
    """The request for one table; neither where the table is as it should be."""

    create: TableInputTypeDef | None = None  # The TableInput of CreateTable.
    update: TableInputTypeDef | None = None  # The TableInput of UpdateTable.
    repairs: tuple[str, ...] = ()  # What the update fixes, as sentences.
    # Whether the update changes texts alone, which nothing depends on: Glue may return others than it was sent.
    is_cosmetic: bool = False


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
        "TableType": _TABLE_TYPE,
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", SCHEMA_VERSION_PARAMETER: str(SCHEMA_VERSION)},
        "PartitionKeys": [_glue_column(table.column(name)) for name in glue_table.partition_keys],
        "StorageDescriptor": _storage_descriptor(glue_table, location),
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
    return {"Values": list(values), "StorageDescriptor": _storage_descriptor(glue_table, location)}


def plan_table(glue_table: GlueTable, location: str, found: TableTypeDef | None) -> TableStep:
    """What to send so that the table is what the schema declares.

    Args:
        glue_table: one of `GLUE_TABLES`.
        location: the folder of all snapshots, with `/` at its end.
        found: GetTable's `Table`; None where there is none.

    Raises:
        CatalogNotSyncedError: UpdateTable cannot turn what was found into our table.
    """
    wanted = table_input(glue_table, location)
    if found is None:
        return TableStep(create=wanted)
    _check_repairable(glue_table, wanted, found)
    merged, repairs = _merged(wanted, found)
    is_cosmetic = _same(merged, found)
    texts = _texts(merged, merged["StorageDescriptor"])
    if is_cosmetic and texts == _texts(found, found.get("StorageDescriptor", {})):
        return TableStep()
    sentences = tuple(f"Glue table {glue_table.name}: {repair}." for repair in repairs)
    return TableStep(update=merged, repairs=sentences, is_cosmetic=is_cosmetic)


def file_format(descriptor: StorageDescriptorUnionTypeDef) -> tuple[object, ...]:
    """What decides how files are read, of a table's or a partition's StorageDescriptor."""
    serde = descriptor.get("SerdeInfo") or {}
    return (
        descriptor.get("InputFormat"),
        descriptor.get("OutputFormat"),
        serde.get("SerializationLibrary"),
        serde.get("Parameters") or {},
    )


def is_same_location(one: str, other: str | None) -> bool:
    """Whether two locations are one; Glue and people leave the last slash out or not."""
    return one.rstrip("/") == (other or "").rstrip("/")


def _storage_descriptor(glue_table: GlueTable, location: str) -> StorageDescriptorTypeDef:
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


def _check_repairable(glue_table: GlueTable, wanted: TableInputTypeDef, found: TableTypeDef) -> None:
    name, parameters = glue_table.name, found.get("Parameters", {})
    version = parameters.get(SCHEMA_VERSION_PARAMETER, "")
    if version.isdigit() and int(version) > SCHEMA_VERSION:
        raise CatalogNotSyncedError(
            f"Glue table {name} was written by a newer version of credlake ({SCHEMA_VERSION_PARAMETER} {version}, this "
            f"one knows {SCHEMA_VERSION}), so it was not changed. Update credlake."
        )
    kind = parameters.get("table_type") or found.get("TableType") or _TABLE_TYPE
    if kind != _TABLE_TYPE:
        # A view; or an Iceberg table, which Athena reads by its own metadata, whatever the partitions say.
        raise CatalogNotSyncedError(f"Glue table {name} is a {kind}, not a table of Parquet files. {_RECREATE}")
    keys = _typed(found.get("PartitionKeys", ()))
    if keys != _typed(wanted["PartitionKeys"]):
        # Partitions hold values by position, so UpdateTable would leave those that exist with the wrong meaning.
        raise CatalogNotSyncedError(
            f"Glue table {name} is partitioned by {_columns_text(keys)}, and must be by "
            f"{_columns_text(_typed(wanted['PartitionKeys']))}; this cannot be changed in place. {_RECREATE}"
        )


def _merged(wanted: TableInputTypeDef, found: TableTypeDef) -> tuple[TableInputTypeDef, list[str]]:
    """What is wanted with what may stay of what was found, and what it fixes."""
    descriptor, there = wanted["StorageDescriptor"], found.get("StorageDescriptor", {})
    columns, repairs = _merged_columns(descriptor["Columns"], there.get("Columns", ()))
    parameters = found.get("Parameters", {})
    projected = sorted(name for name in parameters if name.startswith(_PROJECTION))
    if projected:
        repairs.append(f"partition projection is switched off again ({', '.join(projected)} removed)")
    if not is_same_location(descriptor["Location"], there.get("Location")):
        repairs.append(f"its location was {there.get('Location')} and is {descriptor['Location']} again")
    if file_format(descriptor) != file_format(there):
        repairs.append("its input format, output format and SerDe are those of Parquet again")
    others = {name: value for name, value in parameters.items() if name not in projected}
    merged: TableInputTypeDef = {
        **wanted,
        "Parameters": {**others, **wanted["Parameters"]},
        "StorageDescriptor": {**descriptor, "Columns": columns},
    }
    if "Owner" in found:
        merged["Owner"] = found["Owner"]
    if "Retention" in found:
        merged["Retention"] = found["Retention"]
    return merged, repairs


def _merged_columns(
    wanted: Sequence[ColumnUnionTypeDef], found: Iterable[ColumnUnionTypeDef]
) -> tuple[list[ColumnUnionTypeDef], list[str]]:
    there = {column["Name"]: column for column in found}
    ours = [column["Name"] for column in wanted]
    missing = [name for name in ours if name not in there]
    retyped = [
        f"{column['Name']} was {there[column['Name']].get('Type')} and is {column['Type']} again"
        for column in wanted
        if column["Name"] in there and there[column["Name"]].get("Type") != column["Type"]
    ]
    repairs = []
    if missing:
        # A newer version adds at the end; anything else was dropped by hand.
        is_newer = missing == ours[-len(missing) :]
        repairs.append(f"{'columns added' if is_newer else 'dropped columns are there again'}: {', '.join(missing)}")
    if retyped:
        # The files never change a column's type, so a table with another type cannot be read.
        repairs.append(f"columns have the type of the files again: {', '.join(retyped)}")
    others = [column for name, column in there.items() if name not in ours]
    return [*wanted, *others], repairs


def _same(merged: TableInputTypeDef, found: TableTypeDef) -> bool:
    """Whether the two are one table to every reader; `_texts` has the rest."""
    descriptor, there = merged["StorageDescriptor"], found.get("StorageDescriptor", {})
    return (
        merged["Parameters"] == found.get("Parameters", {})
        and merged["TableType"] == found.get("TableType")
        and _typed(merged["PartitionKeys"]) == _typed(found.get("PartitionKeys", ()))
        and _typed(descriptor["Columns"]) == _typed(there.get("Columns", ()))
        and is_same_location(descriptor["Location"], there.get("Location"))
        and file_format(descriptor) == file_format(there)
    )


def _typed(columns: Iterable[ColumnUnionTypeDef]) -> list[tuple[str, str | None]]:
    return [(column["Name"], column.get("Type")) for column in columns]


def _texts(table: TableInputTypeDef | TableTypeDef, descriptor: StorageDescriptorUnionTypeDef) -> list[str | None]:
    columns = [*table.get("PartitionKeys", ()), *descriptor.get("Columns", ())]
    return [table.get("Description"), *(column.get("Comment") for column in columns)]


def _columns_text(columns: list[tuple[str, str | None]]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in columns) or "nothing"


@dataclass(frozen=True, slots=True)
class PartitionSteps:
    """What to send for the partitions of one table."""

    create: tuple[PartitionInputTypeDef, ...] = ()  # PartitionInputs of BatchCreatePartition.
    update: tuple[PartitionInputTypeDef, ...] = ()  # PartitionInputs of BatchUpdatePartition.
    delete: tuple[Values, ...] = ()  # The values of the partitions to delete.
    repairs: tuple[str, ...] = ()  # What is fixed, and what is wrong but not ours to fix, as sentences.

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        return not (self.create or self.update or self.delete)


def expected_partitions(
    glue_table: GlueTable, record: PublicationRecord, locate: Callable[[str], str]
) -> dict[Values, str]:
    """Partition values → location, by the record; `locate` gives the URI of a key."""
    if glue_table is GLUE_SNAPSHOT_RECORD_LATEST:
        return {(record.organization_id,): f"{locate(record.newest.folder)}/"}
    return {
        (record.organization_id, date): f"{locate(snapshot.folder)}/" for date, snapshot in record.snapshots.items()
    }


def plan_partitions(
    glue_table: GlueTable, expected: Mapping[Values, str], found: Iterable[PartitionTypeDef], lake_folder: str
) -> PartitionSteps:
    """Which partitions to create, to move and to remove.

    A partition that the record does not name is removed where it points into this lake: only the record decides what is
    published. One that points elsewhere is not ours to remove; it is reported.

    Args:
        glue_table: one of `tables.GLUE_TABLES`.
        expected: from `expected_partitions`.
        found: `Partitions` of GetPartitions, of the same organization.
        lake_folder: the folder of all snapshots, with `/` at its end.
    """
    there = {tuple(partition["Values"]): partition for partition in found}
    create = [partition_input(glue_table, values, expected[values]) for values in expected if values not in there]
    update, delete, repairs = [], [], []
    for values, partition in there.items():
        subject = f"Glue table {glue_table.name}, partition {'/'.join(values)}: "
        location = partition.get("StorageDescriptor", {}).get("Location", "")
        if values in expected:
            moved = partition_input(glue_table, values, expected[values])
            damage = _damage(moved, partition, lake_folder)
            if damage is not None:
                update.append(moved)
                repairs += [subject + damage] if damage else []
        elif location.startswith(lake_folder):
            delete.append(values)
            repairs.append(f"{subject}removed, since no such snapshot is published (it pointed to {location}).")
        else:
            repairs.append(
                f"{subject}no such snapshot is published in this lake, and it points elsewhere ({location}), so "
                f"{NOT_OURS}. Remove it, or give this lake a database of its own with --database."
            )
    return PartitionSteps(tuple(create), tuple(update), tuple(delete), tuple(repairs))


def _damage(expected: PartitionInputTypeDef, found: PartitionTypeDef, lake_folder: str) -> str | None:
    """None where the partition is right; else what to report: nothing where it merely points to an earlier run."""
    descriptor, there = expected["StorageDescriptor"], found.get("StorageDescriptor", {})
    location = there.get("Location", "")
    if file_format(descriptor) != file_format(there):
        return "its input format, output format and SerDe are those of Parquet again."
    if is_same_location(descriptor["Location"], location):
        return None
    return "" if location.startswith(lake_folder) else f"moved back; it pointed to {location}, outside this lake."
