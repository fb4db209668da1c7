"""The clients of a run: which Region, which endpoint, who retries, how long a call may take."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config

from collector.aws.credentials import SessionCredentials, impersonate, own_credentials
from collector.aws.endpoint_text import without_credentials
from collector.aws.errors import making_client, translated

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from types_boto3_iam import IAMClient
    from types_boto3_organizations import OrganizationsClient
    from types_boto3_sts import STSClient

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
_OWN_DOMAINS = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "api.aws",
    "amazonaws.eu",
    "aws.dev",
    "c2s.ic.gov",
    "hci.ic.gov",
    "adc-e.uk",
    "sc2s.sgov.gov",
)

_CONNECT_TIMEOUT_SECONDS = 10
_READ_TIMEOUT_SECONDS = 30
_USER_AGENT = "credlake"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the collector is: GetCallerIdentity's answer."""

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        """The partition of the caller, and so of its whole organization."""
        return self.arn.split(":")[1]


class Clients:
    """The clients of one run, made once each. botocore's clients are thread-safe, its sessions are not."""

    def __init__(self, *, connections: int) -> None:
        """`connections` is how many calls may be under way at once."""
        self._connections = connections
        self._session = botocore.session.Session()
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], BaseClient] = {}

    def identity(self) -> Identity:
        """Ask STS who the caller is: needs no permission, so it tells missing and expired credentials apart.

        Raises:
            CallFault: no credentials, or none that AWS takes.
        """
        with translated("sts:GetCallerIdentity"):
            answer = self.sts().get_caller_identity()
            return Identity(answer["Account"], answer["Arn"])

    def own_credentials(self, account_id: str) -> SessionCredentials:
        """The collector's own credentials, from the run's one session: botocore prompts for an MFA code once."""
        return own_credentials(self._session, account_id)

    def sts(self, region: str | None = None) -> STSClient:
        """STS in the collector's own Region, or in another one. The run's budgets own its retries."""
        return cast("STSClient", self._client("sts", region or self.region, self._session, attempts=1))

    def organizations(self, partition: str) -> OrganizationsClient:
        """Organizations. botocore owns its retries: ListAccounts allows 8 calls a second (facts F4.3)."""
        client = self._client("organizations", self.home_region(partition), self._session, attempts=12)
        return cast("OrganizationsClient", client)

    def iam(self, partition: str) -> IAMClient:
        """IAM for every account of the organization: calls are signed as `signing_as` says.

        botocore's retry budget belongs to the client, so sharing the client would share the budget: 400 accounts that
        were each throttled twice ended with 1 collected. So there is one attempt, and the run's budgets own the rest.
        """
        session = botocore.session.Session()
        impersonate(session)
        return cast("IAMClient", self._client("iam", self.home_region(partition), session, attempts=1))

    @property
    def region(self) -> str:
        """The Region that the caller configured, us-east-1 where there is none."""
        return self._session.get_config_variable("region") or DEFAULT_REGION

    def foreign_endpoints(self) -> dict[str, str]:
        """Service → endpoint, for the clients made so far whose endpoint is not AWS's own; without a password in it.

        A stray AWS_ENDPOINT_URL would send credentials elsewhere, so a run records and says it; emulators need it.
        """
        return {
            service: without_credentials(client.meta.endpoint_url)
            for (service, _), client in tuple(self._made.items())
            if not _is_own(client.meta.endpoint_url)
        }

    def home_region(self, partition: str) -> str:
        """The Region through which the partition's global services are reached: us-east-1 in `aws`."""
        return _HOME_REGIONS.get(partition, self.region)

    def _client(self, service: str, region: str, session: botocore.session.Session, *, attempts: int) -> BaseClient:
        with self._lock:
            key = (service, region)
            if key not in self._made:
                with making_client(service):
                    self._made[key] = session.create_client(
                        service,
                        region_name=region,
                        config=Config(
                            retries={"total_max_attempts": attempts, "mode": "standard"},
                            max_pool_connections=self._connections,
                            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
                            read_timeout=_READ_TIMEOUT_SECONDS,
                            tcp_keepalive=True,
                            user_agent_extra=_USER_AGENT,
                        ),
                    )
            return self._made[key]


def _is_own(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in _OWN_DOMAINS)
