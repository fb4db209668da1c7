"""The store that a lake's URI names, and the one in a folder of this machine."""

from __future__ import annotations

import errno
import hashlib
import io
import os
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.lake.store import Store

# A run of a few thousand small accounts writes less. More cannot be known before the accounts are collected.
_ENOUGH_FREE_BYTES = 64 * 2**20

_COPY_BYTES = 2**20

# 10 to 50 ms apart: some 30 s. The lock is held for milliseconds, unless its holder was stopped.
_LOCK_ATTEMPTS = 1000


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
    if kms_key is not None:
        raise UsageError([f"--kms-key encrypts a lake on S3, and {uri} is a folder on this machine."])
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
        """Create the folders of the lake, write and remove a file in each, and check the free space."""
        for zone in ZONES:
            folder = self._root / zone
            probe = _temporary(folder / "probe")
            with disk_errors("Writing into the lake at", folder):
                _make_folder(folder)
                try:
                    _write(probe, io.BytesIO(b"credlake checks whether it can write here\n"))
                finally:
                    probe.unlink(missing_ok=True)
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
        import fcntl  # noqa: PLC0415  # so that a lake on S3 needs no file locks

        # The lock file is never removed: a lock on a file that other processes no longer see locks nobody out.
        lock = path.with_name(f".{path.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
                f"Another process holds the lock {lock}, so nothing could be published. Find it (`fuser {lock}`), let "
                "it end, and run again; what was published before is unchanged.",
                path=str(lock),
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
        _write(temporary, source)
        os.replace(temporary, path)  # noqa: PTH105  # the one step that readers see
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write(path: Path, source: io.BufferedIOBase) -> None:
    with path.open("xb") as file:
        shutil.copyfileobj(source, file, _COPY_BYTES)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    """Create a folder and its parents, so that they survive a loss of power."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _make_durable(folder.parent)


def _make_durable(folder: Path) -> None:
    """Flush the names in a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
