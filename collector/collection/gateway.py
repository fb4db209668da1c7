"""The way to AWS for one run: who we are, the organization, and the calls for one account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.aws import clients
from collector.aws.iam import AccountApi, Role
from collector.aws.organizations import OrganizationsApi

if TYPE_CHECKING:
    from collector.aws.clients import Identity
    from collector.settings.model import Settings


class Gateway:
    """The calls of a run, by clients made when they are first needed. Blocking; every failure is a CallFault."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings that say which role."""
        self._settings = settings

    def identity(self) -> Identity:
        """Who the collector is."""
        return clients.identity()

    def organizations(self, identity: Identity) -> OrganizationsApi:
        """The calls to Organizations, in the caller's partition."""
        return OrganizationsApi(clients.client("organizations", clients.home_region(identity.partition)))

    def account_calls(self, identity: Identity, run_id: str) -> AccountApi:
        """The calls for one account. The run's id is the name of its sessions, so that CloudTrail tells them apart."""
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
