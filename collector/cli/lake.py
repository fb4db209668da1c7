"""`credlake rebuild` and `credlake verify`: the lake against its raw zone."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.lake_flags import check_snapshot_flags
from collector.cli.options import ConfigFile, Lake
from collector.process.streams import ReaderLeftError, may_be_lost

if TYPE_CHECKING:
    from collector.errors import CatalogNotSyncedError, CredlakeError
    from collector.lake.record import WrittenSnapshot
    from collector.lake.store import Store
    from collector.settings.model import Settings

OrganizationId = Annotated[
    str | None, typer.Option("--organization-id", metavar="O-…", help="Whose snapshots, where the lake holds several.")
]


def rebuild(
    date: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Of which day.")],
    lake: Lake = None,
    organization_id: OrganizationId = None,
    config: ConfigFile = None,
) -> int:
    """Make the tables of a day's snapshot again, from the raw zone alone, and publish them in place of the old ones.

    Nothing is deleted or overwritten: the new files lie beside the old ones, and one write makes them count.
    """
    import os
    import tempfile
    from pathlib import Path

    from collector.catalog.follow import follower_of
    from collector.collection.engine import utc_now
    from collector.errors import CatalogNotSyncedError
    from collector.lake.rebuild import rebuild as rebuild_tables
    from collector.lake.record import read_record

    check_snapshot_flags(date=date, organization_id=organization_id)
    settings = _settings(lake, config)
    store = _open(settings)
    organization = organization_id or _only_organization(store)
    follower = follower_of(store, database=settings.glue_database)
    # What an earlier command left behind is mended first. Where that cannot be, it is tried again at the end.
    with suppress(CatalogNotSyncedError):
        follower.sync_catalog(organization)
    before = read_record(store, organization).record
    with tempfile.TemporaryDirectory(prefix="credlake-") as scratch:
        rebuilt = rebuild_tables(
            store,
            organization,
            date,
            Path(scratch),
            now=utc_now,
            randomness=os.urandom(4),
        )
    follower.tag_replaced(before, rebuilt.record)
    written = rebuilt.written
    try:
        follower.sync_catalog(organization)
    except CatalogNotSyncedError as error:
        raise _glue_behind(written, error) from error
    with may_be_lost():
        typer.echo(
            f"Rebuilt {written.organization_id}, {written.snapshot_date}, from run {written.run_id}: "
            f"{written.accounts.total} accounts, {written.users} users. Check it: credlake verify"
        )
    return 0


def verify(lake: Lake = None, organization_id: OrganizationId = None, config: ConfigFile = None) -> int:
    """Check that what is published is what the raw zone says, to the last value, and that nothing was altered.

    Prints every difference, one a line, and ends with exit code 1 where there is any; with 3 where there is nothing to
    verify.
    """
    import tempfile
    from pathlib import Path

    from collector.lake.verify import verify as differences_in

    check_snapshot_flags(organization_id=organization_id)
    store = _open(_settings(lake, config))
    found = 0
    # Who has read enough differences (`| head`) has no need of the others; that there are some is said all the same.
    with tempfile.TemporaryDirectory(prefix="credlake-") as scratch, suppress(ReaderLeftError):
        for difference in differences_in(store, Path(scratch), [organization_id] if organization_id else []):
            found += 1
            typer.echo(str(difference))
        typer.echo(f"{found or 'No'} {'difference' if found == 1 else 'differences'}.", err=True)
    return 1 if found else 0


def _settings(lake: str | None, config: str | None) -> Settings:
    import os
    import sys
    from pathlib import Path

    from collector.process.logs import set_up_logs
    from collector.settings.sources import read_settings

    set_up_logs(for_person=sys.stderr.isatty())
    return read_settings({"lake": lake}, os.environ, config_file=config, directory=Path.cwd())


def _open(settings: Settings) -> Store:
    from collector.errors import UsageFaultsError
    from collector.lake.open import open_store

    if settings.lake is None:
        raise UsageFaultsError(["Which lake? Name it with --lake, CREDLAKE_LAKE, or `lake` in credlake.toml."])
    store = open_store(settings.lake, kms_key=settings.kms_key)
    store.check_exists()
    return store


def _only_organization(store: Store) -> str:
    """Of whom anything is published, or, where no record is left, of whom runs are kept: tables are made from those."""
    from collector.errors import LakeError, UsageFaultsError
    from collector.lake.raw import organizations_with_runs
    from collector.lake.record import organizations

    found = organizations(store) or organizations_with_runs(store)
    if not found:
        raise LakeError(f"The lake {store.uri} holds no run of any organization, so nothing can be rebuilt from it.")
    if len(found) > 1:
        raise UsageFaultsError(
            [f"Which organization? Name it with --organization-id; the lake holds {', '.join(found)}."]
        )
    return found[0]


def _glue_behind(written: WrittenSnapshot, error: CatalogNotSyncedError) -> CredlakeError:
    """For `collect` alone this is an exit code of its own (contract part 4)."""
    from collector.errors import CredlakeError

    return CredlakeError(
        f"The tables of {written.organization_id}, {written.snapshot_date}, are rebuilt and published, but Glue is "
        f"behind, so Athena may still read the earlier ones. {error.message} Another rebuild does too.",
        **error.facts,
    )
