"""What a store of a lake can do, and its errors.

The protocol has what a folder and an S3 bucket can both do: whole objects written once, and one object (the
record) replaced only if it is still the version that was read. No renaming, no appending, no deleting.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from collector.errors import TOO_MANY_FILES, LakeError, environment_step


class MissingObjectError(LakeError):
    """There is no object at that location. Only the caller knows what that means: it never counts as empty."""

    def __init__(self, location: str) -> None:
        super().__init__(f"{location} does not exist.", location=location)


class ReplaceConflictError(LakeError):
    """Someone else replaced the object at that location since it was read: read it again, and decide again."""

    def __init__(self, location: str) -> None:
        super().__init__(f"{location} was replaced by another run in the meantime.", location=location)


class VersionedObject(NamedTuple):
    """An object's bytes, and a token for exactly these."""

    content: bytes
    version: str  # a hash in a folder, the ETag on S3


class Store(Protocol):
    """Where a lake is stored. Keys are relative to the lake, with `/` (see `layout`).

    Every method raises LakeError where the store refuses: what failed, on what, why, and the next step. All are safe to
    call from several threads.
    """

    uri: str  # the lake as the user named it, for messages

    def check_exists(self) -> None:
        """Raise LakeError unless there is a lake: a misspelt one is not an empty one."""

    def check_writable(self) -> None:
        """Raise LakeError unless each zone can be written; called before the first account is collected."""

    def location(self, key: str) -> str:
        """The absolute path or URI of a key."""

    def put(self, key: str, content: bytes) -> None:
        """Write a new object, whole or not at all; durable at the latest when `replace` is.

        The same bytes again are accepted (a retry whose first response was lost); other bytes are a LakeError:
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


def no_lake(uri: str, why: str) -> LakeError:
    """The error of `check_exists`; `why` is what is missing."""
    create = "Name another with --lake, or create it with `credlake collect`."
    return LakeError(f"There is no lake at {uri}: {why}. {create}", location=uri)


def already_exists(location: str) -> LakeError:
    """The error of a `put` of other bytes than those that are there."""
    return LakeError(
        f"{location} already exists with other content, and nothing in a lake is ever overwritten. Run again: a new "
        "run writes into a folder of its own.",
        location=location,
    )


_UNCHANGED = "what was published before is unchanged."
_NO_SPACE = f"Free some space, or name a lake (or a TMPDIR) on a larger disk; {_UNCHANGED}"
_NO_PERMISSION = "Grant the user that runs this {access} access, or name another folder."
_NO_FOLDER = "There is a file where a folder should be: name another folder."
_NEXT_STEPS = {
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.EROFS: "It is mounted read-only: name a folder that can be written.",
    errno.ENOTDIR: _NO_FOLDER,
    errno.EEXIST: _NO_FOLDER,
    errno.ELOOP: "There is a symbolic link where the lock file should be: remove it, and find out who created it.",
    errno.ENAMETOOLONG: "Name a folder with a shorter path.",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), environment_step(TOO_MANY_FILES, None) or ""),
}


@contextmanager
def disk_errors(doing: str, path: Path) -> Iterator[None]:
    """Raise any OSError of the block as a LakeError; `doing` begins its message."""
    try:
        yield
    except OSError as error:
        raise disk_error(doing, path, error) from error


def disk_error(doing: str, path: Path, error: OSError) -> LakeError:
    """The LakeError for an OSError: what failed, on what, why, and the next step."""
    # pyarrow raises OSError with a text of its own around the number: the number alone is reliable.
    code = error.errno or 0
    reason = error.strerror or str(error)
    next_step = _NEXT_STEPS.get(code, f"Check the disk, and run again; {_UNCHANGED}")
    next_step = next_step.format(access="read" if doing == "Reading" else "write")
    return LakeError(f"{doing} {path} failed: {reason}. {next_step}", path=str(path), errno=code)
