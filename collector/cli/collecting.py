"""What `credlake collect` does: settings, the run, and what the user is told of it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.aws.gateway import Gateway
from collector.cli.logs import set_up_logs
from collector.cli.signals import run_stoppable
from collector.cli.summary import print_plan, print_result
from collector.cli.watching import watch_for
from collector.collect import Collection
from collector.errors import NotPublishedError, UsageFaultsError
from collector.lake.store import open_store
from collector.plan import plan_run
from collector.settings_sources import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.settings import Settings


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
    with (
        # A thread that was left behind may still write there.
        tempfile.TemporaryDirectory(prefix="credlake-", ignore_cleanup_errors=True) as scratch,
        watch_for(is_terminal=is_terminal) as watch,
    ):
        collection = Collection(
            settings=settings,
            gateway=Gateway(settings),
            store=open_store(settings.lake or ""),
            watch=watch,
            scratch=Path(scratch),
        )
        not_published: NotPublishedError | None = None
        try:
            run_stoppable(collection.run(), before_cut=lambda: shutil.rmtree(scratch, ignore_errors=True))
        except NotPublishedError as error:
            not_published = error
    if collection.result is not None:
        print_result(collection.result, lake=settings.lake or "")
    if not_published is not None:
        raise not_published
    return 0 if collection.result is not None and collection.result.is_complete else 1
