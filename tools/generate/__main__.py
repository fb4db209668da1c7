"""Write the committed files that are generated from declarations: `python -m tools.generate [--check]`.

A new one is an entry in `GENERATED`.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from collector.catalog.tables import GLUE_TABLES, PLACEHOLDER_LOCATION, GlueTable, table_input
from collector.outcome import Outcome
from collector.schema import ACCOUNT, CREDENTIAL_REPORT, EXCEPTION
from tools.generate.bi_page import bi_page
from tools.generate.controls import control_frameworks_sql, control_ids, controls_sql
from tools.generate.manual_pages import commands_page, settings_page
from tools.generate.picture import read_picture
from tools.generate.quicksight.cid_resources import cid_resources
from tools.generate.quicksight.template import quicksight_template
from tools.generate.views_page import column_meanings, views_index, views_page
from tools.prepare_views import prepared_files
from tools.trino.view_files import source_views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from collector.schema import Column, Table

REPOSITORY = Path(__file__).parents[2]


class GeneratedFile(NamedTuple):
    """A file of the repository, and the function that renders its text.

    Attributes:
        path: relative to the repository.
        render: returns the whole text.
    """

    path: str
    render: Callable[[], str]


class GeneratedFolder(NamedTuple):
    """A folder that holds generated files alone, and the function that renders them by their path within it."""

    path: str
    render: Callable[[], dict[str, str]]


Generated = GeneratedFile | GeneratedFolder


_COLUMNS_HEAD = """\
# Columns

<!-- Generated from collector/schema.py by `make generate`. Do not edit. -->

Types are Glue's. Timestamps are UTC, with milliseconds. Account ids are text. Maps are never null.
Columns are only ever added, at the end of a table, and never change their type.
"""

_OUTCOMES_HEAD = """\
## Outcomes

The values of `account.outcome`: how the collection of the account ended, and what to do about it.

| outcome | meaning | next step |
|---|---|---|
"""

_GLUE_HEAD = """\
## In Glue

Both tables hold the rows of `account`, of `credential_report` and of `exception`; `record_type` is `account`, `user` or
`exception`, and the columns of the other kinds are null. Query the views, not these tables.
"""


def columns_page() -> str:
    """`docs/columns.md`: every column with its type, AWS's own header and its meaning; every outcome."""
    tables = [_table_section(table) for table in (ACCOUNT, CREDENTIAL_REPORT, EXCEPTION)]
    outcomes = "".join(f"| `{outcome}` | {outcome.meaning} | {outcome.next_step} |\n" for outcome in Outcome)
    parts = [_COLUMNS_HEAD, *tables, _OUTCOMES_HEAD + outcomes, _GLUE_HEAD]
    return "\n".join([*parts, *(_glue_section(glue_table) for glue_table in GLUE_TABLES)])


def _table_section(table: Table) -> str:
    head = ["| column | type | AWS's header | meaning |", "|---|---|---|---|"]
    lines = "\n".join([*head, *(_column_line(column) for column in table.columns)])
    return f"## `{table.name}`\n\n{table.comment}\n\n{lines}\n"


def _column_line(column: Column) -> str:
    source = f"`{column.source}`" if column.source else ""
    meaning = column.comment.replace("|", "\\|")
    return f"| `{column.name}` | `{column.type.glue}` | {source} | {meaning} |"


def _glue_section(glue_table: GlueTable) -> str:
    partitions = ", ".join(f"`{name}`" for name in glue_table.partition_keys)
    columns = ", ".join(f"`{column.name}`" for column in glue_table.columns)
    return (
        f"### `{glue_table.name}`\n\n{glue_table.table.comment}\n\nPartitions: {partitions}.\n\nColumns: {columns}.\n"
    )


def _glue_table(glue_table: GlueTable) -> str:
    return json.dumps(table_input(glue_table, PLACEHOLDER_LOCATION), indent=2, ensure_ascii=False) + "\n"


GENERATED: tuple[Generated, ...] = (
    *(GeneratedFile(f"glue/{table.name}.json", partial(_glue_table, table)) for table in GLUE_TABLES),
    GeneratedFile("docs/columns.md", columns_page),
    GeneratedFile("docs/commands.md", commands_page),
    GeneratedFile("docs/all-settings.md", settings_page),
    GeneratedFile("athena_queries/reference/controls.sql", controls_sql),
    GeneratedFile("athena_queries/reference/control_frameworks.sql", control_frameworks_sql),
    # These read the view files, including the two above.
    GeneratedFile("athena_queries/README.md", views_index),
    GeneratedFile("docs/views.md", views_page),
    GeneratedFile("docs/bi.md", bi_page),
    GeneratedFile("collector/_data/meanings.json", column_meanings),
    GeneratedFile("collector/_data/control_ids.json", control_ids),
    GeneratedFile("deploy/quicksight.yaml", quicksight_template),
    GeneratedFile("deploy/cid/credlake.yaml", cid_resources),
    GeneratedFolder("collector/_data/views", lambda: prepared_files(source_views())),
    # What the package prints, with the files above.
    GeneratedFile("docs/images/read.svg", read_picture),
)


def stale(repository: Path = REPOSITORY, generated: Sequence[Generated] = GENERATED) -> list[str]:
    """The paths whose file is missing, differs from what would be generated, or is no longer generated."""
    return [path for path, text in _expected(repository, generated) if _text(repository / path) != text]


def write(repository: Path = REPOSITORY, generated: Sequence[Generated] = GENERATED) -> list[str]:
    """Write the files that are stale, and remove those that are no longer generated; their paths."""
    written = []
    for name, text in _expected(repository, generated):
        path = repository / name
        if _text(path) == text:
            continue
        written.append(name)
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        # What is rendered next reads the view files, of which this may be one.
        source_views.cache_clear()
    return written


def _expected(repository: Path, generated: Sequence[Generated]) -> Iterator[tuple[str, str | None]]:
    """Each path with its text; None for a file in a generated folder that nothing generates any more."""
    for entry in generated:
        if isinstance(entry, GeneratedFile):
            yield entry.path, entry.render()
            continue
        expected = {f"{entry.path}/{name}": text for name, text in entry.render().items()}
        found = (path for path in (repository / entry.path).rglob("*") if path.is_file())
        orphans = {path.relative_to(repository).as_posix() for path in found} - expected.keys()
        yield from expected.items()
        yield from ((path, None) for path in sorted(orphans))


def main(
    arguments: Sequence[str] | None = None,
    repository: Path = REPOSITORY,
    generated: Sequence[Generated] = GENERATED,
) -> int:
    """Write the stale files and return 0, or with `--check` only list them: 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description="Write the generated files.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    if parser.parse_args(arguments).check:
        found = stale(repository, generated)
        sys.stdout.writelines(f"stale: {path} (run `make generate`)\n" for path in found)
        return 1 if found else 0
    sys.stdout.writelines(f"written: {path}\n" for path in write(repository, generated))
    return 0


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
