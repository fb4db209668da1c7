"""The result of `credlake show`: a heading, and tables of credentials, results, failures, exceptions and changes."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from collector.process.streams import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SHOWN_ROWS = 50
_WIDTH_WITHOUT_TERMINAL = 120
_STYLES = {"fail": "red", "unknown": "yellow"}


def print_biography(found: dict[str, Any]) -> None:
    """Print what `reports.biography.read_biography` returns to stdout."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    for line in _heading(found):
        console.print(Text(printable(line)))
    is_user = found["user_arn"] is not None
    who = () if is_user else ("user",)
    _table(
        console,
        "Credentials",
        (*who, "what", "state", "created", "last used", "seen since"),
        (
            (
                *_who(row, is_user=is_user),
                _what(row),
                _state(row),
                _day(row["created_at"]),
                _used(row),
                row["first_seen"]
                if row["last_seen"] == found["seen"]["newest_snapshot"]
                else f"{row['first_seen']} to {row['last_seen']}",
            )
            for row in found["credentials"]
        ),
    )
    results = [row for row in found["results"] if row["status"] in {"fail", "unknown", "excepted"}]
    counts = Counter(row["status"] for row in found["results"])
    title = "Results: " + ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())
    _table(
        console,
        title if counts else "Results: none",
        ("status", "control", *who, "why"),
        ((row["status"], row["control_id"], *_who(row, is_user=is_user), row["reason"]) for row in results),
    )
    _table(
        console,
        "Failed in",
        ("snapshots", "control", *(who or ("what",))),
        (
            (
                _span(row["first_failed"], row["last_failed"]),
                row["control_id"],
                *(_who(row, is_user=is_user) or (_what(row),)),
            )
            for row in found["failures"]
        ),
    )
    if found.get("exceptions"):
        _table(
            console,
            "Exceptions",
            ("exception", "state", "until", "approved by", "reason"),
            (
                (row["exception_id"], row["state"], row["expires_on"], row["approved_by"], row["reason"])
                for row in found["exceptions"]
            ),
        )
    _table(
        console,
        "Changes",
        ("snapshot", "change", *(who or ("what",)), "since"),
        (
            (
                row["snapshot_date"],
                row["change_type"],
                *(_who(row, is_user=is_user) or (_what(row),)),
                row["previous_snapshot_date"],
            )
            for row in found["changes"]
        ),
    )


def _heading(found: dict[str, Any]) -> list[str]:
    account, seen = found["account"], found["seen"]
    name = f"{found['account_id']} ({found['account_name']})" if found["account_name"] else found["account_id"]
    lines = (
        [f"User {found['user_name']} in account {name}", found["user_arn"]]
        if found["user_arn"]
        else [f"Account {name}"]
    )
    lines.append(f"OU {account['ou_path']}" + (f", owner {account['owner']}" if account["owner"] else ""))
    count = seen["snapshots"]
    when = f"Seen in {count} snapshot{'' if count == 1 else 's'}, {_span(seen['first'], seen['last'])}"
    gone = seen["last"] != seen["newest_snapshot"]
    lines.append(f"{when}; not in the newest, {seen['newest_snapshot']}" if gone else when)
    report = f", report of {_time(account['report_generated_at'])}" if account["report_generated_at"] else ""
    lines.append(f"Account {account['account_state']}, {account['outcome']} on {account['snapshot_date']}{report}")
    if account["error_message"]:
        lines.append(f"{account['error_code']}: {account['error_message']}")
    if len(found["collection"]) > 1:
        lines += [f"  {_span(row['first'], row['last'])} {row['outcome']}" for row in found["collection"][:_SHOWN_ROWS]]
    return lines


def _table(console: Console, title: str, names: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """A title, and a table of the first rows; a title alone where there are none."""
    listed = list(rows)
    console.print()
    console.print(Text(title if listed or ":" in title else f"{title}: none", style="bold"))
    if not listed:
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in listed[:_SHOWN_ROWS]:
        table.add_row(*(Text(printable(value or ""), style=_STYLES.get(value or "", "")) for value in row))
    console.print(table)
    if len(listed) > _SHOWN_ROWS:
        console.print(f"… and {len(listed) - _SHOWN_ROWS} more. For all: --format json.")


def _who(row: dict[str, Any], *, is_user: bool) -> tuple[str | None, ...]:
    return () if is_user else (row["user_name"],)


def _what(row: dict[str, Any]) -> str:
    """`access key 2025-09-01`, or the user itself."""
    kind = (row["credential_type"] or "user").replace("_", " ").removeprefix("signing ")
    created = row.get("credential_created_at")
    return f"{kind} of {_day(created)}" if created else kind


def _state(row: dict[str, Any]) -> str:
    return {True: "active", False: "inactive", None: "unknown"}[row["is_active"]]


def _used(row: dict[str, Any]) -> str:
    if row["last_used_at"] is None:
        return "" if row["credential_type"] == "signing_certificate" else "no use on record"
    return " ".join(filter(None, (_day(row["last_used_at"]), row["last_used_service"])))


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _day(instant: str | None) -> str:
    return "" if instant is None else instant[:10]


def _time(instant: str) -> str:
    return f"{instant[:10]} {instant[11:16]} UTC"
