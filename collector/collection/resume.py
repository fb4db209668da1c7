"""`collect --resume`: a run that was cut off before its publication, taken up where it ended.

It keeps its id, its start and so its date. Accounts whose report is there are not asked again, and stand in the
snapshot as they were then; the others are asked now.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from collector.collection.resumption import find_cut_run, finish_cut_run, read_kept_report

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from collector.collection.result import RunResult
    from collector.collection.resumption import CutRun, KeptReport
    from collector.evidence import RunEvidence
    from collector.lake.record import WrittenSnapshot
    from collector.lake.store import Store

_log = structlog.get_logger()

# Older reports than that AWS would make anew (facts F2.3), so what they say is no part of the same picture.
_LONGEST_AGO = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A cut run of a store."""

    store: Store
    cut: CutRun

    @property
    def run(self) -> RunEvidence:
        """The run as it began."""
        return self.cut.run

    def has(self, account_id: str) -> bool:
        """Whether the account's report is there already."""
        return account_id in self.cut.reported

    def kept(self, account_id: str) -> KeptReport:
        """What is there of the account; blocking."""
        return read_kept_report(self.store, self.cut.run, account_id)


def resumable(store: Store, run: RunEvidence) -> Resumed | None:
    """The newest run of the organization where it was cut off; None where there is nothing to take up.

    A run of another day is taken up only as long as AWS would give the same reports: four hours.
    """
    midnight = run.started_at.replace(hour=0, minute=0, second=0, microsecond=0)
    not_before = min(midnight, run.started_at - _LONGEST_AGO)
    cut = find_cut_run(store, run.organization_id, not_before=not_before)
    if cut is None:
        _log.info("run.nothing_to_resume", organization_id=run.organization_id)
        return None
    _log.info("run.resumed", run_id=cut.run.run_id, reports_kept=len(cut.reported), is_complete=cut.is_complete)
    return Resumed(store, cut)


def finish(resumed: Resumed, scratch: Path, result: RunResult, *, now: datetime) -> WrittenSnapshot:
    """The tables of a run whose accounts all had their outcome; each account is added to `result`."""
    return finish_cut_run(
        resumed.store,
        resumed.cut,
        scratch,
        finished_at=now,
        randomness=secrets.token_bytes(4),
        on_account=result.add,
    )
