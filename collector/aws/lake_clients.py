"""The clients of a lake on AWS: S3 and Glue. botocore owns their retries, so nothing above them retries a refusal."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from collector.aws.clients import DEFAULT_REGION
from collector.aws.translation import making_client

# SlowDown comes while S3 splits a prefix, for minutes at most. In `standard` mode eight attempts wait up to a minute.
_ATTEMPTS = 8
_CONNECTIONS = 64
_CONNECT_TIMEOUT_SECONDS = 10
_READ_TIMEOUT_SECONDS = 60
_USER_AGENT = "credlake"


def s3_client(*, attempts: int = _ATTEMPTS) -> Any:
    """S3 as the environment says: credentials, Region, and AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.

    botocore addresses buckets by path where an endpoint is given, by host name otherwise, and follows a bucket into
    another Region by itself.
    """
    return _client("s3", attempts)


def glue_client(*, attempts: int = _ATTEMPTS) -> Any:
    """Glue as the environment says: credentials, Region, and AWS_ENDPOINT_URL_GLUE or AWS_ENDPOINT_URL."""
    return _client("glue", attempts)


def own_endpoint(service: str) -> str:
    """Where AWS itself answers, whatever endpoint the environment names."""
    return str(_client(service, 1, ignore_configured_endpoint_urls=True).meta.endpoint_url)


def own_authorities() -> str | None:
    """The file of certificate authorities that the environment trusts (AWS_CA_BUNDLE); None: those of the machine."""
    bundle = botocore.session.Session().get_config_variable("ca_bundle")
    return None if bundle is None else str(bundle)


@cache
def _models() -> Any:
    # Reading Glue's takes 0.1 s of CPU; a run asks Glue twice, by a client each time.
    return botocore.session.Session().get_component("data_loader")


def _client(service: str, attempts: int, **options: Any) -> Any:
    session = botocore.session.Session()
    session.register_component("data_loader", _models())
    with making_client(service):
        return session.create_client(
            service,
            region_name=session.get_config_variable("region") or DEFAULT_REGION,
            config=Config(
                **options,
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
