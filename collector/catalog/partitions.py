"""Which partitions in Glue must be made, moved and removed, so that they say what the publication record says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.catalog.catalogue import GLUE_SNAPSHOT_RECORD_LATEST, GlueTable, partition_input
from collector.catalog.descriptors import file_format, is_same_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from types_boto3_glue.type_defs import PartitionInputTypeDef, PartitionTypeDef

    from collector.lake.record import PublicationRecord

# What a repair says of a partition that could not be mended.
NOT_OURS = "left as it is"

# One value for each partition key, in order.
Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartitionSteps:
    """What to send for the partitions of one table: PartitionInputs, and the values of those to delete."""

    create: tuple[PartitionInputTypeDef, ...] = ()
    update: tuple[PartitionInputTypeDef, ...] = ()
    delete: tuple[Values, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def is_level(self) -> bool:
        """Whether there is nothing to send."""
        return not (self.create or self.update or self.delete)


def wanted_partitions(
    glue_table: GlueTable, record: PublicationRecord, locate: Callable[[str], str]
) -> dict[Values, str]:
    """Partition values → location, as the record says; `locate` gives the URI of a key."""
    if glue_table is GLUE_SNAPSHOT_RECORD_LATEST:
        return {(record.organization_id,): f"{locate(record.newest.folder)}/"}
    return {
        (record.organization_id, date): f"{locate(snapshot.folder)}/" for date, snapshot in record.snapshots.items()
    }


def level_partitions(
    glue_table: GlueTable, wanted: Mapping[Values, str], found: Iterable[PartitionTypeDef], lake_folder: str
) -> PartitionSteps:
    """Which partitions to make, to move and to remove.

    A partition that the record does not name is removed where it points into this lake: only the record says what is
    published. One that points elsewhere is not ours to remove; it is told.

    Args:
        glue_table: one of `catalogue.GLUE_TABLES`.
        wanted: of `wanted_partitions`.
        found: `Partitions` of GetPartitions' answers, of the same organization.
        lake_folder: the folder of all snapshots, with `/` at its end.
    """
    there = {tuple(partition["Values"]): partition for partition in found}
    create = [partition_input(glue_table, values, wanted[values]) for values in wanted if values not in there]
    update, delete, repairs = [], [], []
    for values, partition in there.items():
        told = f"Glue table {glue_table.name}, partition {'/'.join(values)}: "
        location = partition.get("StorageDescriptor", {}).get("Location", "")
        if values in wanted:
            moved = partition_input(glue_table, values, wanted[values])
            damage = _damage(moved, partition, lake_folder)
            if damage is not None:
                update.append(moved)
                repairs += [told + damage] if damage else []
        elif location.startswith(lake_folder):
            delete.append(values)
            repairs.append(f"{told}no such snapshot is published; removed (it pointed to {location}).")
        else:
            repairs.append(
                f"{told}no such snapshot is published in this lake, and it points elsewhere ({location}); {NOT_OURS}. "
                "Remove it, or give this lake a database of its own with --database."
            )
    return PartitionSteps(tuple(create), tuple(update), tuple(delete), tuple(repairs))


def _damage(wanted: PartitionInputTypeDef, found: PartitionTypeDef, lake_folder: str) -> str | None:
    """None where the partition is right; else what to tell: nothing where it merely points to an earlier run."""
    descriptor, there = wanted["StorageDescriptor"], found.get("StorageDescriptor", {})
    location = there.get("Location", "")
    if file_format(descriptor) != file_format(there):
        return "its input format, output format and SerDe are Parquet's again."
    if is_same_place(descriptor["Location"], location):
        return None
    return "" if location.startswith(lake_folder) else f"it pointed to {location}, outside of this lake; moved back."
