"""What a place that holds a lake must be able to do.

The protocol asks for what a folder and an S3 bucket can both do: whole objects written once, and one object (the
record) replaced only if it is still the version that was read. No renaming, no appending, no deleting.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from collector.errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Iterator
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


_NO_SPACE = "Make room there, or name a lake (or a TMPDIR) on a larger disk; what was published before stands."
_NO_PERMISSION = "Let the user that runs this write there, or name another folder."

_NEXT_STEPS = {
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.EROFS: "It is mounted read-only: name a folder that can be written.",
    errno.ENOTDIR: "A file stands where a folder should be: name another folder.",
    errno.EEXIST: "A file stands where a folder should be: name another folder.",
    errno.ENAMETOOLONG: "Name a folder with a shorter path.",
}
_LOOK = "Look at the disk, and run again; what was published before stands."


@contextmanager
def disk_faults(doing: str, path: Path) -> Iterator[None]:
    """Turn an OSError of what is done inside into a LakeError; `doing` begins its sentence."""
    try:
        yield
    except OSError as error:
        raise disk_fault(doing, path, error) from error


def disk_fault(doing: str, path: Path, error: OSError) -> LakeError:
    """The LakeError that says what an OSError stopped, on what, why, and the next step."""
    # pyarrow raises OSError with a text of its own around the number: the number alone is reliable.
    code = error.errno or 0
    reason = error.strerror or str(error)
    next_step = _NEXT_STEPS.get(code, _LOOK)
    return LakeError(f"{doing} {path} failed: {reason}. {next_step}", path=str(path), errno=code)
