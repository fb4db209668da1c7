"""What a file may hold, and what it is instead where it holds no report."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.limits import MAX_REPORT_BYTES
from collector.report_files.decode import decode
from collector.report_files.find import NotReadError
from tests.fixtures.reports import HEADER, report

REPORT = report("111122223333", "alice", "bob")
ENCODED = base64.b64encode(REPORT).decode()
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)


def cli(**members):
    return json.dumps({"Content": ENCODED, "ReportFormat": "text/csv", **members}, indent=4).encode()


@pytest.mark.parametrize(
    ("content", "generated_at"),
    [
        (REPORT, None),
        (gzip.compress(REPORT), None),
        (cli(GeneratedTime="2026-11-24T09:00:00+00:00"), NINE),
        (cli(GeneratedTime="2026-11-24T09:00:00Z"), NINE),
        (cli(GeneratedTime=NINE.timestamp()), NINE),
        (cli(GeneratedTime="yesterday"), None),
        (cli(GeneratedTime="0001-01-01T00:00:00Z"), None),
        (cli(GeneratedTime=True), None),
        (cli(), None),
        (gzip.compress(b"\xef\xbb\xbf" + cli()), None),
        (ENCODED.encode(), None),
        (f"{ENCODED}\t2026-11-24T09:00:00+00:00\ttext/csv\n".encode(), NINE),
    ],
)
def test_a_report_is_taken_out_of_every_form_in_which_aws_gives_it(content, generated_at):
    assert decode(content) == (REPORT, generated_at)


def test_a_byte_order_mark_and_windows_line_ends_are_left_to_the_parser():
    content = b"\xef\xbb\xbf" + REPORT.replace(b"\n", b"\r\n")
    assert decode(content) == (content, None)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\n<!DOCTYPE html>\n<html>sign in</html>", "is an HTML or XML page"),
        (b'<?xml version="1.0"?><Error/>', "is an HTML or XML page"),
        (bytes(range(256)), "is a binary file"),
        (b"\x89PNG\r\n\x1a\n", "is a binary file"),
        (b"PK\x03\x04 xlsx", "is an Excel workbook or a zip archive"),
        (REPORT.decode().encode("utf-16"), "is UTF-16 text"),
        (REPORT.decode().encode("utf-16-le"), "is a binary file or text in another encoding"),
        (REPORT.replace(b",", b";"), "is separated by semicolons"),
        (REPORT.replace(b",", b"\t"), "is separated by tabs"),
        (b"name,age\nalice,3\n", "The first line holds none of the"),
        (HEADER.replace("mfa_active,", "").encode() + b"\nx", "The report lacks the column mfa_active"),
        (HEADER[:200].encode(), "The report lacks the columns"),
        (REPORT[:-40], "is a credential report that is cut off in row 3"),
        (gzip.compress(REPORT)[:200], "is a gzip file that is cut off"),
        (b"\x1f\x8b" + REPORT, "is a damaged gzip file"),
        (gzip.compress(bytes(MAX_REPORT_BYTES + 1)), "expands to more than"),
        (cli()[:300], "is invalid JSON: it may be cut off"),
        (b'{"Content": "dXNlcg"}', "its base64 is invalid"),
        (b'{"Content": "\\ud800"}', "its base64 is invalid"),
        (b'{"error": "AccessDenied"}', "is JSON without a `Content`"),
        (b'{"a":' * 100_000, "is invalid JSON"),
    ],
)
def test_a_file_that_is_no_report_is_named_as_what_it_is(content, what):
    with pytest.raises(NotReadError) as caught:
        decode(content)
    assert what in str(caught.value)


FORMS = (REPORT, gzip.compress(REPORT), cli(GeneratedTime="2026-11-24T09:00:00Z"), ENCODED.encode())


@given(st.sampled_from(FORMS), st.integers(0, 3000), st.integers(0, 60), st.binary(max_size=12))
def test_any_damage_is_a_report_or_a_sentence(form, at, removed, inserted):
    """Never another exception: a file comes from anywhere."""
    damaged = form[:at] + inserted + form[at + removed :]
    try:
        decoded = decode(damaged)
    except NotReadError:
        return
    assert decoded.report
