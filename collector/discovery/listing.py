"""The accounts of a run: listed, located in the tree of OUs, selected, with their tags if the run reads them.

Listing is slower than collecting (20 accounts a page, 8 pages a second), so accounts are passed on while the list is
still being read. Where a rule names accounts or OUs, the whole list is read first: a name that matches nothing is a
usage error.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import structlog

from collector.aws.iam import own_account_name
from collector.discovery.accounts import (
    ACTIVE,
    ORGANIZATION_ID,
    Account,
    account_from_organizations,
    organization_id_of,
)
from collector.discovery.accounts_file import organization_problems, organizations_named
from collector.discovery.ous import OrganizationTree
from collector.discovery.overrides import unused_overrides
from collector.discovery.owners import OwnerRules
from collector.errors import (
    CallFault,
    FaultKind,
    OrganizationUnreadableError,
    UsageError,
    explain_unknown_ou,
    explain_unreadable_organization,
)
from collector.evidence import ACCOUNTS_FILE, ORGANIZATIONS, SINGLE_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from types_boto3_organizations.type_defs import AccountTypeDef

    from collector.aws.clients import Identity
    from collector.aws.organizations import OrganizationsApi
    from collector.discovery.limits import LimitRules
    from collector.discovery.overrides import Override
    from collector.discovery.selection import Selection

T = TypeVar("T")
_log = structlog.get_logger()

_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"


@dataclass(slots=True, kw_only=True)
class Discovery:
    """Lists the accounts of one organization; of an account that belongs to none, that account.

    Calls to Organizations are made one after the other, in one thread of their own: its rate limits allow no more, and
    the threads that collect stay free.
    """

    source: OrganizationsApi  # The calls to Organizations.
    caller: Identity  # Who calls: outside an organization, this account is the only one.
    selection: Selection  # The rules of the run.
    limits: LimitRules
    owners: OwnerRules = field(default_factory=OwnerRules)
    wants_tags: bool = False  # Whether tags are read, at 10 calls a second.
    organization_id: str | None = None  # The organization of the settings; None: that of the credentials.
    from_file: list[Account] | None = None  # The accounts of an accounts file, instead of ListAccounts.
    is_single: bool = False  # Whether only the caller's account is listed; set where it belongs to no organization.
    deadline: float | None = None  # On the loop's clock: by then the list must be complete; None: no deadline.
    warnings: list[str] = field(default_factory=list)  # A sentence for each rule that turns out to match no account.
    _tree: OrganizationTree = field(init=False)
    _thread: ThreadPoolExecutor = field(init=False)
    _expired: CallFault | None = None  # The failure that showed that the caller's credentials have expired.

    def __post_init__(self) -> None:
        """Start without a location or a thread in use."""
        self._tree = OrganizationTree(self.source)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="organizations")

    @property
    def _overrides(self) -> tuple[Override, ...]:
        """Everything in the settings that differs by account or OU."""
        return (*self.limits.overrides, *self.owners.overrides)

    @property
    def inventory_source(self) -> str:
        """Where the account list comes from, as in `account.inventory_source`."""
        if self.is_single:
            return SINGLE_ACCOUNT
        return ORGANIZATIONS if self.from_file is None else ACCOUNTS_FILE

    @property
    def ou_faults(self) -> list[CallFault]:
        """The calls to Organizations that failed, so that OUs of accounts are unknown."""
        return self._tree.faults

    @property
    def role_arns(self) -> dict[str, str]:
        """Account → the role to assume in it, where the accounts file names one."""
        return {account.account_id: account.role_arn for account in self.from_file or () if account.role_arn}

    async def first_page(self) -> tuple[str, AsyncIterator[Account]]:
        """The organization's ID, and its accounts, once the first of them are known.

        Raises:
            OrganizationUnreadableError: the list cannot be read completely. A part of it is never treated as all of it.
            UsageError: the organization is not the one that was named, or not that of accounts in the file; or the
                account is in none, and the settings need one.
        """
        if self.is_single:
            return await self._caller_alone()
        if self.from_file is not None:
            of_file = await self._organization_of_file(self.from_file)
            if problems := organization_problems(self.from_file, of_file):
                raise UsageError(problems)
            return of_file, self._given(self.from_file)
        pages = self.source.account_pages()
        first: list[AccountTypeDef] | None = []
        try:
            while first is not None and not first:
                first = await self._by_deadline(lambda: next(pages, None))
        except CallFault as fault:
            if fault.code != _NO_ORGANIZATION:
                raise explain_unreadable_organization(fault) from fault
            _log.warning("organization.none", account_id=self.caller.account_id, collected="this account alone")
            return await self._caller_alone()
        if first is None:
            raise OrganizationUnreadableError(
                "organizations:ListAccounts returned no account, not even the management account. Nothing was "
                "collected. Run again; if it recurs, open a case with AWS."
            )
        organization_id = organization_id_of(first[0])
        if organization_id is None:
            organization_id = await self._call(self.source.organization_id)
        self._check_named(organization_id)
        return organization_id, self._listed(first, pages)

    async def located(self, account: Account) -> Account:
        """The account with its location, and its tags if the run reads them. Neither is a reason to fail."""
        if self.is_single:
            return account
        location = self._tree.known_location(account)
        if location is None:
            location = await self._in_thread(lambda: self._tree.locate(account))
        tags, tags_error = account.tags, None
        if self.wants_tags:
            try:
                tags = await self._in_thread(lambda: self._tags(account.account_id))
            except CallFault as fault:
                tags_error = f"{fault.code}: {fault.message}"
                _log.warning("account.tags_unknown", account_id=account.account_id, error_code=fault.code)
        return replace(account, location=location, tags=tags, tags_error=tags_error)

    def _tags(self, account_id: str) -> dict[str, str]:
        """In the thread. Once the caller's credentials have expired, no more calls are made."""
        if self._expired is not None:
            raise self._expired
        try:
            return self.source.tags(account_id)
        except CallFault as fault:
            self._expired = fault if fault.kind is FaultKind.TOKEN_EXPIRED else None
            raise

    async def selected(self, accounts: AsyncIterator[Account]) -> AsyncIterator[Account]:
        """All accounts, selected or not, once every include rule of the settings is known to match one.

        Every other rule that matches none is added to `warnings`.

        Raises:
            UsageError: an include rule matches no account: all such rules at once.
            OrganizationUnreadableError: a rule names an OU, and it is unknown which accounts are in it.
        """
        if self.selection.is_everything and not self._overrides:
            async for account in accounts:
                yield account
            return
        listed = [account async for account in accounts]
        if not self.is_single and (self.selection.names_ous or any(rule.ou for rule in self._overrides)):
            listed = [
                replace(account, location=await self._by_deadline(lambda a=account: self._tree.locate(a)))  # type: ignore[misc]  # mypy cannot type a lambda's default
                for account in listed
            ]
            self._check_locations(listed)
        if problems := self.selection.problems(listed):
            raise UsageError(problems)
        self.warnings += [
            *self.selection.warnings(listed),
            *unused_overrides(self.limits.overrides, "limits", listed),
            *unused_overrides(self.owners.overrides, "owners", listed),
        ]
        for warning in self.warnings:
            _log.warning("setting.matches_nothing", setting=warning)
        for account in listed:
            yield account

    def _check_locations(self, accounts: list[Account]) -> None:
        """An account must not be collected, or get other limits or another owner, because its OU is unknown."""
        named = (*self.selection.include_ous, *self.selection.exclude_ous)
        for ou in (*named, *(rule.ou for rule in self._overrides if rule.ou)):
            undecided = [account for account in accounts if account.is_active and not account.location.can_decide(ou)]
            if undecided:
                raise explain_unknown_ou(ou, [account.account_id for account in undecided])

    def close(self) -> None:
        """Abandon the thread; a call in progress is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _listed(
        self, first: list[AccountTypeDef], pages: Iterator[list[AccountTypeDef]]
    ) -> AsyncIterator[Account]:
        page: list[AccountTypeDef] | None = first
        seen: set[str] = set()
        while page is not None:
            for answer in page:
                account = account_from_organizations(answer)
                # An account that moves while the list is read may be on two pages.
                if account.account_id not in seen:
                    seen.add(account.account_id)
                    yield account
            page = await self._call(lambda: next(pages, None))

    @staticmethod
    async def _given(accounts: list[Account]) -> AsyncIterator[Account]:
        for account in accounts:
            yield account

    async def _caller_alone(self) -> tuple[str, AsyncIterator[Account]]:
        """The caller's account, as an organization of its own, which has the account's ID."""
        account_id, partition = self.caller.account_id, self.caller.partition
        needing = [f"--include-ou {ou}" for ou in self.selection.include_ous]
        needing += [f"--exclude-ou {ou}" for ou in self.selection.exclude_ous]
        needing += [f"limits for {rule.ou}" for rule in self.limits.overrides if rule.ou]
        needing += [f"owner of {rule.ou}" for rule in self.owners.overrides if rule.ou]
        needing += ["owners.tag" if self.owners.tag else "--tags"] if self.wants_tags else []
        needing += (
            [f"--organization-id {self.organization_id}"] if self.organization_id not in {None, account_id} else []
        )
        if needing:
            why = f"account {account_id} is collected alone, without an organization. Remove the setting."
            raise UsageError([f"{setting}: {why}" for setting in needing])
        self.is_single = True
        name = await self._in_thread(lambda: own_account_name(partition)) or account_id
        source = {"Id": account_id, "Name": name}
        account = Account(account_id=account_id, state=ACTIVE, partition=partition, name=name, source=source)
        return account_id, self._given([account])

    async def _organization_of_file(self, accounts: list[Account]) -> str:
        if self.organization_id is not None:
            return self.organization_id
        try:
            organization_id = await self._by_deadline(self.source.organization_id)
        except CallFault as fault:
            named = set().union(*map(organizations_named, accounts))
            if len(named) == 1:
                _log.info("organization.named_by_accounts_file", organization_id=(only := named.pop()))
                return only
            why = f"{fault.operation} returned {fault.code}: {fault.message}"
            raise UsageError(
                [f"--accounts-file: set --organization-id, because Organizations cannot be called: {why}"]
            ) from fault
        self._check_named(organization_id)
        return organization_id

    def _check_named(self, organization_id: str) -> None:
        if not ORGANIZATION_ID.fullmatch(organization_id):
            raise OrganizationUnreadableError(f"AWS returned {organization_id!r}, not an organization ID (o-…).")
        if self.organization_id is not None and self.organization_id != organization_id:
            raise UsageError(
                [f"--organization-id {self.organization_id}: the credentials belong to {organization_id}."]
            )

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await self._by_deadline(call)
        except CallFault as fault:
            raise explain_unreadable_organization(fault) from fault

    async def _by_deadline(self, call: Callable[[], T]) -> T:
        """A part of a list is never treated as all of it, so without the rest there is no coverage and no snapshot."""
        try:
            async with asyncio.timeout_at(self.deadline):
                return await self._in_thread(call)
        except TimeoutError as error:
            raise OrganizationUnreadableError(
                "The list of the organization's accounts was not complete by the deadline, so the coverage of the run "
                "is unknown. Nothing was published. Raise --deadline and run again; with --resume, reports that were "
                "fetched already are kept."
            ) from error

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
