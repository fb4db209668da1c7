"""Rows read one by one, for reports that Arrow alone cannot be trusted with.

A row is a line, unless a quoted value runs over its end. One line that cannot be read costs that line only: bytes that
are no UTF-8, NUL, a quote that is never closed.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from collector.report.identity import account_named, disagreement
from collector.report.recovery import recovered
from collector.report.rows import OtherAccountError, Rows
from collector.report.verdict import Findings, RowFault
from collector.schema import ROOT_USER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.report.header import Header

# No value of AWS has a line end. Without a bound, a stray quote in every line would read the report once a line.
_LINES_OF_A_ROW = 64

# Bytes that are no UTF-8 come as lone surrogates. NUL is no text for most readers of the lake.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def read_rows_exactly(content: bytes, start: int, header: Header, *, account_id: str) -> Rows:
    """Read the rows from an offset on.

    Raises:
        OtherAccountError: an ARN, also one in a row that is left out, names another account than `account_id`.
    """
    text = content[start:].decode("utf-8", "surrogateescape")
    findings = Findings()
    read: list[tuple[int, list[str]]] = []
    arns: list[str] = []
    for number, row in enumerate(_rows(text.split("\n"), header), 1):
        findings.rows = number
        if isinstance(row, _Unreadable):
            findings.leave_out(number, row.fault)
            arns += row.candidates(header)
        else:
            read.append((number, row))
            arns.append(row[header.arn])
    _check_account(arns, account_id)
    kept = _told_apart(read, header, findings)
    findings.has_root = any(row[header.user] == ROOT_USER for _, row in kept)
    return Rows(
        columns=[_column([row[position] for _, row in kept]) for position in range(header.width)],
        numbers=[number for number, _ in kept],
        findings=findings,
    )


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A row that is left out, and its fields as far as they are known."""

    fault: RowFault
    pieces: list[str]

    def candidates(self, header: Header) -> list[str]:
        """Where its ARN may stand: it tells whose report this is, all the same."""
        shift = len(self.pieces) - header.width
        return self.pieces[max(0, header.arn + min(0, shift)) : header.arn + max(0, shift) + 1]


def _rows(lines: list[str], header: Header) -> Iterator[list[str] | _Unreadable]:
    position = 0
    while position < len(lines):
        line = lines[position].rstrip("\r")
        count = 1
        if '"' in line:
            row, count = _quoted_row(lines, position, header)
            yield row
        elif line.strip(" \t"):
            # Without a quote there is but one way to cut a line, and no reader is needed for it.
            yield _row(line, line.split(","), header)
        position += count


def _quoted_row(lines: list[str], position: int, header: Header) -> tuple[list[str] | _Unreadable, int]:
    """The row that begins in a line with quotes, and over how many lines it runs."""
    following = lines[position : position + _LINES_OF_A_ROW]
    reader = csv.reader((f"{line}\n" for line in following), strict=True)
    try:
        fields, count = next(reader), reader.line_num
    except csv.Error:
        fields, count = [], 1
    if count > 1:
        if _is_row(fields, header) and not any(_is_row(line.split(","), header) for line in following[1:count]):
            return fields, count
        # A stray quote: the lines after it speak for themselves.
        fields = []
    return _row(lines[position].rstrip("\r"), fields, header), 1


def _row(line: str, fields: list[str], header: Header) -> list[str] | _Unreadable:
    """The row of one line, from its fields by the rules of CSV (none: its quotes break them)."""
    if _is_row(fields, header):
        return fields
    raw = line.split(",")
    row = recovered(line, [fields, raw], header)
    return _Unreadable(_fault(fields, header), fields or raw) if row is None else row


def _is_row(fields: list[str], header: Header) -> bool:
    return len(fields) == header.width and disagreement(fields[header.user], fields[header.arn]) is None


def _fault(fields: list[str], header: Header) -> RowFault:
    if not fields:
        return RowFault.BROKEN_QUOTES
    if len(fields) < header.width:
        return RowFault.TOO_FEW_FIELDS
    if len(fields) > header.width:
        return RowFault.TOO_MANY_FIELDS
    return disagreement(fields[header.user], fields[header.arn]) or RowFault.DISAGREEMENT


def _check_account(arns: list[str], account_id: str) -> None:
    accounts = [account for account in map(account_named, arns) if account is not None]
    others = len(accounts) - accounts.count(account_id)
    if others:
        raise OtherAccountError(
            f"{others} of the report's {len(accounts)} ARNs name another account than the one that was asked."
        )


def _told_apart(read: list[tuple[int, list[str]]], header: Header, findings: Findings) -> list[tuple[int, list[str]]]:
    """The rows without those of which nobody can say which is true.

    Of rows that are the same in every field one is kept. Of rows of one user (or of root) that differ, none is.
    """
    first: dict[str, list[str]] = {}
    for _, row in read:
        first.setdefault(_owner(row, header), row)
    conflicting = {owner for _, row in read if row != first[owner := _owner(row, header)]}
    kept = []
    for number, row in read:
        owner = _owner(row, header)
        if owner in conflicting:
            findings.leave_out(number, RowFault.CONFLICTING)
        elif row is not first[owner]:
            findings.leave_out(number, RowFault.REPEATED)
        else:
            kept.append((number, row))
    return kept


def _owner(row: list[str], header: Header) -> str:
    return ROOT_USER if row[header.user] == ROOT_USER else row[header.arn]


def _column(texts: list[str]) -> pa.StringArray:
    return pa.array([None if _NO_TEXT.search(text) else text for text in texts], pa.string())
