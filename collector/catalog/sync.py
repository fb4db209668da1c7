"""Glue brought level with the publication record: what readers on Athena see follows what is published."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from collector.aws.clients import client as client_of
from collector.aws.glue import GlueCalls
from collector.catalog.catalogue import GLUE_TABLES
from collector.catalog.partitions import level_partitions, wanted_partitions
from collector.catalog.tables import level_table
from collector.errors import CallFault, CatalogNotSyncedError, FaultKind
from collector.lake.layout import SNAPSHOTS
from collector.lake.record import read_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_glue import GlueClient

    from collector.lake.store import Store

DEFAULT_DATABASE = "credlake"

_DATABASE_DESCRIPTION = "IAM credential reports of an AWS organization (credlake)."
# The first round changes, the second sees that nothing is left to change; others may come between.
_ROUNDS = 10
_LATER = "The lake itself is whole; the next run brings Glue level."
_STEPS_BY_KIND = {
    FaultKind.NO_CREDENTIALS: "Give credentials that AWS takes.",
    FaultKind.TOKEN_EXPIRED: "Give credentials that AWS takes.",
    FaultKind.CONNECTION: (
        "Check the network, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL_GLUE; or leave Glue alone: `glue = false` in "
        "credlake.toml, CREDLAKE_GLUE=false, or --no-glue of `collect`."
    ),
}


@dataclass(slots=True, kw_only=True)
class GlueChanges:
    """What was done. `repairs` are sentences about what was found to be otherwise than this left it."""

    created: int = 0
    moved: int = 0
    removed: int = 0
    repairs: list[str] = field(default_factory=list)

    def tell(self, repairs: tuple[str, ...]) -> None:
        """Take repairs; what cannot be mended is found in every round, and told once."""
        self.repairs += [repair for repair in repairs if repair not in self.repairs]


def sync_catalog(
    store: Store,
    organization_id: str,
    *,
    database: str = DEFAULT_DATABASE,
    client: GlueClient | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> GlueChanges:
    """Make database and tables where they are missing, and let the organization's partitions say what the record says.

    Nothing is done where all is level, so it may be called at any time, and by several runs at once. Each round lists
    the partitions first and reads the record then: a snapshot that is published stays so, hence a partition that the
    record does not name was not published when it was listed. And whoever changed Glue looks at the record once more,
    so the last to write leaves Glue as the record is.

    Args:
        store: the lake, on S3.
        organization_id: whose partitions.
        database: the Glue database.
        client: a client of Glue; as the environment says unless given.
        sleep: waits the seconds given, between rounds.

    Raises:
        CatalogNotSyncedError: Glue refuses, or holds what is not ours to change.
        LakeError: the record cannot be read.
    """
    changes = GlueChanges()
    try:
        calls = GlueCalls(client_of("glue") if client is None else client, database)
        Retrying(
            retry=retry_if_result(lambda is_level: not is_level),
            stop=stop_after_attempt(_ROUNDS),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            sleep=sleep,
        )(_round, store, organization_id, calls, changes)
    except CallFault as fault:
        raise _behind(fault, database) from fault
    except RetryError as error:
        raise CatalogNotSyncedError(
            f"Others changed Glue database {database} each of the {_ROUNDS} times that it was brought level with the "
            f"publication record. See who else writes there. {_LATER}"
        ) from error
    return changes


def _round(store: Store, organization_id: str, calls: GlueCalls, changes: GlueChanges) -> bool:
    """Look at all, and send what is needed; whether nothing was."""
    if not _level_tables(store, calls, changes):
        return False
    found = {table: calls.partitions(table.name, organization_id) for table in GLUE_TABLES}
    record = read_record(store, organization_id).record
    if record is None:
        # Before the first snapshot; or the record was lost, and then what readers still see is not ours to take away.
        return True
    is_level = True
    for table, partitions in found.items():
        wanted = wanted_partitions(table, record, store.location)
        steps = level_partitions(table, wanted, partitions, f"{store.location(SNAPSHOTS)}/")
        calls.create_partitions(table.name, steps.create)
        calls.update_partitions(table.name, steps.update)
        calls.delete_partitions(table.name, steps.delete)
        changes.created += len(steps.create)
        changes.moved += len(steps.update)
        changes.removed += len(steps.delete)
        changes.tell(steps.repairs)
        is_level = is_level and steps.is_level
    return is_level


def _level_tables(store: Store, calls: GlueCalls, changes: GlueChanges) -> bool:
    if not calls.has_database():
        calls.create_database(_DATABASE_DESCRIPTION)
        return False
    is_level = True
    for table in GLUE_TABLES:
        step = level_table(table, f"{store.location(SNAPSHOTS)}/", calls.table(table.name))
        if step.create is not None:
            calls.create_table(step.create)
        if step.update is not None:
            calls.update_table(step.update)
        changes.tell(step.repairs)
        is_level = is_level and step.create is None and step.update is None
    return is_level


def _behind(fault: CallFault, database: str) -> CatalogNotSyncedError:
    said = f"{fault.operation}: {fault.code}: {fault.message}".rstrip(": .")
    return CatalogNotSyncedError(
        f"Glue database {database} could not be brought level with the publication record: {said}. "
        f"{_next_step(fault, database)} {_LATER}",
        operation=fault.operation,
        code=fault.code,
    )


def _next_step(fault: CallFault, database: str) -> str:
    if fault.kind is FaultKind.DENIED and fault.operation == "glue:CreateDatabase":
        return (
            f"Make the database {database} (the deployment does), name another with --database, or grant the "
            "caller glue:CreateDatabase."
        )
    if fault.kind is FaultKind.DENIED:
        return (
            f"Grant the caller {fault.operation} on the catalog, on database/{database} and on table/{database}/*; "
            "where Lake Formation rules, grant it there too."
        )
    return _STEPS_BY_KIND.get(fault.kind, "Run again later.")
