"""What can be wrong or unusual about a report's bytes: each takes a right report and gives the other one.

Where a fault needs a user row, it takes the first; an account without users has it in the root row.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from collector.simulator.report_text import ROOT_NAME, ReportText

if TYPE_CHECKING:
    from collections.abc import Callable

COMMA_NAME = "analyst,reports"
FOREIGN_ACCOUNT_ID = "999999999999"
EXTRA_COLUMN = "additional_credentials_info"
UNKNOWN_COLUMN = "passkey_count"

Row = tuple[str, ...]

_HTML = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1><p>The proxy could not reach the upstream server.</p></body></html>
"""


def html_page(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - every spoiler has this shape
    """A proxy's error page where a report should be."""
    return replace(report, literal=_HTML)


def empty_body(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """Nothing at all."""
    return replace(report, literal=b"")


def garbage(report: ReportText, account_id: str) -> ReportText:
    """Bytes that are no text: the same ones for the same account."""
    return replace(report, literal=b"\x00\xff\xfe" + random.Random(account_id).randbytes(400))  # noqa: S311 - no secret


def header_only(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """Columns but no row, not even root's."""
    return replace(report, rows=())


def missing_column(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """`mfa_active` is not there, header and values."""
    return _without_column(report, "mfa_active")


def wrong_account(report: ReportText, account_id: str) -> ReportText:
    """Somebody else's report: every ARN names another account."""
    foreign = f"::{FOREIGN_ACCOUNT_ID}:"
    return _map_column(report, "arn", lambda arn: arn.replace(f"::{account_id}:", foreign))


def no_root_row(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """Users, but no root row."""
    return replace(report, rows=tuple(row for row in report.rows if row[0] != ROOT_NAME))


def unparsable_value(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """`mfa_active` of the first user is neither true nor false."""
    column = report.header.index("mfa_active")
    return _map_first_user(report, lambda row: (*row[:column], "maybe", *row[column + 1 :]))


def short_row(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """The first user's row ends after eight fields."""
    return _map_first_user(report, lambda row: row[:8])


def unquoted_comma(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """One more user, whose name holds a comma, written without quotes: the row has more fields than the header.

    The ARN of such a user holds the comma too, so the row has two fields too many.
    """
    return replace(_with_comma_user(report), quotes_commas=False)


def quoted_comma(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """One more user, whose name holds a comma, written with quotes as RFC 4180 has it."""
    return _with_comma_user(report)


def extra_column(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """The documented 23rd column, with a text for the first user and `N/A` for the others."""
    text = "1 additional access key; use ListAccessKeys to list it"
    wider = _with_column(report, EXTRA_COLUMN, "N/A")
    return _map_first_user(wider, lambda row: (*row[:-1], text))


def unknown_column(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """A column that no documentation names."""
    return _with_column(report, UNKNOWN_COLUMN, "2")


def shuffled_columns(report: ReportText, account_id: str) -> ReportText:
    """The same columns in another order: the same one for the same account."""
    order = list(range(len(report.header)))
    random.Random(account_id).shuffle(order)  # noqa: S311 - no secret
    rows = tuple(tuple(row[column] for column in order) for row in report.rows)
    return replace(report, header=tuple(report.header[column] for column in order), rows=rows)


def old_style(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """As reports were until 2023: `+00:00`, and root's password `not_supported` (facts F1.4, F1.6)."""
    password = [report.header.index(name) for name in ("password_enabled", "password_last_changed")]

    def row_of_then(row: Row) -> Row:
        values = [_with_offset(value) for value in row]
        if values[0] == ROOT_NAME:
            for column in password:
                values[column] = "not_supported"
        return tuple(values)

    return replace(report, rows=tuple(row_of_then(row) for row in report.rows))


def upper_case_booleans(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """`TRUE` and `FALSE`, as the documentation prints them (facts F1.4)."""
    rows = tuple(tuple(value.upper() if value in {"true", "false"} else value for value in row) for row in report.rows)
    return replace(report, rows=rows)


def fractional_seconds(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """Dates with milliseconds: never seen, and still a date."""
    return _map_column(report, "user_creation_time", lambda value: value.replace("Z", ".250Z"))


def byte_order_mark(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """A mark before the header."""
    return replace(report, has_byte_order_mark=True)


def windows_lines(report: ReportText, account_id: str) -> ReportText:  # noqa: ARG001 - the same
    """CRLF line ends, the last line ended too."""
    return replace(report, line_end="\r\n", has_last_line_end=True)


def _with_offset(value: str) -> str:
    return value.removesuffix("Z") + "+00:00" if value.endswith("Z") and "T" in value else value


def _map_column(report: ReportText, name: str, change: Callable[[str], str]) -> ReportText:
    column = report.header.index(name)
    rows = tuple((*row[:column], change(row[column]), *row[column + 1 :]) for row in report.rows)
    return replace(report, rows=rows)


def _map_first_user(report: ReportText, change: Callable[[Row], Row]) -> ReportText:
    position = next((n for n, row in enumerate(report.rows) if row[0] != ROOT_NAME), 0)
    rows = (*report.rows[:position], change(report.rows[position]), *report.rows[position + 1 :])
    return replace(report, rows=rows)


def _with_column(report: ReportText, name: str, value: str) -> ReportText:
    return replace(report, header=(*report.header, name), rows=tuple((*row, value) for row in report.rows))


def _without_column(report: ReportText, name: str) -> ReportText:
    column = report.header.index(name)
    cut = [(*line[:column], *line[column + 1 :]) for line in (report.header, *report.rows)]
    return replace(report, header=cut[0], rows=tuple(cut[1:]))


def _with_comma_user(report: ReportText) -> ReportText:
    root_arn = report.rows[0][report.header.index("arn")]
    arn = root_arn.removesuffix("root") + f"user/{COMMA_NAME}"
    created = report.rows[0][report.header.index("user_creation_time")]
    no_credentials = ("false", *["N/A"] * 3, "false", *["false", *["N/A"] * 4] * 2, *["false", "N/A"] * 2)
    return replace(report, rows=(*report.rows, (COMMA_NAME, arn, created, *no_credentials)))
