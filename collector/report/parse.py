"""One report: from bytes to a table and a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from collector.outcome import Outcome
from collector.report.columns import TypedColumn, positions, typed_columns, typed_columns_exactly
from collector.report.exact_rows import read_rows_exactly
from collector.report.header import Header, NotAReportError, split_header
from collector.report.literals import string
from collector.report.maps import Entries, map_column
from collector.report.quick_rows import read_rows_quickly
from collector.report.rows import OtherAccountError, Rows
from collector.report.values import UNPARSED
from collector.report.verdict import ParsedReport, nothing_to_publish, published
from collector.schema import PARSED_REPORT, ROOT_USER, ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _ReadColumns = Callable[[Sequence[pa.StringArray], ColumnType], list[TypedColumn]]

_ROOT_USER = string(ROOT_USER)


def parse_report(content: bytes, *, account_id: str) -> ParsedReport:
    """Type a credential report.

    Args:
        content: the report as GetCredentialReport returned it: UTF-8 CSV, decoded from base64 by botocore already.
        account_id: the account that was asked for it, 12 digits.

    Returns:
        The rows and the verdict. Bytes that are no report are a verdict too, so nothing is raised.
    """
    return _parse(content, account_id, read_rows_quickly, typed_columns)


def parse_report_exactly(content: bytes, *, account_id: str) -> ParsedReport:
    """Type a report value by value, without Arrow's readers: the measure of what `parse_report` may do faster."""
    return _parse(content, account_id, None, typed_columns_exactly)


def _parse(
    content: bytes, account_id: str, read_quickly: Callable[..., Rows | None] | None, read_columns: _ReadColumns
) -> ParsedReport:
    try:
        header, start = split_header(content)
    except NotAReportError as error:
        return nothing_to_publish(Outcome.MALFORMED_REPORT, str(error))
    rows = read_quickly(content, start, header, account_id=account_id) if read_quickly else None
    if rows is None:
        try:
            rows = read_rows_exactly(content, start, header, account_id=account_id)
        except OtherAccountError as error:
            return nothing_to_publish(Outcome.WRONG_ACCOUNT, str(error), header.unknown_names)
    users = _users(rows, header, _typed(rows, header, read_columns))
    return published(users, rows.findings, header.unknown_names)


def _typed(rows: Rows, header: Header, read_columns: _ReadColumns) -> dict[str, TypedColumn]:
    """The columns that may be null, by the schema's names."""
    typed: dict[str, TypedColumn] = {}
    for kind in ColumnType:
        # A user may be called `N/A`: in the columns that are never null nothing stands for "no value".
        of_kind = [(column.name, at) for column, at in header.known if column.type is kind and column.nullable]
        columns = read_columns([rows.columns[at] for _, at in of_kind], kind)
        typed |= {name: column for (name, _), column in zip(of_kind, columns, strict=True)}
    return typed


def _users(rows: Rows, header: Header, typed: dict[str, TypedColumn]) -> pa.Table:
    """The table of `schema.PARSED_REPORT`; values that cannot be read are noted in the rows' findings."""
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


def _note_unparsed(rows: Rows, column: str, positions: list[int]) -> None:
    if positions:
        rows.findings.unparsed[column] = [rows.numbers[position] for position in positions]
