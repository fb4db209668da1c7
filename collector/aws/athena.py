"""Queries on Athena: started, waited for, and stopped when nobody waits any more or when they read too much."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_result, wait_exponential

from collector.aws.athena_errors import ScanLimitError, explain_call, explain_failure
from collector.aws.clients import client
from collector.aws.errors import translated
from collector.errors import CallFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_athena import AthenaClient
    from types_boto3_athena.type_defs import QueryExecutionTypeDef, StartQueryExecutionInputTypeDef
    from types_boto3_s3 import S3Client


# A small query is done soon; with a large one a second more does not matter.
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0
_RUNNING = frozenset({"QUEUED", "RUNNING"})
_SUCCEEDED = "SUCCEEDED"


@dataclass(frozen=True, slots=True)
class FinishedQuery:
    """A query that succeeded."""

    # Athena's id of it.
    query_execution_id: str
    # How many bytes it read.
    bytes_scanned: int
    # How long it took in Athena.
    milliseconds: int
    # The URI of the file with its result; None where Athena keeps the result itself.
    output_location: str | None

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
    workgroup's own limit (`BytesScannedCutoffPerQuery`) holds exactly, and both apply.
    """

    def __init__(
        self,
        *,
        database: str,
        workgroup: str | None = None,
        output_location: str | None = None,
        scan_limit: int | None = None,
        athena: AthenaClient | None = None,
        s3: S3Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Clients are the process's own unless they are given; `sleep` waits the seconds given."""
        self._database = database
        self._workgroup = workgroup
        self._output_location = output_location
        self._scan_limit = scan_limit
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
        if status["State"] != _SUCCEEDED:
            raise explain_failure(status, database=self._database, query_execution_id=query_id)
        return _finished(query_id, execution)

    @property
    def s3(self) -> S3Client:
        """The client that fetches results which are stored in a file."""
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
        )
        return polling(self._poll, query_id)

    def _poll(self, query_id: str) -> QueryExecutionTypeDef:
        with self._explained("athena:GetQueryExecution"):
            execution = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0)
        is_running = execution["Status"]["State"] in _RUNNING
        if is_running and self._scan_limit is not None and scanned > self._scan_limit:
            raise ScanLimitError.stopped_by_us(scanned, self._scan_limit, query_id)
        return execution

    def _stop(self, query_id: str) -> None:
        """Stop the query if possible; the error that led here is raised anyway."""
        try:
            with translated("athena:StopQueryExecution"):
                self.athena.stop_query_execution(QueryExecutionId=query_id)
        except CallFault:
            return

    @contextmanager
    def _explained(self, operation: str) -> Iterator[None]:
        try:
            with translated(operation):
                yield
        except CallFault as fault:
            raise explain_call(fault, workgroup=self._workgroup, output_location=self._output_location) from fault


def _finished(query_id: str, execution: QueryExecutionTypeDef) -> FinishedQuery:
    statistics = execution.get("Statistics", {})
    return FinishedQuery(
        query_id,
        statistics.get("DataScannedInBytes", 0),
        statistics.get("TotalExecutionTimeInMillis", 0),
        (execution.get("ResultConfiguration") or {}).get("OutputLocation"),
    )
