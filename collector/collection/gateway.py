"""The calls to AWS of one run: the caller, the organization, and each account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.aws import clients
from collector.aws.iam import AccountApi, Role
from collector.aws.organizations import OrganizationsApi

if TYPE_CHECKING:
    from collector.aws.clients import Identity
    from collector.settings.model import Settings


class Gateway:
    """The calls of a run; clients are made when they are first used. Blocking; every failure is a CallFault."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings, of which the role is used."""
        self._settings = settings

    def identity(self) -> Identity:
        """The caller of AWS."""
        return clients.identity()

    def organizations(self, identity: Identity) -> OrganizationsApi:
        """The calls to Organizations, in the caller's partition."""
        return OrganizationsApi(clients.client("organizations", clients.home_region(identity.partition)))

    def account_calls(self, identity: Identity, run_id: str) -> AccountApi:
        """The calls for one account. Sessions are named after the run's id, which identifies them in CloudTrail."""
        role = Role(
            name=self._settings.role_name,
            path=self._settings.role_path,
            external_id=self._settings.external_id,
            session_name=f"credlake-{run_id}",
        )
        return AccountApi(role=role, partition=identity.partition, own_account_id=identity.account_id)

    def foreign_endpoints(self) -> dict[str, str]:
        """Service → endpoint where it is not AWS's own."""
        return clients.foreign_endpoints()
