"""The decisions of a review sheet that somebody filled in, as lines of an exceptions file."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from collector.errors import UsageError
from collector.exceptions.file import exception_problems
from collector.reports.texts import LANGUAGES, Texts
from collector.reports.workbook import CHOICES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NEEDED = (
    *("account_id", "user_name", "kind", "failing_controls", "finding_ids"),
    *("decision", "until", "reviewer", "comment"),
)


@dataclass(slots=True)
class _Row:
    """A user or a credential with its decision."""

    number: int  # The row of the sheet, as Excel counts.
    subject: tuple[str, str]  # The account and the user.
    is_user: bool  # Whether the row is the user, or one of its credentials.
    findings: list[tuple[str, str]]  # What fails: control and `finding_id`.
    decision: str | None  # One of `CHOICES`; None where nothing was decided.
    until: str  # The last day of an exception, `YYYY-MM-DD`, or what else was written; empty for none.
    terms: dict[str, str]  # The fields of an exception that are the same for each finding.
    problems: list[str] = field(default_factory=list)  # What is wrong with it.


def read_decisions(path: Path, *, today: date, max_days: int) -> list[dict[str, str]]:
    """The rows with the decision "exception until", as exceptions: one for each finding of the row.

    The row of a user stands for what fails for the user and for its credentials, but for those that have a decision of
    their own.

    Args:
        path: a workbook of `credlake report`, in any language.
        today: the day, in UTC.
        max_days: how many days after `today` an exception may end.

    Returns:
        Exceptions by the fields of the file, in the order of the sheet.

    Raises:
        UsageError: it is not such a workbook; or each problem, with the row of the sheet.
    """
    sheet_name, rows = _read_sheet(path)
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        row.problems += _decision_problems(row)
        if row.decision != "exception" or row.problems:
            continue
        findings = list(row.findings)
        if row.is_user:
            own = (each for each in rows if each.subject == row.subject and not each.is_user and each.decision is None)
            findings += [finding for each in own for finding in each.findings]
        if not findings:
            row.problems.append("nothing fails here, so there is nothing to accept: clear the decision.")
        for control_id, finding_id in findings:
            line = {
                "exception_id": f"review-{finding_id[:16]}-{row.until}",
                "control_id": control_id,
                "finding_id": finding_id,
                **row.terms,
            }
            row.problems += exception_problems(line, today + timedelta(days=max_days), max_days)
            found[finding_id] = line
    problems = [
        f"{path}, sheet {sheet_name}, row {row.number}: {problem}"
        for row in rows
        for problem in dict.fromkeys(row.problems)
    ]
    if problems:
        raise UsageError(problems)
    return list(found.values())


def _read_sheet(path: Path) -> tuple[str, list[_Row]]:
    """The name of the sheet, and its rows of which something fails or was decided."""
    try:
        # Row by row: a sheet may have a million of them. A date may be a formula: its value as it was saved counts.
        with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
            for texts in map(Texts, LANGUAGES):
                name = texts("sheet.review")
                if name in book.sheetnames:
                    rows = _rows(book[name].iter_rows(values_only=True), texts, f"{path}, sheet {name}")
                    return name, [row for row in rows if row.findings or row.decision or row.until or row.problems]
    except OSError as error:
        raise UsageError([f"{path}: cannot be read: {error.strerror or error}."]) from error
    except (BadZipFile, InvalidFileException, KeyError, ValueError, ParseError) as error:
        raise UsageError([f"{path}: is not a workbook (.xlsx)."]) from error
    names = " or ".join(Texts(language)("sheet.review") for language in LANGUAGES)
    raise UsageError([f"{path}: has no sheet {names}. Make one with `credlake report --output BOOK.xlsx`."])


def _rows(cells_of_rows: Iterator[tuple[object, ...]], texts: Texts, place: str) -> Iterator[_Row]:
    header = [_text(name) for name in next(cells_of_rows, ())]
    names = {name: texts(f"column.{name}") for name in _NEEDED}
    missing = [name for name in names.values() if name not in header]
    if missing:
        raise UsageError([f"{place}: the column {name} is missing." for name in missing])
    places = {name: header.index(heading) for name, heading in names.items()}
    choices = {texts(f"decision.{each}").casefold(): each for each in CHOICES}
    for number, values in enumerate(cells_of_rows, start=2):
        # A row ends with its last cell that is not empty.
        cells = {name: values[at] if at < len(values) else None for name, at in places.items()}
        decision = _text(cells["decision"])
        until = _day(cells["until"])
        controls, ids = _text(cells["failing_controls"]).split(), _text(cells["finding_ids"]).split()
        terms = {"approved_by": _text(cells["reviewer"]), "reason": _text(cells["comment"]), "expires_on": until}
        row = _Row(
            number=number,
            subject=(_text(cells["account_id"]), _text(cells["user_name"])),
            is_user=cells["kind"] == texts("kind.user"),
            findings=list(zip(controls, ids, strict=False)),
            decision=choices.get(decision.casefold()) if decision else None,
            until=until,
            terms={name: value for name, value in terms.items() if value},
        )
        if decision and row.decision is None:
            known = ", ".join(texts(f"decision.{each}") for each in CHOICES)
            row.problems.append(f"unknown decision {decision!r:.60}: use {known}.")
        if len(controls) != len(ids):
            row.problems.append("the control IDs and the finding IDs are no longer those of the report.")
        yield row


def _decision_problems(row: _Row) -> Iterator[str]:
    if row.decision is None and row.until and not row.problems:
        yield "has a day, but no decision."
    if row.decision == "exception":
        for name, what in (("expires_on", "the last day"), ("approved_by", "the reviewer"), ("reason", "a comment")):
            if name not in row.terms:
                yield f"{what} is missing."


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _day(value: object) -> str:
    # A datetime is a date as well.
    return f"{value:%Y-%m-%d}" if isinstance(value, date | datetime) else _text(value)
