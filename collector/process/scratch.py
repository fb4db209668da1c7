"""A folder of this machine for files under construction. Those that killed processes left behind are removed."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import CredlakeError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "credlake-scratch-"
_NAME = re.compile(re.escape(_PREFIX) + "[a-z0-9_]{8}")
# Between its creation and its lock, a folder looks abandoned.
_GRACE_SECONDS = 5


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder that only this user can read, removed at the end.

    It is locked while it is in use. The kernel releases the lock of a process that dies, so the next process knows that
    it may remove the folder, also from another container.

    Raises:
        CredlakeError: it cannot be created.
    """
    try:
        _remove_abandoned(Path(tempfile.gettempdir()))
        # A thread that was left behind may still write there when it is removed.
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
    except OSError as error:
        raise CredlakeError(
            f"A folder for temporary files cannot be created: {error}. Set TMPDIR to a folder on a disk with free "
            "space that this user can write to; in a container, mount one at /tmp."
        ) from error
    with folder as path:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            lock(descriptor)
            yield Path(path)
        finally:
            os.close(descriptor)


def lock(descriptor: int) -> bool:
    """Lock a file or folder until its descriptor is closed; False if another process holds the lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # also of a file system without locks
        return False
    return True


def is_abandoned(path: Path) -> bool:
    """Whether a file or folder that its creator locks belongs to no process any longer."""
    try:
        if time.time() - path.lstat().st_mtime < _GRACE_SECONDS:
            return False
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # gone by now, a link, or another user's
        return False
    try:
        return lock(descriptor)
    finally:
        os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if (
                _NAME.fullmatch(entry.name)
                and entry.is_dir(follow_symlinks=False)
                and entry.stat(follow_symlinks=False).st_uid == os.geteuid()
                and is_abandoned(Path(entry.path))
            ):
                shutil.rmtree(entry.path, ignore_errors=True)
