"""What follows a published run, as far as the settings switch it on. A step that fails is logged, and fails no run.

The shortest steps come first, so that a lack of time costs as few of them as possible.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from collector.aws.clients import identity
from collector.aws.events import put_event
from collector.aws.quicksight import start_refresh
from collector.errors import CallFault, CredlakeError
from collector.lake.layout import page_key
from collector.lake.local_store import open_store
from collector.lake.store import ReplaceConflictError
from collector.process.exit import internal_error
from collector.scheduled.reporting import Metric, print_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from collector.lake.record import PublicationRecord
    from collector.query.duckdb import LocalLake
    from collector.query.rows import Rows
    from collector.settings.model import Settings

_log = structlog.get_logger()

EVENT = "credlake.snapshot.published"
# Step → its metric: 1 where it failed, else 0.
METRICS = {"event": "EventFailed", "refresh": "RefreshFailed", "notices": "NoticesFailed", "page": "PageFailed"}
# Two runs may write the stable page at once.
_ATTEMPTS = 5
# The problems that one line of the log names.
_NAMED = 5


def has_channels(settings: Settings) -> bool:
    """Whether the settings name a channel for notices."""
    return bool(settings.notify_topic or settings.notify_urls or settings.notify.default or settings.notify.owners)


@dataclass(frozen=True, kw_only=True)
class AfterRun:
    """The steps after one run.

    Attributes:
        settings: of the run, which switch the steps on.
        summary: of the run, as the function returns it: counts, and no user.
        record: the publication record with the run's snapshot.
        ends_at: on the monotonic clock; what is not done by then is left out.
    """

    settings: Settings
    summary: Mapping[str, object]
    record: PublicationRecord
    ends_at: float | None = None

    def do(self) -> dict[str, str]:
        """Take the steps; returns for each of them `OK` or `FAILED`. The log has the reasons."""
        done = {name: self._taken(name, step) for name, step in self._steps().items()}
        if done:
            metrics = [Metric(METRICS[name], "Count", int(end != "OK")) for name, end in done.items()]
            print_metrics(metrics, self.settings.database)
        return done

    def _steps(self) -> dict[str, Callable[[], None]]:
        """Those that are switched on."""
        settings = self.settings
        steps: dict[str, tuple[object, Callable[[], None]]] = {
            "event": (settings.event_bus, self._put_event),
            "refresh": (settings.quicksight_data_set, self._refresh),
            "notices": (has_channels(settings), self._send_notices),
            "page": (settings.publish_page, self._write_page),
        }
        return {name: step for name, (switch, step) in steps.items() if switch}

    def _taken(self, name: str, step: Callable[[], None]) -> str:
        try:
            self._check_time()
            step()
        except CallFault as fault:
            _log.error("after_run.failed", step=name, operation=fault.operation, code=fault.code, error=fault.message)
        except CredlakeError as error:
            _log.error("after_run.failed", step=name, error=error.message)
        except Exception as error:  # noqa: BLE001 -- a bug in a step must not fail a run that is published
            _log.error("after_run.failed", step=name, error=internal_error(error))
        else:
            _log.info("after_run.done", step=name)
            return "OK"
        return "FAILED"

    def _left(self) -> float | None:
        return None if self.ends_at is None else self.ends_at - time.monotonic()

    def _is_late(self) -> bool:
        left = self._left()
        return left is not None and left <= 0

    def _check_time(self) -> None:
        if self._is_late():
            raise CredlakeError(
                "There was no time left for it. The next run does it; or give the run an earlier deadline."
            )

    def _put_event(self) -> None:
        if self.settings.event_bus is not None:
            put_event(self.settings.event_bus, EVENT, {"lake": self.settings.lake, **self.summary})

    def _refresh(self) -> None:
        """Start the refresh of each data set; those after one that fails are started too."""
        account_id, failed = identity().account_id, []
        for data_set_id in self.settings.quicksight_data_set:
            try:
                start_refresh(account_id, data_set_id, f"credlake-{self.summary['run_id']}")
            except CallFault as fault:
                failed.append(f"{data_set_id}: {fault.code}: {fault.message}")
        if failed:
            raise CredlakeError(f"quicksight:CreateIngestion failed for {'; '.join(failed)}")

    def _send_notices(self) -> None:
        # ruff: noqa: PLC0415 -- most runs do not need them
        from collector.notices.channels import open_channels
        from collector.notices.send import Notices

        settings = self.settings
        channels = open_channels(settings, os.environ)
        with self._views(str(self.summary["snapshot_date"])) as run:
            notices = Notices(
                run=run, settings=settings, channels=channels, organization_id=self.record.organization_id
            )
            deliveries = list(notices.send(is_late=self._is_late))
        counts = Counter(delivery.status for delivery in deliveries)
        _log.info("notices.sent", **dict(counts))
        if problems := [delivery.problem for delivery in deliveries if delivery.status == "failed"]:
            more = f" … and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
            raise CredlakeError(f"Not sent, and left to the next run: {' '.join(problems[:_NAMED])}{more}")
        # What was left out for lack of time is sent by the next run too.
        self._check_time()

    def _write_page(self) -> None:
        """Write the page of the day, and the stable one unless there is a later day."""
        from collector.reports.data import read_report
        from collector.reports.page import render
        from collector.reports.scope import Scope

        organization_id, day = self.record.organization_id, str(self.summary["snapshot_date"])
        lake = self.settings.required_lake
        with self._views(day) as run:
            data = read_report(run, lake=lake, scope=Scope(), published=lambda _: self.record.snapshots[day])
        page = render(data, language=self.settings.language, access_portal=self.settings.access_portal).encode()
        self._check_time()
        self._put(page_key(organization_id, day), page)
        if day == self.record.latest:
            self._put(page_key(organization_id), page)

    @contextmanager
    def _views(self, day: str) -> Iterator[Callable[[str], Rows]]:
        """Run selects on the views of a day, with DuckDB, for as long as there is time."""
        from collector.query.duckdb import LocalLake, QueryLimits

        settings = self.settings
        limits = QueryLimits(
            time_limit=settings.time_limit, memory_limit=settings.memory_limit, disk_limit=settings.disk_limit
        )
        with LocalLake(settings.required_lake, (self.record.organization_id,), limits=limits, until=day) as lake:

            def run(sql: str) -> Rows:
                self._check_time()
                return lake.rows(sql)

            with self._interrupted(lake):
                yield run

    @contextmanager
    def _interrupted(self, lake: LocalLake) -> Iterator[None]:
        """Interrupt the query that is running when the time is over."""
        left = self._left()
        if left is None:
            yield
            return
        timer = threading.Timer(max(left, 0), lake.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _put(self, key: str, content: bytes) -> None:
        """Write an object, over an earlier one of the same name."""
        store = open_store(self.settings.required_lake, kms_key=self.settings.kms_key)
        for _ in range(_ATTEMPTS):
            stored = store.read_versioned(key)
            if stored is not None and stored.content == content:
                return
            with suppress(ReplaceConflictError):
                store.replace(key, content, expected=None if stored is None else stored.version)
                return
        raise CredlakeError(f"{store.location(key)}: other runs kept replacing it.")
