"""What `parse_report` must equal: every report read row by row and value by value, without Arrow."""

from __future__ import annotations

from unittest.mock import patch

from collector.report import parse, rows
from collector.report.values import typed_exactly


def parse_report_exactly(content, *, account_id, **options):
    with (
        patch.object(rows, "read_rows_quickly", lambda *_, **__: None),
        patch.object(parse, "typed_columns", lambda columns, kind: [typed_exactly(texts, kind) for texts in columns]),
    ):
        return parse.parse_report(content, account_id=account_id, **options)
