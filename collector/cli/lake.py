"""`credlake rebuild` and `credlake verify`: the published tables against the raw zone."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.options import Verbose, with_settings
from collector.process.streams import ReaderLeftError, may_be_lost, say

if TYPE_CHECKING:
    from collector.lake.store import Store
    from collector.settings.model import Settings

OrganizationId = Annotated[
    str | None, typer.Option("--organization-id", metavar="O-…", help="Whose snapshots, if the lake holds several.")
]


@with_settings("lake")
def rebuild(
    settings: Settings,
    *,
    date: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The day of the snapshot.")],
    organization_id: OrganizationId = None,
    verbose: Verbose = False,
) -> int:
    """Rebuild the tables of a day's snapshot from the raw zone alone, and publish them instead of the old ones.

    Nothing is deleted or overwritten: the new files are stored next to the old ones, and one write publishes them.
    """
    import os

    from collector.catalog.follow import follower_of
    from collector.collection.engine import utc_now
    from collector.errors import CatalogNotSyncedError, CredlakeError
    from collector.lake.rebuild import rebuild as rebuild_tables
    from collector.lake.record import read_record
    from collector.process.scratch import scratch_folder

    store = _open(settings, date=date, organization_id=organization_id, verbose=verbose)
    organization = organization_id or _only_organization(store)
    follower = follower_of(store, database=settings.glue_database)
    # What an earlier command left out of sync is repaired first. Where that fails, it is tried again at the end.
    with suppress(CatalogNotSyncedError):
        follower.sync_catalog(organization)
    before = read_record(store, organization).record
    with scratch_folder() as scratch:
        rebuilt = rebuild_tables(store, organization, date, scratch, now=utc_now, randomness=os.urandom(4))
    follower.tag_replaced(before, rebuilt.record)
    written = rebuilt.written
    try:
        follower.sync_catalog(organization)
    except CatalogNotSyncedError as error:
        # Only `collect` has an exit code of its own for it (docs/settings.md).
        raise CredlakeError(
            f"The tables of {written.organization_id}, {written.snapshot_date}, are rebuilt and published, but Glue is "
            f"out of sync, so Athena may still read the earlier ones. {error.message} Another rebuild does too.",
            **error.facts,
        ) from error
    with may_be_lost():
        say(
            f"Rebuilt {written.organization_id}, {written.snapshot_date}, from run {written.run_id}: "
            f"{written.accounts.total} accounts, {written.users} users. To check it: credlake verify"
        )
    return 0


@with_settings("lake")
def verify(settings: Settings, *, organization_id: OrganizationId = None, verbose: Verbose = False) -> int:
    """Verify that the published tables equal the raw zone, to the last value, and that no file was altered.

    Prints every difference, one per line. Exits with 1 if there is any, with 3 if there is nothing to verify.
    """
    from collector.lake.verify import verify as differences_in
    from collector.process.scratch import scratch_folder

    store = _open(settings, organization_id=organization_id, verbose=verbose)
    count = 0
    # A reader that has seen enough differences (`| head`) does not need the others; the exit code is the same.
    with scratch_folder() as scratch, suppress(ReaderLeftError):
        for difference in differences_in(store, scratch, [organization_id] if organization_id else []):
            count += 1
            say(str(difference))
        say(f"{count or 'No'} {'difference' if count == 1 else 'differences'}.", to_stderr=True)
    return 1 if count else 0


def _open(settings: Settings, *, date: str | None = None, organization_id: str | None = None, verbose: bool) -> Store:
    """The lake, which must exist. UsageError where a flag is wrong."""
    from collector.lake.local_store import open_store
    from collector.process.logs import set_up_logs

    _check_snapshot_flags(date, organization_id)
    set_up_logs(verbose=verbose, for_person=sys.stderr.isatty())
    store = open_store(settings.required_lake, kms_key=settings.kms_key)
    store.check_exists()
    return store


def _check_snapshot_flags(date: str | None, organization_id: str | None) -> None:
    from collector.discovery.accounts import LAKE_ORGANIZATION_ID, LAKE_ORGANIZATION_ID_FORM
    from collector.errors import UsageError

    problems = []
    if date is not None and not is_date(date):
        problems.append(f"--date {date}: not a date; write YYYY-MM-DD.")
    if organization_id is not None and not LAKE_ORGANIZATION_ID.fullmatch(organization_id):
        problems.append(f"--organization-id {organization_id}: not {LAKE_ORGANIZATION_ID_FORM}.")
    if problems:
        raise UsageError(problems)


def is_date(text: str) -> bool:
    """Whether the text is a date as snapshots are named by: YYYY-MM-DD."""
    from datetime import date

    from collector.lake.layout import SNAPSHOT_DATE

    # Python also reads 20261124 and 2026-W48-2 as dates, and no snapshot is named so.
    with suppress(ValueError):
        return SNAPSHOT_DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    return False


def _only_organization(store: Store) -> str:
    """The organization with published snapshots or, where no record is left, with runs: tables are made from those."""
    from collector.errors import LakeError, UsageError
    from collector.lake.raw import organizations_with_runs
    from collector.lake.record import organizations

    found = organizations(store) or organizations_with_runs(store)
    if not found:
        raise LakeError(f"The lake {store.uri} holds no run of any organization, so nothing can be rebuilt from it.")
    if len(found) > 1:
        raise UsageError([f"The lake holds several organizations ({', '.join(found)}): choose with --organization-id."])
    return found[0]
