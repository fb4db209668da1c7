"""pyarrow's own way to S3, for engines that read Parquet files in parts. Writing goes through `s3_store` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from collector.aws.clients import aws_endpoint, ca_bundle, own_credentials
from collector.errors import LakeError

if TYPE_CHECKING:
    import pyarrow.fs

    from collector.lake.s3_store import S3Store

_ATTEMPTS = 8
_TIMEOUT_SECONDS = 60


def s3_filesystem(store: S3Store) -> pyarrow.fs.FileSystem:
    """A pyarrow filesystem that asks what the store asks: same endpoint, credentials and Region.

    pyarrow overlooks AWS_ENDPOINT_URL and AWS_CA_BUNDLE, and knows fewer ways to credentials than botocore (real-parts
    4), so all are passed on. The credentials are those of this moment: a query that outlives them fails.
    """
    try:
        from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem  # noqa: PLC0415  # not in every pyarrow
    except ImportError as error:
        raise LakeError(
            f"{store.uri} cannot be read here: this pyarrow was built without S3. Install pyarrow from PyPI, or ask "
            "Athena.",
            location=store.uri,
        ) from error
    with store.lake_errors("Reading"):
        credentials = own_credentials()
        region = _region(store)
    return S3FileSystem(
        access_key=credentials.access_key_id,
        secret_key=credentials.secret_access_key,
        session_token=credentials.session_token,
        region=region,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        request_timeout=_TIMEOUT_SECONDS,
        **_endpoint(store.endpoint),
        **_authorities(),
    )


def _endpoint(endpoint: str) -> dict[str, Any]:
    """Nothing where S3 itself is asked: pyarrow then finds the bucket by its Region and name."""
    if endpoint == aws_endpoint("s3"):
        return {}
    parts = urlsplit(endpoint)
    return {"scheme": parts.scheme, "endpoint_override": f"{parts.netloc}{parts.path}".rstrip("/")}


def _authorities() -> dict[str, Any]:
    bundle = ca_bundle()
    return {} if bundle is None else {"tls_ca_file_path": bundle}


def _region(store: S3Store) -> str:
    # botocore follows a bucket into its Region; pyarrow must be told.
    return str(store.bucket_region() or store.client.meta.region_name)
