"""The statements that make the views, written into the zip when it was built: the function carries no SQL parser."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = "views.json"
# Stands for the database's name, quoted as every name in the statements is.
_PLACEHOLDER = "credlake_database_placeholder"


@dataclass(frozen=True, slots=True)
class PreparedViews:
    """Every view's name and statement, in an order that can be applied, and the columns that it puts out."""

    statements: tuple[tuple[str, str], ...]
    columns: dict[str, tuple[str, ...]]


def read_prepared_views(database: str, folder: Path | None = None) -> PreparedViews:
    """The views for that database; they lie beside this module unless a folder is given.

    Raises:
        FileNotFoundError: this is no zip of `make package`.
    """
    path = (folder or Path(__file__).parent) / FILE
    text = path.read_text("utf-8").replace(_PLACEHOLDER, database)
    views = json.loads(text)
    return PreparedViews(
        tuple((view["name"], view["statement"]) for view in views),
        {view["name"]: tuple(view["columns"]) for view in views},
    )


def prepare_views() -> str:
    """The file's text, from the view files. Needs the SQL parser, so it runs where the zip is built."""
    from collector.views import files as view_files  # noqa: PLC0415 -- it needs the SQL parser, which is not in the zip

    files = view_files.shipped_views()
    of_name = view_files.names_of(files)
    views = [
        {
            "name": name,
            "statement": statement,
            "columns": [column.alias_or_name for column in view_files.parse_statement(of_name[name]).selects],
        }
        for name, statement in view_files.athena_statements(files, _PLACEHOLDER)
    ]
    return json.dumps(views, indent=1, ensure_ascii=False) + "\n"
