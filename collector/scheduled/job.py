"""One scheduled run: collect, tell, bring Glue level and the views in step. The lake comes first, the rest can be late.

Everything that a run says goes to the log, the topic and the metrics, whatever became of it. Being started twice does
no harm: each run writes under a folder of its own, and the record is replaced on condition (contract parts 1 and 2).
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from collector.aws.sns import send
from collector.catalog.follow import follower_of
from collector.collection.gateway import Gateway
from collector.collection.run import Collection
from collector.errors import CallFault, CredlakeError, UsageFaultsError
from collector.lake.open import open_store
from collector.scheduled.metrics import figures_of, print_figures
from collector.scheduled.notice import TOPIC, notice_of
from collector.scheduled.views import read_prepared_views
from collector.settings.sources import read_settings
from collector.views.views_step import bring_views_in_step

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from collector.collection.result import AccountResult, RunResult
    from collector.scheduled.metrics import Figure
    from collector.settings.model import Settings

_log = structlog.get_logger()


class _Nobody:
    """Nobody looks on."""

    def listed(self, *, is_asked: bool) -> None:
        """One more account is known."""

    def finished(self, result: AccountResult) -> None:
        """One more account has its outcome; those that failed are told when all have."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A scheduled run. What reaches out of the process is passed in.

    `run` runs the collection to its end, `report` takes the figures and the name of the lake (the database's).
    """

    settings: Settings
    topic_arn: str | None = None
    run: Callable[[Coroutine[Any, Any, RunResult]], RunResult]
    report: Callable[[list[Figure], str], None] = print_figures
    clock: Callable[[], float] = time.monotonic

    def do(self, *, ends_at: float | None = None) -> dict[str, Any]:
        """Make the run and what follows it; a summary of the snapshot that was published.

        Args:
            ends_at: on the clock; views that could not be deployed by then are left to the next run.

        Raises:
            CredlakeError: nothing was published, or Glue or the views could not follow; the message says which.
        """
        began = self.clock()
        if self.settings.lake is None:
            raise UsageFaultsError(["Where is the lake? Name it with CREDLAKE_LAKE."])
        with _scratch_folder() as scratch:
            store = open_store(self.settings.lake, kms_key=self.settings.kms_key)
            collection = Collection(
                settings=self.settings,
                gateway=Gateway(self.settings),
                store=store,
                follower=follower_of(store, database=self.settings.glue_database),
                watch=_Nobody(),
                scratch=Path(scratch),
            )
            try:
                result = self.run(collection.run())
            finally:
                self._tell(collection.result, self.clock() - began)
        self._deploy_views(ends_at)
        return _summary(result)

    def _tell(self, result: RunResult | None, seconds: float) -> None:
        """Figures and notice. A topic that refuses is no reason to fail a run that is published."""
        self.report(figures_of(result, seconds), self.settings.database)
        notice = notice_of(result) if result is not None else None
        if notice is None or self.topic_arn is None:
            return
        try:
            send(notice.subject, notice.text, self.topic_arn)
        except CallFault as fault:
            _log.error("notice.not_sent", code=fault.code, error=fault.message, topic=self.topic_arn)

    def _deploy_views(self, ends_at: float | None) -> None:
        """Where the deployment names a workgroup: bring the views in step with this version."""
        database, workgroup = self.settings.glue_database, self.settings.workgroup
        if database is None or workgroup is None:
            return
        views = read_prepared_views(database)
        is_late = (lambda: False) if ends_at is None else (lambda: self.clock() > ends_at)
        told = bring_views_in_step(
            views.statements, views.columns, database=database, workgroup=workgroup, is_late=is_late
        )
        _log.info("views.in_step", summary=told)


def _scratch_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="credlake-", ignore_cleanup_errors=True)
    except OSError as error:
        raise CredlakeError(
            f"No folder for scratch files can be written: {error}. Mount one at /tmp that the process's user owns, or "
            "name one with TMPDIR."
        ) from error


def job_of(environment: Mapping[str, str], run: Callable[[Coroutine[Any, Any, RunResult]], RunResult]) -> Job:
    """The job that the environment describes.

    Raises:
        UsageFaultsError: every fault of the settings.
    """
    settings = read_settings({}, environment, directory=Path.cwd())
    return Job(settings=settings, topic_arn=environment.get(TOPIC) or None, run=run)


def with_deadline(job: Job, seconds: float) -> Job:
    """The job with a deadline of that many seconds, or the one of its settings where that comes earlier."""
    deadline = min(seconds, job.settings.deadline or seconds)
    return replace(job, settings=replace(job.settings, deadline=deadline))


def _summary(result: RunResult) -> dict[str, Any]:
    if result.written is None:
        raise CredlakeError("The run ended without tables.")
    accounts = result.written.accounts
    return {
        "organization_id": result.run.organization_id,
        "snapshot_date": result.run.snapshot_date,
        "run_id": result.run.run_id,
        "is_complete": result.is_complete,
        "coverage": float(accounts.coverage),
        "accounts": {str(outcome): count for outcome, count in sorted(result.counts.items()) if count},
        "users": result.written.users,
    }
