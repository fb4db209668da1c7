"""What goes wrong on Athena, as sentences that name the next step. Pure.

Athena distinguishes most errors in words alone: InvalidRequestException is anything wrong with the request, and a
failed query's reason is Trino's name of the error and its text. The phrases are those that Athena writes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Self

from collector.errors import CredlakeError, FaultKind, UsageError

if TYPE_CHECKING:
    from types_boto3_athena.type_defs import QueryExecutionStatusTypeDef

    from collector.errors import CallFault


class AthenaError(CredlakeError):
    """A call to Athena failed, or a query did."""


class StaleViewError(AthenaError):
    """A view that is missing, or that no longer fits what it reads. Deploying the views fixes it."""


class ScanLimitError(AthenaError):
    """The query read more than it may."""

    @classmethod
    def stopped_by_us(cls, scanned: int, limit: int, query_execution_id: str) -> Self:
        """Stopped because it read more than `--scan-limit` allows."""
        return cls(
            f"The query was stopped: it had read {scanned:,} bytes, and --scan-limit allows {limit:,}. Query a view "
            "of the newest snapshot instead of its history, name fewer days, or raise the limit.",
            scanned=scanned,
            limit=limit,
            query_execution_id=query_execution_id,
        )


# Trino's names of errors in the SQL itself.
_SQL_ERRORS = frozenset(
    {
        "SYNTAX_ERROR",
        "COLUMN_NOT_FOUND",
        "TYPE_MISMATCH",
        "FUNCTION_NOT_FOUND",
        "TYPE_NOT_FOUND",
        "AMBIGUOUS_NAME",
        "EXPRESSION_NOT_AGGREGATE",
        "EXPRESSION_NOT_SCALAR",
        "MISSING_COLUMN_NAME",
        "DIVISION_BY_ZERO",
        "INVALID_CAST_ARGUMENT",
        "INVALID_FUNCTION_ARGUMENT",
        "NOT_SUPPORTED",
    }
)


class _Rule(NamedTuple):
    """How to recognize and explain a failure."""

    # The error to raise.
    kind: type[AthenaError]
    # The next step; a template of the database and of the groups of the phrase.
    hint: str
    # Trino's names of the failure.
    names: frozenset[str] = frozenset()
    # What Athena writes about it.
    phrase: re.Pattern[str] | None = None


_RULES = (
    _Rule(
        ScanLimitError,
        "The limit is the workgroup's. Query a view of the newest snapshot instead of its history, name fewer days, or "
        "have the limit raised.",
        phrase=re.compile(r"bytes scanned limit", re.IGNORECASE),
    ),
    _Rule(
        StaleViewError,
        "The view no longer fits what it reads: run `credlake views deploy`.",
        names=frozenset({"VIEW_IS_STALE", "INVALID_VIEW"}),
    ),
    _Rule(
        StaleViewError,
        "`credlake views deploy` creates the views, and `credlake collect` the tables they read. The query ran in the "
        "database {database} (--database).",
        names=frozenset({"TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"}),
    ),
    _Rule(
        AthenaError,
        "Grant kms:Decrypt on the lake's key, and kms:GenerateDataKey on that of the results, to the caller.",
        phrase=re.compile(r"\bkms\b|ciphertext|customer master key", re.IGNORECASE),
    ),
    _Rule(
        AthenaError,
        "Grant {action} on the catalog, the database {database} and its tables to the caller.",
        phrase=re.compile(r"not authorized to perform: (?P<action>(?:glue|lakeformation):\w+)"),
    ),
    _Rule(
        AthenaError,
        "A view reads with the caller's permissions: grant s3:GetObject and s3:ListBucket on the lake's bucket, and "
        "glue:GetTable and glue:GetPartitions on the database {database}.",
        phrase=re.compile(r"access ?denied|permission_denied|status code: 403|not authorized", re.IGNORECASE),
    ),
)

_ERROR_NAME = re.compile(r"(?P<name>[A-Z][A-Z0-9_]+): *(?P<text>.*)", re.DOTALL)
_NO_OUTPUT = re.compile(r"no output location provided", re.IGNORECASE)
_BAD_OUTPUT = re.compile(r"output (bucket|location)", re.IGNORECASE)
_NO_WORKGROUP = re.compile(r"workgroup\b.*\b(not found|does not exist)", re.IGNORECASE)
_WORKGROUP_OFF = re.compile(r"workgroup\b.*\bdisabled", re.IGNORECASE)


def explain_call(fault: CallFault, *, workgroup: str | None, output_location: str | None) -> CredlakeError:
    """The error of a call that failed."""
    facts = {"operation": fault.operation, "code": fault.code, "workgroup": workgroup or "primary"}
    group = workgroup or "primary"
    if fault.kind is FaultKind.DENIED:
        return AthenaError(
            f"{fault.operation} was denied in the workgroup {group}: {fault.message} Grant it on the workgroup to the "
            "caller, or name a workgroup that they may use with --workgroup.",
            **facts,
        )
    if fault.kind is FaultKind.NO_CREDENTIALS:
        return AthenaError(
            f"There are no valid AWS credentials: {fault.message} Sign in, then run the query again.", **facts
        )
    if fault.kind is FaultKind.THROTTLED:
        return AthenaError("Athena is running too many queries of this account. Try again in a minute.", **facts)
    no_output = (
        f"The workgroup {group} has no location for results. Name a folder with --output-location "
        "s3://BUCKET/PREFIX/, or set one in the workgroup."
    )
    bad_output = (
        f"Results cannot be written to {output_location or f'the output location of the workgroup {group}'}: "
        f"{fault.message} Does the bucket exist, in this Region, and may you write there (s3:PutObject, "
        "s3:GetBucketLocation, and kms:GenerateDataKey where it has a key)?"
    )
    rules = (
        (_NO_OUTPUT, no_output),
        (_NO_WORKGROUP, f"There is no workgroup {group} in this account and Region. Name another with --workgroup."),
        (_WORKGROUP_OFF, f"The workgroup {group} is disabled. Enable it, or name another with --workgroup."),
        (_BAD_OUTPUT, bad_output),
    )
    for pattern, message in rules:
        if pattern.search(fault.message):
            return AthenaError(message, **facts)
    return AthenaError(f"{fault.operation} failed: {fault.code}: {fault.message}", **facts)


def explain_failure(status: QueryExecutionStatusTypeDef, *, database: str, query_execution_id: str) -> CredlakeError:
    """The error of a query that was started and did not succeed."""
    given = status.get("StateChangeReason") or status.get("AthenaError", {}).get("ErrorMessage")
    reason = str(given or "Athena gave no reason.")
    match = _ERROR_NAME.match(reason)
    name = match["name"] if match is not None else ""
    facts = {"query_execution_id": query_execution_id, "error": name or status.get("State"), "database": database}
    if name in _SQL_ERRORS:
        return UsageError([f"Athena rejected the query: {reason}"], **facts)
    kind, hint = _kind_of_failure(name, reason, database)
    verb = "was cancelled" if status.get("State") == "CANCELLED" else "failed"
    return kind(f"The query {verb}: {reason.rstrip('. ')}.{hint}", **facts)


def _kind_of_failure(name: str, reason: str, database: str) -> tuple[type[AthenaError], str]:
    """What kind of failure it was, and the next step: the first rule that fits."""
    for rule in _RULES:
        phrase = rule.phrase.search(reason) if rule.phrase is not None else None
        if phrase is not None or name in rule.names:
            return rule.kind, " " + rule.hint.format(database=database, **(phrase.groupdict() if phrase else {}))
    return AthenaError, ""
