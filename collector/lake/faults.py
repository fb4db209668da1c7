"""What the operating system's refusals mean for a lake: one sentence each, with the next step."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from collector.errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
