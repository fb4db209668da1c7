"""Whether Athena reads what the publication record names: a run that ended with exit code 4 left Glue behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.aws.clients import client as client_of
from collector.aws.glue import GlueCalls
from collector.catalog.catalogue import GLUE_SNAPSHOT_RECORD_LATEST
from collector.catalog.descriptors import is_same_place
from collector.errors import CallFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_glue import GlueClient

    from collector.lake.record import PublicationRecord
    from collector.query.snapshots import LakeSnapshots

_MEND = "`credlake doctor` or the next run brings Glue level."


def glue_lag(snapshots: LakeSnapshots, database: str, client: GlueClient | None = None) -> Iterator[str]:
    """A sentence for each organization whose newest snapshot is not the one that Athena reads, or may not be."""
    try:
        calls = GlueCalls(client_of("glue") if client is None else client, database)
        for record in snapshots.records.values():
            yield from _lag(record, snapshots.store.location(record.newest.folder), calls)
    except CallFault as fault:
        yield (
            f"Whether Athena reads that snapshot cannot be told: {fault.operation} answered {fault.code}. Grant it to "
            f"the caller, or ask the view `snapshots`."
        )


def _lag(record: PublicationRecord, published: str, calls: GlueCalls) -> Iterator[str]:
    found = [
        partition.get("StorageDescriptor", {}).get("Location", "")
        for partition in calls.partitions(GLUE_SNAPSHOT_RECORD_LATEST.name, record.organization_id)
    ]
    if not found:
        yield f"{record.organization_id}: Athena sees no snapshot of it, since Glue is behind the record. {_MEND}"
    elif not is_same_place(published, found[0]):
        yield (
            f"{record.organization_id}: Athena reads another snapshot, since Glue is behind the record: "
            f"{found[0]}, not {published}. {_MEND}"
        )
