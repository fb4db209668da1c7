"""Many reports at once: those that Arrow reads exactly are read as one table, and every other one by itself.

Typing a report takes some 150 calls of Arrow, however few its rows, so 64 reports of small accounts cost little more
than one. Each result is that of `parse_report`, value for value.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, cast

from collector.limits import MAX_REPORT_BYTES, MAX_REPORT_LINES
from collector.report.header import Header, NotAReportError, read_header
from collector.report.identity import all_agree
from collector.report.parse import parse_report, typed_users
from collector.report.result import ParsedReport, Problems, publishable
from collector.report.rows import Rows, is_plain, read_columns
from collector.schema import ROOT_USER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Report(NamedTuple):
    """A report to parse: the arguments of `parse_report`."""

    content: bytes
    account_id: str
    may_lack_root: bool = False


@dataclass(frozen=True, slots=True)
class _Plain:
    """A report that Arrow may read together with others of the same header."""

    number: int  # its place among the reports
    report: Report
    lines: bytes  # its rows, without a line end after the last
    rows: int  # how many these are


def parse_reports(reports: Sequence[Report]) -> list[ParsedReport]:
    """Type credential reports; one result each, in their order. Nothing is raised, as by `parse_report`."""
    parsed: dict[int, ParsedReport] = {}
    for header, members in _alike(reports):
        parsed |= _parse_together(header, members)
    return [
        parsed[number]
        if number in parsed
        else parse_report(report.content, account_id=report.account_id, may_lack_root=report.may_lack_root)
        for number, report in enumerate(reports)
    ]


def _alike(reports: Sequence[Report]) -> Iterator[tuple[Header, list[_Plain]]]:
    """The plain reports with the same first line."""
    # Equal first lines have one header, which is cached: so its identity shows that the lines are equal.
    alike: dict[int, tuple[Header, list[_Plain]]] = {}
    for number, report in enumerate(reports):
        content = report.content
        if len(content) > MAX_REPORT_BYTES or content.count(b"\n") > MAX_REPORT_LINES or not is_plain(content):
            continue
        try:
            header, start = read_header(content)
        except NotAReportError:
            continue
        lines = content[start:].removesuffix(b"\n")
        rows = lines.count(b"\n") + 1
        # Arrow skips empty lines, so it would not be known where the rows of a report with one end.
        has_empty = not lines or lines.startswith(b"\n") or lines.endswith(b"\n") or b"\n\n" in lines
        if not has_empty and lines.count(b",") == rows * (header.width - 1):
            alike.setdefault(id(header), (header, []))[1].append(_Plain(number, report, lines, rows))
    yield from alike.values()


def _parse_together(header: Header, members: Sequence[_Plain]) -> dict[int, ParsedReport]:
    """The results of these reports, without those of the ones that only a reading row by row gets right."""
    columns = read_columns(b"\n".join(member.lines for member in members), 0, header.width)
    if columns is None:
        # A row of another width, whose commas another row has too few of. It is found by halves.
        if len(members) == 1:
            return {}
        half = len(members) // 2
        return _parse_together(header, members[:half]) | _parse_together(header, members[half:])
    users, arns = (cast("list[str]", columns[at].to_pylist()) for at in (header.user, header.arn))
    starts = list(accumulate((member.rows for member in members), initial=0))
    agreeing = [
        member
        for member, start in zip(members, starts, strict=False)
        if all_agree(
            users[start : start + member.rows], arns[start : start + member.rows], account_id=member.report.account_id
        )
    ]
    if len(agreeing) < len(members):
        return _parse_together(header, agreeing) if agreeing else {}
    # Numbered through; each report's own numbers are cut out of these.
    together = Rows(columns, range(starts[-1]), Problems())
    table = typed_users(together, header)
    unparsed = _by_report(together.problems, starts)
    return {
        member.number: publishable(
            table.slice(start, member.rows),
            Problems(
                rows=member.rows,
                unparsed=unparsed[start],
                has_root=ROOT_USER in users[start : start + member.rows],
            ),
            header.unknown_names,
            may_lack_root=member.report.may_lack_root,
        )
        for member, start in zip(members, starts, strict=False)
    }


def _by_report(problems: Problems, starts: Sequence[int]) -> dict[int, dict[str, list[int]]]:
    """By the start of a report among the rows: column → numbers of its rows, from 1, with unreadable values."""
    found: dict[int, dict[str, list[int]]] = defaultdict(dict)
    for column, positions in problems.unparsed.items():
        report = 0
        for position in positions:
            while position >= starts[report + 1]:
                report += 1
            found[starts[report]].setdefault(column, []).append(position - starts[report] + 1)
    return found
