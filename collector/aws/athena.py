"""Queries on Athena: started, waited for, and stopped when nobody waits any more or when they read too much.

Athena distinguishes most errors in words alone: InvalidRequestException is anything wrong with the request, and a
failed query's reason is Trino's name of the error and its text. The phrases below are those that Athena writes.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, stop_never, wait_exponential

from collector.aws.clients import client
from collector.aws.errors import translated
from collector.errors import CallFault, CredlakeError, FaultKind, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_athena import AthenaClient
    from types_boto3_athena.type_defs import (
        QueryExecutionStatusTypeDef,
        QueryExecutionTypeDef,
        StartQueryExecutionInputTypeDef,
    )
    from types_boto3_s3 import S3Client

# A small query is done soon; with a large one a second more does not matter.
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0
_RUNNING = frozenset({"QUEUED", "RUNNING"})


class AthenaError(CredlakeError):
    """A call to Athena failed, or a query did."""


class StaleViewError(AthenaError):
    """A view that is missing, or that no longer fits what it reads. Deploying the views fixes it."""


class ScanLimitError(AthenaError):
    """The query read more than it may."""


class TimeLimitError(AthenaError):
    """The query took longer than it may."""


# Trino's names of errors in the SQL itself.
_SQL_ERRORS = (
    *("SYNTAX_ERROR", "COLUMN_NOT_FOUND", "TYPE_MISMATCH", "FUNCTION_NOT_FOUND", "TYPE_NOT_FOUND", "AMBIGUOUS_NAME"),
    *("EXPRESSION_NOT_AGGREGATE", "EXPRESSION_NOT_SCALAR", "MISSING_COLUMN_NAME", "DIVISION_BY_ZERO"),
    *("INVALID_CAST_ARGUMENT", "INVALID_FUNCTION_ARGUMENT", "NOT_SUPPORTED"),
)


class _Rule(NamedTuple):
    """How to recognize and explain a failure."""

    kind: type[AthenaError]  # The error to raise.
    phrase: str  # What the reason contains, which begins with Trino's name of the error.
    hint: str  # The next step; a template of the database and of the groups of the phrase.


_RULES = (
    _Rule(
        ScanLimitError,
        r"bytes scanned limit",
        "The limit is the workgroup's. Query a view of the newest snapshot instead of its history, name fewer days, or "
        "have the limit raised.",
    ),
    _Rule(
        StaleViewError,
        r"^(VIEW_IS_STALE|INVALID_VIEW):",
        "The view no longer fits what it reads: run `credlake views deploy --force`.",
    ),
    _Rule(
        StaleViewError,
        r"^(TABLE|SCHEMA)_NOT_FOUND:",
        "`credlake views deploy` creates the views, and `credlake collect` the tables they read. The query ran in the "
        "database {database} (--database).",
    ),
    _Rule(
        AthenaError,
        r"\bkms\b|ciphertext|customer master key",
        "Grant kms:Decrypt on the lake's key, and kms:GenerateDataKey on that of the results, to the caller.",
    ),
    _Rule(
        AthenaError,
        r"not authorized to perform: (?P<action>(?:glue|lakeformation):\w+)",
        "Grant {action} on the catalog, the database {database} and its tables to the caller.",
    ),
    _Rule(
        AthenaError,
        r"access ?denied|permission_denied|status code: 403|not authorized",
        "A view reads with the caller's permissions: grant s3:GetObject and s3:ListBucket on the lake's bucket, and "
        "glue:GetTable and glue:GetPartitions on the database {database}.",
    ),
)
_ERROR_NAME = re.compile(r"[A-Z][A-Z0-9_]+(?=:)")


@dataclass(frozen=True, slots=True)
class FinishedQuery:
    """A query that succeeded."""

    query_execution_id: str  # Athena's id of it.
    bytes_scanned: int  # How many bytes it read.
    milliseconds: int  # How long it took in Athena.
    output_location: str | None  # The URI of the file with its result; None where Athena keeps the result itself.

    def cost(self) -> str:
        """`Athena read 12.3 MB in 1.8 s (query 0a1b…)`, for people."""
        return (
            f"Athena read {self.bytes_scanned / 1e6:,.1f} MB in {self.milliseconds / 1000:.1f} s "
            f"(query {self.query_execution_id})"
        )


class AthenaQueries:
    """Queries on one database, in one workgroup. Blocking.

    `output_location` is for a workgroup that has no location for results. `scan_limit` is in bytes: a query that has
    read more is stopped. Athena reports what was read every few seconds only, so a query may read more than that; the
    workgroup's own limit (`BytesScannedCutoffPerQuery`) holds exactly, and both apply. `time_limit` is in seconds from
    the start, waiting in Athena's queue included.
    """

    def __init__(
        self,
        *,
        database: str,
        workgroup: str | None = None,
        output_location: str | None = None,
        scan_limit: int | None = None,
        time_limit: float | None = None,
        athena: AthenaClient | None = None,
        s3: S3Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Clients are the process's own unless they are given; `sleep` waits the seconds given."""
        self._database = database
        self._workgroup = workgroup
        self._output_location = output_location
        self._scan_limit = scan_limit
        self._time_limit = time_limit
        self._sleep = sleep
        with self._explained("client of athena"):
            self.athena = athena or client("athena")
        self._s3 = s3

    def run(self, sql: str) -> FinishedQuery:
        """Run one statement to its end.

        A query that is still under way when this is left early (a signal, a limit) is stopped.

        Raises:
            CredlakeError: it could not be started, or it failed; the message names the next step.
        """
        query_id = self._start(sql)
        try:
            execution = self._wait(query_id)
        except BaseException:
            self._stop(query_id)
            raise
        status = execution["Status"]
        if status["State"] != "SUCCEEDED":
            raise query_error(status, database=self._database, query_execution_id=query_id)
        statistics = execution.get("Statistics", {})
        return FinishedQuery(
            query_id,
            statistics.get("DataScannedInBytes", 0),
            statistics.get("TotalExecutionTimeInMillis", 0),
            (execution.get("ResultConfiguration") or {}).get("OutputLocation"),
        )

    @property
    def s3(self) -> S3Client:
        """The client that fetches results which are stored in a file."""
        with self._explained("client of s3"):
            return self._s3 or client("s3")

    def _start(self, sql: str) -> str:
        request: StartQueryExecutionInputTypeDef = {
            "QueryString": sql,
            "QueryExecutionContext": {"Database": self._database},
        }
        if self._workgroup is not None:
            request["WorkGroup"] = self._workgroup
        if self._output_location is not None:
            request["ResultConfiguration"] = {"OutputLocation": self._output_location}
        with self._explained("athena:StartQueryExecution"):
            return self.athena.start_query_execution(**request)["QueryExecutionId"]

    def _wait(self, query_id: str) -> QueryExecutionTypeDef:
        polling = Retrying(
            sleep=self._sleep,
            wait=wait_exponential(multiplier=_FIRST_PAUSE_SECONDS, max=_LONGEST_PAUSE_SECONDS),
            retry=retry_if_result(lambda execution: execution["Status"]["State"] in _RUNNING),
            stop=stop_never if self._time_limit is None else stop_after_delay(self._time_limit),
        )
        try:
            return polling(self._poll, query_id)
        except RetryError as error:
            raise TimeLimitError(
                f"The query was stopped: it was not finished after {self._time_limit:g} s, which is its limit. Query a "
                "view of the newest snapshot instead of its history, name fewer days, or raise --time-limit.",
                limit=self._time_limit,
                query_execution_id=query_id,
            ) from error

    def _poll(self, query_id: str) -> QueryExecutionTypeDef:
        with self._explained("athena:GetQueryExecution"):
            execution = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0)
        is_running = execution["Status"]["State"] in _RUNNING
        if is_running and self._scan_limit is not None and scanned > self._scan_limit:
            raise ScanLimitError(
                f"The query was stopped: it had read {scanned:,} bytes, and --scan-limit allows {self._scan_limit:,}. "
                "Query a view of the newest snapshot instead of its history, name fewer days, or raise the limit.",
                scanned=scanned,
                limit=self._scan_limit,
                query_execution_id=query_id,
            )
        return execution

    def _stop(self, query_id: str) -> None:
        """Stop the query if possible; the error that led here is raised anyway."""
        with suppress(CallFault), translated("athena:StopQueryExecution"):
            self.athena.stop_query_execution(QueryExecutionId=query_id)

    @contextmanager
    def _explained(self, operation: str) -> Iterator[None]:
        try:
            with translated(operation):
                yield
        except CallFault as fault:
            raise _call_error(fault, workgroup=self._workgroup, output_location=self._output_location) from fault


def _call_error(fault: CallFault, *, workgroup: str | None, output_location: str | None) -> AthenaError:
    group = workgroup or "primary"
    why = fault.message
    rules = {
        r"no output location provided": (
            f"The workgroup {group} has no location for results. Name a folder with --output-location "
            "s3://BUCKET/PREFIX/, or set one in the workgroup."
        ),
        r"workgroup\b.*\b(not found|does not exist)": (
            f"There is no workgroup {group} in this account and Region. Name another with --workgroup."
        ),
        r"workgroup\b.*\bdisabled": f"The workgroup {group} is disabled. Enable it, or name another with --workgroup.",
        r"output (bucket|location)": (
            f"Results cannot be written to {output_location or f'the output location of the workgroup {group}'}: {why} "
            "Does the bucket exist, in this Region, and may you write there (s3:PutObject, s3:GetBucketLocation, and "
            "kms:GenerateDataKey where it has a key)?"
        ),
    }
    match fault.kind:
        case FaultKind.DENIED:
            text = (
                f"{fault.operation} was denied in the workgroup {group}: {why} Grant it on the workgroup to the "
                "caller, or name a workgroup that they may use with --workgroup."
            )
        case FaultKind.NO_CREDENTIALS:
            step = fault.environment_step or "Sign in, then run the query again."
            text = f"There are no valid AWS credentials: {why.rstrip('.')}. {step}"
        case FaultKind.THROTTLED:
            text = "Athena is running too many queries of this account. Try again in a minute."
        case _:
            fitting = (message for phrase, message in rules.items() if re.search(phrase, why, re.IGNORECASE))
            text = next(fitting, f"{fault.operation} failed: {fault.code}: {why}")
            if fault.environment_step:
                text = f"{text.rstrip('.')}. {fault.environment_step}"
    return AthenaError(text, operation=fault.operation, code=fault.code, workgroup=group)


def query_error(status: QueryExecutionStatusTypeDef, *, database: str, query_execution_id: str) -> CredlakeError:
    """The error of a query that was started and did not succeed."""
    given = status.get("StateChangeReason") or status.get("AthenaError", {}).get("ErrorMessage")
    reason = str(given or "Athena gave no reason.")
    match = _ERROR_NAME.match(reason)
    name = match[0] if match is not None else ""
    facts = {"query_execution_id": query_execution_id, "error": name or status.get("State"), "database": database}
    if name in _SQL_ERRORS:
        return UsageError([f"Athena rejected the query: {reason}"], **facts)
    verb = "was cancelled" if status.get("State") == "CANCELLED" else "failed"
    message = f"The query {verb}: {reason.rstrip('. ')}."
    for rule in _RULES:
        if found := re.search(rule.phrase, reason, re.IGNORECASE):
            return rule.kind(f"{message} {rule.hint.format(database=database, **found.groupdict())}", **facts)
    return AthenaError(message, **facts)
