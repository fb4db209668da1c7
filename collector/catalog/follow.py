"""What follows the publication record of a lake on S3: Glue, which Athena reads, and the tags of replaced tables.

A lifecycle rule of the bucket may let tables expire that are tagged as superseded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import structlog

from collector.errors import LakeError
from collector.lake.layout import is_on_s3
from collector.lake.publish import named_files
from collector.lake.record import read_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.lake.record import PublicationRecord
    from collector.lake.s3_store import S3Store
    from collector.lake.store import Store

TAG_KEY = "credlake"
SUPERSEDED = "superseded"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows the record of one lake."""

    store: S3Store | None = None  # The lake; None for a lake in a folder, whose readers go by the record itself.
    database: str | None = None  # The Glue database to sync; None: no Glue.

    def sync_catalog(self, organization_id: str) -> None:
        """Make Glue match the record.

        Raises:
            CatalogNotSyncedError: it could not be done. The lake itself is complete.
        """
        if self.store is None or self.database is None:
            return
        from collector.catalog.sync import sync_catalog  # noqa: PLC0415  # so that a local lake needs no botocore

        changes = sync_catalog(self.store, organization_id, database=self.database)
        if changes.created or changes.moved or changes.removed:
            _log.info(
                "catalog.synced",
                database=self.database,
                created=changes.created,
                moved=changes.moved,
                removed=changes.removed,
            )
        for repair in changes.repairs:
            _log.warning("catalog.repaired", database=self.database, repair=repair)

    def tag_replaced(self, before: PublicationRecord | None, after: PublicationRecord) -> None:
        """Tag the tables that no record names any longer. What cannot be tagged is a warning, never a failure."""
        if self.store is None:
            return
        warning = tag_superseded(self.store, before, after).warning
        if warning is not None:
            _log.warning("superseded.not_tagged", warning=warning)


def follower_of(store: Store, *, database: str | None) -> Follower:
    """What follows the record of that lake."""
    return Follower(cast("S3Store", store) if is_on_s3(store.uri) else None, database)


@dataclass(frozen=True, slots=True)
class Tagging:
    """What tagging did."""

    tagged: tuple[str, ...] = ()  # The keys that were tagged.
    warning: str | None = None  # Why the others were not, as a sentence; None where all were.


def tag_superseded(store: S3Store, before: PublicationRecord | None, after: PublicationRecord) -> Tagging:
    """Tag the tables of the runs that a publication replaced with `credlake=superseded`.

    The record is read again before, and once more afterwards: a file that it names by then keeps no such tag. The tag
    is also removed from a file that this publication made count again.

    Args:
        store: the lake.
        before: the record that was replaced; None where there was none.
        after: the record as it was published.
    """
    superseded = named_files(before) - named_files(after)
    if not superseded:
        return Tagging()
    tagged: list[str] = []
    try:
        current = named_files(read_record(store, after.organization_id).record)
        _untag(store, (named_files(after) - named_files(before)) & current)
        tagged.extend(key for key in sorted(superseded - current) if _set_tag(store, key, SUPERSEDED))
        _untag(store, frozenset(tagged) & named_files(read_record(store, after.organization_id).record))
    except LakeError as error:
        return Tagging(
            tuple(tagged), f"{error.message} Tables of replaced runs stay without the tag, and so do not expire."
        )
    return Tagging(tuple(tagged))


def _untag(store: S3Store, keys: Iterable[str]) -> None:
    for key in sorted(keys):
        _set_tag(store, key, None)


def _set_tag(store: S3Store, key: str, value: str | None) -> bool:
    from collector.aws.s3 import set_tag  # noqa: PLC0415  # so that a local lake needs no botocore

    with store.lake_errors("Tagging", key):
        return set_tag(store.client, store.place, key, TAG_KEY, value)
