"""The rows of a report, as columns of text: what both ways of reading them hand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from collector.report.verdict import Findings


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that are kept.

    Attributes:
        columns: a string array for each field of the header, in its order; null where the bytes are no text.
        numbers: for each row its number in the report (1 is the first below the header; blank lines do not count).
        findings: what is known so far to be wrong with the report.
    """

    columns: Sequence[pa.StringArray]
    numbers: Sequence[int]
    findings: Findings


class OtherAccountError(Exception):
    """The report names another account than the one asked for; the message is a sentence for the user."""
