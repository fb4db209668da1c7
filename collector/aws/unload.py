"""The rows of a select on Athena as Parquet files on S3, written by Athena itself (UNLOAD), through awswrangler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.aws.athena import query_error
from collector.aws.clients import client
from collector.aws.errors import translated
from collector.errors import CallFault, CredlakeError

if TYPE_CHECKING:
    from types_boto3_athena.type_defs import QueryExecutionStatusTypeDef


class MissingExtraError(CredlakeError):
    """Something needs awswrangler and pandas, which the extra `pandas` installs."""


def unload(sql: str, path: str, *, database: str, workgroup: str | None) -> str:
    """Write the rows of a select to new Parquet files below a path; the id of the query. Blocking.

    Args:
        sql: one select in Athena's SQL.
        path: `s3://bucket/prefix/`, below which there is nothing yet: Athena refuses to mix results.
        database: the Glue database.
        workgroup: the Athena workgroup; None: `primary`.

    Raises:
        MissingExtraError: awswrangler is not installed.
        CredlakeError: the query could not be started, or it failed.
    """
    try:
        import awswrangler  # noqa: PLC0415 -- an extra, and a second to import
        import boto3  # noqa: PLC0415
        from awswrangler import exceptions  # noqa: PLC0415
    except ImportError as error:
        message = (
            f"Files that Athena writes need awswrangler, which cannot be imported ({error}). Install it with: "
            "pip install 'credlake[pandas]'"
        )
        raise MissingExtraError(message) from error
    try:
        with translated("athena:StartQueryExecution"):
            finished: Any = awswrangler.athena.unload(
                sql=sql,
                path=path,
                database=database,
                workgroup=workgroup or "primary",
                boto3_session=boto3.Session(region_name=client("athena").meta.region_name),
            )
    except CallFault as fault:
        text = f"{fault.operation} failed: {fault.code}: {fault.message}"
        raise CredlakeError(text, operation=fault.operation, code=fault.code) from fault
    except (exceptions.QueryFailed, exceptions.QueryCancelled, exceptions.InvalidArgumentValue) as error:
        status: QueryExecutionStatusTypeDef = {"State": "FAILED", "StateChangeReason": str(error)}
        raise query_error(status, database=database, query_execution_id="") from error
    return str(finished.execution_id)
