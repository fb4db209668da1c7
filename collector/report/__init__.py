"""The credential report: AWS's bytes in, a typed Arrow table and a result out. No I/O, no AWS library.

`parse` is the way through it: `header` finds the columns in the first line, `rows` reads the rows as text, `identity`
checks whose row each is, `values` turns text into types and reasons, and `result` describes what is missing. `batch`
reads many reports at once.
"""

from __future__ import annotations

from collector.report.batch import Report, parse_reports
from collector.report.parse import parse_report
from collector.report.result import ParsedReport

__all__ = ["ParsedReport", "Report", "parse_report", "parse_reports"]
