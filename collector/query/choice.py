"""Which columns and rows of a result are written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from collector.errors import UsageError
from collector.query.rows import Rows
from collector.query.statement import named_view, suggestion, trimmed
from collector.views.files import shipped_views

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The columns and rows that a user wants to see."""

    columns: tuple[str, ...] = ()  # These columns, in this order; empty for all of them.
    limit: int | None = None  # At most so many rows; None for all of them.
    is_everything: bool = False  # Whether a table has every column and row, at a terminal too.

    def at_terminal(self, text: str) -> Choice:
        """The choice for a table at a terminal: where a view is named and nothing chosen, its main columns."""
        if self.columns or self.is_everything:
            return self
        views = shipped_views()
        name = named_view(trimmed(text), views.by_name)
        return self if name is None else replace(self, columns=views.by_name[name].main_columns)

    def applied(self, rows: Rows) -> Rows:
        """The chosen columns and rows of a result.

        Raises:
            UsageError: the result has no such column.
        """
        names = rows.schema.names
        if unknown := [name for name in self.columns if name not in names]:
            raise UsageError(
                [f"--columns: the result has no column {name!r}.{suggestion(name, names)}" for name in unknown]
                + [f"Its columns: {', '.join(names)}."]
            )
        if not self.columns and self.limit is None:
            return rows
        places = [names.index(name) for name in self.columns] or list(range(len(names)))
        return Rows(pa.schema([rows.schema.field(place) for place in places]), self._batches(rows, places))

    def _batches(self, rows: Rows, places: list[int]) -> Iterator[pa.RecordBatch]:
        rest = self.limit
        for batch in rows.batches:
            if rest is not None and rest <= 0:
                return
            yield batch.select(places)[:rest]
            if rest is not None:
                rest -= batch.num_rows
