"""The committed files that are derived from declarations: `python -m tools.generate.__main__ [--check]`.

A new one is a line in `GENERATED`.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from collector.catalog.catalogue import GLUE_TABLES, PLACEHOLDER_LOCATION, GlueTable, table_input
from tools.generate.bi_page import bi_page
from tools.generate.columns_page import columns_page
from tools.generate.controls import control_frameworks_sql, controls_sql
from tools.generate.quicksight import quicksight_template
from tools.generate.views_page import views_index, views_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REPOSITORY = Path(__file__).parents[2]


class GeneratedFile(NamedTuple):
    """A file of the repository, and the pure function that says what is in it."""

    path: str
    render: Callable[[], str]


def _glue_table(glue_table: GlueTable) -> str:
    return json.dumps(table_input(glue_table, PLACEHOLDER_LOCATION), indent=2, ensure_ascii=False) + "\n"


GENERATED: tuple[GeneratedFile, ...] = (
    *(GeneratedFile(f"glue/{table.name}.json", partial(_glue_table, table)) for table in GLUE_TABLES),
    GeneratedFile("docs/columns.md", columns_page),
    GeneratedFile("athena_queries/reference/controls.sql", controls_sql),
    GeneratedFile("athena_queries/reference/control_frameworks.sql", control_frameworks_sql),
    # These read the view files, also those above.
    GeneratedFile("athena_queries/README.md", views_index),
    GeneratedFile("docs/views.md", views_page),
    GeneratedFile("docs/bi.md", bi_page),
    GeneratedFile("deploy/quicksight.yaml", quicksight_template),
)


def stale(repository: Path = REPOSITORY) -> list[str]:
    """The paths whose file is missing, or is not what would be generated."""
    return [file.path for file in GENERATED if _text(repository / file.path) != file.render()]


def write(repository: Path = REPOSITORY) -> list[str]:
    """Write the files that are stale; their paths."""
    written = []
    for file in GENERATED:
        path, text = repository / file.path, file.render()
        if _text(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(file.path)
    return written


def main(arguments: Sequence[str] | None = None, repository: Path = REPOSITORY) -> int:
    """Write the stale files, or with `--check` only name them: exit 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate.__main__", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    if parser.parse_args(arguments).check:
        found = stale(repository)
        sys.stdout.writelines(f"stale: {path} (run `make generate`)\n" for path in found)
        return 1 if found else 0
    sys.stdout.writelines(f"written: {path}\n" for path in write(repository))
    return 0


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
