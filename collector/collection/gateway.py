"""The way to AWS for one run: who we are, the organization, and the calls for one account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.aws.clients import Clients, Identity
from collector.aws.iam import AccountApi, Role
from collector.aws.organizations import OrganizationsApi

if TYPE_CHECKING:
    from collector.settings.model import Settings


class Gateway:
    """Makes the clients of a run when they are first needed. Blocking; every failure is a CallFault."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings that say which role, and how many calls may be under way at once."""
        self._settings = settings
        self._clients = Clients(connections=settings.concurrency)

    def identity(self) -> Identity:
        """Who the collector is."""
        return self._clients.identity()

    def organizations(self, identity: Identity) -> OrganizationsApi:
        """The calls to Organizations, in the caller's partition."""
        return OrganizationsApi(self._clients.organizations(identity.partition))

    def account_calls(self, identity: Identity, run_id: str) -> AccountApi:
        """The calls for one account. The run's id is the name of its sessions, so that CloudTrail tells them apart."""
        role = Role(
            name=self._settings.role_name,
            path=self._settings.role_path,
            external_id=self._settings.external_id,
            session_name=f"credlake-{run_id}",
        )
        return AccountApi(self._clients, role=role, partition=identity.partition, own_account_id=identity.account_id)

    def foreign_endpoints(self) -> dict[str, str]:
        """Service → endpoint where it is not AWS's own."""
        return self._clients.foreign_endpoints()
