"""What Glue and the Athena workgroup say of themselves, judged. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.catalog.catalogue import GLUE_TABLES, GlueTable
from collector.catalog.partitions import NOT_OURS
from collector.catalog.tables import level_table
from collector.doctor.finding import Finding, failed, fault, fine
from collector.errors import CatalogNotSyncedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_athena.type_defs import WorkGroupTypeDef
    from types_boto3_glue.type_defs import DatabaseTypeDef, TableTypeDef

    from collector.catalog.sync import GlueChanges
    from collector.views.plan import DeploymentPlan

_ENGINE = "Athena engine version 3"
_NAMED = 5


def judge_database(database: str, found: DatabaseTypeDef | None) -> Finding:
    """GetDatabase's answer, None where there is none."""
    if found is None:
        return fault(
            "glue database",
            database,
            "does not exist",
            "Deploy deploy/collector.yaml, or let `credlake collect` make it (it takes glue:CreateDatabase).",
        )
    return fine("glue database", database, "exists")


def judge_table(glue_table: GlueTable, location: str, found: TableTypeDef | None) -> Iterator[Finding]:
    """GetTable's answer beside what the schema says; `location` is the folder of all snapshots."""
    name = glue_table.name
    if found is None:
        yield fine("glue table", name, "is not there yet: the first run makes it")
        return
    try:
        step = level_table(glue_table, location, found)
    except CatalogNotSyncedError as error:
        yield failed("glue table", name, error)
        return
    if step.update is None:
        yield fine("glue table", name, "is as the schema says")
    else:
        repairs = "; ".join(step.repairs) or "it differs from the schema"
        yield fault("glue table", name, f"is not level: {repairs}", "The next run brings it level: credlake collect.")


def judge_level(database: str, changes: GlueChanges) -> Finding:
    """What it took to bring the partitions level with the publication record: by then it is done."""
    if strange := [repair for repair in changes.repairs if NOT_OURS in repair]:
        return fault("glue partitions", database, " ".join(strange), "Remove what is named, or name another database.")
    if changes.repairs:
        return fine("glue partitions", database, f"are level with the record again: {' '.join(changes.repairs)}")
    if changes.created or changes.moved or changes.removed:
        return fine(
            "glue partitions",
            database,
            f"were behind the record, and are level now: {changes.created} made, {changes.moved} moved, "
            f"{changes.removed} removed",
        )
    return fine("glue partitions", database, "say what the publication record says")


def judge_workgroup(name: str, workgroup: WorkGroupTypeDef) -> Iterator[Finding]:
    """GetWorkGroup's workgroup: every fault of it."""
    configuration = workgroup.get("Configuration", {})
    results = configuration.get("ResultConfiguration", {})
    managed = configuration.get("ManagedQueryResultsConfiguration", {}).get("Enabled", False)
    engine = configuration.get("EngineVersion", {}).get("EffectiveEngineVersion", _ENGINE)
    faults = [
        (
            workgroup.get("State") != "ENABLED",
            f"is {workgroup.get('State')}",
            f"aws athena update-work-group --work-group {name} --state ENABLED",
        ),
        (engine != _ENGINE, f"runs {engine}, and the views are written for {_ENGINE}", f"Select {_ENGINE} in it."),
        (
            not managed and not results.get("OutputLocation"),
            "has no place for results",
            "Give it an output location (deploy/collector.yaml: s3://BUCKET/athena-results/).",
        ),
        (
            not managed and not results.get("EncryptionConfiguration"),
            "does not encrypt results",
            "Set an encryption for its results (SSE_S3 or SSE_KMS).",
        ),
        (
            not configuration.get("EnforceWorkGroupConfiguration"),
            "lets clients put results elsewhere, unencrypted",
            "Switch on `Override client-side settings` (EnforceWorkGroupConfiguration).",
        ),
        (
            not configuration.get("BytesScannedCutoffPerQuery"),
            "has no limit on what a query may read",
            "Set a limit (BytesScannedCutoffPerQuery), e.g. 100 GB.",
        ),
    ]
    found = [fault("athena workgroup", name, message, mend) for is_so, message, mend in faults if is_so]
    yield from found or [fine("athena workgroup", name, "is as it should be")]


def judge_views(database: str, plan: DeploymentPlan, *, are_made_by_run: bool) -> Finding:
    """What would bring the views in step. `are_made_by_run`: whoever is asked makes them after its next run."""
    changes = plan.changes
    if not changes:
        return fine("views", database, "are in step with this version")
    if are_made_by_run and all(step.action == "create" for step in plan.steps):
        return fine("views", database, "are not there yet: the first run makes them")
    named = ", ".join(f"{step.name} ({step.reason})" for step in changes[:_NAMED])
    more = f" and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
    return fault(
        "views",
        database,
        f"{len(changes)} of them are not in step with this version: {named}{more}",
        "The next run brings them in step." if are_made_by_run else "credlake views deploy",
    )


def tables() -> tuple[GlueTable, ...]:
    """The tables to look at."""
    return GLUE_TABLES
