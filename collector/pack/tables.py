"""The tables of an evidence pack: their selects, and CSV that a spreadsheet can open without harm."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from collector.process.streams import printable
from collector.query.formats import cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from collector.pack.frameworks import Framework
    from collector.query.rows import Rows

_RESULT = (
    *("control_id", "severity", "status", "reason", "account_id", "account_name", "ou_path", "owner", "user_name"),
    *("credential_type", "slot", "credential_created_at", "measured_days", "limit_days", "failing_since"),
    *("exception_id", "excepted_until", "report_generated_at", "finding_id"),
)
_COVERAGE = (
    *("account_name", "ou_path", "owner", "account_state", "is_in_scope", "is_covered", "outcome", "reason"),
    *("error_code", "error_message", "attempts", "report_generated_at", "report_age_seconds", "user_count"),
    *("expected_user_count", "unreadable_rows", "unreadable_values", "password_policy_state", "password_policy_error"),
    *("summary_error", "raw_sha256"),
)
EXCEPTIONS = """
select
    exception_id, state, control_id, account_id, account_name, ou, finding_id, user_glob, owner, approved_by, reason,
    ticket, expires_on, results_covered, results_failing_again
from exceptions
order by exception_id, account_id"""
# Those that are not covered first, ACTIVE accounts before others.
COVERAGE = f"""
select c.account_id, {", ".join(f"c.{name}" for name in _COVERAGE)}, a.denied_by_type, a.denied_by_arn
from collection_coverage c
left join account a on a.account_id = c.account_id
order by c.is_covered, c.is_in_scope desc, c.account_state, c.outcome, c.account_id"""
UNCOVERED = """
select outcome, count(*) as accounts
from collection_coverage
where is_in_scope and not is_covered
group by outcome
order by accounts desc, outcome"""

# In a cell that begins with one of these, spreadsheets see a formula.
_FORMULA = ("=", "+", "-", "@")


def requirements(frameworks: Sequence[Framework], snapshot_date: str) -> str:
    """A select of each requirement with each control that helps to evidence it, and the numbers of that control."""
    return f"""
select
    f.framework, f.version, f.requirement, f.control_id, c.title, f.relation, f.requirement_limit, f.note,
    t.pass_count, t.fail_count, t.excepted_count, t.not_applicable_count, t.unknown_count, t.pass_rate,
    t.accounts_in_scope, t.accounts_failing, t.accounts_unknown
from (select * from control_frameworks where {_any_of(frameworks)}) f
inner join controls c on c.control_id = f.control_id
left join (select * from organization_trend where snapshot_date = '{snapshot_date}') t
    on t.control_id = f.control_id
order by f.framework, f.version, f.requirement, f.control_id"""


def results(frameworks: Sequence[Framework], *, is_restricted: bool) -> str:
    """A select of each result with each requirement of the frameworks.

    Unless it is restricted to some frameworks, each result once: each control serves a dozen requirements.
    """
    columns = ", ".join(f"r.{name}" for name in _RESULT)
    order = "r.control_id, r.account_id, r.user_name, r.credential_type, r.slot, r.credential_created_at, r.finding_id"
    if not is_restricted:
        return f"select {columns} from control_results r order by {order}"
    return f"""
select f.framework, f.version, f.requirement, f.relation, {columns}
from control_results r
inner join (select * from control_frameworks where {_any_of(frameworks)}) f on f.control_id = r.control_id
order by f.framework, f.version, f.requirement, {order}"""


def _any_of(frameworks: Sequence[Framework]) -> str:
    return " or ".join(framework.condition for framework in frameworks)


def write_table(rows: Rows, stream: BinaryIO) -> None:
    """Write a header and one line a row, in UTF-8, batch by batch.

    Whatever AWS or a user named is text for people here: control characters are replaced, and an apostrophe precedes
    what a spreadsheet would run as a formula.
    """
    _write_lines(stream, [rows.schema.names])
    for batch in rows.batches:
        _write_lines(stream, zip(*map(_harmless, batch.columns), strict=True))


def _write_lines(stream: BinaryIO, lines: Any) -> None:  # noqa: ANN401 -- csv takes any iterables
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    stream.write(text.getvalue().encode())


def _harmless(column: pa.Array[Any]) -> Iterator[object]:
    values = cells(column)
    return map(_harmless_text, values) if pa.types.is_string(column.type) else values


def _harmless_text(text: str | None) -> str | None:
    if text is None:
        return None
    shown = text if text.isascii() and text.isprintable() else printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
