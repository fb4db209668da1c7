"""Keeps Glue in sync with the publication record: what readers on Athena see follows what is published."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from collector.aws.clients import client as client_of
from collector.aws.glue import GlueCalls
from collector.catalog import tables
from collector.errors import CallFault, CatalogNotSyncedError, FaultKind
from collector.lake.layout import SNAPSHOTS
from collector.lake.record import read_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from types_boto3_glue import GlueClient

    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store
    from collector.query.snapshots import LakeSnapshots

DEFAULT_DATABASE = "credlake"

_DATABASE_DESCRIPTION = "IAM credential reports of an AWS organization (credlake)."
# The first round changes, the second finds nothing left to change; other runs may come between.
_ROUNDS = 10
_LATER = "The lake itself is complete; the next run syncs Glue."
_SIGN_IN = "Provide valid AWS credentials."
_STEPS_BY_KIND = {
    FaultKind.NO_CREDENTIALS: _SIGN_IN,
    FaultKind.TOKEN_EXPIRED: _SIGN_IN,
    FaultKind.CONNECTION: (
        "Check the network, AWS_REGION and AWS_ENDPOINT_URL_GLUE; or run without Glue: `glue = false` in "
        "credlake.toml, CREDLAKE_GLUE=false, or --no-glue of `collect`."
    ),
}


@dataclass(slots=True, kw_only=True)
class GlueChanges:
    """What a sync changed."""

    created: int = 0  # How many partitions were created.
    moved: int = 0  # How many partitions now point to another run.
    removed: int = 0  # How many partitions were removed.
    repairs: list[str] = field(default_factory=list)  # What was wrong, fixed or not ours to fix: sentences, once each.

    def add(self, repairs: Iterable[str], *, created: int = 0, moved: int = 0, removed: int = 0) -> None:
        """Add what a round changed, and those repairs that are new."""
        self.created += created
        self.moved += moved
        self.removed += removed
        self.repairs += [repair for repair in repairs if repair not in self.repairs]


def sync_catalog(
    store: Store,
    organization_id: str,
    *,
    database: str = DEFAULT_DATABASE,
    client: GlueClient | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> GlueChanges:
    """Create database and tables where they are missing, and make the organization's partitions match the record.

    Nothing is sent where all is in sync, so it may be called at any time, and by several runs at once. Each round lists
    the partitions first and reads the record then: a snapshot that is published stays so, hence a partition that the
    record does not name was not published when it was listed. And a run that changed Glue reads the record once more,
    so the last to write leaves Glue as the record is.

    Args:
        store: the lake, on S3.
        organization_id: whose partitions.
        database: the Glue database.
        client: a client of Glue; the process's own unless given.
        sleep: waits the seconds given, between rounds.

    Raises:
        CatalogNotSyncedError: Glue refuses, or holds what is not ours to change.
        LakeError: the record cannot be read.
    """
    changes = GlueChanges()
    try:
        calls = GlueCalls(client or client_of("glue"), database)
        Retrying(
            retry=retry_if_result(lambda is_synced: not is_synced),
            stop=stop_after_attempt(_ROUNDS),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            sleep=sleep,
        )(_round, store, organization_id, calls, changes)
    except CallFault as fault:
        raise _not_synced(fault, database) from fault
    except RetryError as error:
        raise CatalogNotSyncedError(
            f"Glue database {database} could not be synced with the publication record: others changed it in each of "
            f"{_ROUNDS} attempts. Find out who else writes there. {_LATER}"
        ) from error
    return changes


def lagging_partitions(snapshots: LakeSnapshots, database: str, client: GlueClient | None = None) -> Iterator[str]:
    """A sentence for each organization whose newest snapshot is not the one that Athena reads, or may not be.

    A run that ended with exit code 4 left Glue like this.
    """
    try:
        calls = GlueCalls(client or client_of("glue"), database)
        for record in snapshots.records.values():
            yield from _lag(record, snapshots.store.location(record.newest.folder), calls)
    except CallFault as fault:
        yield (
            f"It is unknown whether Athena reads that snapshot: {fault.operation} failed: {fault.code}. Grant it to "
            "the caller, or query the view `snapshots`."
        )


def _lag(record: PublicationRecord, published: str, calls: GlueCalls) -> Iterator[str]:
    fix = "Run `credlake doctor`, or wait for the next run: both sync Glue."
    found = calls.partitions(tables.GLUE_SNAPSHOT_RECORD_LATEST.name, record.organization_id)
    locations = [partition.get("StorageDescriptor", {}).get("Location", "") for partition in found]
    if not locations:
        yield f"{record.organization_id}: Athena has no snapshot of it, since Glue is behind the record. {fix}"
    elif not tables.is_same_location(published, locations[0]):
        yield (
            f"{record.organization_id}: Athena reads another snapshot, since Glue is behind the record: "
            f"{locations[0]}, not {published}. {fix}"
        )


def _round(store: Store, organization_id: str, calls: GlueCalls, changes: GlueChanges) -> bool:
    """Compare everything, and send what is needed; whether nothing was.

    Partitions follow even where a table differs in every round: what Athena reads goes by them.
    """
    is_synced = _sync_tables(store, calls, changes)
    found = {table: calls.partitions(table.name, organization_id) for table in tables.GLUE_TABLES}
    record = read_record(store, organization_id).record
    if record is None:
        # Before the first snapshot; or the record was lost, and then what readers still see is not ours to take away.
        return is_synced
    for table, partitions in found.items():
        expected = tables.expected_partitions(table, record, store.location)
        steps = tables.plan_partitions(table, expected, partitions, f"{store.location(SNAPSHOTS)}/")
        calls.create_partitions(table.name, steps.create)
        calls.update_partitions(table.name, steps.update)
        calls.delete_partitions(table.name, steps.delete)
        changes.add(steps.repairs, created=len(steps.create), moved=len(steps.update), removed=len(steps.delete))
        is_synced = is_synced and steps.is_empty
    return is_synced


def _sync_tables(store: Store, calls: GlueCalls, changes: GlueChanges) -> bool:
    is_synced = calls.database() is not None
    if not is_synced:
        calls.create_database(_DATABASE_DESCRIPTION)
    for table in tables.GLUE_TABLES:
        step = tables.plan_table(table, f"{store.location(SNAPSHOTS)}/", calls.table(table.name))
        if step.create is not None:
            calls.create_table(step.create)
        if step.update is not None:
            calls.update_table(step.update)
        changes.add(step.repairs)
        is_synced = is_synced and step.create is None and (step.update is None or step.is_cosmetic)
    return is_synced


def _not_synced(fault: CallFault, database: str) -> CatalogNotSyncedError:
    cause = f"{fault.operation}: {fault.code}: {fault.message}".rstrip(": .")
    return CatalogNotSyncedError(
        f"Glue database {database} could not be synced with the publication record: {cause}. "
        f"{_next_step(fault, database)} {_LATER}",
        operation=fault.operation,
        code=fault.code,
    )


def _next_step(fault: CallFault, database: str) -> str:
    if fault.kind is FaultKind.DENIED and fault.operation == "glue:CreateDatabase":
        return (
            f"Create the database {database} (the deployment does), name another with --database, or grant the "
            "caller glue:CreateDatabase."
        )
    if fault.kind is FaultKind.DENIED and "kms:" in fault.message:
        return (
            "The Data Catalog is encrypted: grant the caller kms:Decrypt, kms:Encrypt and kms:GenerateDataKey on its "
            "key (CatalogKeyArn of deploy/collector.yaml)."
        )
    if fault.kind is FaultKind.DENIED:
        return (
            f"Grant the caller {fault.operation} on the catalog, on database/{database} and on table/{database}/*; "
            "where Lake Formation manages the database, grant it there too."
        )
    return fault.environment_step or _STEPS_BY_KIND.get(fault.kind, "Run again later.")
