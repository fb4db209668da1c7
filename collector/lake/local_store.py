"""The store that a lake's URI names, and the one in a folder of this machine."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import re
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random

from collector.errors import LakeError, UsageError
from collector.lake.layout import ZONES, is_on_s3, lake_uri_error
from collector.lake.store import (
    MissingObjectError,
    ReplaceConflictError,
    VersionedObject,
    already_exists,
    disk_error,
    disk_errors,
    no_lake,
)
from collector.process.scratch import is_abandoned, lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.lake.store import Store

# A run of a few thousand small accounts writes less. More cannot be known before the accounts are collected.
_ENOUGH_FREE_BYTES = 64 * 2**20

_COPY_BYTES = 2**20

# Reports name the users of every account, so others may read no part of a lake, whatever the umask.
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700

# Each run that was killed leaves at most a few files.
_RUNS_TO_CLEAN = 8
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")

# 10 to 50 ms apart: some 30 s. The lock is held for milliseconds, unless its holder was stopped.
_LOCK_ATTEMPTS = 1000


def open_store(uri: str, *, kms_key: str | None = None, raw_lock: str | None = None) -> Store:
    """The store that a `--lake` names: a folder, or `s3://bucket/prefix`.

    On S3 `kms_key` encrypts what is written, and `raw_lock` (`MODE:DAYS`) is the Object Lock of the raw zone.

    Raises:
        UsageError: the URI names neither, or there is a KMS key or a lock for a folder.
    """
    if error := lake_uri_error(uri):
        raise UsageError([error], uri=uri)
    if is_on_s3(uri):
        from collector.lake.s3_store import open_s3_store  # noqa: PLC0415  # so that a local lake needs no botocore

        return open_s3_store(uri, kms_key=kms_key, raw_lock=raw_lock)
    if kms_key is not None:
        raise UsageError([f"--kms-key encrypts a lake on S3, and {uri} is a folder on this machine."])
    if raw_lock is not None:
        raise UsageError([f"--raw-lock locks objects on S3, and {uri} is a folder on this machine."])
    return LocalStore(Path(uri))


class LocalStore:
    """A lake in a folder: files are written under a temporary name, flushed to disk, and renamed atomically.

    The record is replaced under a lock on a file next to it. The kernel releases the lock of a process that dies, so a
    killed holder blocks nobody. The version of an object is the SHA-256 of its bytes, so that the protocol is the same
    as on S3: read, decide, replace if unchanged.
    """

    def __init__(self, root: Path, *, lock_attempts: int = _LOCK_ATTEMPTS) -> None:
        """Name the folder. Nothing is read or created yet."""
        self.uri = str(root)
        self._root = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would follow links; the user named the link
        self._lock_attempts = lock_attempts
        # A file's name is on disk only when its folder is flushed: done once for all, before the record names them.
        self._folders_to_sync: set[Path] = set()

    def check_exists(self) -> None:
        """Raise LakeError unless the folder is there."""
        if not self._root.is_dir():
            raise no_lake(str(self._root), "no such folder")

    def check_writable(self) -> None:
        """Create the folders of the lake, write and remove a file in each, and check the free space.

        Temporary files that killed runs left are removed.
        """
        for zone in ZONES:
            folder = self._root / zone
            probe = _temporary(folder / "probe")
            with disk_errors("Writing into the lake at", folder):
                _make_folder(folder)
                try:
                    with _written(probe, io.BytesIO(b"credlake checks whether it can write here\n")):
                        pass
                finally:
                    probe.unlink(missing_ok=True)
                _remove_leftovers(folder)
        free = shutil.disk_usage(self._root).free
        if free < _ENOUGH_FREE_BYTES:
            too_full = OSError(errno.ENOSPC, f"only {free:,} bytes are free, and a run needs {_ENOUGH_FREE_BYTES:,}")
            raise disk_error("Writing into the lake at", self._root, too_full)

    def location(self, key: str) -> str:
        """The absolute path of a key."""
        return str(self._path(key))

    def put(self, key: str, content: bytes) -> None:
        """Write a new file, whole or not at all. The same bytes again are accepted, others are a LakeError."""
        self._put(self._path(key), io.BytesIO(content))

    def put_file(self, key: str, path: Path) -> None:
        """`put` with the bytes of another file."""
        with disk_errors("Reading", path), path.open("rb") as source:
            self._put(self._path(key), source)

    def _put(self, path: Path, source: io.BufferedIOBase) -> None:
        with disk_errors("Writing", path):
            if path.exists():
                with path.open("rb") as stored:
                    if _sha256(stored) != _sha256(source):
                        raise already_exists(str(path))
                return
            _write_whole(path, source)
            self._folders_to_sync.add(path.parent)

    def read(self, key: str) -> bytes:
        """The file's bytes; MissingObjectError where there is none."""
        path = self._path(key)
        with disk_errors("Reading", path), suppress(FileNotFoundError):
            return path.read_bytes()
        raise MissingObjectError(str(path))

    def fetch(self, key: str, scratch: Path) -> Path:  # noqa: ARG002  # the protocol's, for a store that must copy
        """The file itself; MissingObjectError where there is none."""
        path = self._path(key)
        if not path.is_file():
            raise MissingObjectError(str(path))
        return path

    def size(self, key: str) -> int | None:
        """The file's size in bytes; None where there is none."""
        path = self._path(key)
        with disk_errors("Reading", path), suppress(FileNotFoundError):
            return path.stat().st_size
        return None

    def names(self, folder: str) -> list[str]:
        """The names right under a folder, sorted, without hidden ones (locks, temporary files)."""
        path = self._path(folder)
        with disk_errors("Reading", path), suppress(FileNotFoundError):
            return sorted(name for name in os.listdir(path) if not name.startswith("."))  # noqa: PTH208  # names alone
        return []

    def read_versioned(self, key: str) -> VersionedObject | None:
        """The file's bytes with their hash; None where there is none."""
        try:
            content = self.read(key)
        except MissingObjectError:
            return None
        return VersionedObject(content, _sha256(io.BytesIO(content)))

    def replace(self, key: str, content: bytes, *, expected: str | None) -> None:
        """Replace the file by `os.replace` under its lock, if it still holds the bytes expected."""
        path = self._path(key)
        with disk_errors("Writing", path):
            for folder in self._folders_to_sync.copy():
                _make_durable(folder)
            _make_folder(path.parent)
            with self._locked(path):
                current = self.read_versioned(key)
                if (current.version if current else None) != expected:
                    raise ReplaceConflictError(str(path))
                for left_behind in path.parent.glob(f".{path.name}.*.tmp"):
                    # We hold the lock, so the process that was writing this has died.
                    left_behind.unlink(missing_ok=True)
                _write_whole(path, io.BytesIO(content))
                _make_durable(path.parent)

    def _path(self, key: str) -> Path:
        return self._root / key

    @contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        # The lock file is never removed: a lock on a file that other processes no longer see locks nobody out.
        lock_file = path.with_name(f".{path.name}.lock")
        descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _FILE_MODE)
        try:
            waiting = Retrying(
                retry=retry_if_exception_type(BlockingIOError),
                stop=stop_after_attempt(self._lock_attempts),
                wait=wait_random(0.01, 0.05),
            )
            waiting(fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except RetryError as error:
            raise LakeError(
                f"Another process holds the lock {lock_file}, so nothing could be published. Find it "
                f"(`fuser {lock_file}`), let it end, and run again; what was published before is unchanged.",
                path=str(lock_file),
            ) from error
        finally:
            os.close(descriptor)


def _sha256(file: io.BufferedIOBase) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


def _temporary(path: Path) -> Path:
    # The leading dot hides it from Athena (facts F7.1), and no name of ours ends in .tmp.
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")


def _write_whole(path: Path, source: io.BufferedIOBase) -> None:
    """Write a file that gets its name only once all of it is on disk."""
    _make_folder(path.parent)
    temporary = _temporary(path)
    try:
        with _written(temporary, source):
            os.replace(temporary, path)  # noqa: PTH105  # the one step that readers see
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _written(path: Path, source: io.BufferedIOBase) -> Iterator[None]:
    """Write a new file, locked until the end of the block: no other run may take it for a leftover."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    with open(descriptor, "wb") as file:  # noqa: PTH123 -- a descriptor
        lock(descriptor)
        shutil.copyfileobj(source, file, _COPY_BYTES)
        file.flush()
        os.fsync(descriptor)
        yield


def _remove_leftovers(zone: Path) -> None:
    """Remove the temporary files of killed runs in a zone: in it, and in the folders of its newest runs or days.

    The others are left alone: to list all reports of all runs takes minutes, and only the last runs can be resumed.
    """
    newest = [
        folder
        for organization in zone.glob("*/")
        for folder in sorted(organization.glob("*/"), reverse=True)[:_RUNS_TO_CLEAN]
    ]
    for folder in (zone, *newest, *(run for day in newest for run in day.glob("*/"))):
        for path in folder.glob(".*.tmp"):
            if _TEMPORARY.fullmatch(path.name) and is_abandoned(path):
                path.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    """Create a folder and its parents, so that they survive a loss of power."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    _make_durable(folder.parent)


def _make_durable(folder: Path) -> None:
    """Flush the names in a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
