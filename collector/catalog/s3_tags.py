"""The tag on tables that no record names any longer, so that a lifecycle rule of the bucket may let them expire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.aws.errors import translated
from collector.aws.s3 import is_missing
from collector.errors import CallFault, LakeError
from collector.lake.publish import named_files, newly_named_files, superseded_files
from collector.lake.record import read_record
from collector.lake.s3_store import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.lake.record import PublicationRecord
    from collector.lake.store import Store

TAG_KEY = "credlake"
SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Tagging:
    """What was tagged, and what kept the rest from it (None: nothing did). A warning, never a failure of the run."""

    tagged: tuple[str, ...] = ()
    warning: str | None = None


def tag_superseded(store: Store, before: PublicationRecord | None, after: PublicationRecord) -> Tagging:
    """Tag the tables of the runs that a publication replaced with `credlake=superseded`.

    The record is read again before, and once more afterwards: a file that it names by then keeps no such tag. A tag
    that stood on a file which this publication made count again is taken off.

    Args:
        store: the lake. One in a folder has no tags, and nothing is done.
        before: the record that was replaced; None where there was none.
        after: the record as it was published.
    """
    superseded = superseded_files(before, after)
    if not isinstance(store, S3Store) or not superseded:
        return Tagging()
    tagged: list[str] = []
    try:
        current = named_files(read_record(store, after.organization_id).record)
        _untag(store, newly_named_files(before, after) & current)
        tagged.extend(key for key in sorted(superseded - current) if _change(store, key, superseded=True))
        _untag(store, frozenset(tagged) & named_files(read_record(store, after.organization_id).record))
    except LakeError as error:
        return Tagging(
            tuple(tagged), f"{error.message} Tables of replaced runs stay without the tag, and so do not expire."
        )
    return Tagging(tuple(tagged))


def _untag(store: S3Store, keys: Iterable[str]) -> None:
    for key in sorted(keys):
        _change(store, key, superseded=False)


def _change(store: S3Store, key: str, *, superseded: bool) -> bool:
    """Set or take off our tag and leave others as they are; whether there is such an object to be tagged."""
    bucket, full_key = store.place.bucket, store.place.key(key)
    with store.said("Tagging", key):
        try:
            with translated("s3:GetObjectTagging"):
                tags = store.client.get_object_tagging(Bucket=bucket, Key=full_key)["TagSet"]
            wanted = [tag for tag in tags if tag["Key"] != TAG_KEY]
            if superseded:
                wanted.append({"Key": TAG_KEY, "Value": SUPERSEDED})
            if wanted != tags:
                with translated("s3:PutObjectTagging"):
                    store.client.put_object_tagging(Bucket=bucket, Key=full_key, Tagging={"TagSet": wanted})
        except CallFault as fault:
            if is_missing(fault):
                return False
            raise
    return True
