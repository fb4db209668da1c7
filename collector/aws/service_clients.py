"""Clients of the services around the lake (SNS, KMS, Athena, Lake Formation), as the environment says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

import botocore.session
from botocore.config import Config

from collector.aws.clients import DEFAULT_REGION
from collector.aws.errors import making_client

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from types_boto3_athena import AthenaClient
    from types_boto3_kms import KMSClient
    from types_boto3_lakeformation import LakeFormationClient
    from types_boto3_sns import SNSClient
    from types_boto3_sts import STSClient

# They are asked a few questions while somebody waits for the answer.
_ATTEMPTS = 4
_CONNECT_TIMEOUT_SECONDS = 5
_READ_TIMEOUT_SECONDS = 15
_USER_AGENT = "credlake"


@overload
def service_client(service: Literal["athena"]) -> AthenaClient: ...
@overload
def service_client(service: Literal["kms"]) -> KMSClient: ...
@overload
def service_client(service: Literal["lakeformation"]) -> LakeFormationClient: ...
@overload
def service_client(service: Literal["sns"]) -> SNSClient: ...
@overload
def service_client(service: Literal["sts"]) -> STSClient: ...
def service_client(service: str) -> BaseClient:
    """A client with the environment's credentials, Region and AWS_ENDPOINT_URL_<SERVICE>.

    Raises:
        CallFault: there are no credentials, or no such Region.
    """
    session = botocore.session.Session()
    with making_client(service):
        return session.create_client(
            service,
            region_name=session.get_config_variable("region") or DEFAULT_REGION,
            config=Config(
                # Set explicitly: botocore 1.44 changed the defaults, and a Lambda may carry an older one (facts F6).
                retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
                connect_timeout=_CONNECT_TIMEOUT_SECONDS,
                read_timeout=_READ_TIMEOUT_SECONDS,
                user_agent_extra=_USER_AGENT,
            ),
        )
