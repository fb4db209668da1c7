"""One run, from an organization to a published snapshot: start reading here.

Accounts are listed, located in their OUs and collected at the same time; what AWS returns for each is written raw at
once. When the last account has its outcome the tables are written, and one write of the publication record makes them
the snapshot. Whatever ends the run before that write leaves the last snapshot in place.
"""

from __future__ import annotations

import asyncio
import platform
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import structlog

from collector import __version__
from collector.aws import clients
from collector.aws.iam import AccountApi, Role
from collector.aws.organizations import OrganizationsApi
from collector.catalog.follow import Follower, follower_of
from collector.collection.engine import Engine, call_threads, utc_now
from collector.collection.pipeline import Pipeline, skipped
from collector.collection.result import RunResult, Watch
from collector.collection.resume import InterruptedRun, begin_run, interrupted_run
from collector.collection.retry import RetryPolicy
from collector.collection.takeover import EarlierRun, earlier_run
from collector.discovery.accounts_file import read_accounts_file
from collector.discovery.listing import Discovery
from collector.discovery.overrides import Override
from collector.errors import CallFault, CatalogNotSyncedError, UsageError, explain_no_identity
from collector.evidence import RunEvidence
from collector.exceptions.file import read_exceptions
from collector.lake.layout import new_run_id
from collector.lake.local_store import open_store
from collector.lake.publish import publish
from collector.lake.record import read_record
from collector.lake.writer import SnapshotWriter
from collector.process.exit import run_stoppable
from collector.process.garbage import fewer_collections
from collector.process.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
    from datetime import datetime

    from collector.aws.clients import Identity
    from collector.discovery.accounts import Account
    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store
    from collector.lake.writer import WrittenAccount, WrittenSnapshot
    from collector.settings.model import Settings

T = TypeVar("T")
_log = structlog.get_logger()

# Anyone who cannot reach STS should know it soon.
_IDENTITY_SECONDS = 20.0


@dataclass(kw_only=True)
class Collection:
    """One run (`open_collection` makes one from settings). Clock and waits are passed in so that tests need no wait.

    Attributes:
        settings: of this run.
        store: the lake.
        scratch: an existing local folder, for files under construction.
        watch: is called as accounts are listed and finished.
        follower: syncs the catalog with the publication record.
        now: the time of day, in UTC.
        sleep: waits so many seconds.
        expects_new: with `retry_failed`: whether accounts have joined, so that no account need have failed.
        result: what is known so far, also of a run that ends without being published; None before accounts are listed.
    """

    settings: Settings
    store: Store
    scratch: Path
    watch: Watch = field(default_factory=Watch)
    follower: Follower = field(default_factory=Follower)
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    expects_new: bool = False
    result: RunResult | None = None

    async def run(self) -> RunResult:
        """Make the run, and publish it.

        Raises:
            CredlakeError: nothing was published; the message says why, and the last snapshot stays.
            CatalogNotSyncedError: the snapshot is published, and Glue could not be synced.
        """
        started_at = self.now()
        exceptions = await asyncio.to_thread(_exceptions, self.settings, started_at)
        await asyncio.to_thread(self.store.check_writable)
        discovery, identity = await open_discovery(self.settings, self.sleep)
        try:
            organization_id, accounts = await discovery.first_page()
            # A record of a newer version, or a damaged one, is found before the first account is collected.
            await asyncio.to_thread(read_record, self.store, organization_id)
            await asyncio.to_thread(self._sync_catalog_first, organization_id)
            run = RunEvidence(
                organization_id=organization_id,
                run_id=new_run_id(started_at, secrets.token_bytes(4)),
                started_at=started_at,
                inventory_source=discovery.inventory_source,
                settings=self.settings.for_the_record(),
                versions={"credlake": __version__, "python": platform.python_version()},
                collector_account_id=identity.account_id,
                role_arns=discovery.role_arns,
                exceptions=exceptions,
            )
            resumed = await asyncio.to_thread(interrupted_run, self.store, run) if self.settings.resume else None
            self.result = result = RunResult(run=run if resumed is None else resumed.run, warnings=discovery.warnings)
            if resumed is not None and resumed.is_complete:
                result.written = await asyncio.to_thread(
                    resumed.write_tables, self.scratch, finished_at=self.now(), on_account=result.add
                )
            else:
                with fewer_collections():
                    result.written = await self._collect(result, discovery, accounts, identity, resumed)
        finally:
            discovery.close()
        return await self.publish(confirmed=self.settings.yes)

    async def publish(self, *, confirmed: bool) -> RunResult:
        """Publish the tables that the run has written, and sync the catalog. Raises what `run` does.

        `confirmed`: whether somebody agreed that it may replace a better snapshot, where the settings say `replace`.
        """
        result = self.result
        written = None if result is None else result.written
        if result is None or written is None:
            raise ValueError("the run has written no tables yet")
        result.record = await _uninterrupted(asyncio.to_thread(self._publish, written, confirmed=confirmed))
        # Where this fails it raises what the user must know, and the snapshot is published anyway.
        await asyncio.to_thread(self.follower.sync_catalog, written.organization_id)
        return result

    def _earlier_run(self, run: RunEvidence) -> EarlierRun | None:
        """The run whose accounts this one takes over; a resumed run does what it was started for."""
        if not run.settings.get("retry_failed"):
            return None
        return earlier_run(self.store, run.organization_id, run.snapshot_date, expects_new=self.expects_new)

    def _sync_catalog_first(self, organization_id: str) -> None:
        """Repair what an earlier run left out of sync. Where that fails, the end of this run tries again."""
        try:
            self.follower.sync_catalog(organization_id)
        except CatalogNotSyncedError as error:
            _log.warning("catalog.behind", error=error.message)

    async def _collect(
        self,
        result: RunResult,
        discovery: Discovery,
        accounts: AsyncIterator[Account],
        identity: Identity,
        resumed: InterruptedRun | None,
    ) -> WrittenSnapshot:
        run = result.run
        earlier = await asyncio.to_thread(self._earlier_run, run)
        if earlier is not None:
            # Accounts are retried with the roles of then, unless the accounts file of this run names others.
            run = result.run = replace(run, role_arns={**earlier.run.role_arns, **run.role_arns})
        if resumed is None:
            await asyncio.to_thread(begin_run, self.store, run)
        folder = resumed.fresh_folder() if resumed else None
        loop = asyncio.get_running_loop()

        def add(accounts: Sequence[WrittenAccount]) -> None:
            for evidence, verdict in accounts:
                self.watch.finished(result.add(evidence, verdict))

        writer = SnapshotWriter(
            self.store,
            run,
            self.scratch,
            folder=folder,
            on_written=lambda accounts: loop.call_soon_threadsafe(add, accounts),
        )
        try:
            try:
                role_arns = {**run.role_arns, **discovery.role_arns}
                calls = await asyncio.to_thread(account_calls, self.settings, identity, run.run_id, role_arns)
            except CallFault as fault:
                raise explain_no_identity(fault) from fault
            if endpoints := clients.foreign_endpoints():
                # A stray endpoint variable would send credentials elsewhere; an emulator needs it. So warn, and go on.
                _log.warning("endpoints.not_of_aws", endpoints=endpoints)
            threads = call_threads(calls, self.settings.concurrency, discovery.deadline)
            engine = Engine(
                calls=calls,
                threads=threads,
                run_deadline=discovery.deadline,
                account_deadline_seconds=self.settings.account_deadline,
                now=self.now,
                sleep=self.sleep,
            )
            pipeline = Pipeline(
                settings=self.settings,
                watch=self.watch,
                discovery=discovery,
                writer=writer,
                in_thread=threads.call,
                resumed=resumed,
                earlier=earlier,
                unmatched=_places(run.exceptions),
            )
            try:
                async with asyncio.TaskGroup() as others:
                    await engine.collect(pipeline.to_collect(accounts, others), pipeline.deliver)
            except* Exception as group:
                # One cause is enough: the first failure has cancelled the other tasks.
                raise _first_of(group) from group
            finally:
                # A call that hangs is not waited for: the deadline has passed, or the run was stopped.
                threads.close()
            if resumed is None:  # Where accounts are kept from before, their OUs are not looked up again.
                result.warnings += [
                    f"exception {name}: matches no account of the organization." for name in pipeline.unmatched
                ]
            return await asyncio.to_thread(writer.finish, self.now(), endpoints=clients.foreign_endpoints())
        except BaseException:
            # In a thread: it waits for what is being parsed or written, and a signal must not.
            await asyncio.to_thread(writer.abort)
            raise

    def _publish(self, written: WrittenSnapshot, *, confirmed: bool) -> PublicationRecord:
        before = read_record(self.store, written.organization_id).record
        rules = self.settings
        record = publish(
            self.store,
            written,
            now=self.now,
            min_coverage=rules.min_coverage,
            replace=rules.replace,
            confirmed=confirmed,
        )
        self.follower.tag_replaced(before, record)
        return record


@contextmanager
def open_collection(
    settings: Settings,
    *,
    watch: Watch | None = None,
    now: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Iterator[Collection]:
    """The run that the settings describe. Its scratch folder is removed at the end.

    Raises:
        UsageError: the settings name no lake.
        CredlakeError: the lake cannot be opened, or there is no room for a scratch folder.
    """
    lake = settings.required_lake
    with scratch_folder() as scratch:
        store = open_store(lake, kms_key=settings.kms_key, raw_lock=settings.raw_lock)
        yield Collection(
            settings=settings,
            store=store,
            follower=follower_of(store, database=settings.glue_database),
            watch=watch or Watch(),
            scratch=scratch,
            now=now,
            sleep=sleep,
        )


def run_until_signal(collection: Collection, part: Coroutine[None, None, RunResult] | None = None) -> RunResult:
    """Make the run, or that part of it; SIGINT and SIGTERM stop it.

    Raises:
        CredlakeError: nothing was published, or the catalog could not be synced.
        StoppedBySignal: it was stopped.
    """
    return run_stoppable(
        part or collection.run(),
        on_signal=collection.watch.interrupted,
        before_exit=lambda: shutil.rmtree(collection.scratch, ignore_errors=True),
    )


class Plan(NamedTuple):
    """What a run would do."""

    organization_id: str
    accounts: list[tuple[Account, str | None]]  # By OU path and id, with why it would not collect it (None: it would).
    warnings: list[str]  # A sentence for each rule of the settings that matches no account.
    ou_faults: list[CallFault]  # The calls that failed, so that OUs of accounts are unknown.


async def plan_run(settings: Settings) -> Plan:
    """The plan of the run that the settings describe.

    Calls Organizations, and no account. Raises what a run would.
    """
    _exceptions(settings, utc_now())
    discovery, _ = await open_discovery(settings)
    try:
        organization_id, accounts = await discovery.first_page()
        earlier = None
        if settings.retry_failed:
            store = open_store(settings.required_lake)
            earlier = await asyncio.to_thread(earlier_run, store, organization_id, f"{utc_now():%Y-%m-%d}")
        planned: list[tuple[Account, str | None]] = []
        async for account in discovery.selected(accounts):
            placed = await discovery.located(account)
            if earlier is not None and earlier.takes_over(account):
                planned.append((placed, f"Taken over from run {earlier.run.run_id}."))
                continue
            answers = skipped(placed, discovery.selection.why_excluded(placed))
            planned.append((placed, answers.error_message if answers else None))
    finally:
        discovery.close()
    planned.sort(key=lambda one: (one[0].location.ou_path, one[0].account_id))
    return Plan(organization_id, planned, discovery.warnings, discovery.ou_faults)


async def open_discovery(
    settings: Settings, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> tuple[Discovery, Identity]:
    """Identify the caller, and prepare the listing of accounts.

    Raises:
        CredlakeError: there are no valid AWS credentials, STS cannot be reached, or the accounts file is wrong.
    """
    clock = asyncio.get_running_loop().time
    # A first call that was interrupted or throttled is no reason to give up a whole run.
    began = clock()
    policy = RetryPolicy(clock, random, began + _IDENTITY_SECONDS)
    try:
        identity: Identity = await policy.retrying(sleep)(asyncio.to_thread, clients.identity)
        source = await asyncio.to_thread(_organizations, identity)
    except CallFault as fault:
        raise explain_no_identity(fault) from fault
    if settings.single_account and settings.accounts_file is not None:
        raise UsageError(["--single-account and --accounts-file: use one of the two."])
    from_file = None
    if settings.accounts_file is not None:
        file = read_accounts_file(Path(settings.accounts_file), partition=identity.partition)
        for sentence in file.unread:
            _log.warning("accounts_file.not_read", what=sentence)
        if file.unread:
            _log.warning("accounts_file.read_in_part", accounts=len(file.accounts), not_read=len(file.unread))
        from_file = file.accounts
    discovery = Discovery(
        source=source,
        caller=identity,
        selection=settings.selection,
        limits=settings.limits,
        owners=settings.owners,
        wants_tags=settings.reads_tags,
        organization_id=settings.organization_id,
        from_file=from_file,
        is_single=settings.single_account,
        deadline=None if settings.deadline is None else began + settings.deadline,
    )
    return discovery, identity


def _exceptions(settings: Settings, started_at: datetime) -> list[dict[str, str]]:
    return read_exceptions(settings.exceptions, today=started_at.date(), max_days=settings.max_exception_days)


def _places(exceptions: list[dict[str, str]]) -> dict[str, Override]:
    """The account or the OU of each exception that names one."""
    return {
        terms["exception_id"]: Override(account=terms.get("account"), ou=terms.get("ou"))
        for terms in exceptions
        if "finding_id" not in terms
    }


def _organizations(identity: Identity) -> OrganizationsApi:
    return OrganizationsApi(clients.client("organizations", clients.home_region(identity.partition)))


def account_calls(settings: Settings, identity: Identity, run_id: str, role_arns: Mapping[str, str]) -> AccountApi:
    """The calls for one account. Sessions are named after the run's id, which identifies them in CloudTrail.

    `role_arns` are the roles of the accounts that have another one than the settings name.

    Raises:
        CallFault: there are no valid AWS credentials.
    """
    clients.use_lean_calls(is_lean=settings.lean_calls)
    role = Role(
        name=settings.role_name,
        path=settings.role_path,
        external_id=settings.external_id,
        session_name=f"credlake-{run_id}",
        arns=role_arns,
    )
    return AccountApi(role=role, partition=identity.partition, own_account_id=identity.account_id)


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
