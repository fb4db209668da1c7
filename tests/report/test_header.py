"""Columns are found by name."""

from __future__ import annotations

import pytest

from collector.outcome import Outcome
from collector.report import parse_report
from collector.report.result import unpublishable
from tests.report.shapes import ACCOUNT, HEADER, ROOT, ROOT_ROW, expected_user, file, plain, report, user_row


def test_columns_may_stand_in_any_order():
    parsed = parse_report(file("columns_in_another_order"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert plain(parsed.users) == [ROOT, expected_user("alice", "team/")]


def test_the_documented_23rd_column_is_text_with_the_usual_sentinels():
    parsed = parse_report(file("twenty_third_column"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert parsed.unknown_columns == ()
    info = "additional_credentials_info"
    assert plain(parsed.users) == [
        ROOT,
        expected_user("alice", **{info: "2 more access keys: ListAccessKeys"}),
        expected_user("bob", null_reasons={info: "empty"}),
        expected_user("carol", **{info: "two keys, one certificate"}),
    ]


def test_columns_that_are_not_known_are_kept_verbatim():
    parsed = parse_report(file("unknown_columns"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert parsed.unknown_columns == ("passkey_count", "Last Seen From")
    assert plain(parsed.users) == [
        {**ROOT, "unknown_columns": {"passkey_count": "0", "Last Seen From": "N/A"}},
        expected_user("alice", unknown_columns={"passkey_count": "3", "Last Seen From": "10.0.0.1"}),
    ]


def test_unknown_columns_of_one_name_are_kept_apart():
    content = report(ROOT_ROW + ",a,b,c,d", header=HEADER + ",note,note,,note")

    parsed = parse_report(content, account_id=ACCOUNT)

    names = ("note", "note (column 24)", "column 25", "note (column 26)")
    assert parsed.unknown_columns == names
    assert plain(parsed.users) == [{**ROOT, "unknown_columns": dict(zip(names, "abcd", strict=True))}]


def test_bom_blanks_case_and_crlf_of_the_header_do_not_matter():
    content = file("byte_order_mark_and_crlf")
    assert content.startswith(b"\xef\xbb\xbf USER , ARN , USER_CREATION_TIME")

    parsed = parse_report(content, account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert plain(parsed.users) == [ROOT, expected_user("alice")]


def test_a_quoted_header_is_read():
    header = ",".join(f'"{name}"' for name in HEADER.split(","))

    parsed = parse_report(report(ROOT_ROW, header=header), account_id=ACCOUNT)

    assert plain(parsed.users) == [ROOT]


def test_blank_lines_before_the_header_do_not_matter():
    parsed = parse_report(b"\r\n \n" + report(ROOT_ROW), account_id=ACCOUNT)

    assert plain(parsed.users) == [ROOT]


@pytest.mark.parametrize("column", HEADER.split(","))
def test_each_of_the_22_columns_is_required(column):
    names = [name for name in HEADER.split(",") if name != column]

    parsed = parse_report(report(header=",".join(names)), account_id=ACCOUNT)

    assert parsed == unpublishable(Outcome.MALFORMED_REPORT, f"The report lacks the column {column}.")


def test_the_problem_names_all_columns_that_are_missing():
    parsed = parse_report(file("missing_columns"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.MALFORMED_REPORT
    assert parsed.problem == "The report lacks the columns mfa_active, cert_2_active."
    assert parsed.users is None


def test_a_known_column_twice_is_malformed():
    parsed = parse_report(file("repeated_column"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.MALFORMED_REPORT
    assert parsed.problem == "The report has the column mfa_active more than once."


def test_a_report_with_hundreds_of_columns_is_malformed():
    """An unknown column costs 10 KB of memory, so 100,000 of them took 947 MB."""
    most = report(ROOT_ROW + ",x" * 106, header=HEADER + ",x" * 106)
    assert parse_report(most, account_id=ACCOUNT).outcome is Outcome.COLLECTED

    parsed = parse_report(report(ROOT_ROW + "," * 107, header=HEADER + "," * 107), account_id=ACCOUNT)

    assert parsed == unpublishable(
        Outcome.MALFORMED_REPORT, "The first line has 129 columns, more than the 128 that are read."
    )


NO_HEADER = "The first line holds none of the 22 columns of a credential report."


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("empty", "The report is empty."),
        ("blank_lines_only", "The report is empty."),
        ("html_page", f"{NO_HEADER} It looks like HTML or XML."),
        ("json_error", NO_HEADER),
        ("garbage", "The report's first line is not UTF-8 text."),
    ],
)
def test_bytes_that_are_no_report_are_malformed(name, problem):
    parsed = parse_report(file(name), account_id=ACCOUNT)

    assert parsed == unpublishable(Outcome.MALFORMED_REPORT, problem)


def test_a_page_of_html_with_hundreds_of_commas_is_still_html():
    parsed = parse_report(b"<html>" + b"a, " * 200, account_id=ACCOUNT)

    assert parsed == unpublishable(Outcome.MALFORMED_REPORT, f"{NO_HEADER} It looks like HTML or XML.")


def test_a_first_line_that_is_no_csv_is_malformed():
    parsed = parse_report(b'"user,arn\n' + report(ROOT_ROW), account_id=ACCOUNT)

    assert parsed == unpublishable(Outcome.MALFORMED_REPORT, "The report's first line is not a line of CSV.")


def test_rows_without_a_header_are_malformed():
    parsed = parse_report(report(user_row("alice"), header=ROOT_ROW), account_id=ACCOUNT)

    assert parsed == unpublishable(Outcome.MALFORMED_REPORT, NO_HEADER)


@pytest.mark.parametrize("rest", [b"", b"\n", b"\n\n\n", b"\r\n", b"\n  \n"])
def test_a_header_without_rows_is_partial_with_no_rows(rest):
    parsed = parse_report(file("header_only") + rest, account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert parsed.users.num_rows == 0
    assert not parsed.has_root
    assert parsed.problem == "There is no root row."
