"""The clients of a lake on AWS: S3 and Glue. botocore owns their retries, so nothing above them retries a refusal."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config

from collector.aws.clients import DEFAULT_REGION
from collector.aws.credentials import SessionCredentials, own_credentials
from collector.aws.errors import making_client

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.loaders import Loader
    from types_boto3_glue import GlueClient
    from types_boto3_s3 import S3Client

# SlowDown comes while S3 splits a prefix, for minutes at most. In `standard` mode eight attempts wait up to a minute.
_ATTEMPTS = 8
_CONNECTIONS = 64
_CONNECT_TIMEOUT_SECONDS = 10
_READ_TIMEOUT_SECONDS = 60
_USER_AGENT = "credlake"


def s3_client(*, attempts: int = _ATTEMPTS) -> S3Client:
    """S3 as the environment says: credentials, Region, and AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.

    botocore addresses buckets by path where an endpoint is given, by host name otherwise, and follows a bucket into
    another Region by itself.
    """
    return cast("S3Client", _client("s3", attempts))


def glue_client(*, attempts: int = _ATTEMPTS) -> GlueClient:
    """Glue as the environment says: credentials, Region, and AWS_ENDPOINT_URL_GLUE or AWS_ENDPOINT_URL."""
    return cast("GlueClient", _client("glue", attempts))


def own_endpoint(service: str) -> str:
    """Where AWS itself answers, whatever endpoint the environment names."""
    return _client(service, 1, ignores_configured_endpoints=True).meta.endpoint_url


def environment_credentials() -> SessionCredentials:
    """The credentials of the environment, as they are now.

    Raises:
        CallFault: there are none, or they cannot be refreshed.
    """
    return own_credentials(botocore.session.Session())


def own_authorities() -> str | None:
    """The file of certificate authorities that the environment trusts (AWS_CA_BUNDLE); None: those of the machine."""
    bundle = botocore.session.Session().get_config_variable("ca_bundle")
    return None if bundle is None else str(bundle)


@cache
def _models() -> Loader:
    # Reading Glue's takes 0.1 s of CPU; a run asks Glue twice, by a client each time.
    return cast("Loader", botocore.session.Session().get_component("data_loader"))


def _client(service: str, attempts: int, *, ignores_configured_endpoints: bool = False) -> BaseClient:
    session = botocore.session.Session()
    session.register_component("data_loader", _models())
    if ignores_configured_endpoints:
        session.set_config_variable("ignore_configured_endpoint_urls", value=True)
    with making_client(service):
        return session.create_client(
            service,
            region_name=session.get_config_variable("region") or DEFAULT_REGION,
            config=Config(
                # Set explicitly: botocore 1.44 changed the defaults, and a Lambda may carry an older one (facts F6).
                retries={"total_max_attempts": attempts, "mode": "standard"},
                max_pool_connections=_CONNECTIONS,
                connect_timeout=_CONNECT_TIMEOUT_SECONDS,
                read_timeout=_READ_TIMEOUT_SECONDS,
                tcp_keepalive=True,
                user_agent_extra=_USER_AGENT,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_supported",
            ),
        )
