"""The pipeline of a run: each listed account is placed in its OUs, collected or left out, and written into the lake."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog

from collector.collection.account import AccountAnswers, Urgency
from collector.evidence import AccountEvidence
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from collector.collection.result import Watch
    from collector.collection.resume import InterruptedRun
    from collector.collection.takeover import EarlierRun
    from collector.discovery.accounts import Account
    from collector.discovery.listing import Discovery
    from collector.discovery.overrides import Override
    from collector.lake.writer import SnapshotWriter
    from collector.settings.model import Settings

_log = structlog.get_logger()

# OU names and tags may arrive a little later than the last report; after that they are unknown.
_DETAILS_GRACE_SECONDS = 5.0


@dataclass(kw_only=True)
class Pipeline:
    """Brings every account of a run into the lake, whatever its outcome."""

    settings: Settings
    watch: Watch
    discovery: Discovery
    writer: SnapshotWriter
    in_thread: Callable[[Urgency, Callable[[], None]], Awaitable[None]]  # runs a blocking call in a thread of the calls
    resumed: InterruptedRun | None = None  # the run that is continued, if any
    earlier: EarlierRun | None = None  # the run whose covered accounts are taken over, if any
    unmatched: dict[str, Override] = field(default_factory=dict)  # exceptions whose account or OU was not met so far
    _details: dict[str, asyncio.Task[Account]] = field(default_factory=dict)  # by account id, with OUs and tags
    _details_deadline: float = 0.0  # on the loop's clock: when OUs and tags that are still missing are given up

    async def to_collect(self, accounts: AsyncIterator[Account], others: asyncio.TaskGroup) -> AsyncIterator[Account]:
        """The accounts to collect, as they are listed. Tasks in `others` write the remaining ones."""
        deadline = self.discovery.deadline
        self._details_deadline = float("inf") if deadline is None else deadline + _DETAILS_GRACE_SECONDS
        async for account in self.discovery.selected(accounts):
            self.watch.listed(account.account_id)
            if self.resumed is not None and account.account_id in self.resumed.reported:
                others.create_task(self._deliver_kept(self.resumed, account))
                continue
            self._details[account.account_id] = others.create_task(self.discovery.located(account))
            if self.earlier is not None and self.earlier.takes_over(account):
                others.create_task(self._write(account, partial(self.earlier.answers, account.account_id)))
                continue
            answers = skipped(account, self.discovery.selection.why_excluded(account))
            if answers is None:
                yield account
            else:
                others.create_task(self.deliver(account, answers))

    async def deliver(self, account: Account, answers: AccountAnswers) -> None:
        """Write the account into the lake."""
        await self._write(account, lambda: answers)

    async def _write(self, account: Account, answers: Callable[[], AccountAnswers]) -> None:
        """`answers` is called in a thread right before they are written: few reports are in memory at once."""
        placed = await self._with_details(account)
        for exception_id in [name for name, rule in self.unmatched.items() if rule.breadth(placed) is not None]:
            del self.unmatched[exception_id]

        def write() -> None:
            found = answers()
            self.writer.add(_account_evidence(placed, found, self.settings), found.report)

        await self.in_thread(Urgency.STORE, write)

    async def _deliver_kept(self, resumed: InterruptedRun, account: Account) -> None:
        """Take over a report that was fetched before the run was interrupted."""

        def take_over() -> None:
            evidence, report, stored_sha256 = resumed.kept_report(account.account_id)
            self.writer.add(evidence, report, stored_sha256=stored_sha256)

        await self.in_thread(Urgency.STORE, take_over)

    async def _with_details(self, account: Account) -> Account:
        """The account with its OUs and tags, or without them where they do not arrive in time."""
        details = self._details.pop(account.account_id)
        left = self._details_deadline - asyncio.get_running_loop().time()
        try:
            return await asyncio.wait_for(details, None if left == float("inf") else max(left, 0.0))
        except TimeoutError:
            _log.warning("account.place_unknown", account_id=account.account_id)
            return replace(account, tags_error="DeadlinePassed") if self.discovery.wants_tags else account


def skipped(account: Account, why_excluded: str | None) -> AccountAnswers | None:
    """What is recorded of an account that the run does not collect; None where it collects it."""
    if not account.is_active:
        return AccountAnswers(Outcome.SKIPPED_STATE, "NotActive", f"The account is {account.state}, not ACTIVE.")
    if why_excluded is not None:
        return AccountAnswers(Outcome.EXCLUDED, "Excluded", f"The account was {why_excluded}.")
    return None


def _account_evidence(account: Account, answers: AccountAnswers, settings: Settings) -> AccountEvidence:
    report = answers.report
    return AccountEvidence(
        account=account.source,
        account_id=account.account_id,
        account_state=account.state,
        aws_partition=account.partition,
        account_error=account.error,
        ou_id=account.location.ou_id,
        ou_path=account.location.ou_path,
        ou_ids=list(account.location.ou_ids),
        tags=account.tags,
        tags_error=account.tags_error,
        limits=settings.limits.resolve(account),
        owner=settings.owners.resolve(account),
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
        origin_run_id=answers.origin_run_id,
    )
