"""What follows the publication record of a lake on S3: Glue, which Athena reads, and the tags of replaced tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from collector.catalog.s3_tags import tag_superseded
from collector.catalog.sync import sync_catalog

if TYPE_CHECKING:
    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store

_log = structlog.get_logger()


class Following:
    """Follows the record of one lake. Without a database there is no Glue to follow it."""

    def __init__(self, store: Store, *, database: str | None) -> None:
        """Take the lake, and the name of the Glue database."""
        self._store = store
        self._database = database

    def sync_catalog(self, organization_id: str) -> None:
        """Let Glue say what the record says.

        Raises:
            CatalogNotSyncedError: it could not be done. The lake itself is whole.
        """
        if self._database is None:
            return
        changes = sync_catalog(self._store, organization_id, database=self._database)
        if changes.created or changes.moved or changes.removed:
            _log.info(
                "glue.levelled",
                database=self._database,
                created=changes.created,
                moved=changes.moved,
                removed=changes.removed,
            )
        for repair in changes.repairs:
            _log.warning("glue.repaired", database=self._database, repair=repair)

    def tag_replaced(self, before: PublicationRecord | None, after: PublicationRecord) -> None:
        """Tag the tables that no record names any longer. What cannot be tagged is a warning, never a failure."""
        tagging = tag_superseded(self._store, before, after)
        if tagging.warning is not None:
            _log.warning("superseded.not_tagged", warning=tagging.warning)
