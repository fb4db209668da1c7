"""The credential report as text (facts F1.1), and what can be wrong or unusual about it.

Each function turns a correct report into another one. Where it needs a user row, it takes the first; in an account
without users that is the root row.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# AWS's own header of 2026-09, in AWS's order (facts F1.2). Written out here, not taken from `schema`: the simulator
# must not agree with the collector by construction.
HEADER = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
)
ROOT_NAME = "<root_account>"

_COMMA_NAME = "analyst,reports"
_OTHER_ACCOUNT_ID = "999999999999"
_HTML = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1><p>The proxy could not reach the upstream server.</p></body></html>
"""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportText:
    """A report before it is bytes. AWS writes LF, no last newline, no byte order mark, and no sample shows quoting."""

    # The account that the report is about.
    account_id: str
    # The root row first, then the users' rows, with a value for each column.
    rows: tuple[Row, ...]
    # The columns' names.
    header: Row = HEADER
    # What ends a line.
    line_end: str = "\n"
    # Whether the last line is ended too.
    has_last_line_end: bool = False
    # Whether a byte order mark comes first.
    has_byte_order_mark: bool = False
    # Whether a value that holds a comma is quoted; how AWS writes one is not known.
    quotes_commas: bool = True
    # Bytes that replace everything.
    literal: bytes | None = None

    def encode(self) -> bytes:
        """The report as it is sent, before base64."""
        if self.literal is not None:
            return self.literal
        lines = (self.header, *self.rows)
        if self.quotes_commas and any("," in value or '"' in value for line in lines for value in line):
            buffer = io.StringIO(newline="")
            csv.writer(buffer, lineterminator=self.line_end).writerows(lines)
            text = buffer.getvalue().removesuffix(self.line_end)
        else:
            text = self.line_end.join([",".join(line) for line in lines])
        if self.has_last_line_end:
            text += self.line_end
        return text.encode("utf-8-sig" if self.has_byte_order_mark else "utf-8")


def html_page(report: ReportText) -> ReportText:
    """A proxy's error page in place of a report."""
    return replace(report, literal=_HTML)


def empty_body(report: ReportText) -> ReportText:
    """Nothing at all."""
    return replace(report, literal=b"")


def garbage(report: ReportText) -> ReportText:
    """Bytes that are not text: the same ones for the same account."""
    noise = random.Random(report.account_id).randbytes(400)  # noqa: S311 - no secret
    return replace(report, literal=b"\x00\xff\xfe" + noise)


def header_only(report: ReportText) -> ReportText:
    """Columns but no row, not even root's."""
    return replace(report, rows=())


def missing_column(report: ReportText) -> ReportText:
    """`mfa_active` is missing from the header and all rows."""
    column = report.header.index("mfa_active")
    header, *rows = ((*line[:column], *line[column + 1 :]) for line in (report.header, *report.rows))
    return replace(report, header=header, rows=tuple(rows))


def wrong_account(report: ReportText) -> ReportText:
    """Another account's report: every ARN has its id."""
    own, other = f"::{report.account_id}:", f"::{_OTHER_ACCOUNT_ID}:"
    return _map_column(report, "arn", lambda arn: arn.replace(own, other))


def no_root_row(report: ReportText) -> ReportText:
    """Users, but no root row."""
    return replace(report, rows=tuple(row for row in report.rows if row[0] != ROOT_NAME))


def unparsable_value(report: ReportText) -> ReportText:
    """`mfa_active` of the first user is neither true nor false."""
    column = report.header.index("mfa_active")
    return _map_first_user(report, lambda row: (*row[:column], "maybe", *row[column + 1 :]))


def short_row(report: ReportText) -> ReportText:
    """The first user's row ends after eight fields."""
    return _map_first_user(report, lambda row: row[:8])


def quoted_comma(report: ReportText) -> ReportText:
    """One more user, whose name holds a comma, quoted according to RFC 4180."""
    root = dict(zip(report.header, report.rows[0], strict=True))
    arn = root["arn"].removesuffix("root") + f"user/{_COMMA_NAME}"
    no_credentials = ("false", *["N/A"] * 3, "false", *["false", *["N/A"] * 4] * 2, *["false", "N/A"] * 2)
    return replace(report, rows=(*report.rows, (_COMMA_NAME, arn, root["user_creation_time"], *no_credentials)))


def unquoted_comma(report: ReportText) -> ReportText:
    """The same without quotes: since the ARN holds the comma too, the row has two fields more than the header."""
    return replace(quoted_comma(report), quotes_commas=False)


def extra_column(report: ReportText) -> ReportText:
    """The documented 23rd column, with a text for the first user and `N/A` for the others."""
    text = "1 additional access key; use ListAccessKeys to list it"
    wider = _with_column(report, "additional_credentials_info", "N/A")
    return _map_first_user(wider, lambda row: (*row[:-1], text))


def unknown_column(report: ReportText) -> ReportText:
    """A column that is documented nowhere."""
    return _with_column(report, "passkey_count", "2")


def shuffled_columns(report: ReportText) -> ReportText:
    """The same columns in another order, which is the same for the same account."""
    order = list(range(len(report.header)))
    random.Random(report.account_id).shuffle(order)  # noqa: S311 - no secret
    header, *rows = (tuple(line[column] for column in order) for line in (report.header, *report.rows))
    return replace(report, header=header, rows=tuple(rows))


def old_style(report: ReportText) -> ReportText:
    """The format until 2023: `+00:00`, and root's password `not_supported` (facts F1.4, F1.6)."""
    password = [report.header.index(name) for name in ("password_enabled", "password_last_changed")]

    def old_row(row: Row) -> Row:
        values = [_with_offset(value) for value in row]
        if values[0] == ROOT_NAME:
            for column in password:
                values[column] = "not_supported"
        return tuple(values)

    return replace(report, rows=tuple(old_row(row) for row in report.rows))


def upper_case_booleans(report: ReportText) -> ReportText:
    """`TRUE` and `FALSE`, as the documentation prints them (facts F1.4)."""
    rows = tuple(tuple(value.upper() if value in {"true", "false"} else value for value in row) for row in report.rows)
    return replace(report, rows=rows)


def fractional_seconds(report: ReportText) -> ReportText:
    """Dates with milliseconds: never seen, and still a date."""
    return _map_column(report, "user_creation_time", lambda value: value.replace("Z", ".250Z"))


def byte_order_mark(report: ReportText) -> ReportText:
    """A byte order mark before the header."""
    return replace(report, has_byte_order_mark=True)


def windows_lines(report: ReportText) -> ReportText:
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
