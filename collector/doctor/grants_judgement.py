"""What Lake Formation lets a run and the readers do, from what Glue and Lake Formation answer. Pure.

Where Lake Formation leaves a database to IAM it names everybody, IAM_ALLOWED_PRINCIPALS; where it rules, permissions of
IAM alone let nobody read or change a table.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from collector.doctor.finding import Finding, fault, fine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from types_boto3_glue.type_defs import DatabaseTypeDef
    from types_boto3_lakeformation.type_defs import PrincipalResourcePermissionsTypeDef, ResourceTypeDef

_CHECK = "lake formation"
_EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
# `SUPER` is what the console calls it.
_ALL = frozenset({"ALL", "SUPER"})
# Whoever makes a table holds everything on it; so a run needs no more than to make them.
_OF_A_RUN = frozenset({"CREATE_TABLE", "DESCRIBE"})
_OF_A_READER = frozenset({"SELECT"})


def is_ruled(database: DatabaseTypeDef) -> bool:
    """Whether GetDatabase says that new tables are Lake Formation's. An answer that says nothing leaves them to IAM."""
    defaults = database.get("CreateTableDefaultPermissions")
    return defaults is not None and not any(_EVERYBODY in str(one.get("Principal", {})) for one in defaults)


def left_to_iam(database: str) -> Finding:
    """The finding for a database whose new tables are IAM's."""
    return fine(_CHECK, database, "leaves new tables to IAM")


def judge_run_grants(database: str, caller_arn: str, grants: Iterable[PrincipalResourcePermissionsTypeDef]) -> Finding:
    """ListPermissions' grants on the database, beside what a run of this caller needs on it."""
    held = _held(grants, lambda principal: principal == _EVERYBODY or _is_caller(principal, caller_arn))
    missing = sorted(_OF_A_RUN - held)
    if not missing or held & _ALL:
        return fine(_CHECK, database, "grants the caller what a run needs on it")
    return fault(
        _CHECK,
        database,
        f"rules new tables, and shows no grant of {' and '.join(missing)} to the caller: IAM permissions alone let "
        "nobody make them",
        _grant_command(_role_arn(caller_arn), _OF_A_RUN, {"Database": {"Name": database}}),
    )


def judge_reader_grants(
    database: str, table: str, caller_arn: str, grants: Iterable[PrincipalResourcePermissionsTypeDef]
) -> Finding:
    """ListPermissions' grants on a table that Lake Formation rules: whether anybody may read it.

    The caller does not count: whoever made the table holds everything on it, and is no reader for that.
    """
    readers = {
        principal
        for principal, permissions in _by_principal(grants)
        if permissions & (_OF_A_READER | _ALL) and not _is_caller(principal, caller_arn)
    }
    if readers:
        return fine(_CHECK, table, f"grants {len(readers)} principals beside the caller to read it")
    return fault(
        _CHECK,
        table,
        "is ruled by Lake Formation, which shows no grant to read it but the caller's: Athena gives nobody a row",
        _grant_command("READERS_ROLE_ARN", _OF_A_READER | {"DESCRIBE"}, _wildcard(database)),
    )


def _held(grants: Iterable[PrincipalResourcePermissionsTypeDef], is_meant: Callable[[str], bool]) -> set[str]:
    return {one for principal, permissions in _by_principal(grants) if is_meant(principal) for one in permissions}


def _by_principal(grants: Iterable[PrincipalResourcePermissionsTypeDef]) -> Iterable[tuple[str, set[str]]]:
    return ((one["Principal"]["DataLakePrincipalIdentifier"], set(one.get("Permissions", []))) for one in grants)


def _is_caller(principal: str, caller_arn: str) -> bool:
    """A session's ARN has its role's name and not its path, so account and name are compared."""
    return principal == caller_arn or _account_and_name(principal) == _account_and_name(_role_arn(caller_arn))


def _account_and_name(arn: str) -> tuple[str, str]:
    account, _, resource = arn.removeprefix("arn:").partition("iam::")[2].partition(":")
    return account, resource.rpartition("/")[2]


def _role_arn(caller_arn: str) -> str:
    """`arn:aws:sts::A:assumed-role/NAME/SESSION` → the role's; any other ARN as it is."""
    head, separator, rest = caller_arn.partition(":assumed-role/")
    if not separator:
        return caller_arn
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}"


def _wildcard(database: str) -> ResourceTypeDef:
    return {"Table": {"DatabaseName": database, "TableWildcard": {}}}


def _grant_command(principal: str, permissions: Iterable[str], resource: ResourceTypeDef) -> str:
    return (
        f"aws lakeformation grant-permissions --principal DataLakePrincipalIdentifier={principal} "
        f"--permissions {' '.join(sorted(permissions))} --resource '{json.dumps(resource, separators=(',', ':'))}'"
    )
