"""What `credlake collect` does: settings, the run, and what the user is told of it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from collector.catalog.follow import follower_of
from collector.cli.progress import watch_for
from collector.cli.summary import print_plan, print_result
from collector.collection.dry_run import plan_run
from collector.collection.gateway import Gateway
from collector.collection.run import Collection
from collector.errors import CatalogNotSyncedError, NotPublishedError, UsageFaultsError
from collector.lake.open import open_store
from collector.lake.store import disk_faults
from collector.process.logs import set_up_logs
from collector.process.signals import run_stoppable
from collector.process.streams import ReaderLeftError, UndeliveredError
from collector.settings.sources import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.collection.result import RunResult
    from collector.settings.model import Settings

_log = structlog.get_logger()


def collect_command(flags: Mapping[str, Any], *, config_file: str | None, dry_run: bool, verbose: bool) -> int:
    """One run, or the plan of one; the exit code."""
    settings = read_settings(flags, os.environ, config_file=config_file, directory=Path.cwd())
    if settings.lake is None and not dry_run:
        raise UsageFaultsError(["Where is the lake? Name it with --lake, CREDLAKE_LAKE, or `lake` in credlake.toml."])
    is_terminal = sys.stderr.isatty()
    set_up_logs(verbose=verbose, for_person=is_terminal)
    if dry_run:
        plan = run_stoppable(plan_run(settings, Gateway(settings)))
        print_plan(plan)
        return 0
    return _collect(settings, is_terminal=is_terminal)


def _collect(settings: Settings, *, is_terminal: bool) -> int:
    with _scratch_folder() as scratch, watch_for(is_terminal=is_terminal) as watch:
        store = open_store(settings.lake or "", kms_key=settings.kms_key)
        collection = Collection(
            settings=settings,
            gateway=Gateway(settings),
            store=store,
            follower=follower_of(store, database=settings.glue_database),
            watch=watch,
            scratch=Path(scratch),
        )
        told_after: NotPublishedError | CatalogNotSyncedError | None = None
        try:
            run_stoppable(collection.run(), before_cut=lambda: shutil.rmtree(scratch, ignore_errors=True))
        except (NotPublishedError, CatalogNotSyncedError) as error:
            told_after = error
    if collection.result is not None:
        _tell(collection.result, settings)
    if told_after is not None:
        raise told_after
    return 0 if collection.result is not None and collection.result.is_complete else 1


def _scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for files that are put together before they go into the lake."""
    place = Path(tempfile.tempdir or os.environ.get("TMPDIR") or "the temporary folder")
    with disk_faults("Making a folder for scratch files in", place):
        # A thread that was left behind may still write there when it is removed.
        return tempfile.TemporaryDirectory(prefix="credlake-", ignore_cleanup_errors=True)


def _tell(result: RunResult, settings: Settings) -> None:
    """Print the result. Whether it can be printed, or is read to its end, changes nothing about the run."""
    try:
        print_result(result, lake=settings.lake or "")
    except (ReaderLeftError, UndeliveredError) as error:
        _log.warning("result.not_printed", error=type(error).__name__)
