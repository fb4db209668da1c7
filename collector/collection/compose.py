"""A run with everything it needs: store, calls to AWS, catalog and scratch folder. For commands, schedule and demo."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from collector.catalog.follow import follower_of
from collector.collection.engine import utc_now
from collector.collection.gateway import Gateway
from collector.collection.result import Watch
from collector.collection.run import Collection
from collector.errors import UsageError
from collector.lake.open import open_store
from collector.process.scratch import scratch_folder
from collector.process.signals import run_stoppable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from datetime import datetime

    from collector.collection.result import RunResult
    from collector.settings.model import Settings


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
    if settings.lake is None:
        raise UsageError(["No lake given: set --lake, CREDLAKE_LAKE, or `lake` in credlake.toml."])
    with scratch_folder() as scratch:
        store = open_store(settings.lake, kms_key=settings.kms_key)
        yield Collection(
            settings=settings,
            gateway=Gateway(settings),
            store=store,
            follower=follower_of(store, database=settings.glue_database),
            watch=watch or Watch(),
            scratch=scratch,
            now=now,
            sleep=sleep,
        )


def run_until_signal(collection: Collection) -> RunResult:
    """Make the run; SIGINT and SIGTERM stop it.

    Raises:
        CredlakeError: nothing was published, or the catalog could not be synced.
        StoppedBySignal: it was stopped.
    """
    return run_stoppable(collection.run(), before_exit=lambda: shutil.rmtree(collection.scratch, ignore_errors=True))
