"""Reports with random faults: nothing is raised, no row goes missing, and every value kept is what the bytes say."""

from __future__ import annotations

import random

import pytest

from collector.outcome import Outcome
from collector.report import parse_report
from tests.report.exact_parsing import parse_report_exactly
from tests.report.shapes import ACCOUNT, file
from tests.report.slow_reading import slow_reading

SEEDS = [
    "live_shape",
    "old_style_with_offset",
    "twenty_third_column",
    "unknown_columns",
    "columns_in_another_order",
    "columns_in_another_order_with_comma",
    "comma_in_user_name_quoted",
    "comma_in_user_name_unquoted",
    "comma_and_quote_in_path_unquoted",
    "comma_and_quote_in_path_quoted",
    "sentinels_anywhere",
    "timestamps_in_many_forms",
    "unreadable_values",
    "rows_out_of_step",
    "conflicting_rows",
    "invalid_utf8",
    "stray_quotes",
    "value_over_two_lines",
]
PIECES = [
    *(bytes([byte]) for byte in b',,,""\n\n\r\0 /:TZ+-.019aAeE'),
    *(b"\xff", b"\xc3", "é".encode(), b"\r\n", b'""', b'","', b"N/A", b"true", b"FALSE", b"no_information"),
    *(b"not_supported", b"<root_account>", b":root", b"arn:aws:iam::333333333333:user/", b"444444444444"),
    *(b"2026-02-30T00:00:00Z", b"2026-09-11T13:15:15.123456Z", b"+05:30"),
]


def mutated(chance, body):
    """The rows with one to four faults: bytes, fields or lines lost, repeated, swapped, put in."""
    for _ in range(chance.randrange(1, 5)):
        separator = chance.choice((b"", b"", b",", b"\n"))
        if separator:
            parts = body.split(separator)
            here, there = chance.randrange(len(parts)), chance.randrange(len(parts))
            change = chance.randrange(4)
            if change == 0:
                del parts[here]
            elif change == 1:
                parts.insert(there, parts[here])
            elif change == 2:
                parts[here], parts[there] = parts[there], parts[here]
            else:
                parts[here] = chance.choice((b'"' + parts[here].replace(b'"', b'""') + b'"', chance.choice(PIECES)))
            body = separator.join(parts)
        else:
            here = chance.randrange(len(body) + 1)
            body = body[:here] + chance.choice((b"", *PIECES)) + body[here + chance.randrange(3) :]
    return body


def as_read(table):
    """The rows as `slow_reading` gives them: instants as milliseconds, maps as dicts."""
    columns = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        columns[name] = (column.view("int64") if "timestamp" in str(column.type) else column).to_pylist()
    columns |= {name: list(map(dict, columns[name])) for name in ("null_reasons", "unknown_columns")}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("name", SEEDS)
def test_whatever_happens_to_the_rows_they_read_as_they_do_byte_by_byte(name):
    chance = random.Random(name)  # noqa: S311 - it has to be the same every time, not secret
    header, _, body = file(name).partition(b"\n")
    outcomes = set()
    for _ in range(120):
        rows = mutated(chance, body)
        parsed = parse_report(header + b"\n" + rows, account_id=ACCOUNT)
        expected = slow_reading(header.decode().split(","), rows, ACCOUNT)
        outcomes.add(parsed.outcome)

        if expected is None:
            assert (parsed.outcome, parsed.users) == (Outcome.WRONG_ACCOUNT, None), rows
            continue
        kept, skipped = expected
        assert as_read(parsed.users) == kept, rows
        assert parsed.unreadable_rows == skipped, rows
        unparsed = sum(list(row["null_reasons"].values()).count("unparsed") for row in kept)
        assert parsed.unreadable_values == unparsed, rows
        assert parsed.has_root == any(row["is_root"] for row in kept), rows
        is_whole = not skipped and not unparsed and parsed.has_root
        assert parsed.outcome is (Outcome.COLLECTED if is_whole else Outcome.PARTIAL), rows
        assert (parsed.problem is None) == is_whole, rows
        assert parsed == parse_report_exactly(header + b"\n" + rows, account_id=ACCOUNT), rows
    assert Outcome.PARTIAL in outcomes


def test_whatever_happens_to_the_header_has_a_result():
    chance = random.Random(20260913)  # noqa: S311 - it has to be the same every time, not secret
    header, _, body = file("live_shape").partition(b"\n")
    outcomes = set()
    for _ in range(400):
        content = mutated(chance, header) + b"\n" + body
        parsed = parse_report(content, account_id=ACCOUNT)
        outcomes.add(parsed.outcome)
        assert (parsed.users is None) == (parsed.outcome in {Outcome.MALFORMED_REPORT, Outcome.WRONG_ACCOUNT})
        assert parsed == parse_report_exactly(content, account_id=ACCOUNT)
    assert outcomes >= {Outcome.MALFORMED_REPORT, Outcome.PARTIAL, Outcome.COLLECTED}
