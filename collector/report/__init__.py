"""The credential report: AWS's bytes in, a typed Arrow table and a verdict out. No I/O, no AWS library.

The way through it: the first line becomes a `header`; rows are read by `quick_rows` where that is provably exact, else
by `exact_rows` (with `recovery` for commas that nobody quoted); `identity` says whose row it is; `values` and `columns`
turn text into types and reasons; `parsing` puts it together, and `verdict` says how it went.
"""

from __future__ import annotations

from collector.report.parse import parse_report
from collector.report.verdict import ParsedReport

__all__ = ["ParsedReport", "parse_report"]
