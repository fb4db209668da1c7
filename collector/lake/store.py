"""What a place that holds a lake must be able to do.

The protocol asks for what a folder and an S3 bucket can both do: whole objects written once, and one object (the
record) replaced only if it is still the version that was read. No renaming, no appending, no deleting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from collector.errors import LakeError

if TYPE_CHECKING:
    from pathlib import Path


class MissingObjectError(LakeError):
    """There is nothing under that key. What that means, only the caller knows: it is never taken for empty."""


class ReplaceConflictError(LakeError):
    """Someone else replaced the object since it was read: read it again, and decide again."""


@dataclass(frozen=True, slots=True)
class VersionedObject:
    """An object's bytes, and the token that stands for exactly these (a hash locally, the ETag on S3)."""

    content: bytes
    version: str


class Store(Protocol):
    """A place that holds a lake. Keys are relative to it, with `/` (see `layout`).

    Every method raises LakeError, with what failed, on what, why and the next step, where the place refuses. All are
    safe to call from several threads.
    """

    @property
    def uri(self) -> str:
        """The lake as a user names it, for messages."""

    def check_exists(self) -> None:
        """Raise LakeError unless there is a place to read: a misspelt lake is not an empty one."""

    def check_writable(self) -> None:
        """Write and remove what proves that each zone can be written; before the first account is asked."""

    def location(self, key: str) -> str:
        """The absolute path or URI of a key, for query engines and people."""

    def put(self, key: str, content: bytes) -> None:
        """Write a new object, whole or not at all; durable at the latest when `replace` is.

        Putting the same bytes again is fine (a retry whose first answer was lost); other bytes are a LakeError:
        nothing is ever overwritten.
        """

    def put_file(self, key: str, path: Path) -> None:
        """`put` with the bytes of a local file."""

    def read(self, key: str) -> bytes:
        """The object's bytes; MissingObjectError where there is none."""

    def fetch(self, key: str, scratch: Path) -> Path:
        """A local file with the object's bytes, for reading only: the object itself, or a copy in the folder given.

        MissingObjectError where there is none.
        """

    def size(self, key: str) -> int | None:
        """The object's size in bytes; None where there is none."""

    def names(self, folder: str) -> list[str]:
        """The names right under a folder, of objects and folders, sorted; empty where there is no such folder."""

    def read_versioned(self, key: str) -> VersionedObject | None:
        """The object's bytes with their version; None where there is none."""

    def replace(self, key: str, content: bytes, *, expected: str | None) -> None:
        """Replace the object at once and whole, if it still is the version expected (None: if there is none).

        Everything that was put before is durable before the replacement is visible.

        Raises:
            ReplaceConflictError: it is another version by now.
        """
