"""Where the publication record leads, others follow: the part of a run that comes after its one write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store


class Follower(Protocol):
    """What follows the record (`aws.following.Following`, for a lake on S3)."""

    def sync_catalog(self, organization_id: str) -> None: ...  # noqa: D102 -- said there
    def tag_replaced(self, before: PublicationRecord | None, after: PublicationRecord) -> None: ...  # noqa: D102 -- said there


class NoCatalog:
    """A lake in a folder: its readers go by the record itself."""

    def sync_catalog(self, organization_id: str) -> None:
        """There is nothing to bring level."""

    def tag_replaced(self, before: PublicationRecord | None, after: PublicationRecord) -> None:
        """There are no tags."""


def follower_of(store: Store, *, database: str | None) -> Follower:
    """Who follows the record of that lake."""
    if not store.uri.startswith("s3://"):
        return NoCatalog()
    from collector.catalog.follow import Following  # noqa: PLC0415 -- so that a local lake needs none of it

    return Following(store, database=database)
