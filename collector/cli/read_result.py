"""The result of `credlake read`: users, what to fix first and what is unknown, for a person or in a file format."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from collector.process.streams import printable
from collector.query.run import EVERY_COLUMN, open_target, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from collector.query.duckdb import LocalLake
    from collector.query.rows import Rows
    from collector.report_files.load import LoadedReport

_FINDINGS = "findings"
_FIRST_FINDINGS = """
    select finding_rank, severity, control_id, account_id, user_name, reason
    from findings
    order by finding_rank"""
_UNKNOWN = """
    select control_id, reason, count(*) as results, count(distinct account_id) as accounts
    from control_results
    where status = 'unknown'
    group by all
    order by results desc, control_id, reason"""
_USERS = "select account_id, count(*) filter (where not is_root) as users from credential_report group by account_id"
_SHEETS = {
    "Findings": _FINDINGS,
    "Unknown": _UNKNOWN,
    "Users": "credential_report",
    "Accounts": "account",
}
_SHOWN_FINDINGS = 20
_SHOWN_ROWS = 50
_WIDTH_WITHOUT_TERMINAL = 160
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow"}


def write_result(lake: LocalLake, reports: Sequence[LoadedReport], format_name: str, output: Path | None) -> None:
    """Write the result in one of `query.run.FORMATS`: the findings; as a table or a workbook, more than those.

    `reports` are those in the lake. `output` is the file to write; None: stdout.
    """
    if format_name not in {"table", "xlsx"}:
        rows = lake.rows(_FINDINGS)
        write_rows(
            rows,
            _FINDINGS,
            format=format_name,
            output=output,
            choice=EVERY_COLUMN,
            out_stream=sys.stdout,
            err_stream=sys.stderr,
        )
        return
    with open_target(output, sys.stdout, format_name=format_name) as target:
        if format_name == "table":
            _print_tables(lake, reports, target)
            return
        # A fifth of a second to import, which no other format needs.
        from collector.query.workbook import write_workbook

        write_workbook(((name, lake.rows(query)) for name, query in _SHEETS.items()), target)


def _print_tables(lake: LocalLake, reports: Sequence[LoadedReport], stream: TextIO) -> None:
    width = None if stream.isatty() else _WIDTH_WITHOUT_TERMINAL
    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    users: dict[str, int] = {row["account_id"]: row["users"] for row in _dicts(lake.rows(_USERS))}
    console.print(_reports_table(reports, users))
    _print_more(console, len(reports), "accounts")
    console.print()
    _print_findings(console, lake)
    console.print()
    unknown = list(_dicts(lake.rows(_UNKNOWN)))
    if not unknown:
        console.print("Every control could be evaluated.")
        return
    table = _table("What is unknown, and why", "control", "results", "accounts", "why")
    for row in unknown[:_SHOWN_ROWS]:
        table.add_row(row["control_id"], f"{row['results']:,}", f"{row['accounts']:,}", _text(row["reason"]))
    console.print(table)
    _print_more(console, len(unknown), "reasons")


def _reports_table(reports: Sequence[LoadedReport], users: dict[str, int]) -> Table:
    total = sum(users.values())
    table = _table(f"{_count(total, 'user')} in {_count(len(users), 'account')}", "account", "users", "report of")
    table.add_column("time from")
    table.add_column("file", overflow="fold")
    for report in reports[:_SHOWN_ROWS]:
        table.add_row(
            report.account_id,
            f"{users[report.account_id]:,}" if report.account_id in users else "not read",
            f"{report.generated_at:%Y-%m-%d %H:%M:%S}Z",
            report.time_source,
            _text(report.file.name),
        )
    return table


def _print_findings(console: Console, lake: LocalLake) -> None:
    findings = pa.Table.from_batches(list((rows := lake.rows(_FIRST_FINDINGS)).batches), rows.schema)
    if not findings.num_rows:
        console.print("No control fails.")
        return
    counts = Counter(findings["severity"].to_pylist())
    by_severity = ", ".join(f"{count:,} {severity}" for severity, count in counts.items())
    title = f"What to fix first: {_count(findings.num_rows, 'finding')} ({by_severity})"
    accounts = len(set(findings["account_id"].to_pylist()))
    table = _table(title, "#", "severity", "control", *(["account"] if accounts > 1 else []), "user", "why")
    for row in findings.slice(length=_SHOWN_FINDINGS).to_pylist():
        severity = Text(row["severity"], style=_STYLES.get(row["severity"], ""))
        texts = (_text(row[name] or "") for name in ("user_name", "reason"))
        account = [row["account_id"]] if accounts > 1 else []
        table.add_row(str(row["finding_rank"]), severity, row["control_id"], *account, *texts)
    console.print(table)
    if findings.num_rows > _SHOWN_FINDINGS:
        more = findings.num_rows - _SHOWN_FINDINGS
        console.print(f"… and {more:,} more. For all: --format csv, json or xlsx.")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in {"#", "users", "results", "accounts"} else "left")
    return table


def _print_more(console: Console, length: int, what: str) -> None:
    if length > _SHOWN_ROWS:
        console.print(f"… and {length - _SHOWN_ROWS:,} more {what}.")


def _dicts(rows: Rows) -> Iterator[dict[str, Any]]:
    for batch in rows.batches:
        yield from batch.to_pylist()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _text(text: str) -> Text:
    """Names of users and files may hold what steers a terminal."""
    return Text(printable(text))
