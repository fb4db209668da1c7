"""Rows with more fields than the header: commas that nobody quoted.

A comma is allowed in a user's name and in a path, and how AWS writes it is not known (facts F1.5). The name is also the
end of the ARN, so a row can be put together again wherever the two columns stand, unless two ways lead to two rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.report.identity import disagreement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.report.header import Header

# A name of 64 characters, in two columns, and a path of 512 cannot hold more (facts F1.5).
_MOST_COMMAS = 640


def recovered(line: str, splits: Sequence[Sequence[str]], header: Header) -> list[str] | None:
    """The one row that the line can be; None where there is none, or more than one.

    Args:
        line: the line as it stands in the report.
        splits: ways to cut it at commas, the likelier first: with quotes that mean something, and without.
        header: the columns.
    """
    for pieces in splits:
        rows = list(_valid_rows(line, pieces, header))
        if rows:
            return rows[0] if len(rows) == 1 else None
    return None


def _valid_rows(line: str, pieces: Sequence[str], header: Header) -> Iterator[list[str]]:
    surplus = len(pieces) - header.width
    if not 0 < surplus <= _MOST_COMMAS:
        return
    first, second = sorted((header.user, header.arn))
    for commas in range(surplus + 1):
        # The first of the two columns holds so many of the commas, the second the rest.
        row = _joined(pieces, first, commas)
        row = _joined(row, second, surplus - commas)
        if disagreement(row[header.user], row[header.arn]) is not None:
            continue
        # Pieces that were quoted do not stand in the line as they are joined: that was no unquoted comma.
        whole = f",{line},"
        if (commas == 0 or f",{row[first]}," in whole) and (commas == surplus or f",{row[second]}," in whole):
            yield row


def _joined(pieces: Sequence[str], position: int, commas: int) -> list[str]:
    end = position + commas + 1
    return [*pieces[:position], ",".join(pieces[position:end]), *pieces[end:]]
