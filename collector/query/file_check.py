"""Whether the Parquet files in a folder are those that the publication record names, before a query reads them.

DuckDB does not verify the checksums of pages, so a flipped bit could be another value. Therefore the SHA-256 of each
file is compared with the record; the results of large files are kept in the user's cache folder until they change.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from collector.lake.raw import file_sha256
from collector.lake.store import disk_errors
from collector.query.snapshots import damaged_file, missing_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.query.snapshots import DataFile

# SHA-256 takes a second or two for so much. A lake of some 50,000 accounts has as much in two months.
_BYTES_A_QUERY = 2 * 2**30
_THREADS = 4
# Less is hashed again sooner than the cache is written: 10 ms. So no small or temporary lake leaves an entry.
_WORTH_KEEPING_BYTES = 16 * 2**20
# A file that changed so recently may change again within the resolution of its times.
_SETTLED_NANOSECONDS = 2 * 10**9

# What identifies a file's bytes without reading them: size, times of change, inode; and the SHA-256 that it had.
_Entry = tuple[int, int, int, int, str]


class FileCheck:
    """Compares files of one lake with the record."""

    def __init__(self, root: Path, files: Iterable[DataFile], *, bytes_a_query: int = _BYTES_A_QUERY) -> None:
        """Name the lake, all files of its record, and how many bytes may be read to compute hashes."""
        self.compared_by_size: set[str] = set()  # The files that were too much to hash now.
        self._hashed: set[str] = set()
        self._paths = {file.path for file in files}
        self._left = bytes_a_query
        folder = _cache_folder()
        self._cache = folder and folder / f"{hashlib.sha256(str(root).encode()).hexdigest()[:32]}.json"
        self._known: dict[str, list[object]] | None = None

    def check(self, files: Sequence[DataFile]) -> None:
        """Compare the sizes of all files, and the hashes of the newest until so many bytes are read.

        Raises:
            LakeError: a file is missing, cannot be read, or differs from the one that the record names.
        """
        if self._known is None:
            self._known = _read(self._cache)
        entries = {file.path: _entry(file) for file in files}
        waiting: list[DataFile] = []
        for file in sorted(files, key=lambda one: one.snapshot_date, reverse=True):
            if file.path in self._hashed or self._known.get(file.path) == list(entries[file.path]):
                continue
            if file.bytes > self._left:
                self.compared_by_size.add(file.path)
                continue
            self._left -= file.bytes
            waiting.append(file)
        with ThreadPoolExecutor(_THREADS) as threads:
            for _ in threads.map(_check_hash, waiting):
                pass
        self._hashed |= {file.path for file in waiting}
        if sum(file.bytes for file in waiting) < _WORTH_KEEPING_BYTES:
            return
        before = time.time_ns() - _SETTLED_NANOSECONDS
        settled = [file.path for file in waiting if max(entries[file.path][1:3]) < before]
        if settled:
            self._known |= {path: list(entries[path]) for path in settled}
            _write(self._cache, {path: entry for path, entry in self._known.items() if path in self._paths})


def _entry(file: DataFile) -> _Entry:
    path = Path(file.path)
    if not path.is_file():
        raise missing_file(file.path)
    found = path.stat()
    if found.st_size != file.bytes:
        raise damaged_file(file.path, f"it has {found.st_size} bytes, not {file.bytes} as recorded")
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, file.sha256


def _check_hash(file: DataFile) -> None:
    path = Path(file.path)
    with disk_errors("Reading", path):
        found = file_sha256(path)
    if found != file.sha256:
        raise damaged_file(file.path, "its SHA-256 is not the one in the publication record")


def _cache_folder() -> Path | None:
    """`credlake` in the user's cache folder; None where there is no such folder (a container without a home)."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111 -- Path.expanduser raises without a home
    return base / "credlake" if base.is_absolute() else None


def _read(cache: Path | None) -> dict[str, list[object]]:
    with suppress(OSError, ValueError):
        found = json.loads(cache.read_bytes()) if cache else {}
        return found if isinstance(found, dict) else {}
    return {}


def _write(cache: Path | None, entries: dict[str, list[object]]) -> None:
    """Replace the cache. It saves time alone, so nothing depends on whether it can be written."""
    if cache is None:
        return
    with suppress(OSError):
        cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = cache.with_name(f"{cache.name}.{secrets.token_hex(4)}")
        temporary.write_text(json.dumps(entries), encoding="utf-8")
        temporary.replace(cache)
