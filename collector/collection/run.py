"""One run, from an organization to a published snapshot: the whole story.

Accounts are listed, placed and asked at the same time; what comes of each is written raw at once. When the last has its
outcome the tables are written, and one write of the publication record makes them the snapshot. Whatever ends the run
before that write leaves the last snapshot standing.
"""

from __future__ import annotations

import asyncio
import platform
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from random import random
from typing import TYPE_CHECKING

import structlog

from collector import __version__
from collector.catalog.follow import Follower
from collector.collection.engine import Engine, utc_now
from collector.collection.pipeline import Pipeline, to_the_end
from collector.collection.result import RunResult, Watch
from collector.collection.resume import Resumed, finish, resumable
from collector.collection.resumption import begin_run, fresh_folder
from collector.collection.retry import RetryPolicy
from collector.discovery.accounts_file import read_accounts_file
from collector.discovery.listing import Discovery
from collector.errors import CallFault, CatalogNotSyncedError, explain_no_identity
from collector.evidence import RunEvidence
from collector.lake.layout import new_run_id
from collector.lake.publish import publish
from collector.lake.record import read_record
from collector.lake.writer import SnapshotWriter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from collector.aws.clients import Identity
    from collector.aws.iam import AccountApi
    from collector.collection.gateway import Gateway
    from collector.discovery.accounts import Account
    from collector.lake.record import PublicationRecord, WrittenSnapshot
    from collector.lake.store import Store
    from collector.settings.model import Settings

_log = structlog.get_logger()

# Whoever cannot reach STS wants to know it soon.
_IDENTITY_SECONDS = 20.0


@dataclass(kw_only=True)
class Collection:
    """A run being made. `now` and `sleep` are passed in so that tests wait for nothing."""

    settings: Settings
    gateway: Gateway
    store: Store
    watch: Watch
    scratch: Path
    follower: Follower = field(default_factory=Follower)
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    # What is known so far, also of a run that ends without being published.
    result: RunResult | None = None

    async def run(self) -> RunResult:
        """Make the run, and publish it.

        Raises:
            CredlakeError: nothing was published; the message says why, and the last snapshot stands.
        """
        started_at = self.now()
        await asyncio.to_thread(self.store.check_writable)
        discovery, identity = await open_discovery(self.settings, self.gateway, self.sleep)
        try:
            organization_id, accounts = await discovery.first_page()
            # A record of a newer version, or a damaged one, is found before the first account is asked.
            await asyncio.to_thread(read_record, self.store, organization_id)
            await asyncio.to_thread(self._bring_level_first, organization_id)
            run = self._evidence(started_at, organization_id, discovery, identity)
            resumed = await asyncio.to_thread(resumable, self.store, run) if self.settings.resume else None
            self.result = result = RunResult(run=run if resumed is None else resumed.run)
            if resumed is not None and resumed.cut.is_complete:
                result.written = await asyncio.to_thread(finish, resumed, self.scratch, result, now=self.now())
            else:
                result.written = await self._collect(result, discovery, accounts, identity, resumed)
        finally:
            discovery.close()
        result.record = await to_the_end(asyncio.to_thread(self._publish, result.written))
        # What follows can be late: it raises what the user must know, and the snapshot is published all the same.
        await asyncio.to_thread(self.follower.sync_catalog, organization_id)
        return result

    def _bring_level_first(self, organization_id: str) -> None:
        """What an earlier run left behind is mended first. Where that cannot be, it is tried again at the end."""
        try:
            self.follower.sync_catalog(organization_id)
        except CatalogNotSyncedError as error:
            _log.warning("catalog.behind", error=error.message)

    def _evidence(
        self, started_at: datetime, organization_id: str, discovery: Discovery, identity: Identity
    ) -> RunEvidence:
        return RunEvidence(
            organization_id=organization_id,
            run_id=new_run_id(started_at, secrets.token_bytes(4)),
            started_at=started_at,
            inventory_source=discovery.inventory_source,
            settings=self.settings.for_the_record(),
            versions={"credlake": __version__, "python": platform.python_version()},
            collector_account_id=identity.account_id,
        )

    async def _collect(
        self,
        result: RunResult,
        discovery: Discovery,
        accounts: AsyncIterator[Account],
        identity: Identity,
        resumed: Resumed | None,
    ) -> WrittenSnapshot:
        run = result.run
        folder = None
        if resumed is None:
            await asyncio.to_thread(begin_run, self.store, run)
        else:
            folder = fresh_folder(run, secrets.token_bytes(4))
        writer = SnapshotWriter(self.store, run, self.scratch, folder=folder)
        try:
            calls = await self._account_calls(identity, run.run_id)
            if endpoints := self.gateway.foreign_endpoints():
                # A stray endpoint variable would send credentials elsewhere; an emulator needs it. So say it, go on.
                _log.warning("endpoints.not_of_aws", endpoints=endpoints)
            engine = Engine(
                calls=calls,
                concurrency=self.settings.concurrency,
                run_deadline_seconds=self.settings.deadline,
                account_deadline_seconds=self.settings.account_deadline,
                now=self.now,
                sleep=self.sleep,
            )
            delivery = Pipeline(
                settings=self.settings,
                watch=self.watch,
                result=result,
                discovery=discovery,
                writer=writer,
                resumed=resumed,
            )
            try:
                async with asyncio.TaskGroup() as beside:
                    await engine.collect(delivery.to_ask(accounts, beside), delivery.deliver)
            except* Exception as group:
                # One cause is enough: the first to fail has cancelled the others.
                raise _first_of(group) from group
            finally:
                delivery.close()
            result.untagged = len(discovery.untagged)
            return await asyncio.to_thread(writer.finish, self.now(), endpoints=self.gateway.foreign_endpoints())
        except BaseException:
            # In a thread: it waits for what is being typed or written, and a signal must not.
            await asyncio.to_thread(writer.abort)
            raise

    async def _account_calls(self, identity: Identity, run_id: str) -> AccountApi:
        try:
            return await asyncio.to_thread(self.gateway.account_calls, identity, run_id)
        except CallFault as fault:
            raise explain_no_identity(fault) from fault

    def _publish(self, written: WrittenSnapshot) -> PublicationRecord:
        before = read_record(self.store, written.organization_id).record
        record = publish(
            self.store,
            written,
            now=self.now,
            min_coverage=self.settings.min_coverage,
            replace=self.settings.replace,
        )
        self.follower.tag_replaced(before, record)
        return record


async def open_discovery(
    settings: Settings, gateway: Gateway, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> tuple[Discovery, Identity]:
    """Find out who we are, and get ready to list the accounts."""
    try:
        identity = await _identity(gateway, sleep)
        source = await asyncio.to_thread(gateway.organizations, identity)
    except CallFault as fault:
        raise explain_no_identity(fault) from fault
    from_file = None
    if settings.accounts_file is not None:
        from_file = read_accounts_file(Path(settings.accounts_file), partition=identity.partition)
    discovery = Discovery(
        source=source,
        selection=settings.selection,
        limits=settings.limits,
        wants_tags=settings.tags,
        organization_id=settings.organization_id,
        from_file=from_file,
    )
    return discovery, identity


async def _identity(gateway: Gateway, sleep: Callable[[float], Awaitable[None]]) -> Identity:
    """Who we are. A first call that was cut or throttled is no reason to give up a whole run."""
    clock = asyncio.get_running_loop().time
    budget = RetryPolicy(clock, random, clock() + _IDENTITY_SECONDS)
    return await budget.retrying(sleep)(asyncio.to_thread, gateway.identity)


def _first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
