"""The looks at the lake: whether it can be written, what its record says, its bucket's settings, its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.aws import describe as ask
from collector.doctor import bucket_judgement, lake_judgement
from collector.doctor.finding import Finding, failed, fine
from collector.doctor.look import looked
from collector.errors import CredlakeError
from collector.lake.open import open_store
from collector.lake.record import read_record
from collector.lake.s3_store import S3Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.lake.store import Store


def look_at_lake(lake: str, *, kms_key: str | None, organization_id: str | None) -> Iterator[Finding]:
    """Everything about the lake; without an organization its record is not looked at."""
    try:
        store = open_store(lake, kms_key=kms_key)
        store.check_writable()
        yield fine("lake", lake, "can be listed, read and written")
        if organization_id is not None:
            yield _record(store, organization_id)
    except CredlakeError as error:
        yield failed("lake", lake, error)
        return
    if isinstance(store, S3Store):
        yield from _bucket(store, kms_key)
    if kms_key is not None:
        yield from looked("key", kms_key, lambda: lake_judgement.judge_key(kms_key, ask.key_metadata(kms_key)))


def _record(store: Store, organization_id: str) -> Finding:
    record = read_record(store, organization_id).record
    said = "holds no snapshot yet" if record is None else f"holds {len(record.snapshots)}, newest {record.latest}"
    return fine("publication record", organization_id, said)


def _bucket(store: S3Store, kms_key: str | None) -> Iterator[Finding]:
    bucket, client = store.place.bucket, store.client
    looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("bucket versioning", lambda: lake_judgement.judge_versioning(bucket, ask.bucket_versioning(client, bucket))),
        (
            "bucket public access",
            lambda: lake_judgement.judge_public_access(bucket, ask.public_access_block(client, bucket)),
        ),
        (
            "bucket encryption",
            lambda: lake_judgement.judge_encryption(bucket, ask.encryption_rules(client, bucket), kms_key),
        ),
        ("bucket policy", lambda: bucket_judgement.judge_policy(bucket, ask.bucket_policy(client, bucket))),
        (
            "bucket lifecycle",
            lambda: bucket_judgement.judge_lifecycle(bucket, store.place.prefix, ask.lifecycle_rules(client, bucket)),
        ),
        ("bucket region", lambda: lake_judgement.judge_region(bucket, store.bucket_region(), ask.own_region())),
    )
    for check, judged in looks:
        yield from looked(check, bucket, judged)
