"""The Parquet files of a lake on S3 as Arrow datasets, which DuckDB reads without an extension."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.dataset as ds

from collector.aws.clients import aws_endpoint, ca_bundle, own_credentials
from collector.errors import LakeError
from collector.query.statement import identifier
from collector.schema import ORGANIZATION_ID, SNAPSHOT_DATE, file_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    from pyarrow.fs import FileSystem

    from collector.lake.s3_store import S3Store
    from collector.query.snapshots import DataFile

_ATTEMPTS = 8
_TIMEOUT_SECONDS = 60


class S3Files:
    """Registers datasets of explicit lists of files with a DuckDB connection.

    Each file is declared to be of one organization and day, so a query of one day opens no file of another; DuckDB
    pushes columns and conditions down to the files as with its own reader.
    """

    def __init__(self, store: S3Store, connection: duckdb.DuckDBPyConnection) -> None:
        """Nothing is opened, and no call is made yet."""
        self._store = store
        self._connection = connection
        self._filesystem: FileSystem | None = None
        self._registered = 0

    def source(self, files: Sequence[DataFile]) -> str:
        """What a select reads from, for files of one kind and equally many columns.

        Raises:
            LakeError: this pyarrow cannot read S3, or there are no valid credentials.
        """
        if self._filesystem is None:
            self._filesystem = _filesystem(self._store)
        schema = pa.schema(list(file_schema(files[0].record_type))[: files[0].columns])
        file_format = ds.ParquetFileFormat()
        fragments = [
            file_format.make_fragment(
                file.path.removeprefix("s3://"), self._filesystem, partition_expression=_of_one_day(file)
            )
            for file in files
        ]
        name = f"s3_files_{self._registered}"
        self._registered += 1
        self._connection.register(name, ds.FileSystemDataset(fragments, schema, file_format, self._filesystem))
        return identifier(name)


def _of_one_day(file: DataFile) -> ds.Expression:
    values = {ORGANIZATION_ID.name: file.organization_id, SNAPSHOT_DATE.name: file.snapshot_date}
    return reduce(and_, (ds.field(name) == value for name, value in values.items()))


def _filesystem(store: S3Store) -> FileSystem:
    """A pyarrow filesystem with the store's endpoint, credentials and Region.

    pyarrow ignores AWS_ENDPOINT_URL and AWS_CA_BUNDLE, and supports fewer credential sources than botocore (real-parts
    4), so all are passed on. The credentials are not refreshed: a query that outlives them fails.
    """
    try:
        from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem  # noqa: PLC0415  # not in every pyarrow
    except ImportError as error:
        raise LakeError(
            f"{store.uri} cannot be read: this pyarrow was built without S3. Install pyarrow from PyPI, or use "
            "--engine athena.",
            location=store.uri,
        ) from error
    with store.lake_errors("Reading"):
        credentials = own_credentials()
        # botocore follows a redirect to the bucket's Region; pyarrow must be given it.
        region = str(store.bucket_region() or store.client.meta.region_name)
    return S3FileSystem(
        access_key=credentials.access_key_id,
        secret_key=credentials.secret_access_key,
        session_token=credentials.session_token,
        region=region,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        request_timeout=_TIMEOUT_SECONDS,
        **_endpoint(store.endpoint),
        **_certificates(),
    )


def _endpoint(endpoint: str) -> dict[str, Any]:
    """Empty for S3's own endpoint: pyarrow then derives it from Region and bucket."""
    if endpoint == aws_endpoint("s3"):
        return {}
    parts = urlsplit(endpoint)
    return {"scheme": parts.scheme, "endpoint_override": f"{parts.netloc}{parts.path}".rstrip("/")}


def _certificates() -> dict[str, Any]:
    bundle = ca_bundle()
    return {} if bundle is None else {"tls_ca_file_path": bundle}
