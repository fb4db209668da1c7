"""One scheduled run: collect, report, sync Glue, deploy the views, and what follows. The lake comes first.

What a run found goes to the log, the topic and the metrics, however it ended. Two runs at once do no harm: each writes
to a folder of its own, and the record is replaced by a conditional write (docs/lake-on-s3.md).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from collector.aws.clients import client
from collector.aws.errors import translated
from collector.collection.run import open_collection
from collector.errors import CallFault, CredlakeError, NothingToRetryError
from collector.scheduled.after import AfterRun
from collector.scheduled.reporting import TOPIC, metrics_of, notice_of, print_metrics
from collector.settings.sources import read_settings
from collector.views.deploy import deploy_views, plan_views
from collector.views.files import shipped_views

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.collection.result import RunResult
    from collector.collection.run import Collection
    from collector.settings.model import Settings

_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Job:
    """A scheduled run.

    Attributes:
        settings: of the run.
        topic_arn: the SNS topic for notices; None: none is sent.
        is_for_new: whether accounts have joined: then only what today's snapshot does not cover is collected.
        run: makes the collection to its end.
    """

    settings: Settings
    topic_arn: str | None = None
    is_for_new: bool = False
    run: Callable[[Collection], RunResult]

    def do(self, *, ends_at: float | None = None) -> dict[str, Any]:
        """Make the run and what follows it; a summary of the snapshot that was published.

        Args:
            ends_at: on the monotonic clock; what has not begun by then is left to the next run.

        Raises:
            CredlakeError: nothing was published, or Glue or the views could not be synced; the message says which.
        """
        with open_collection(self.settings) as collection:
            collection.expects_new = self.is_for_new
            try:
                self._collect(collection)
                self._deploy_views(ends_at)
            except NothingToRetryError as error:
                if not self.is_for_new:
                    raise
                # The next run of the schedule collects every account.
                _log.info("run.not_needed", reason=error.message)
                return {"is_complete": True, "not_needed": error.message}
            except CredlakeError:
                # The snapshot may be published, and only Glue or the views be behind.
                self._follow_up(collection.result, ends_at)
                raise
        return self._follow_up(collection.result, ends_at)

    def _collect(self, collection: Collection) -> None:
        began = time.monotonic()
        try:
            self.run(collection)
        finally:
            self._report(collection.result, time.monotonic() - began)

    def _follow_up(self, result: RunResult | None, ends_at: float | None) -> dict[str, Any]:
        """Do what follows a published run; its summary, empty if nothing was published."""
        if result is None or result.record is None:
            return {}
        summary = _summary(result)
        done = AfterRun(settings=self.settings, summary=summary, record=result.record, ends_at=ends_at).do()
        return summary | ({"after_run": done} if done else {})

    def _report(self, result: RunResult | None, seconds: float) -> None:
        """Metrics and notice. A notice that cannot be sent is no reason to fail a run that is published."""
        print_metrics(metrics_of(result, seconds), self.settings.database)
        notice = notice_of(result) if result is not None else None
        if notice is None or self.topic_arn is None:
            return
        try:
            with translated("sns:Publish"):
                client("sns").publish(TopicArn=self.topic_arn, Subject=notice.subject, Message=notice.text)
        except CallFault as fault:
            _log.error("notice.not_sent", code=fault.code, error=fault.message, topic=self.topic_arn)

    def _deploy_views(self, ends_at: float | None) -> None:
        """Deploy this version's views where the deployment names a workgroup."""
        database, workgroup = self.settings.glue_database, self.settings.workgroup
        if database is None or workgroup is None:
            return
        views = shipped_views()
        is_late = (lambda: False) if ends_at is None else (lambda: time.monotonic() > ends_at)
        summary = deploy_views(
            plan_views(views.athena_statements(database), views.columns(), database=database),
            database=database,
            workgroup=workgroup,
            output_location=self.settings.output_location,
            done=lambda step: _log.info("view.deployed", view=step.name),
            is_late=is_late,
        )
        _log.info("views.deployed", summary=summary)


def job_of(environment: Mapping[str, str], run: Callable[[Collection], RunResult], *, is_for_new: bool = False) -> Job:
    """The job that the environment describes; `is_for_new`: accounts have joined.

    Raises:
        UsageError: every error in the settings.
    """
    settings = read_settings({}, environment, directory=Path.cwd())
    if is_for_new:
        settings = replace(settings, retry_failed=True, resume=False)
    return Job(settings=settings, topic_arn=environment.get(TOPIC) or None, is_for_new=is_for_new, run=run)


def with_deadline(job: Job, seconds: float) -> Job:
    """The job with a deadline of that many seconds, or that of its settings where it is earlier."""
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
        "warnings": result.warnings,
    }
