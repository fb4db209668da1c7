"""Checks of what queries go through: Glue, Lake Formation, the Athena workgroup, the views.

`CatalogChecks` makes the calls. The functions are pure: they evaluate one answer of AWS each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.aws import describe
from collector.aws.athena import AthenaQueries
from collector.catalog.sync import sync_catalog
from collector.catalog.tables import GLUE_TABLES, NOT_OURS, GlueTable, plan_table
from collector.doctor.bucket import UNKNOWN_ORGANIZATION
from collector.doctor.finding import Finding, error_reported, fail, not_checked, ok, run_check
from collector.errors import CatalogNotSyncedError
from collector.lake.layout import SNAPSHOTS
from collector.lake.local_store import open_store
from collector.lake.record import read_record
from collector.views.deploy import plan_views
from collector.views.files import shipped_views

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from types_boto3_athena.type_defs import WorkGroupTypeDef
    from types_boto3_glue.type_defs import DatabaseTypeDef, TableTypeDef
    from types_boto3_lakeformation.type_defs import PrincipalResourcePermissionsTypeDef, ResourceTypeDef

    from collector.catalog.sync import GlueChanges
    from collector.views.deploy import DeploymentPlan

# Created and dropped again. One that an interrupted doctor left behind is replaced by the next.
_PROBE = "credlake_doctor_probe"
_ENGINE = "Athena engine version 3"
_NAMED_VIEWS = 5

# Where Lake Formation leaves a table or database to IAM, it grants everything to this principal.
_EVERYONE = "IAM_ALLOWED_PRINCIPALS"
# The console calls ALL `SUPER`.
_ALL = frozenset({"ALL", "SUPER"})
# The creator of a table has all permissions on it, so a run only needs to create tables.
_RUN_PERMISSIONS = frozenset({"CREATE_TABLE", "DESCRIBE"})
_READER_PERMISSIONS = frozenset({"SELECT"})


@dataclass(frozen=True, kw_only=True)
class CatalogChecks:
    """All checks of one Glue database."""

    lake: str  # s3://BUCKET/PREFIX
    organization_id: str | None  # None: the partitions are not checked
    database: str  # the Glue database
    workgroup: str | None  # None: Athena is not checked
    output_location: str | None  # where results are stored, unless the workgroup sets it
    caller_arn: str  # the caller, as sts:GetCallerIdentity reports it
    deployed_by_run: bool  # whether a scheduled run deploys the views; otherwise the user has to

    def findings(self) -> Iterator[Finding]:
        """Make the checks, one after the other."""
        yield from run_check("glue database", self.database, self._check_glue)
        if self.workgroup is not None:
            yield from self._check_athena(self.workgroup)
        else:
            remediation = "Set --workgroup; or --no-glue, if the lake is not queried with Athena."
            yield not_checked("athena workgroup", "none", "no workgroup is given", remediation)
        yield from run_check("views", self.database, self._check_views)

    def _check_glue(self) -> Iterator[Finding]:
        found = describe.glue_database(self.database)
        yield check_database(self.database, found)
        if found is None:
            return
        for table in GLUE_TABLES:
            yield from self._check_table(table)
        yield from run_check("lake formation", self.database, lambda: self._check_run_grants(found))
        if (organization_id := self.organization_id) is None:
            yield not_checked("glue partitions", self.database, *UNKNOWN_ORGANIZATION)
        else:
            yield from run_check("glue partitions", self.database, lambda: self._sync(organization_id))
        for table in GLUE_TABLES:
            yield from self._check_reader_grants(table.name)

    def _check_table(self, table: GlueTable) -> Iterator[Finding]:
        def evaluate() -> Finding:
            location = f"{self.lake.rstrip('/')}/{SNAPSHOTS}/"
            return check_table(table, location, describe.glue_table(self.database, table.name))

        return run_check("glue table", table.name, evaluate)

    def _sync(self, organization_id: str) -> Iterator[Finding]:
        """Sync Glue with the publication record, as a run does first: checking it fixes it."""
        store = open_store(self.lake)
        if read_record(store, organization_id).record is None:
            yield ok("glue partitions", self.database, "are not needed yet: nothing is published")
        else:
            yield check_partitions(self.database, sync_catalog(store, organization_id, database=self.database))

    def _check_run_grants(self, found: DatabaseTypeDef) -> Finding:
        if not is_governed(found):
            return ok("lake formation", self.database, "leaves new tables to IAM")
        grants = describe.lake_formation_grants({"Database": {"Name": self.database}})
        return check_run_grants(self.database, self.caller_arn, grants)

    def _check_reader_grants(self, table: str) -> Iterator[Finding]:
        def evaluate() -> Iterator[Finding]:
            found = describe.glue_table(self.database, table)
            if found is not None and found.get("IsRegisteredWithLakeFormation"):
                grants = describe.lake_formation_grants({"Table": {"DatabaseName": self.database, "Name": table}})
                yield check_reader_grants(self.database, table, self.caller_arn, grants)

        return run_check("lake formation", table, evaluate)

    def _check_athena(self, workgroup: str) -> Iterator[Finding]:
        yield from run_check("athena workgroup", workgroup, lambda: self._check_workgroup(workgroup))
        yield from run_check("athena view", workgroup, lambda: self._create_view(workgroup))

    def _check_workgroup(self, workgroup: str) -> Iterator[Finding]:
        found = describe.workgroup(workgroup)
        return check_workgroup(workgroup, found, has_location=self.output_location is not None)

    def _create_view(self, workgroup: str) -> Finding:
        """Create a view and drop it: Glue, the results' bucket and its key refuse only when they are used."""
        queries = AthenaQueries(database=self.database, workgroup=workgroup, output_location=self.output_location)
        queries.run(f'create or replace view "{self.database}"."{_PROBE}" as\nselect 1 as looked')
        queries.run(f'drop view if exists "{self.database}"."{_PROBE}"')
        return ok("athena view", workgroup, f"can create a view in {self.database}, and drop it")

    def _check_views(self) -> Finding:
        views = shipped_views()
        plan = plan_views(views.athena_statements(self.database), views.columns(), database=self.database)
        return check_views(self.database, plan, deployed_by_run=self.deployed_by_run)


def check_database(database: str, found: DatabaseTypeDef | None) -> Finding:
    """Evaluate GetDatabase's answer, None where there is none."""
    if found is not None:
        return ok("glue database", database, "exists")
    fix = "Deploy deploy/collector.yaml, or let `credlake collect` create it (requires glue:CreateDatabase)."
    return fail("glue database", database, "does not exist", fix)


def check_table(glue_table: GlueTable, location: str, found: TableTypeDef | None) -> Finding:
    """Compare GetTable's answer with the schema; `location` is the folder of all snapshots."""
    name = glue_table.name
    if found is None:
        return ok("glue table", name, "does not exist yet; the first run creates it")
    try:
        step = plan_table(glue_table, location, found)
    except CatalogNotSyncedError as error:
        return error_reported("glue table", name, error)
    if step.update is None:
        return ok("glue table", name, "matches the schema")
    message = f"does not match the schema: {'; '.join(step.repairs) or 'its columns or parameters differ'}"
    return fail("glue table", name, message, "The next run updates it: credlake collect.")


def check_partitions(database: str, changes: GlueChanges) -> Finding:
    """Evaluate what had to be changed to sync the partitions with the publication record."""
    if unknown := [repair for repair in changes.repairs if NOT_OURS in repair]:
        return fail("glue partitions", database, " ".join(unknown), "Remove them, or configure another database.")
    if changes.repairs:
        return ok("glue partitions", database, f"are synced with the record again: {' '.join(changes.repairs)}")
    if changes.created or changes.moved or changes.removed:
        counts = f"{changes.created} created, {changes.moved} moved, {changes.removed} removed"
        return ok("glue partitions", database, f"were behind the record and are synced now: {counts}")
    return ok("glue partitions", database, "match the publication record")


def check_workgroup(name: str, workgroup: WorkGroupTypeDef, *, has_location: bool = False) -> Iterator[Finding]:
    """Evaluate GetWorkGroup's workgroup: a finding for each setting that is wrong, or one that all are right.

    `has_location` is whether the settings name a location for query results, so that the workgroup need not.
    """
    configuration = workgroup.get("Configuration", {})
    results = configuration.get("ResultConfiguration", {})
    managed = configuration.get("ManagedQueryResultsConfiguration", {}).get("Enabled", False)
    engine = configuration.get("EngineVersion", {}).get("EffectiveEngineVersion", _ENGINE)
    state, limit = workgroup.get("State"), configuration.get("BytesScannedCutoffPerQuery")
    output, encryption = (managed or results.get(name) for name in ("OutputLocation", "EncryptionConfiguration"))
    enable = f"aws athena update-work-group --work-group {name} --state ENABLED"
    location = "Set an output location (deploy/collector.yaml: s3://BUCKET/athena-results/)."
    enforce = "Enable `Override client-side settings` (EnforceWorkGroupConfiguration)."
    elsewhere = "lets clients write query results elsewhere and unencrypted"
    rules = (
        (state == "ENABLED", f"is {state}", enable),
        (
            engine == _ENGINE,
            f"uses {engine}, but the views are written for {_ENGINE}",
            f"Select {_ENGINE} in the workgroup.",
        ),
        (output or has_location, "has no location for query results", location),
        (encryption, "does not encrypt query results", "Set the encryption of its query results (SSE_S3 or SSE_KMS)."),
        (configuration.get("EnforceWorkGroupConfiguration"), elsewhere, enforce),
        (limit, "does not limit how much a query may scan", "Set a limit (BytesScannedCutoffPerQuery), e.g. 100 GB."),
    )
    found = [fail("athena workgroup", name, message, fix) for is_right, message, fix in rules if not is_right]
    yield from found or [ok("athena workgroup", name, "is configured correctly")]


def check_views(database: str, plan: DeploymentPlan, *, deployed_by_run: bool) -> Finding:
    """Evaluate the plan that would deploy the views of this version."""
    changes = plan.changes
    if not changes:
        return ok("views", database, "are those of this version")
    if deployed_by_run and all(step.action == "create" for step in plan.steps):
        return ok("views", database, "do not exist yet; the first run deploys them")
    named = ", ".join(f"{step.name} ({step.reason})" for step in changes[:_NAMED_VIEWS])
    more = f" and {len(changes) - _NAMED_VIEWS} more" if len(changes) > _NAMED_VIEWS else ""
    message = f"{len(changes)} of them are not those of this version: {named}{more}"
    return fail(
        "views", database, message, "The next run deploys them." if deployed_by_run else "credlake views deploy"
    )


def is_governed(database: DatabaseTypeDef) -> bool:
    """Whether Lake Formation governs new tables, so that IAM permissions alone allow nobody to read or change them.

    An answer of GetDatabase without defaults leaves new tables to IAM.
    """
    defaults = database.get("CreateTableDefaultPermissions")
    return defaults is not None and not any(_EVERYONE in str(one.get("Principal", {})) for one in defaults)


def check_run_grants(database: str, caller_arn: str, grants: Iterable[PrincipalResourcePermissionsTypeDef]) -> Finding:
    """Evaluate ListPermissions' grants on the database: whether a run of this caller can create its tables."""
    granted = {
        permission
        for principal, permissions in _by_principal(grants)
        if principal == _EVERYONE or _is_caller(principal, caller_arn)
        for permission in permissions
    }
    missing = sorted(_RUN_PERMISSIONS - granted)
    if not missing or granted & _ALL:
        return ok("lake formation", database, "grants the caller what a run needs on the database")
    without = f"grants the caller no {' or '.join(missing)}; IAM permissions alone do not suffice"
    fix = _grant_command(_role_arn(caller_arn), _RUN_PERMISSIONS, {"Database": {"Name": database}})
    return fail("lake formation", database, f"governs new tables and {without}", fix)


def check_reader_grants(
    database: str, table: str, caller_arn: str, grants: Iterable[PrincipalResourcePermissionsTypeDef]
) -> Finding:
    """Evaluate ListPermissions' grants on a table that Lake Formation governs: whether anyone may read it.

    The caller does not count: it created the table, so it has all permissions on it and need not be a reader.
    """
    readers = {
        principal
        for principal, permissions in _by_principal(grants)
        if permissions & (_READER_PERMISSIONS | _ALL) and not _is_caller(principal, caller_arn)
    }
    if readers:
        return ok("lake formation", table, f"lets {len(readers)} principals other than the caller read the table")
    every_table: ResourceTypeDef = {"Table": {"DatabaseName": database, "TableWildcard": {}}}
    message = "governs the table and lets nobody but the caller read it, so Athena returns no rows to anyone else"
    fix = _grant_command("READERS_ROLE_ARN", _READER_PERMISSIONS | {"DESCRIBE"}, every_table)
    return fail("lake formation", table, message, fix)


def _by_principal(grants: Iterable[PrincipalResourcePermissionsTypeDef]) -> Iterator[tuple[str, set[str]]]:
    return ((one["Principal"]["DataLakePrincipalIdentifier"], set(one.get("Permissions", []))) for one in grants)


def _is_caller(principal: str, caller_arn: str) -> bool:
    """Compare accounts and names: the ARN of a session has the name of its role, but not its path."""
    return principal == caller_arn or _account_and_name(principal) == _account_and_name(_role_arn(caller_arn))


def _account_and_name(arn: str) -> tuple[str, str]:
    account, _, resource = arn.removeprefix("arn:").partition("iam::")[2].partition(":")
    return account, resource.rpartition("/")[2]


def _role_arn(caller_arn: str) -> str:
    """`arn:aws:sts::A:assumed-role/NAME/SESSION` → the role's ARN; any other ARN unchanged."""
    head, separator, rest = caller_arn.partition(":assumed-role/")
    if not separator:
        return caller_arn
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}"


def _grant_command(principal: str, permissions: Iterable[str], resource: ResourceTypeDef) -> str:
    return (
        f"aws lakeformation grant-permissions --principal DataLakePrincipalIdentifier={principal} "
        f"--permissions {' '.join(sorted(permissions))} --resource '{json.dumps(resource, separators=(',', ':'))}'"
    )
