"""The files that a command line means: files, folders of them, and standard input."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from collector.limits import MAX_REPORT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

STANDARD_INPUT = "-"
# In a folder; a file that is named itself may be called anything.
_SUFFIXES = (".csv", ".json", ".gz")
# A report, base64 with line ends, and what is around it in JSON: a larger file is not one.
_MAX_BYTES = 2 * MAX_REPORT_BYTES


class NotReadError(Exception):
    """A file that is not a credential report, or cannot be read; the message is a sentence that begins with a verb."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """One file of the command line."""

    name: str  # As shown to the user.
    path: Path | None = None  # None: standard input.
    held: bytes = b""  # The bytes of standard input, which can be read only once.

    def read(self) -> bytes:
        """Its bytes.

        Raises:
            NotReadError: it cannot be read, or is larger than any report.
        """
        if self.path is None:
            return self.held
        try:
            with self.path.open("rb") as file:
                return _limited(file)
        except OSError as error:
            raise NotReadError(f"cannot be read: {error.strerror or error}.") from error

    @property
    def modified_at(self) -> datetime | None:
        """When it was last written; None for standard input."""
        return None if self.path is None else datetime.fromtimestamp(self.path.stat().st_mtime, UTC)


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """What the command line means."""

    files: list[GivenFile]  # Each once, in the order given; those of a folder by name.
    missing: list[str]  # Names for which there is no file.
    empty: list[str]  # Folders without a file that may hold a report.


def find_files(names: Iterable[str]) -> FoundFiles:
    """The files; `-` is standard input, which is read here.

    Raises:
        NotReadError: standard input is larger than any report.
    """
    found = FoundFiles([], [], [])
    seen: set[Path] = set()
    for name in names:
        if name == STANDARD_INPUT:
            found.files.append(GivenFile("standard input", held=_limited(sys.stdin.buffer)))
            continue
        path = Path(name)
        if not path.exists():
            found.missing.append(name)
            continue
        inside = list(_of_folder(path)) if path.is_dir() else [path]
        if not inside:
            found.empty.append(name)
        for each in inside:
            if each.resolve() not in seen:
                seen.add(each.resolve())
                found.files.append(GivenFile(str(each), each))
    return found


def _of_folder(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(_SUFFIXES) and not name.startswith("."):
                yield Path(here, name)


def _limited(file: BinaryIO) -> bytes:
    content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise NotReadError(f"is larger than {_MAX_BYTES >> 20} MiB, so it is not a credential report.")
    return content
