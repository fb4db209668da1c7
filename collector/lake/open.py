"""The store that a lake's URI names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import UsageError
from collector.lake.layout import is_on_s3, lake_uri_error

if TYPE_CHECKING:
    from collector.lake.store import Store


def open_store(uri: str, *, kms_key: str | None = None) -> Store:
    """The store that a `--lake` names: a folder, or `s3://bucket/prefix` (where `kms_key` encrypts what is written).

    Raises:
        UsageError: the URI names neither, or there is a KMS key for a folder.
    """
    if error := lake_uri_error(uri):
        raise UsageError([error], uri=uri)
    if is_on_s3(uri):
        from collector.lake.s3_store import open_s3_store  # noqa: PLC0415  # so that a local lake needs no botocore

        return open_s3_store(uri, kms_key=kms_key)
    from collector.lake.local_store import LocalStore  # noqa: PLC0415  # so that a lake on S3 needs no file locks

    if kms_key is not None:
        raise UsageError([f"--kms-key encrypts a lake on S3, and {uri} is a folder on this machine."])
    return LocalStore(Path(uri))
