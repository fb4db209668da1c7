"""A review sheet that was filled in, as an exceptions file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest

from collector.cli.main import exit_code_of
from collector.errors import UsageError
from collector.query.duckdb import LocalLake
from collector.reports.decisions import read_decisions
from collector.reports.scope import Scope
from collector.reports.texts import Texts
from collector.reports.workbook import write_report
from tests.fixtures.commands import Ended, hide_settings

TODAY = date(2026, 11, 26)
UNTIL = date(2027, 1, 31)
FILLED = {"decision": "exception", "until": UNTIL, "reviewer": "Review board", "comment": "Until the migration."}


@pytest.fixture(name="written", scope="module")
def _written(lake):
    books = {}
    for language in ("en", "ja"):
        stream = io.BytesIO()
        with LocalLake(lake) as local:
            write_report(local.rows, stream, lake=lake, scope=Scope(), language=language)
        books[language] = stream.getvalue()
    return books


@pytest.fixture(name="fill")
def _fill(written, tmp_path):
    """Fills in rows of the review sheet, by user and kind, and saves it as Excel would."""

    def fill(decisions: dict, language="en"):
        texts = Texts(language)
        book = openpyxl.load_workbook(io.BytesIO(written[language]))
        sheet = book[texts("sheet.review")]
        places = {cell.value: cell.column for cell in sheet[1]}
        numbers = {}
        for row in range(2, sheet.max_row + 1):
            user, kind = (sheet.cell(row, places[texts(f"column.{name}")]).value for name in ("user_name", "kind"))
            numbers.setdefault((user, kind), row)
        for (user, kind), values in decisions.items():
            row = numbers[user, texts(f"kind.{kind}")]
            for name, value in values.items():
                shown = texts(f"decision.{value}") if name == "decision" and value in {"keep", "exception"} else value
                sheet.cell(row, places[texts(f"column.{name}")], shown)
        path = tmp_path / "book.xlsx"
        book.save(path)
        return path, numbers

    return fill


@pytest.fixture(name="credlake")
def _credlake(monkeypatch, tmp_path, capsys):
    hide_settings(monkeypatch, tmp_path)

    def credlake(*arguments) -> Ended:
        code = exit_code_of([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return credlake


def read(path):
    return read_decisions(path, today=TODAY, max_days=366)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_row_becomes_a_line_for_each_finding(fill, data, language):
    path, _ = fill({("old-key", "access_key"): FILLED}, language)
    [finding] = [each for each in data.findings if each.user_name == "old-key"]

    assert read(path) == [
        {
            "exception_id": f"review-{finding.finding_id[:16]}-2027-01-31",
            "control_id": "access-key-rotation",
            "finding_id": finding.finding_id,
            "approved_by": "Review board",
            "reason": "Until the migration.",
            "expires_on": "2027-01-31",
        }
    ]


def test_the_row_of_a_user_stands_for_the_credentials_without_a_decision_of_their_own(fill):
    whole, _ = fill({("old-key", "user"): FILLED})
    assert [each["control_id"] for each in read(whole)] == ["access-key-rotation"]

    apart, numbers = fill({("old-key", "user"): FILLED, ("old-key", "access_key"): {"decision": "remove"}})
    with pytest.raises(UsageError) as caught:
        read(apart)
    [problem] = caught.value.problems
    assert problem.endswith(
        f"sheet review, row {numbers['old-key', 'user']}: nothing fails here, so there is nothing to accept: clear the "
        "decision."
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"until": None}, "the last day is missing."),
        ({"reviewer": " "}, "the reviewer is missing."),
        ({"comment": None}, "a comment is missing."),
        ({"until": date(2030, 1, 1)}, "expires_on: "),
        ({"until": "next year"}, "expires_on: "),
        ({"decision": "postpone"}, "unknown decision 'postpone': use keep, remove, exception until."),
        ({"decision": None}, "has a day, but no decision."),
    ],
)
def test_what_is_missing_or_wrong_is_named_with_its_row(fill, changes, problem):
    path, numbers = fill({("alice", "user"): FILLED | changes})

    with pytest.raises(UsageError) as caught:
        read(path)
    [found] = caught.value.problems
    assert found.startswith(f"{path}, sheet review, row {numbers['alice', 'user']}: {problem}")


def test_other_decisions_and_empty_rows_become_no_line(fill):
    path, _ = fill({("alice", "user"): {"decision": "keep", "reviewer": "x"}, ("gone", "user"): {"decision": "remove"}})
    assert read(path) == []


def test_what_is_no_workbook_or_has_no_review_sheet_is_named(tmp_path):
    text, other = tmp_path / "text.xlsx", tmp_path / "other.xlsx"
    text.write_text("no workbook")
    book = openpyxl.Workbook()
    book.save(other)

    for path, problem in (
        (text, "is not a workbook (.xlsx)."),
        (other, "has no sheet review or 棚卸し. Make one with `credlake report --output BOOK.xlsx`."),
        (tmp_path / "missing.xlsx", "cannot be read: No such file or directory."),
    ):
        with pytest.raises(UsageError) as caught:
            read(path)
        assert caught.value.problems == [f"{path}: {problem}"]


def test_from_the_lake_to_a_file_that_the_check_accepts(credlake, lake, fill, tmp_path):
    """The check runs at the real time, so the day of the exception is one of the next month."""
    until = datetime.now(UTC).date() + timedelta(days=30)
    path, _ = fill({("alice", "user"): FILLED | {"until": until, "comment": 'Wraps,\nand has "quotes".'}})
    output = tmp_path / "exceptions.csv"

    assert credlake("exceptions", "from", str(path), "--output", str(output)).code == 0
    checked = credlake("exceptions", "check", str(output), "--lake", lake)
    assert checked.code == 0
    assert "covers nothing" not in checked.err
    [line] = csv.DictReader(io.StringIO(output.read_text("utf-8")))
    assert line["reason"] == 'Wraps,\nand has "quotes".'

    assert credlake("exceptions", "from", str(path), "--output", str(output)).code == 2
    assert credlake("exceptions", "from", str(path)).out == output.read_text("utf-8")
