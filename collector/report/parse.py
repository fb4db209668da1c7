"""One report: from bytes to a table and a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from collector.limits import MAX_REPORT_BYTES, MAX_REPORT_LINES
from collector.outcome import Outcome
from collector.report.arrow import Entries, map_column, string
from collector.report.header import Header, NotAReportError, read_header
from collector.report.result import ParsedReport, publishable, unpublishable
from collector.report.rows import OtherAccountError, Rows, read_rows
from collector.report.values import UNPARSED, TypedColumn, positions, typed_columns
from collector.schema import PARSED_REPORT, ROOT_USER, ColumnType

_ROOT_USER = string(ROOT_USER)


def parse_report(content: bytes, *, account_id: str, may_lack_root: bool = False) -> ParsedReport:
    """Type a credential report. Bytes that are not a report have a result too, so nothing is raised.

    Args:
        content: the report as GetCredentialReport returned it: UTF-8 CSV, decoded from base64 by botocore already.
        account_id: the account that it was fetched from, 12 digits.
        may_lack_root: whether a report without a root row is complete.
    """
    if len(content) > MAX_REPORT_BYTES:
        problem = f"The response has {len(content)} bytes, more than the {MAX_REPORT_BYTES} that are read."
        return unpublishable(Outcome.MALFORMED_REPORT, problem)
    if (lines := content.count(b"\n")) > MAX_REPORT_LINES:
        problem = f"The response has {lines} lines, more than the {MAX_REPORT_LINES} that are read."
        return unpublishable(Outcome.MALFORMED_REPORT, problem)
    try:
        header, start = read_header(content)
    except NotAReportError as error:
        return unpublishable(Outcome.MALFORMED_REPORT, str(error))
    try:
        rows = read_rows(content, start, header, account_id=account_id)
    except OtherAccountError as error:
        return unpublishable(Outcome.WRONG_ACCOUNT, str(error), header.unknown_names)
    return publishable(typed_users(rows, header), rows.problems, header.unknown_names, may_lack_root=may_lack_root)


def typed_users(rows: Rows, header: Header) -> pa.Table:
    """The table of `schema.PARSED_REPORT`; values that cannot be read are noted in the rows' problems."""
    return _users(rows, header, _typed(rows, header))


def _typed(rows: Rows, header: Header) -> dict[str, TypedColumn]:
    """The columns that may be null, by the schema's names."""
    typed: dict[str, TypedColumn] = {}
    for kind in ColumnType:
        # A user may be called `N/A`: in the columns that are never null nothing stands for "no value".
        of_kind = [(column.name, at) for column, at in header.known if column.type is kind and column.nullable]
        columns = typed_columns([rows.columns[at] for _, at in of_kind], kind)
        typed |= {name: column for (name, _), column in zip(of_kind, columns, strict=True)}
    return typed


def _users(rows: Rows, header: Header, typed: dict[str, TypedColumn]) -> pa.Table:
    length = len(rows.numbers)
    reasons: list[Entries] = []
    for name in PARSED_REPORT.names:
        column = typed.get(name)
        if column is not None and column.reasons is not None:
            reasons.append(Entries(name, column.reasons.drop_null(), column.reasons.is_valid()))
            _note_unparsed(rows, name, column.unparsed_rows)
    for name, at in header.unknown:
        missing = rows.columns[at].is_null()
        if missing.true_count:
            reasons.append(Entries(name, pa.repeat(string(UNPARSED), missing.true_count), missing))
            _note_unparsed(rows, name, positions(missing))
    names, arns = rows.columns[header.user], rows.columns[header.arn]
    arrays: dict[str, pa.Array[Any]] = {
        "user_name": names,
        "user_arn": arns,
        "is_root": pc.equal(names, _ROOT_USER),
        **{name: column.values for name, column in typed.items()},
        "null_reasons": map_column(length, reasons),
        "unknown_columns": map_column(length, [Entries(name, rows.columns[at]) for name, at in header.unknown]),
    }
    schema = PARSED_REPORT.arrow_schema
    # Only the optional column can be missing here.
    return pa.Table.from_arrays(
        [arrays[field.name] if field.name in arrays else pa.nulls(length, field.type) for field in schema],
        schema=schema,
    )


def _note_unparsed(rows: Rows, column: str, positions: Sequence[int]) -> None:
    if positions:
        rows.problems.unparsed[column] = [rows.numbers[position] for position in positions]
