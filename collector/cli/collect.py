"""`credlake collect`: its flags, the run or the plan of one, and the result on the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.options import Verbose, with_settings
from collector.process.streams import say
from collector.settings.model import RUN

if TYPE_CHECKING:
    from collector.collection.result import RunResult
    from collector.errors import UnconfirmedError
    from collector.settings.model import Settings

_DRY_RUN = "List the accounts that would be collected, and why not the others."


@with_settings(
    *("lake", "role_name", "role_path", "external_id"),
    *("account", "exclude_account", "include_ou", "exclude_ou", "accounts_file", "organization_id"),
    *("single_account", "tags", "exceptions", "max_exception_days"),
    *(
        "concurrency",
        "lean_calls",
        "deadline",
        "account_deadline",
        "min_coverage",
        "replace",
        "yes",
        "resume",
        "retry_failed",
    ),
    *("kms_key", "raw_lock", "glue", "database"),
)
def collect(
    settings: Settings,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", metavar="", help=_DRY_RUN, rich_help_panel=RUN)] = False,
    verbose: Verbose = False,
) -> int:
    """Collect every account once, and publish the result as the day's snapshot.

    Outside an organization, or with --single-account, that is the caller's own account: no role is assumed.

    Flags override CREDLAKE_* environment variables, which override credlake.toml.

    Examples:
      credlake collect --lake ./lake

      credlake collect --lake ./lake --single-account

      credlake collect --lake s3://my-bucket/credlake --role-name credlake-reader --external-id example

      credlake collect --lake ./lake --retry-failed

      credlake collect --lake ./lake --include-ou Root/Workloads --exclude-account 111122223333 --dry-run
    """
    from collector.process.logs import set_up_logs

    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    if not dry_run:
        return _collect(settings)
    from collector.cli.display import print_plan
    from collector.collection.run import plan_run
    from collector.process.exit import run_stoppable

    print_plan(run_stoppable(plan_run(settings)))
    return 0


def _collect(settings: Settings) -> int:
    from collector.cli.display import watch_for
    from collector.collection.run import open_collection, run_until_signal
    from collector.errors import CatalogNotSyncedError, NotPublishedError, UnconfirmedError

    failure: NotPublishedError | CatalogNotSyncedError | None = None
    with open_collection(settings) as collection:
        try:
            try:
                with watch_for(is_terminal=sys.stderr.isatty()) as collection.watch:
                    run_until_signal(collection)
            except UnconfirmedError as error:
                if not _is_confirmed(error):
                    raise
                run_until_signal(collection, collection.publish(confirmed=True))
        except (NotPublishedError, CatalogNotSyncedError) as error:
            failure = error
    result = collection.result
    if result is not None:
        _print_result(result, settings.lake or "")
    if failure is not None:
        raise failure
    return 0 if result is not None and result.is_complete else 1


def _is_confirmed(error: UnconfirmedError) -> bool:
    """Whether the person at the terminal, if there is one, agrees to what the snapshot would lose."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say(str(error.facts["reason"]), to_stderr=True)
    try:
        return typer.confirm("Replace it?", err=True)
    except typer.Abort as aborted:
        if isinstance(aborted.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from aborted
        return False


def _print_result(result: RunResult, lake: str) -> None:
    """Print the result. Whether it can be printed, or is read to its end, does not change the run."""
    import structlog

    from collector.cli.display import print_result
    from collector.process.streams import ReaderLeftError, UndeliveredError

    try:
        print_result(result, lake=lake)
    except (ReaderLeftError, UndeliveredError) as error:
        structlog.get_logger().warning("result.not_printed", error=type(error).__name__)
