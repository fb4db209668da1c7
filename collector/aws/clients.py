"""Clients of AWS: one session and one client of each service in a process, and how patient each client is.

botocore looks for credentials once per session, so a profile with an MFA code prompts once. A session belongs to the
variables that it was made under: `credlake demo` moves from one simulated organization to the next. Nothing else in
credlake makes a request, so each of those variables holds for every request (docs/environment.md).
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import urlsplit

import structlog
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from collector.aws.answers import make_readable, parse_dates_leniently
from collector.aws.call_time import limit_calls
from collector.aws.credentials import SessionCredentials, new_session, signed_by_context
from collector.aws.errors import making_client, translated, without_credentials
from collector.aws.lean_call import make_lean
from collector.aws.pace import Pace, keep_pace
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.client import BaseClient
    from botocore.session import Session
    from types_boto3_account import AccountClient
    from types_boto3_athena import AthenaClient
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_glue import GlueClient
    from types_boto3_iam import IAMClient
    from types_boto3_kms import KMSClient
    from types_boto3_lakeformation import LakeFormationClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_organizations import OrganizationsClient
    from types_boto3_quicksight import QuickSightClient
    from types_boto3_s3 import S3Client
    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_securityhub import SecurityHubClient
    from types_boto3_sns import SNSClient
    from types_boto3_sts import STSClient


Service = Literal[
    "account",
    "athena",
    "cloudformation",
    "events",
    "glue",
    "iam",
    "kms",
    "lakeformation",
    "lambda",
    "logs",
    "organizations",
    "quicksight",
    "s3",
    "scheduler",
    "securityhub",
    "sns",
    "sts",
]

DEFAULT_REGION = "us-east-1"
# A Region of each partition whose IAM and Organizations endpoints botocore knows (facts F2.6).
_HOME_REGIONS = {
    "aws": DEFAULT_REGION,
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}
# Every other Region of `aws` is opt-in: those that AWS launched since March 2019.
_ENABLED_BY_DEFAULT = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    }
)
_AWS_DOMAINS = (
    *("amazonaws.com", "amazonaws.com.cn", "api.aws", "amazonaws.eu", "aws.dev"),
    *("c2s.ic.gov", "hci.ic.gov", "adc-e.uk", "sc2s.sgov.gov"),
    # Dual-stack endpoints of China, the European Sovereign Cloud and the isolated partitions.
    *("amazonwebservices.com.cn", "amazonwebservices.eu", "aws.ic.gov", "aws.scloud"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient the client of a service is."""

    attempts: int  # How often a request is sent at most; botocore waits in between.
    connect_timeout: float = 10  # Seconds until a connection must be open.
    read_timeout: float = 30  # Seconds between two reads from a connection.
    call_time: float = 40  # Seconds until the whole answer must be there, however it arrives.
    connections: int = 1000  # Connections kept open; --concurrency, at most 1,000, limits the calls of a run.
    is_lean: bool = False  # Whether the calls made for every account skip botocore's client layer.


_LAKE = Policy(attempts=8, read_timeout=60, call_time=120, connections=64)
_DOCTOR = Policy(attempts=4, connect_timeout=5, read_timeout=15, connections=10)
POLICIES: dict[Service, Policy] = {
    # botocore's retry budget belongs to the client, so all accounts would share one: of 400 accounts that were each
    # throttled twice, 1 was collected. The run's own retry policy repeats these calls.
    "iam": Policy(attempts=1, is_lean=True),
    # Its answers are short, and nothing of an account can be collected before.
    "sts": Policy(attempts=1, call_time=20, is_lean=True),
    # ListAccounts allows 8 calls a second (facts F4.3).
    "organizations": Policy(attempts=12),
    # S3 answers SlowDown while it splits a prefix, for minutes at most. Eight attempts wait up to a minute.
    # A slow line may take minutes for an object of hundreds of MB.
    "s3": replace(_LAKE, call_time=900),
    "glue": _LAKE,
    "athena": _LAKE,
    "securityhub": _LAKE,
    # After a scheduled run, which soon ends.
    "events": _DOCTOR,
    "quicksight": _DOCTOR,
    # A person waits for the answer.
    "cloudformation": _DOCTOR,
    "lambda": _DOCTOR,
    "logs": _DOCTOR,
    "scheduler": _DOCTOR,
    "kms": _DOCTOR,
    "lakeformation": _DOCTOR,
    "sns": _DOCTOR,
    # The name of one account, which is not worth a wait.
    "account": Policy(attempts=1, connect_timeout=3, read_timeout=5, connections=1),
}
# What is in the Region of the lake's bucket, unless a Region is configured.
_WITH_THE_LAKE: tuple[Service, ...] = (
    *("athena", "events", "glue", "kms", "lakeformation", "quicksight", "securityhub"),
)
# Those that are called for every account.
_PER_ACCOUNT: tuple[Service, ...] = ("iam", "sts")
# The services that receive credentials with which accounts can be read.
_COLLECTING: tuple[Service, ...] = ("iam", "organizations", "sts")


@contextmanager
def while_a_person_waits() -> Iterator[None]:
    """Let no client wait for minutes where a service does not answer: the doctor is to end soon."""
    usual = dict(POLICIES)
    # STS is still called once: the doctor repeats its calls itself, so that accounts do not share a budget.
    sts = replace(usual["sts"], read_timeout=_DOCTOR.read_timeout)
    lake = replace(_DOCTOR, connections=_LAKE.connections)
    POLICIES.update({"sts": sts, "s3": lake, "glue": lake, "athena": lake})
    try:
        yield
    finally:
        POLICIES.update(usual)


def use_lean_calls(*, is_lean: bool) -> None:
    """Let the clients of IAM and STS skip botocore's client layer from now on, or not."""
    for service in _PER_ACCOUNT:
        POLICIES[service] = replace(POLICIES[service], is_lean=is_lean)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the collector is, by GetCallerIdentity."""

    account_id: str  # The account that the collector runs in.
    arn: str  # The ARN of the user or role session.

    @property
    def partition(self) -> str:
        """The partition of the caller, and so of its whole organization."""
        return self.arn.split(":")[1]


@dataclass(slots=True)
class _Clients:
    """One session of botocore, and the clients made from it. Clients are thread-safe, sessions are not."""

    session: Session  # The session, used by one thread at a time.
    # Every client by its service, Region and policy.
    made: dict[tuple[Service, str, Policy], BaseClient] = field(default_factory=dict)
    paces: dict[Service, Pace] = field(default_factory=lambda: defaultdict(Pace))  # That of a service in all Regions.
    lake_region: str | None = None  # The Region of the lake's bucket, where none is configured and it is known.
    sts_region: str | None = None  # The Region of STS, where the configured one refuses the caller's token.

    def region(self, service: Service) -> str:
        """The Region of a service's client."""
        if service == "sts" and self.sts_region:
            return self.sts_region
        if configured := self.session.get_config_variable("region"):
            return str(configured)
        if service not in _WITH_THE_LAKE:
            return DEFAULT_REGION
        if self.lake_region is None:
            _log.warning("region.unknown", service=service, used=DEFAULT_REGION, hint="Set AWS_REGION.")
        return self.lake_region or DEFAULT_REGION


_LOCK = threading.RLock()
_log = structlog.get_logger()


@lru_cache(maxsize=1)
def clients_under(_environment: frozenset[tuple[str, str]]) -> _Clients:
    """A new session and no clients yet; kept until another environment replaces it."""
    session = new_session()
    parse_dates_leniently(session)
    return _Clients(session)


@contextmanager
def _clients() -> Iterator[_Clients]:
    """The clients of the environment as it is now, for this thread alone."""
    with _LOCK:
        yield clients_under(frozenset(item for item in os.environ.items() if _is_read(item[0])))


def _is_read(variable: str) -> bool:
    return variable.startswith("AWS_") or variable.lower().endswith("_proxy") or variable == "REQUESTS_CA_BUNDLE"


@overload
def client(service: Literal["account"], region: str | None = None) -> AccountClient: ...
@overload
def client(service: Literal["athena"], region: str | None = None) -> AthenaClient: ...
@overload
def client(service: Literal["cloudformation"], region: str | None = None) -> CloudFormationClient: ...
@overload
def client(service: Literal["events"], region: str | None = None) -> EventBridgeClient: ...
@overload
def client(service: Literal["glue"], region: str | None = None) -> GlueClient: ...
@overload
def client(service: Literal["iam"], region: str | None = None) -> IAMClient: ...
@overload
def client(service: Literal["kms"], region: str | None = None) -> KMSClient: ...
@overload
def client(service: Literal["lakeformation"], region: str | None = None) -> LakeFormationClient: ...
@overload
def client(service: Literal["lambda"], region: str | None = None) -> LambdaClient: ...
@overload
def client(service: Literal["logs"], region: str | None = None) -> CloudWatchLogsClient: ...
@overload
def client(service: Literal["organizations"], region: str | None = None) -> OrganizationsClient: ...
@overload
def client(service: Literal["quicksight"], region: str | None = None) -> QuickSightClient: ...
@overload
def client(service: Literal["s3"], region: str | None = None) -> S3Client: ...
@overload
def client(service: Literal["scheduler"], region: str | None = None) -> EventBridgeSchedulerClient: ...
@overload
def client(service: Literal["securityhub"], region: str | None = None) -> SecurityHubClient: ...
@overload
def client(service: Literal["sns"], region: str | None = None) -> SNSClient: ...
@overload
def client(service: Literal["sts"], region: str | None = None) -> STSClient: ...
def client(service: Service, region: str | None = None) -> BaseClient:
    """The process's client of a service in a Region: the configured one; for what is next to the lake, the bucket's.

    Where that is not known either, us-east-1.
    Endpoints are those of AWS_ENDPOINT_URL_<SERVICE> or AWS_ENDPOINT_URL. Requests to IAM are signed by `signing_as`,
    all others with the collector's own credentials.

    Raises:
        CallFault: the configuration names no such profile or Region, or an endpoint that is not a URL.
    """
    with _clients() as clients, making_client(service):
        region = region or clients.region(service)
        key = (service, region, POLICIES[service])
        if key not in clients.made:
            session = signed_by_context(clients.session) if service == "iam" else clients.session
            made = session.create_client(service, region_name=region, config=_config(service))
            make_readable(made)
            _check_fips(clients.session, service, made)
            if service in _COLLECTING:
                keep_pace(made, clients.paces[service])
            limit_calls(made, POLICIES[service].call_time)
            if POLICIES[service].is_lean:
                make_lean(made, clients.paces[service])
            made.meta.events.register("needs-retry.organizations", _list_again)  # type: ignore[arg-type]  # the stubs forget the result
            clients.made[key] = made
        return clients.made[key]


def pace_of(service: Service) -> Pace:
    """The pace that all calls to a service keep together, where it is one that collects."""
    with _clients() as clients:
        return clients.paces[service]


def _check_fips(session: Session, service: Service, made: BaseClient) -> None:
    """Refuse a configured endpoint that may not be a FIPS endpoint: botocore would silently drop the switch."""
    endpoint = made.meta.endpoint_url
    if not session.get_config_variable("use_fips_endpoint") or "fips" in endpoint:
        return
    # In GovCloud some FIPS endpoints have no other name than AWS's usual ones.
    config = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]  # the stubs do not know it
    if endpoint != session.create_client(service, region_name=made.meta.region_name, config=config).meta.endpoint_url:
        raise CallFault(
            FaultKind.OTHER,
            "EndpointNotFips",
            f"AWS_USE_FIPS_ENDPOINT (or the profile's use_fips_endpoint) is on, and {without_credentials(endpoint)} is "
            "configured, which is not known as a FIPS endpoint. Unset one of the two.",
            f"client of {service}",
        )


def _config(service: Service) -> Config:
    policy = POLICIES[service]
    return Config(
        # Set explicitly: botocore 1.44 changed the defaults, and a Lambda may carry an older one (facts F6).
        retries={"total_max_attempts": policy.attempts, "mode": "standard"},
        connect_timeout=policy.connect_timeout,
        read_timeout=policy.read_timeout,
        max_pool_connections=policy.connections,
        tcp_keepalive=True,
        user_agent_extra="credlake",
        # Uploads to S3 carry a SHA-256 of our own, which not every server replaces by a CRC.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_supported",
    )


def has_region() -> bool:
    """Whether the Region of Glue and Athena is known: configured, or that of the lake's bucket."""
    with _clients() as clients, making_client("s3"):
        return bool(clients.session.get_config_variable("region") or clients.lake_region)


def use_lake_region(region: str) -> None:
    """Let clients of Glue, Athena and what else is next to the lake call the Region of its bucket, from now on."""
    with _clients() as clients:
        clients.lake_region = region


def _list_again(response: tuple[object, Mapping[str, Any]] | None, attempts: int, **_context: object) -> float | None:
    """Seconds to wait before a list is read again that changed in the meantime, which botocore does not repeat."""
    code = response[1].get("Error", {}).get("Code") if response else None
    if code != "ConcurrentModificationException" or attempts >= POLICIES["organizations"].attempts:
        return None
    return min(0.5 * 2.0**attempts, 10.0)


def home_region(partition: str) -> str | None:
    """The Region through which a partition's global services are reached: us-east-1 in `aws`; None if unknown."""
    return _HOME_REGIONS.get(partition)


def identity() -> Identity:
    """Who the collector is. Needs no permission, so a failure means that the credentials are missing or invalid.

    An opt-in Region refuses a session token of the global STS endpoint (facts F11.5), and any credentials of an account
    that has not enabled it: where that may be the cause, STS is called in us-east-1 from now on.

    Raises:
        CallFault: there are no credentials, or none that AWS accepts.
    """
    try:
        return _identity()
    except CallFault as fault:
        if fault.code != "InvalidClientTokenId" or not _is_sts_opt_in():
            raise
        refused = fault
    _call_sts_in(DEFAULT_REGION)
    try:
        found = _identity()
    except CallFault:
        _call_sts_in(None)
        raise refused from None
    _log.warning("sts.other_region", used=DEFAULT_REGION, hint="STS in the configured Region refuses the credentials.")
    return found


def _identity() -> Identity:
    with translated("sts:GetCallerIdentity"):
        answer = client("sts").get_caller_identity()
        return Identity(answer["Account"], answer["Arn"])


def _is_sts_opt_in() -> bool:
    """Whether STS is called in an opt-in Region of `aws`."""
    with _clients() as clients:
        region = clients.region("sts")
        return region not in _ENABLED_BY_DEFAULT and clients.session.get_partition_for_region(region) == "aws"


def _call_sts_in(region: str | None) -> None:
    with _clients() as clients:
        clients.sts_region = region


def own_credentials(account_id: str | None = None) -> SessionCredentials:
    """The collector's own credentials, refreshed by botocore where they have expired.

    Raises:
        CallFault: there are none (`NO_CREDENTIALS`), or they cannot be refreshed.
    """
    with translated("credentials"):
        with _clients() as clients:
            found = clients.session.get_credentials()
        if found is None:
            raise NoCredentialsError
        frozen = found.get_frozen_credentials()
        if frozen.access_key is None or frozen.secret_key is None:
            raise NoCredentialsError
    return SessionCredentials(account_id, frozen.access_key, frozen.secret_key, frozen.token)


def foreign_endpoints() -> dict[str, str]:
    """Service → endpoint, where a client that collects does not call AWS's own; without a password in it.

    A stray AWS_ENDPOINT_URL would send credentials elsewhere, so a run records and reports it; emulators need it.
    """
    with _clients() as clients:
        endpoints = {service: made.meta.endpoint_url for (service, *_), made in clients.made.items()}
    return {
        service: without_credentials(url)
        for service, url in endpoints.items()
        if service in _COLLECTING and not _is_of_aws(url)
    }


def _is_of_aws(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in _AWS_DOMAINS)
