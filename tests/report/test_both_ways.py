"""Reports that Arrow may read and reports that it may not: the answer is the same."""

from __future__ import annotations

import pytest

from collector.report import parse_report
from collector.report.header import read_header
from collector.report.rows import read_rows_quickly
from tests.report.exact_parsing import parse_report_exactly
from tests.report.shapes import ACCOUNT, HEADER, REPORTS, ROOT_ROW, file, report, user_row

FILES = sorted(path.stem for path in REPORTS.glob("*.csv"))

# Reports as AWS writes them, with whatever in their values.
QUICK = {
    "live_shape",
    "old_style_with_offset",
    "root_row_last",
    "unknown_columns",
    "columns_in_another_order",
    "upper_case_booleans",
    "sentinels_anywhere",
    "moto_style",
    "timestamps_in_many_forms",
    "unreadable_values",
    "no_root_row",
}


def is_read_quickly(content):
    header, start = read_header(content)
    return read_rows_quickly(content, start, header, account_id=ACCOUNT) is not None


def assert_both_ways_agree(content):
    quick = parse_report(content, account_id=ACCOUNT)
    exact = parse_report_exactly(content, account_id=ACCOUNT)
    assert quick == exact


@pytest.mark.parametrize("name", FILES)
def test_every_report_reads_the_same_both_ways(name):
    assert_both_ways_agree(file(name))


@pytest.mark.parametrize("name", sorted(QUICK))
def test_reports_as_aws_writes_them_are_read_by_arrow(name):
    assert is_read_quickly(file(name))


def test_all_other_files_are_read_row_by_row():
    unread = {"empty", "blank_lines_only", "garbage", "html_page", "json_error", "missing_columns", "repeated_column"}
    assert {name for name in FILES if name not in unread and is_read_quickly(file(name))} == QUICK


@pytest.mark.parametrize(
    "row",
    [
        user_row("bob", user="alice"),
        user_row("", user="alice"),
        user_row(""),
        user_row("bob/", user="bob"),
        user_row("team/", user="team/"),
        user_row("N/A"),
        user_row("bob", user="b"),
        user_row("bob", user="ob"),
        user_row("bob", "/"),
        user_row("bob", "a path/"),
        user_row("al\tice"),
        user_row("alice", account="444444444444"),
        user_row("alice", partition="azure"),
        user_row("alice", arn="arn:aws:iam::333333333333:root"),
        user_row("alice", arn="arn:aws-cn:iam::333333333333:root"),
        user_row("<root_account>"),
        user_row("carol"),
        ROOT_ROW,
        ROOT_ROW.replace("true", "false"),
        ROOT_ROW.replace("arn:aws:", "arn:aws-cn:"),
        ROOT_ROW.replace(":root", ":user/root"),
        user_row("alice") + ",",
        user_row("alice").rsplit(",", 1)[0],
        user_row("doe,jane"),
        user_row("alice", 'a"b/'),
        user_row("josé"),
        user_row("alice", mfa_active="tr\0ue"),
        user_row("alice") + "\r",
        " ",
    ],
)
def test_what_is_not_plain_goes_row_by_row(row):
    content = report(ROOT_ROW, user_row("carol"), row, user_row("dave"))

    assert not is_read_quickly(content)
    assert_both_ways_agree(content)


@pytest.mark.parametrize("kind", ["quoted", "plain"])
def test_reports_of_any_length_read_the_same_both_ways(kind):
    name = '"x,{}"' if kind == "quoted" else "x{}"
    for length in (0, 1, 2, 7, 63, 64, 65, 1000):
        rows = [user_row(f"u{number}") for number in range(length)]
        arn = f"arn:aws:iam::{ACCOUNT}:user/{name.format(0)}".replace('"', "")
        odd = user_row("", user=name.format(0), arn=f'"{arn}"' if kind == "quoted" else arn)
        assert_both_ways_agree(report(odd, *rows, ROOT_ROW))


def test_timestamps_of_one_length_are_not_trusted_for_their_length():
    """Arrow reads a text of 20, 24 or 25 characters as `values.timestamp` does, or neither reads it."""
    texts = [
        "2026-09-11T13:15:15Z",
        "2026-09-11 13:15:15Z",
        "2026-09-11T13:15:15z",
        "2026-09-11T13:15:15.1Z"[:20],
        "0000-09-11T13:15:15Z",
        "2026-09-31T13:15:15Z",
        "2026-09-11T24:15:15Z",
        "2026-09-11T13:15:60Z",
        "2026-09-11T13:15+0100"[:20],
        "x" * 20,
        "2026-09-11T13:15:15.123Z",
        "2026-09-11T13:15:15+0100",
        "2026-09-11T13:15:15.1+01",
        "2026-09-11T13:15:15+2400",
        "2026-09-11T13:15:15+0060",
        "2026-09-11T13:15:15.12345"[:24],
        "2026-09-11T13:15:15+01:00",
        "2026-09-11T13:15:15-23:59",
        "2026-09-11T13:15:15.12+01",
        "2026-09-11T13:15:15.1234Z",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+00:01",
    ]
    for text in texts:
        assert len(text) in {20, 24, 25}
        rows = [user_row(f"u{number}", cert_1_last_rotated=text) for number in range(3)]
        content = report(ROOT_ROW, *rows, header=HEADER)
        assert is_read_quickly(content)
        assert_both_ways_agree(content)
