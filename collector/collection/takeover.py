"""`collect --retry-failed`: takes over the accounts that the day's snapshot covers; a run collects only the others.

The new run gets its own copy of their reports and of what else AWS returned then, each marked with the run that
collected it. Names, OUs, tags and limits are those of the new run.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import structlog

from collector.collection.account import AccountAnswers
from collector.collection.resume import stored_report
from collector.errors import LakeError, NothingToRetryError
from collector.lake.covered import covered_accounts
from collector.lake.layout import report_key
from collector.lake.raw import read_run
from collector.lake.record import read_record
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.discovery.accounts import Account
    from collector.evidence import RunEvidence
    from collector.lake.store import Store

_log = structlog.get_logger()

_TAKEN_OVER = frozenset(one.name for one in fields(AccountAnswers)) - {"report", "origin_run_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """The published run of the day, from which accounts are taken over. Its methods block."""

    store: Store  # the lake it is in
    run: RunEvidence  # the run
    covered: Mapping[str, str | None]  # The accounts to take over, each with the SHA-256 of its report as stored.

    def takes_over(self, account: Account) -> bool:
        """Whether the account is taken over; one that is no longer ACTIVE is not."""
        return account.is_active and account.account_id in self.covered

    def answers(self, account_id: str) -> AccountAnswers:
        """What AWS returned then for one of the accounts in `covered`.

        Raises:
            LakeError: the file of its report is missing, or was altered.
        """
        evidence, report, stored_sha256 = stored_report(self.store, self.run, account_id)
        if self.covered[account_id] not in (None, stored_sha256):
            location = self.store.location(report_key(self.run.organization_id, self.run.run_id, account_id))
            raise _altered(location, "Its SHA-256 is not the one in accounts.jsonl.gz.")
        return AccountAnswers(
            **{name: getattr(evidence, name) for name in _TAKEN_OVER},
            report=report,
            origin_run_id=evidence.origin_run_id or self.run.run_id,
        )


def earlier_run(store: Store, organization_id: str, snapshot_date: str, *, expects_new: bool = False) -> EarlierRun:
    """The run that is the snapshot of that day.

    Args:
        store: the lake.
        organization_id: whose snapshot.
        snapshot_date: the day.
        expects_new: whether accounts have joined since, so that it need not have one that failed.

    Raises:
        NothingToRetryError: the day has no snapshot, or no account of it failed.
        LakeError: the evidence of the run, or its table of accounts, is damaged.
    """
    record = read_record(store, organization_id).record
    snapshot = record.snapshots.get(snapshot_date) if record else None
    if snapshot is None:
        raise NothingToRetryError(
            f"--retry-failed: {organization_id} has no snapshot of {snapshot_date} (UTC) yet, and only accounts of the "
            "same day are taken over. Run without --retry-failed."
        )
    counts = {outcome: snapshot.accounts.by_outcome.get(outcome, 0) for outcome in Outcome}
    failed = sum(count for outcome, count in counts.items() if outcome.is_in_scope and not outcome.is_covered)
    if not failed and not expects_new:
        partial = counts[Outcome.PARTIAL]
        reported = f" ({partial} partial: AWS returns the same report for four hours)" if partial else ""
        raise NothingToRetryError(
            f"--retry-failed: no account failed in the snapshot of {snapshot_date}, run {snapshot.run_id}{reported}. "
            "To collect every account again, run without --retry-failed."
        )
    stored = read_run(store, organization_id, snapshot_date, snapshot.run_id, run_sha256=snapshot.run_sha256)
    for key, what in stored.corruptions:
        raise _altered(store.location(key), what)
    covered = covered_accounts(store, snapshot.files)
    found = EarlierRun(
        store=store,
        run=stored.run,
        covered={
            account.evidence.account_id: account.stored_sha256
            for account in stored.accounts()
            if account.evidence.account_id in covered
        },
    )
    _log.info("run.taken_over", run_id=snapshot.run_id, accounts=len(found.covered), failed=failed)
    return found


def _altered(location: str, what: str) -> LakeError:
    return LakeError(
        f"{location}: {what} Nothing can be taken over from a run that was altered: `credlake verify` lists every "
        "altered file. Run without --retry-failed.",
        location=location,
    )
