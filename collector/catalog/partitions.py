"""Which partitions in Glue must be created, moved and removed to match the publication record. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.catalog.tables import (
    GLUE_SNAPSHOT_RECORD_LATEST,
    GlueTable,
    file_format,
    is_same_location,
    partition_input,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from types_boto3_glue.type_defs import PartitionInputTypeDef, PartitionTypeDef

    from collector.lake.record import PublicationRecord

# Part of the sentence about a partition that was not changed, by which the doctor knows it.
NOT_OURS = "it was not changed"

# One value for each partition key, in order.
Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartitionSteps:
    """What to send for the partitions of one table."""

    # PartitionInputs of BatchCreatePartition.
    create: tuple[PartitionInputTypeDef, ...] = ()
    # PartitionInputs of BatchUpdatePartition.
    update: tuple[PartitionInputTypeDef, ...] = ()
    # The values of the partitions to delete.
    delete: tuple[Values, ...] = ()
    # What is fixed, and what is wrong but not ours to fix, as sentences.
    repairs: tuple[str, ...] = ()

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
