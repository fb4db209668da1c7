"""How a table in Glue becomes what the schema says. Pure.

Columns are only ever added; what a newer version or a user added stays. Athena finds the columns of Parquet files by
name, so their order in Glue decides nothing (facts F7.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.catalog.catalogue import SCHEMA_VERSION_PARAMETER, GlueTable, table_input
from collector.catalog.descriptors import file_format, is_same_place
from collector.errors import CatalogNotSyncedError
from collector.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from types_boto3_glue.type_defs import ColumnUnionTypeDef, TableInputTypeDef, TableTypeDef

# With projection on, Athena computes the locations and overlooks those that are registered (facts F7.2).
_PROJECTION = ("projection.", "storage.location.template")
_OURS = "EXTERNAL_TABLE"
_MAKE_ANEW = "Drop the table; nothing is lost, since the next run makes it again from the publication record."


@dataclass(frozen=True, slots=True)
class TableStep:
    """What to send for one table: `CreateTable`'s or `UpdateTable`'s TableInput, or neither where it is level."""

    create: TableInputTypeDef | None = None
    update: TableInputTypeDef | None = None
    repairs: tuple[str, ...] = ()


def level_table(glue_table: GlueTable, location: str, found: TableTypeDef | None) -> TableStep:
    """How the table becomes what the schema says.

    Args:
        glue_table: one of `catalogue.GLUE_TABLES`.
        location: the folder of all snapshots, with `/` at its end.
        found: `Table` of GetTable's answer; None where there is none.

    Raises:
        CatalogNotSyncedError: it is something that UpdateTable cannot turn into our table.
    """
    wanted = table_input(glue_table, location)
    if found is None:
        return TableStep(create=wanted)
    _refuse_what_cannot_be_repaired(glue_table, wanted, found)
    merged, repairs = _merged(wanted, found)
    if _same(merged, found):
        return TableStep()
    return TableStep(update=merged, repairs=tuple(f"Glue table {glue_table.name}: {said}." for said in repairs))


def _refuse_what_cannot_be_repaired(glue_table: GlueTable, wanted: TableInputTypeDef, found: TableTypeDef) -> None:
    name = glue_table.name
    version = str(found.get("Parameters", {}).get(SCHEMA_VERSION_PARAMETER, SCHEMA_VERSION))
    if version.isdigit() and int(version) > SCHEMA_VERSION:
        raise CatalogNotSyncedError(
            f"Glue table {name} was made by a newer version ({SCHEMA_VERSION_PARAMETER} {version}, this one knows "
            f"{SCHEMA_VERSION}), so it is left alone. Update credlake."
        )
    kind = found.get("Parameters", {}).get("table_type") or found.get("TableType") or _OURS
    if kind != _OURS:
        # A view; or an Iceberg table, which Athena reads by its own metadata, whatever the partitions say.
        raise CatalogNotSyncedError(f"Glue table {name} is a {kind}, not a table of Parquet files. {_MAKE_ANEW}")
    keys = _typed(found.get("PartitionKeys", ()))
    if keys != _typed(wanted["PartitionKeys"]):
        # Partitions hold values by position, so UpdateTable would leave those that exist with the wrong meaning.
        raise CatalogNotSyncedError(
            f"Glue table {name} is partitioned by {_columns_text(keys)}, and must be by "
            f"{_columns_text(_typed(wanted['PartitionKeys']))}; this cannot be changed in place. {_MAKE_ANEW}"
        )


def _merged(wanted: TableInputTypeDef, found: TableTypeDef) -> tuple[TableInputTypeDef, list[str]]:
    """What is wanted with what may stay of what was found, and what is repaired by it."""
    descriptor, there = wanted["StorageDescriptor"], found.get("StorageDescriptor", {})
    columns, repairs = _merged_columns(descriptor["Columns"], there.get("Columns", ()))
    parameters = dict(found.get("Parameters", {}))
    projected = sorted(name for name in parameters if name.startswith(_PROJECTION))
    if projected:
        repairs.append(f"partition projection is switched off again ({', '.join(projected)} removed)")
    if not is_same_place(descriptor["Location"], there.get("Location")):
        repairs.append(f"its location was {there.get('Location')} and is {descriptor['Location']} again")
    if file_format(descriptor) != file_format(there):
        repairs.append("its input format, output format and SerDe are Parquet's again")
    merged: TableInputTypeDef = {
        **wanted,
        "Parameters": {
            **{name: value for name, value in parameters.items() if name not in projected},
            **wanted["Parameters"],
        },
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
    ours = {column["Name"] for column in wanted}
    missing = [column["Name"] for column in wanted if column["Name"] not in there]
    retyped = [
        f"{column['Name']} was {there[column['Name']].get('Type')} and is {column['Type']} again"
        for column in wanted
        if column["Name"] in there and there[column["Name"]].get("Type") != column["Type"]
    ]
    repairs = []
    if missing and missing != [column["Name"] for column in wanted[-len(missing) :]]:
        repairs.append(f"dropped columns are there again: {', '.join(missing)}")
    elif missing:
        repairs.append(f"columns added: {', '.join(missing)}")
    if retyped:
        # The files never change a column's type, so a table that says otherwise cannot be read.
        repairs.append(f"columns have the type of the files again: {', '.join(retyped)}")
    others = [column for name, column in there.items() if name not in ours]
    return [*wanted, *others], repairs


def _same(merged: TableInputTypeDef, found: TableTypeDef) -> bool:
    descriptor, there = merged["StorageDescriptor"], found.get("StorageDescriptor", {})
    return (
        merged["Parameters"] == found.get("Parameters", {})
        and merged["Description"] == found.get("Description")
        and merged["TableType"] == found.get("TableType")
        and _commented(merged["PartitionKeys"]) == _commented(found.get("PartitionKeys", ()))
        and _commented(descriptor["Columns"]) == _commented(there.get("Columns", ()))
        and is_same_place(descriptor["Location"], there.get("Location"))
        and file_format(descriptor) == file_format(there)
    )


def _typed(columns: Iterable[ColumnUnionTypeDef]) -> list[tuple[str, str | None]]:
    return [(column["Name"], column.get("Type")) for column in columns]


def _commented(columns: Iterable[ColumnUnionTypeDef]) -> list[tuple[str, str | None, str | None]]:
    return [(column["Name"], column.get("Type"), column.get("Comment")) for column in columns]


def _columns_text(columns: list[tuple[str, str | None]]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in columns) or "nothing"
