"""Storage descriptors compared: what a reader makes of the files, and where they lie. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_glue.type_defs import StorageDescriptorUnionTypeDef


def file_format(descriptor: StorageDescriptorUnionTypeDef) -> tuple[object, ...]:
    """What decides how files are read, of a table's or a partition's StorageDescriptor."""
    serde = descriptor.get("SerdeInfo") or {}
    return (
        descriptor.get("InputFormat"),
        descriptor.get("OutputFormat"),
        serde.get("SerializationLibrary"),
        serde.get("Parameters") or {},
    )


def is_same_place(one: str, other: object) -> bool:
    """Whether two locations are one; Glue and people leave the last slash out or not."""
    return one.rstrip("/") == str(other).rstrip("/")
