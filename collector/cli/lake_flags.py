"""What is wrong with the flags that name a snapshot: its day, and whose it is. Pure."""

from __future__ import annotations

from contextlib import suppress
from datetime import date as calendar_date

from collector.discovery.accounts import ORGANIZATION_ID
from collector.errors import UsageFaultsError
from collector.lake.layout import SNAPSHOT_DATE


def check_snapshot_flags(*, date: str | None = None, organization_id: str | None = None) -> None:
    """Raise UsageFaultsError with every fault of the flags that were given."""
    faults = []
    if date is not None and not _is_date(date):
        faults.append(f"--date {date}: is no date; write YYYY-MM-DD.")
    if organization_id is not None and not ORGANIZATION_ID.fullmatch(organization_id):
        faults.append(f"--organization-id {organization_id}: is no organization's id, o-… as Organizations names it.")
    if faults:
        raise UsageFaultsError(faults)


def _is_date(text: str) -> bool:
    # Python reads 20261124 and 2026-W48-2 as dates too, and no snapshot is named so.
    with suppress(ValueError):
        return SNAPSHOT_DATE.fullmatch(text) is not None and bool(calendar_date.fromisoformat(text))
    return False
