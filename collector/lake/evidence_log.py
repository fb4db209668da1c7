"""The accounts of a run while it runs: on disk, because an organization has up to 50,000 of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from collector.lake.faults import disk_faults
from collector.lake.raw import open_gzip
from collector.lake.raw_json import account_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collector.evidence import AccountEvidence
    from collector.lake.rows import Verdict


class Entry(NamedTuple):
    """One account: its line of `accounts.jsonl.gz`, and what the reading of its report came to."""

    line: bytes
    verdict: Verdict


class _Place(NamedTuple):
    offset: int
    length: int
    verdict: Verdict


class EvidenceLog:
    """Lines of evidence in the order they come, read back in the order of account ids. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """Begin the file, which stays on this machine."""
        self._path = path
        self._places: dict[str, _Place] = {}
        self._end = 0
        with disk_faults("Writing", path):
            self._file = path.open("w+b")

    def __contains__(self, account_id: str) -> bool:
        """Whether the account is in it."""
        return account_id in self._places

    def add(self, evidence: AccountEvidence, stored_sha256: str | None, verdict: Verdict) -> None:
        """Take one account, at the end."""
        line = account_line(evidence, stored_sha256)
        with disk_faults("Writing", self._path):
            self._file.write(line)
        self._places[evidence.account_id] = _Place(self._end, len(line), verdict)
        self._end += len(line)

    def entries(self) -> Iterator[Entry]:
        """All accounts, by id: the same run gives the same files, in whatever order its accounts answered."""
        for account_id in sorted(self._places):
            offset, length, verdict = self._places[account_id]
            with disk_faults("Reading", self._path):
                self._file.seek(offset)
                line = self._file.read(length)
            yield Entry(line, verdict)

    def compress_to(self, target: Path) -> None:
        """Write all lines, by account id, as `accounts.jsonl.gz`."""
        with disk_faults("Writing", target), target.open("wb") as file, open_gzip(file) as lines:
            for entry in self.entries():
                lines.write(entry.line)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
