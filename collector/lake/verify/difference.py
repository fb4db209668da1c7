"""What `verify` finds: one thing that is not as the raw zone, or the publication record, says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DifferenceKind(StrEnum):
    """What kind of thing is not as it should be."""

    # The publication record, or what it counts.
    RECORD = "record"
    # A complete run that is not published although the rules let it be.
    RUN = "run"
    # A published Parquet file: missing, altered, of other columns, or one too many in the folder.
    FILE = "file"
    # A file of the raw zone.
    RAW = "raw"
    # Rows that are missing, or that nothing in the raw zone accounts for.
    ROWS = "rows"
    # A value.
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. It names accounts and columns, never a user and never a value: it ends up in logs.

    `where` is the absolute path or URI of the file in question.
    """

    kind: DifferenceKind
    organization_id: str
    what: str
    where: str
    snapshot_date: str | None = None
    account_id: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        """One line for people."""
        place = [
            self.organization_id,
            self.snapshot_date,
            self.account_id and f"account {self.account_id}",
            self.column,
        ]
        return f"{', '.join(part for part in place if part)}: {self.what} ({self.where})"


class Notes:
    """The differences of one snapshot, each noted once."""

    def __init__(self, organization_id: str, snapshot_date: str | None) -> None:
        """Say which snapshot they are of."""
        self._organization_id = organization_id
        self._snapshot_date = snapshot_date
        self._found: dict[Difference, None] = {}

    def note(
        self, kind: DifferenceKind, what: str, where: str, *, account_id: str | None = None, column: str | None = None
    ) -> None:
        """Take one difference."""
        difference = Difference(
            kind=kind,
            organization_id=self._organization_id,
            snapshot_date=self._snapshot_date,
            what=what,
            where=where,
            account_id=account_id,
            column=column,
        )
        self._found[difference] = None

    def all(self) -> list[Difference]:
        """All of them, in the order in which they were found."""
        return list(self._found)
