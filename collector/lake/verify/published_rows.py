"""The rows of published files by account, for `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from collector.lake.rows import USER_SCHEMA
from collector.lake.verify.comparison import differing_columns
from collector.lake.verify.difference import DifferenceKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from collector.lake.verify.difference import Notes
    from collector.lake.verify.tables import PublishedTable


class PublishedAccounts:
    """The rows of the file of accounts. There is one such file, or none that can be read."""

    def __init__(self, tables: list[PublishedTable], notes: Notes) -> None:
        """Read the file."""
        self._notes = notes
        self._table = tables[0] if tables else None
        self._rows: pa.Table | None = None
        self._places: dict[str | None, int] = {}
        if self._table is None:
            return
        groups = [self._table.read(group, self._table.names, notes) for group in self._table.groups]
        if not groups:
            return
        self._rows = pa.concat_tables(groups)
        for place, account_id in enumerate(self._rows.column("account_id").to_pylist()):
            if account_id in self._places:
                self._note_row("The account is there more than once.", account_id)
            self._places[account_id] = place

    def note_unknown(self, known: Collection[str]) -> None:
        """Note the accounts that the run knows nothing of."""
        for account_id in self._places:
            if account_id not in known:
                self._note_row("The run knows nothing of this account.", account_id)

    def compare(self, expected: dict[str, Any]) -> None:
        """Hold one account's row against what it should be."""
        if self._table is None:
            return
        account_id = expected["account_id"]
        place = self._places.get(account_id)
        if self._rows is None or place is None:
            if not self._table.is_damaged:
                self._note_row("The account is not in the table.", account_id)
            return
        [found] = self._rows.slice(place, 1).to_pylist()
        for column in differing_columns(expected, found, self._table.names):
            self._notes.note(
                DifferenceKind.VALUE,
                "The value is not what the raw zone says.",
                self._table.where,
                account_id=account_id,
                column=column,
            )

    def _note_row(self, what: str, account_id: str | None) -> None:
        where = self._table.where if self._table else ""
        self._notes.note(DifferenceKind.ROWS, what, where, account_id=account_id)


class PublishedUsers:
    """The rows of the files of users."""

    def __init__(self, tables: list[PublishedTable], notes: Notes) -> None:
        """Take the files that could be opened."""
        self.tables = tables
        # The columns that every file has as it should.
        self.names = [name for name in USER_SCHEMA.names if all(name in table.names for table in tables)]
        self._notes = notes

    @property
    def are_damaged(self) -> bool:
        """Whether a part of a file turned out not to be readable."""
        return any(table.is_damaged for table in self.tables)

    def by_account(self) -> Iterator[tuple[str | None, pa.Table]]:
        """The users of each account, each account once, one row group in memory at a time.

        An account whose rows lie in several row groups (no file of ours is like that) is kept until its last one.
        """
        last: dict[str | None, tuple[int, int]] = {}
        for number, table in enumerate(self.tables):
            for group in table.groups:
                ids = table.read(group, ["account_id"], self._notes).column(0).to_pylist()
                last |= dict.fromkeys(ids, (number, group))
        begun: dict[str | None, list[pa.Table]] = {}
        for number, table in enumerate(self.tables):
            for group in table.groups:
                for account_id, rows in _by_account(table.read(group, self.names, self._notes)):
                    begun.setdefault(account_id, []).append(rows)
                    if last.get(account_id) == (number, group):
                        yield account_id, pa.concat_tables(begun.pop(account_id))


def _by_account(rows: pa.Table) -> Iterator[tuple[str | None, pa.Table]]:
    places: dict[str | None, list[int]] = {}
    for place, account_id in enumerate(rows.column("account_id").to_pylist()):
        places.setdefault(account_id, []).append(place)
    for account_id, of_account in places.items():
        first, count = of_account[0], len(of_account)
        is_one_piece = of_account[-1] - first + 1 == count
        yield account_id, rows.slice(first, count) if is_one_piece else rows.take(of_account)
