"""Make `collector/_data/views`, the views as the package contains them, so that it parses no SQL.

For every name of a view its statement for Athena and for DuckDB, and an index with what the commands need.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from collector.views.files import ATHENA, DATABASE, DUCKDB, INDEX
from tools.trino.annotation import AnnotatedViews
from tools.trino.translate import duckdb_reads, flows_from_union, to_duckdb
from tools.trino.view_files import ViewFileError, main_columns, names_of, output_types, twin_sql
from tools.view_lint import view_problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tools.trino.view_files import ViewFile


def prepared_files(views: Mapping[str, ViewFile]) -> dict[str, str]:
    """The text of each file, by its path below the folder.

    Raises:
        ViewFileError: a view that the lint refuses, or that names a column that does not exist.
    """
    annotated = AnnotatedViews(views)
    if problems := [problem for view in views.values() for problem in view_problems(view, annotated)]:
        raise ViewFileError(problems)
    trees = {name: annotated.tree(name) for name in names_of(views)}
    index: dict[str, dict[str, Any]] = {}
    files: dict[str, str] = {}
    for view in views.values():
        index[view.name] = {
            "summary": view.summary,
            "order": view.order,
            "flows_from_union": flows_from_union(trees[view.name], trees),
            "columns": output_types(view),
            "main_columns": main_columns(view),
            "reads": {name: duckdb_reads(trees[name]) for name in view.names},
        }
        for name in view.names:
            files[f"{ATHENA}/{name}.sql"] = f"{_header(view)}\n\n{twin_sql(view, name, database=DATABASE)}\n"
            files[f"{DUCKDB}/{name}.sql"] = f"{to_duckdb(trees[name])}\n"
    return {INDEX: json.dumps(index, indent=1, ensure_ascii=False) + "\n", **files}


def write_prepared(views: Mapping[str, ViewFile], folder: Path) -> Path:
    """Write the files to a folder, which is created; return the folder."""
    for name, text in prepared_files(views).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _header(view: ViewFile) -> str:
    """The comment at the top of the view's file, without blank lines."""
    return "\n".join(line for line in view.path.read_text("utf-8").splitlines()[: view.first_line - 1] if line.strip())
