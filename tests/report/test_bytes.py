"""Bytes that are not quite text, line ends, and bytes that are anything at all."""

from __future__ import annotations

import random

import pytest

from collector.outcome import Outcome
from collector.report import parse, parse_report, rows
from tests.report.shapes import ACCOUNT, HEADER, REPORTS, ROOT, ROOT_ROW, expected_user, file, plain, report, user_row


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", "\r\n", "\n\n"])
def test_line_ends_do_not_matter(line_end, last):
    content = line_end.join((HEADER, ROOT_ROW, user_row("alice"))) + last

    parsed = parse_report(content.encode(), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert plain(parsed.users) == [ROOT, expected_user("alice")]


def test_bytes_that_are_no_utf8_cost_their_value_or_row_only():
    parsed = parse_report(file("invalid_utf8"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert parsed.unknown_columns == ("note",)
    unparsed = ["user_creation_time", "access_key_2_last_used_region", "access_key_2_last_used_service", "note"]
    assert plain(parsed.users) == [
        {**ROOT, "unknown_columns": {"note": "N/A"}},
        expected_user(
            "alice",
            user_creation_time=None,
            null_reasons=dict.fromkeys(unparsed, "unparsed"),
            unknown_columns={"note": None},
        ),
        expected_user("bob", unknown_columns={"note": "fine"}),
    ]
    assert (parsed.unreadable_rows, parsed.unreadable_values) == (1, 4)


def test_nul_bytes_cost_their_value_or_row_only():
    parsed = parse_report(file("nul_bytes"), account_id=ACCOUNT)

    assert plain(parsed.users) == [
        ROOT,
        expected_user("bob", mfa_active=None, null_reasons={"mfa_active": "unparsed"}),
        expected_user("carol", null_reasons={"access_key_1_last_used_region": "unparsed"}),
    ]
    assert (parsed.unreadable_rows, parsed.unreadable_values) == (1, 2)


@pytest.mark.parametrize("character", ["\t", "\x1b", "\x7f", "\r", "\u200b", "\u2028"])
def test_a_name_with_a_character_that_cannot_be_seen_is_no_users_name(character):
    rows = [user_row(f"al{character}ice"), user_row("bob")]

    parsed = parse_report(report(ROOT_ROW, *rows), account_id=ACCOUNT)

    assert plain(parsed.users) == [ROOT, expected_user("bob")]
    assert parsed.unreadable_rows == 1


def test_a_utf16_report_is_malformed():
    content = report(ROOT_ROW).decode().encode("utf-16")

    assert parse_report(content, account_id=ACCOUNT).outcome is Outcome.MALFORMED_REPORT


def test_a_value_longer_than_pythons_csv_reader_takes_is_read_all_the_same():
    text = "x" * 200_000

    parsed = parse_report(report(ROOT_ROW, user_row("alice", cert_1_last_rotated=text)), account_id=ACCOUNT)

    assert plain(parsed.users)[1] == expected_user("alice", null_reasons={"cert_1_last_rotated": "unparsed"})


def test_thousands_of_stray_quotes_or_commas_end_soon():
    stray = ['"' + user_row(f"user-{number}") for number in range(2000)]
    commas = ["," * 3000 + user_row(f"user-{number}") for number in range(200)]

    parsed = parse_report(report(*stray, *commas), account_id=ACCOUNT)

    assert (parsed.users.num_rows, parsed.unreadable_rows) == (0, 2200)


def test_of_the_ways_to_put_commas_together_only_those_with_an_arn_in_its_place_are_tried(monkeypatch):
    """Lines of 661 commas took 12 seconds a MB: every way to split each of them was joined and checked."""
    checked = []
    monkeypatch.setattr(rows, "disagreement", lambda *texts: checked.append(texts) or rows.SkipReason.DISAGREEMENT)

    parse_report(report(*["," * 661, "a" + "," * 661, user_row("," * 60)] * 10), account_id=ACCOUNT)

    assert len(checked) == 10  # Only in the last row is there an ARN, in one place.


def test_a_report_that_is_too_large_is_malformed(monkeypatch):
    content = report(ROOT_ROW, user_row("alice"))
    monkeypatch.setattr(parse, "MAX_REPORT_BYTES", len(content))
    assert parse_report(content, account_id=ACCOUNT).outcome is Outcome.COLLECTED

    parsed = parse_report(content + b"\n", account_id=ACCOUNT)

    assert parsed.outcome is Outcome.MALFORMED_REPORT
    assert parsed.problem == f"The response has {len(content) + 1} bytes, more than the {len(content)} that are read."


def test_a_report_with_far_more_lines_than_an_account_has_users_is_malformed():
    parsed = parse_report(report(ROOT_ROW, *["x"] * 100_000), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.MALFORMED_REPORT
    assert parsed.problem == "The response has 100001 lines, more than the 100000 that are read."
    assert parse_report(report(ROOT_ROW, *["x"] * 99_998), account_id=ACCOUNT).outcome is Outcome.PARTIAL


def test_random_bytes_have_a_result_and_never_an_exception():
    chance = random.Random(20260911)  # noqa: S311 - it has to be the same every time, not secret
    for _ in range(300):
        assert parse_report(chance.randbytes(chance.randrange(200)), account_id=ACCOUNT).users is None


def test_random_bytes_below_a_header_are_skipped_rows():
    chance = random.Random(20260912)  # noqa: S311 - it has to be the same every time, not secret
    for _ in range(300):
        parsed = parse_report(HEADER.encode() + b"\n" + chance.randbytes(400), account_id=ACCOUNT)
        assert (parsed.outcome, parsed.users.num_rows) == (Outcome.PARTIAL, 0)
        assert parsed.unreadable_rows > 0


@pytest.mark.parametrize("name", ["live_shape", "comma_in_user_name_quoted", "unknown_columns", "invalid_utf8"])
def test_a_report_cut_at_any_byte_has_a_result(name):
    content = (REPORTS / f"{name}.csv").read_bytes()
    header_ends = content.index(b"\n")
    for end in range(len(content)):
        parsed = parse_report(content[:end], account_id=ACCOUNT)
        is_header_cut = end < header_ends and not content[:end].endswith(b"cert_2_last_rotated")
        if end < HEADER.rindex(","):
            assert parsed.outcome is Outcome.MALFORMED_REPORT
        elif not is_header_cut:
            assert parsed.outcome in {Outcome.COLLECTED, Outcome.PARTIAL}
