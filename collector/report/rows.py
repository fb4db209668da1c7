"""The rows of a report, as columns of text, below its header.

Arrow reads them where nothing can be read in two ways: ASCII without quotes, carriage returns and NUL, the header's
number of fields in every row, and users that match their ARNs, no two of them the same. AWS's reports are like that
(facts F1.1). Any other report is read row by row. A row is a line, because no value of AWS holds a line end: a quoted
value that ran over one would be made of the rows of several users. A line that cannot be read (bytes that are not
UTF-8, NUL, a quote that is not closed in it) costs that line only.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.csv as pacsv

from collector.report.identity import ARN_PREFIX, account_named, all_agree, disagreement
from collector.report.result import Problems, SkipReason
from collector.schema import ROOT_USER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from collector.report.header import Header

# A name of 64 characters, in two columns, and a path of 512 cannot hold more commas (facts F1.5).
_MAX_COMMAS_OF_NAME = 64
_MAX_COMMAS = 640

# Bytes that are not UTF-8 are decoded to lone surrogates. NUL is not text for most readers of the lake.
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that are kept."""

    columns: Sequence[pa.StringArray]  # An array per field of the header, in its order; null if not text.
    numbers: Sequence[int]  # Per row its number in the report: 1 is the first below the header, blank lines excluded.
    problems: Problems  # What is known so far to be wrong with the report.


class OtherAccountError(Exception):
    """The report names another account than the one it was fetched from; the message is a sentence for the user."""


def read_rows(content: bytes, start: int, header: Header, *, account_id: str) -> Rows:
    """Read the rows from an offset on, by Arrow where that is exact.

    Raises:
        OtherAccountError: an ARN, even in a row that is skipped, names another account than `account_id`.
    """
    rows = read_rows_quickly(content, start, header, account_id=account_id)
    return read_rows_exactly(content, start, header, account_id=account_id) if rows is None else rows


def read_rows_quickly(content: bytes, start: int, header: Header, *, account_id: str) -> Rows | None:
    """Read the rows from an offset on by Arrow; None where that might not be exact."""
    columns = read_columns(content, start, header.width) if is_plain(content) else None
    if columns is None:
        return None
    # Without nulls: an empty field is an empty string here.
    users, arns = (cast("list[str]", columns[at].to_pylist()) for at in (header.user, header.arn))
    if not all_agree(users, arns, account_id=account_id):
        return None
    return Rows(columns, range(1, len(users) + 1), Problems(rows=len(users), has_root=ROOT_USER in users))


def is_plain(content: bytes) -> bool:
    """Whether there is but one way to split the lines: ASCII without quotes, carriage returns and NUL."""
    return content.isascii() and not any(mark in content for mark in (b'"', b"\r", b"\0"))


def read_columns(content: bytes, start: int, width: int) -> list[pa.StringArray] | None:
    """The columns of plain lines from an offset on; None where a row has another width, or there is none at all."""
    names, convert = _arrow_options(width)
    # A stream of Arrow's own, which the stubs of `csv` do not know.
    stream = cast("IO[bytes]", pa.BufferReader(pa.py_buffer(content).slice(start)))
    try:
        # One block, so that every column is one array.
        table = pacsv.read_csv(
            stream,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
            convert_options=convert,
        )
    except pa.ArrowInvalid:
        return None
    return [cast("pa.StringArray", column.chunk(0)) for column in table.itercolumns()]


@lru_cache(maxsize=16)
def _arrow_options(width: int) -> tuple[list[str], pacsv.ConvertOptions]:
    """All columns as text: the same sentinel means different things in different columns, and nothing in a name."""
    names = [str(position) for position in range(width)]
    return names, pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False)


def read_rows_exactly(content: bytes, start: int, header: Header, *, account_id: str) -> Rows:
    """Read the rows from an offset on, one by one. Errors as in `read_rows`."""
    text = content[start:].decode("utf-8", "surrogateescape")
    problems = Problems()
    read: list[tuple[int, list[str]]] = []
    arns: list[str] = []
    for number, row in enumerate(_rows(text.split("\n"), header), 1):
        problems.rows = number
        if isinstance(row, _Unreadable):
            problems.skip(number, row.reason)
            arns += row.candidates(header)
        else:
            read.append((number, row))
            arns.append(row[header.arn])
    _check_account(arns, account_id)
    kept = _without_contradictions(read, header, problems)
    problems.has_root = any(row[header.user] == ROOT_USER for _, row in kept)
    return Rows(
        columns=[_column([row[position] for _, row in kept]) for position in range(header.width)],
        numbers=[number for number, _ in kept],
        problems=problems,
    )


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A row that is skipped."""

    reason: SkipReason
    pieces: list[str]  # Its fields as far as they are known.

    def candidates(self, header: Header) -> list[str]:
        """Where its ARN may be: it still shows which account the report is about."""
        shift = len(self.pieces) - header.width
        return self.pieces[max(0, header.arn + min(0, shift)) : header.arn + max(0, shift) + 1]


def _rows(lines: list[str], header: Header) -> Iterator[list[str] | _Unreadable]:
    for ended in lines:
        line = ended.rstrip("\r")
        if '"' in line:
            yield _row(line, _quoted_fields(line), header)
        elif line.strip(" \t"):
            # Without a quote there is only one way to split a line, so no CSV reader is needed.
            yield _row(line, line.split(","), header)


def _quoted_fields(line: str) -> list[str]:
    """The fields by the rules of CSV; none where the line's quotes break them, or enclose a line end."""
    try:
        return [] if "\r" in line else next(csv.reader([line], strict=True))
    except csv.Error:
        return []


def _row(line: str, fields: list[str], header: Header) -> list[str] | _Unreadable:
    """The row of one line, from its fields by the rules of CSV (none: its quotes break them)."""
    if _is_row(fields, header):
        return fields
    splits = [fields, line.split(",")] if '"' in line else [fields]
    row = _recovered(line, splits, header)
    return _Unreadable(_skip_reason(fields, header), fields or splits[-1]) if row is None else row


def _is_row(fields: list[str], header: Header) -> bool:
    return len(fields) == header.width and disagreement(fields[header.user], fields[header.arn]) is None


def _skip_reason(fields: list[str], header: Header) -> SkipReason:
    if not fields:
        return SkipReason.BROKEN_QUOTES
    if len(fields) < header.width:
        return SkipReason.TOO_FEW_FIELDS
    if len(fields) > header.width:
        return SkipReason.TOO_MANY_FIELDS
    return disagreement(fields[header.user], fields[header.arn]) or SkipReason.DISAGREEMENT


def _recovered(line: str, splits: Sequence[Sequence[str]], header: Header) -> list[str] | None:
    """The one row that a line with unquoted commas can be; None where there is none, or more than one.

    A comma is allowed in a user's name and in a path, and how AWS writes it is not known (facts F1.5). The name is also
    the end of the ARN, so a row can be joined again wherever the two columns are, unless two ways lead to two rows.

    Args:
        line: the line of the report.
        splits: ways to split it at commas: with quotes that have a meaning, then, where there are any, without.
        header: the columns.
    """
    for pieces in splits:
        rows = list(_valid_rows(line, pieces, header))
        if rows:
            return rows[0] if len(rows) == 1 else None
    return None


def _valid_rows(line: str, pieces: Sequence[str], header: Header) -> Iterator[list[str]]:
    surplus = len(pieces) - header.width
    if not 0 < surplus <= _MAX_COMMAS:
        return
    is_user_first = header.user < header.arn
    first, second = sorted((header.user, header.arn))
    for of_name in range(min(surplus, _MAX_COMMAS_OF_NAME) + 1):
        # The name holds this many of the commas, the ARN the rest.
        commas = of_name if is_user_first else surplus - of_name
        # Cheaper than joining the row: most ways to split a line do not begin an ARN where it should be.
        if not pieces[header.arn + (commas if is_user_first else 0)].startswith(ARN_PREFIX):
            continue
        row = _joined(pieces, first, commas)
        row = _joined(row, second, surplus - commas)
        if disagreement(row[header.user], row[header.arn]) is not None:
            continue
        # Pieces that were quoted are not in the line as they are joined: that was not an unquoted comma.
        whole = f",{line},"
        if (commas == 0 or f",{row[first]}," in whole) and (commas == surplus or f",{row[second]}," in whole):
            yield row


def _joined(pieces: Sequence[str], position: int, commas: int) -> list[str]:
    end = position + commas + 1
    return [*pieces[:position], ",".join(pieces[position:end]), *pieces[end:]]


def _check_account(arns: list[str], account_id: str) -> None:
    accounts = [account for account in map(account_named, arns) if account is not None]
    others = len(accounts) - accounts.count(account_id)
    if others:
        raise OtherAccountError(
            f"{others} of the report's {len(accounts)} ARNs name another account than the one that was asked."
        )


def _without_contradictions(
    read: list[tuple[int, list[str]]], header: Header, problems: Problems
) -> list[tuple[int, list[str]]]:
    """The rows without repetitions and without those that contradict each other.

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
            problems.skip(number, SkipReason.CONFLICTING)
        elif row is not first[owner]:
            problems.skip(number, SkipReason.REPEATED)
        else:
            kept.append((number, row))
    return kept


def _owner(row: list[str], header: Header) -> str:
    return ROOT_USER if row[header.user] == ROOT_USER else row[header.arn]


def _column(texts: list[str]) -> pa.StringArray:
    return pa.array([None if _NOT_TEXT.search(text) else text for text in texts], pa.string())
