"""The way from one account's answers into the lake."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

import structlog

from collector.collection.answers import AccountAnswers
from collector.evidence import AccountEvidence
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from collector.collection.result import RunResult, Watch
    from collector.collection.resume import Resumed
    from collector.discovery.accounts import Account
    from collector.discovery.listing import Discovery
    from collector.lake.rows import Verdict
    from collector.lake.writer import SnapshotWriter
    from collector.settings.model import Settings

T = TypeVar("T")
_log = structlog.get_logger()

# Parsing holds the interpreter most of the time, writing waits for the disk.
_WRITING_THREADS = 4
# Names of OUs and tags may come a little later than the last report; then they are unknown.
_PLACING_GRACE_SECONDS = 5.0


@dataclass(kw_only=True)
class Pipeline:
    """Brings what came of each account into the lake."""

    settings: Settings
    watch: Watch
    result: RunResult
    discovery: Discovery
    writer: SnapshotWriter
    resumed: Resumed | None = None
    _placing: dict[str, asyncio.Task[Account]] = field(default_factory=dict)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_WRITING_THREADS, thread_name_prefix="writing")
    )
    _give_up_placing: float = 0.0

    async def to_ask(self, accounts: AsyncIterator[Account], beside: asyncio.TaskGroup) -> AsyncIterator[Account]:
        """The accounts to ask, as they are listed. The others are written down as what they are."""
        deadline = self.settings.deadline
        clock = asyncio.get_running_loop().time
        self._give_up_placing = clock() + deadline + _PLACING_GRACE_SECONDS if deadline else float("inf")
        async for account in self.discovery.selected(accounts):
            if self.resumed is not None and self.resumed.has(account.account_id):
                self.watch.listed(is_asked=False)
                beside.create_task(self._deliver_kept(self.resumed, account))
                continue
            self._placing[account.account_id] = beside.create_task(self.discovery.placed(account))
            answers = unasked(account, self.discovery.selection.why_left_out(account))
            self.watch.listed(is_asked=answers is None)
            if answers is None:
                yield account
            else:
                beside.create_task(self.deliver(account, answers))

    async def deliver(self, account: Account, answers: AccountAnswers) -> None:
        """Write the account into the lake, and add it to the result."""
        placed = await self._placed(account)
        evidence = _account_evidence(placed, answers, self.settings)
        report = answers.report
        answers.report = None
        loop = asyncio.get_running_loop()
        verdict = await loop.run_in_executor(self._threads, self.writer.add, evidence, report)
        self.watch.finished(self.result.add(evidence, verdict))

    async def _deliver_kept(self, resumed: Resumed, account: Account) -> None:
        """Take over an account's report that was fetched before the run was interrupted."""

        def take_over() -> tuple[AccountEvidence, Verdict]:
            kept = resumed.kept(account.account_id)
            return kept.evidence, self.writer.add(kept.evidence, kept.report, stored_sha256=kept.stored_sha256)

        evidence, verdict = await asyncio.get_running_loop().run_in_executor(self._threads, take_over)
        self.watch.finished(self.result.add(evidence, verdict))

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False)

    async def _placed(self, account: Account) -> Account:
        placing = self._placing.pop(account.account_id)
        left = self._give_up_placing - asyncio.get_running_loop().time()
        try:
            return await asyncio.wait_for(placing, None if left == float("inf") else max(left, 0.0))
        except TimeoutError:
            _log.warning("account.place_unknown", account_id=account.account_id)
            if self.discovery.wants_tags:
                self.discovery.untagged.append(account.account_id)
            return account


def unasked(account: Account, why_left_out: str | None) -> AccountAnswers | None:
    """What is written of an account that the run does not ask; None where it does."""
    if not account.is_active:
        return AccountAnswers(
            Outcome.SKIPPED_STATE, error_code="NotActive", error_message=f"The account is {account.state}, not ACTIVE."
        )
    if why_left_out is not None:
        return AccountAnswers(Outcome.EXCLUDED, error_code="Excluded", error_message=f"The account was {why_left_out}.")
    return None


def _account_evidence(account: Account, answers: AccountAnswers, settings: Settings) -> AccountEvidence:
    report = answers.report
    return AccountEvidence(
        account=account.source,
        account_id=account.account_id,
        account_state=account.state,
        aws_partition=account.partition,
        ou_id=account.location.ou_id,
        ou_path=account.location.ou_path,
        tags=account.tags,
        limits=settings.limits.resolve(account),
        outcome=answers.outcome,
        error_code=answers.error_code,
        error_message=answers.error_message,
        attempts=answers.attempts,
        started_at=answers.started_at,
        finished_at=answers.finished_at,
        report_generated_at=answers.report_generated_at,
        raw_sha256=sha256(report).hexdigest() if report is not None else None,
        password_policy_state=answers.password_policy_state,
        password_policy=answers.password_policy,
        password_policy_error=answers.password_policy_error,
        summary=answers.summary,
        summary_error=answers.summary_error,
    )


async def to_the_end(work: Awaitable[T]) -> T:
    """The result of work in a thread. Who is cancelled meanwhile waits for its end first: it cannot be undone."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
