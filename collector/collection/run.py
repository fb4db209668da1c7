"""One run, from an organization to a published snapshot: start reading here.

Accounts are listed, located in their OUs and collected at the same time; what AWS returns for each is written raw at
once. When the last account has its outcome the tables are written, and one write of the publication record makes them
the snapshot. Whatever ends the run before that write leaves the last snapshot in place.
"""

from __future__ import annotations

import asyncio
import platform
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, TypeVar

import structlog

from collector import __version__
from collector.catalog.follow import Follower
from collector.collection.engine import Engine, utc_now
from collector.collection.pipeline import Pipeline
from collector.collection.result import RunResult, Watch
from collector.collection.resume import InterruptedRun, begin_run, interrupted_run
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
    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store
    from collector.lake.writer import WrittenSnapshot
    from collector.settings.model import Settings

T = TypeVar("T")
_log = structlog.get_logger()

# Anyone who cannot reach STS should know it soon.
_IDENTITY_SECONDS = 20.0


@dataclass(kw_only=True)
class Collection:
    """One run (`compose` makes one from settings). Clock and waits are passed in so that tests need no wait.

    Attributes:
        settings: of this run.
        gateway: the calls to AWS.
        store: the lake.
        scratch: an existing local folder, for files under construction.
        watch: is called as accounts are listed and finished.
        follower: syncs the catalog with the publication record.
        now: the time of day, in UTC.
        sleep: waits so many seconds.
        result: what is known so far, also of a run that ends without being published; None before accounts are listed.
    """

    settings: Settings
    gateway: Gateway
    store: Store
    scratch: Path
    watch: Watch = field(default_factory=Watch)
    follower: Follower = field(default_factory=Follower)
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    result: RunResult | None = None

    async def run(self) -> RunResult:
        """Make the run, and publish it.

        Raises:
            CredlakeError: nothing was published; the message says why, and the last snapshot stays.
            CatalogNotSyncedError: the snapshot is published, and Glue could not be synced.
        """
        started_at = self.now()
        await asyncio.to_thread(self.store.check_writable)
        discovery, identity = await open_discovery(self.settings, self.gateway, self.sleep)
        try:
            organization_id, accounts = await discovery.first_page()
            # A record of a newer version, or a damaged one, is found before the first account is collected.
            await asyncio.to_thread(read_record, self.store, organization_id)
            await asyncio.to_thread(self._sync_catalog_first, organization_id)
            run = self._evidence(started_at, organization_id, discovery, identity)
            resumed = await asyncio.to_thread(interrupted_run, self.store, run) if self.settings.resume else None
            self.result = result = RunResult(run=run if resumed is None else resumed.run)
            if resumed is not None and resumed.is_complete:
                result.written = await asyncio.to_thread(self._finish, resumed, result)
            else:
                result.written = await self._collect(result, discovery, accounts, identity, resumed)
        finally:
            discovery.close()
        result.record = await _uninterrupted(asyncio.to_thread(self._publish, result.written))
        # Where this fails it raises what the user must know, and the snapshot is published anyway.
        await asyncio.to_thread(self.follower.sync_catalog, organization_id)
        return result

    def _sync_catalog_first(self, organization_id: str) -> None:
        """Repair what an earlier run left out of sync. Where that fails, the end of this run tries again."""
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

    def _finish(self, resumed: InterruptedRun, result: RunResult) -> WrittenSnapshot:
        return resumed.write_tables(
            self.scratch, finished_at=self.now(), randomness=secrets.token_bytes(4), on_account=result.add
        )

    async def _collect(
        self,
        result: RunResult,
        discovery: Discovery,
        accounts: AsyncIterator[Account],
        identity: Identity,
        resumed: InterruptedRun | None,
    ) -> WrittenSnapshot:
        run = result.run
        if resumed is None:
            await asyncio.to_thread(begin_run, self.store, run)
        folder = resumed.fresh_folder(secrets.token_bytes(4)) if resumed else None
        writer = SnapshotWriter(self.store, run, self.scratch, folder=folder)
        try:
            calls = await self._account_calls(identity, run.run_id)
            if endpoints := self.gateway.foreign_endpoints():
                # A stray endpoint variable would send credentials elsewhere; an emulator needs it. So warn, and go on.
                _log.warning("endpoints.not_of_aws", endpoints=endpoints)
            engine = Engine(
                calls=calls,
                concurrency=self.settings.concurrency,
                run_deadline_seconds=self.settings.deadline,
                account_deadline_seconds=self.settings.account_deadline,
                now=self.now,
                sleep=self.sleep,
            )
            pipeline = Pipeline(
                settings=self.settings,
                watch=self.watch,
                result=result,
                discovery=discovery,
                writer=writer,
                resumed=resumed,
            )
            try:
                async with asyncio.TaskGroup() as others:
                    await engine.collect(pipeline.to_collect(accounts, others), pipeline.deliver)
            except* Exception as group:
                # One cause is enough: the first failure has cancelled the other tasks.
                raise _first_of(group) from group
            finally:
                pipeline.close()
            return await asyncio.to_thread(writer.finish, self.now(), endpoints=self.gateway.foreign_endpoints())
        except BaseException:
            # In a thread: it waits for what is being parsed or written, and a signal must not.
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
    """Identify the caller, and prepare the listing of accounts.

    Raises:
        CredlakeError: there are no valid AWS credentials, STS cannot be reached, or the accounts file is wrong.
    """
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
    """The caller. A first call that was interrupted or throttled is no reason to give up a whole run."""
    clock = asyncio.get_running_loop().time
    policy = RetryPolicy(clock, random, clock() + _IDENTITY_SECONDS)
    return await policy.retrying(sleep)(asyncio.to_thread, gateway.identity)


async def _uninterrupted(work: Awaitable[T]) -> T:
    """The result of work in a thread. A cancellation waits for its end first, because it cannot be undone."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
