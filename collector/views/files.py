"""The views as the package carries them: each with its statement for Athena and for DuckDB, made when it was built.

From one file of `athena_queries/` come `<view>`, over the newest snapshot, and `<view>_history`, over all of them.
`tools/` translates them into `_data/views` (`make generate`), so that no command parses SQL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HISTORY_TABLE = "snapshot_record"
CURRENT_TABLE = "snapshot_record_latest"

# The names in `_data/views`, and what stands for the database in the statements for Athena.
INDEX = "index.json"
ATHENA = "athena"
DUCKDB = "duckdb"
DATABASE = "${database}"


@dataclass(frozen=True, slots=True)
class View:
    """One view and its twin."""

    name: str  # The name over the newest snapshot.
    summary: str  # What the view answers, in sentences.
    order: str | None
    """What the rows are sorted by when the view is queried by name, in SQL of both engines; None where they are not."""
    flows_from_union: bool
    """Whether its rows come from a `union all` ungathered: DuckDB must work those out before it sorts them."""
    columns: Mapping[str, str]  # The columns in order, of both twins, with their types in Trino's words.
    main_columns: tuple[str, ...]  # The columns that a terminal shows, and the example in the documentation.
    reads: Mapping[str, tuple[str, ...]]
    """For each name of the view what its DuckDB statement reads: other names, `snapshot_record:user` for one kind."""


class PreparedViews:
    """The views of a folder such as `_data/views`; their statements are read when they are needed."""

    def __init__(self, folder: Path) -> None:
        """Read the index.

        Raises:
            FileNotFoundError: the folder has no index of prepared views.
        """
        self._folder = folder
        index = json.loads((folder / INDEX).read_text("utf-8"))
        self.all = {name: View(name=name, **_frozen(entry)) for name, entry in index.items()}
        """Every view by its name, each after those that it reads."""
        self.by_name = {name: view for view in self.all.values() for name in view.reads}
        """Every name of a view, twins as well, and the view behind it."""

    def duckdb_sql(self, name: str) -> str:
        """The statement behind a view's name in DuckDB's SQL."""
        return self._text(DUCKDB, name)

    def athena_statements(self, database: str) -> list[tuple[str, str]]:
        """The views of a database with the statements that create them on Athena, in an order that can be applied."""
        return [
            (name, f'create or replace view "{database}"."{name}" as\n{sql.replace(DATABASE, database)}')
            for name in self.by_name
            for _, sql in [self._athena(name)]
        ]

    def columns(self) -> dict[str, Mapping[str, str]]:
        """The columns of every name of a view, in order, with their types in Trino's words."""
        return {name: view.columns for name, view in self.by_name.items()}

    def shown(self, name: str) -> str:
        """The header of the view's file, and the statement behind the name in Athena's SQL, without a database."""
        header, sql = self._athena(name)
        return f"{header}\n\n" + sql.replace(f'"{DATABASE}".', "") + "\n"

    def _athena(self, name: str) -> tuple[str, str]:
        header, _, sql = self._text(ATHENA, name).partition("\n\n")
        return header, sql

    def _text(self, engine: str, name: str) -> str:
        return (self._folder / engine / f"{name}.sql").read_text("utf-8").rstrip("\n")


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    reads = {name: tuple(read) for name, read in entry["reads"].items()}
    return {**entry, "reads": reads, "main_columns": tuple(entry["main_columns"])}


_DATA = Path(__file__).parents[1] / "_data"


@cache
def shipped_views() -> PreparedViews:
    """The views of this version."""
    return PreparedViews(_DATA / "views")


def column_meanings() -> dict[str, str]:
    """What each column of the views means, and which values it takes; a name means the same in every view."""
    meanings: dict[str, str] = json.loads((_DATA / "meanings.json").read_text("utf-8"))
    return meanings
