"""A report as a workbook, read back with another library than the one that writes it."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import openpyxl
import pytest

from collector.query import workbook as query_workbook
from collector.query.duckdb import LocalLake
from collector.reports import workbook as report_workbook
from collector.reports.catalog import catalog, japanese
from collector.reports.scope import Scope
from collector.reports.texts import LANGUAGES
from collector.reports.workbook import SHEETS, write_report
from tests.reports.conftest import ALPHA, BETA, CALLER, GAMMA, HOSTILE


@pytest.fixture(name="write")
def _write(lake):
    def write(language="en", **scope):
        stream = io.BytesIO()
        with LocalLake(lake) as local:
            written = write_report(local.rows, stream, lake=lake, scope=Scope(**scope), language=language)
        return stream, written

    return write


def sheet_rows(book, name) -> list[dict]:
    header, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_sheets_have_a_header_that_stays_filters_and_no_formula(write, data):
    stream, written = write()
    book = openpyxl.load_workbook(stream)

    assert tuple(book.sheetnames) == SHEETS
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
    assert {cell.data_type for sheet in book for row in sheet for cell in row} == {"s", "n", "b", "d"}
    assert (written.known, written.active, written.failing, written.notes) == (2, 3, data.failing, [])


def test_the_rows_are_those_of_the_views_with_dates_and_ids(write, data):
    book = openpyxl.load_workbook(write()[0])

    findings = sheet_rows(book, "findings")
    assert [row["finding ID"] for row in findings] == [each.finding_id for each in data.findings]
    [key] = [row for row in findings if row["control"] == "access-key-rotation"]
    assert (key["account"], key["user"]) == (ALPHA, "old-key")
    assert key["credential created (UTC)"] == datetime(2025, 9, 1)  # noqa: DTZ001 -- Excel has no time zones
    assert HOSTILE in {row["user"] for row in sheet_rows(book, "users")}
    coverage = sheet_rows(book, "coverage")
    assert [(row["account"], row["collection"]) for row in coverage] == [
        (GAMMA, "The role was denied"),
        (ALPHA, "Collected"),
        (BETA, "Collected"),
    ]
    [change] = sheet_rows(book, "changes")
    assert (change["change"], change["snapshot before"]) == ("MFA removed", datetime(2026, 11, 22))  # noqa: DTZ001


def test_the_summary_starts_with_what_is_not_known(write):
    lines = [row[0].value for row in openpyxl.load_workbook(write()[0])["summary"]]

    assert lines[2:4] == [
        "2 of 3 active accounts are known (66.7\N{NO-BREAK SPACE}%)",
        "1 account could not be read. Nothing in this workbook describes it.",
    ]


def test_exceptions_are_listed_with_their_terms_and_counted_in_the_summary(write):
    book = openpyxl.load_workbook(write()[0])

    rows = {row["exception"]: row for row in sheet_rows(book, "exceptions")}
    assert [*rows] == ["EX-beta", "EX-ended", "EX-all", "EX-deep"]
    beta = rows["EX-beta"]
    assert (beta["state"], beta["accepted by"], beta["results covered"]) == ("About to end", "ciso-beta", 1)
    assert beta["last day"] == datetime(2026, 12, 10)  # noqa: DTZ001 -- Excel has no time zones
    summary = {row[1].value: row for row in book["summary"]}
    heads = [cell.value for cell in summary["control"]]
    assert summary["access-key-rotation"][heads.index("excepted")].value == 1


def test_the_review_has_every_user_and_credential_with_what_fails(write):
    book = openpyxl.load_workbook(write(accounts=(ALPHA,))[0])
    rows = sheet_rows(book, "review")

    assert [(row["user"], row["what"], row["active"], row["fails"]) for row in rows] == [
        ("<root_account>", "user", False, None),
        ("alice", "user", True, "console-mfa"),
        ("alice", "password", True, None),
        ("gone", "user", False, None),
        ("old-key", "user", True, None),
        ("old-key", "access key", True, "access-key-rotation"),
    ]
    assert [row["why"] for row in rows if row["fails"]] == [
        "The user has a password and no MFA device.",
        (
            "Created 448 days before the report: beyond the limit of 90 days. Exception EX-ended ended at the end of "
            "2026-11-20."
        ),
    ]
    assert {row[name] for row in rows for name in ("decision", "until", "reviewer", "decided on", "comment")} == {None}
    choices = {str(each.sqref): each.formula1 for each in book["review"].data_validations.dataValidation}
    assert choices["O2:O7"] == '"keep,remove,exception until"'


def test_the_workbook_of_some_accounts_holds_nothing_of_others(write):
    stream, _ = write(accounts=(GAMMA,))
    with zipfile.ZipFile(stream) as archive:
        everything = "".join(archive.read(name).decode() for name in archive.namelist())

    assert GAMMA in everything
    for name in (
        ALPHA,
        BETA,
        CALLER,
        "alpha-prod",
        "beta",
        "alice",
        "old-key",
        "onerror",
        "Root/Prod",
        "EX-beta",
        "EX-ended",
        "ciso",
    ):
        assert name not in everything


def test_a_full_sheet_names_what_it_does_not_hold(write, monkeypatch):
    for module in (query_workbook, report_workbook):
        monkeypatch.setattr(module, "MAX_ROWS", 4)
    stream, written = write()
    book = openpyxl.load_workbook(stream)

    [note] = [each for each in written.notes if "users" in each]
    assert note.startswith("The sheet users holds the first 2 of ")
    assert (book["users"].max_row, book["users"]["A4"].value) == (4, note)
    assert note in {row[0].value for row in book["summary"]}


def test_the_same_lake_gives_the_same_workbook(write):
    assert write()[0].getvalue() == write()[0].getvalue()


def test_a_japanese_workbook_has_its_own_sheets_headings_and_words(write):
    book = openpyxl.load_workbook(write(language="ja")[0])

    assert book.sheetnames == [catalog()["sheet"][name]["ja"] for name in SHEETS]
    assert {row["種類"] for row in sheet_rows(book, "棚卸し")} == {"ユーザー", "パスワード", "アクセスキー"}
    findings = sheet_rows(book, "検出結果")
    assert {row["重大度"] for row in findings} <= {"緊急", "高", "中", "低"}
    titles = {each["title"] for each in japanese()["controls"].values()}
    assert {row["あるべき状態"] for row in findings} <= titles
    assert "ユーザーにパスワードがありますが、MFA デバイスがありません。" in {row["理由"] for row in findings}
    assert sheet_rows(book, "収集状況")[0]["理由"] == "STS がロールの引き受けを拒否しました。"
    assert sheet_rows(book, "収集状況")[0]["対応"] == japanese()["next_steps"]["assume_denied"]["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_headings_of_a_sheet_are_the_same(write, language):
    for sheet in openpyxl.load_workbook(write(language)[0]).worksheets[1:]:
        header = [cell.value for cell in sheet[1]]
        assert len(set(header)) == len(header)
