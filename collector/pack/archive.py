"""A zip that is the same bytes for the same contents, with the SHA-256 of every file in it."""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import TracebackType
    from typing import IO, BinaryIO

SUMS = "SHA256SUMS"
# What is compressed already.
_STORED = (".gz", ".xlsx")
_UNIX = 3  # `create_system`: with it, the upper half of `external_attr` is a file mode.
_MODE = 0o100644


class Archive:
    """A zip that is written file by file, in a folder of its own; at the end `SHA256SUMS` in sha256sum's format.

    Nothing but its index is held in memory. A context manager.
    """

    def __init__(self, file: BinaryIO, folder: str, instant: datetime) -> None:
        """Begin the zip.

        Args:
            file: an open file, which can be sought.
            folder: the folder in the zip that holds every file.
            instant: the modification time of every file; not before 1980.
        """
        self._zip = zipfile.ZipFile(file, "w")
        self._folder = folder
        self._time = instant.timetuple()[:6]
        self.sums: dict[str, str] = {}  # By name, in the order of the files.

    def __enter__(self) -> Self:
        """The zip itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Add the SHA-256 of each file, and end the zip."""
        with self._zip:
            if error is None:
                self.put(SUMS, sums_text(self.sums))

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A stream into a new file. Its content may be larger than the memory."""
        info = zipfile.ZipInfo(f"{self._folder}/{name}", self._time)
        info.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
        info.create_system, info.external_attr = _UNIX, _MODE << 16
        with self._zip.open(info, "w", force_zip64=True) as member:
            summed = _Summed(member)
            yield summed  # type: ignore[misc]  # of a stream, its users call `write` alone
        self.sums[name] = summed.sha256.hexdigest()

    def put(self, name: str, content: bytes) -> None:
        """Add a file of these bytes."""
        with self.open(name) as stream:
            stream.write(content)


class _Summed:
    """A stream that computes the SHA-256 of what is written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        return self._stream.write(content)


def sums_text(sums: dict[str, str]) -> bytes:
    """The lines that `sha256sum -c` reads, for SHA-256s by file name."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
