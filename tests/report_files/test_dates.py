"""When a report was generated: from the file, its name, the user, or the file system."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from collector.report_files.dates import date_of, oddity
from collector.report_files.find import GivenFile

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MODIFIED = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
GIVEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(name="dated")
def _dated(tmp_path):
    def dated(name, *, cli_time=None, generated_at=None):
        path = tmp_path / name
        path.touch()
        os.utime(path, (MODIFIED.timestamp(), MODIFIED.timestamp()))
        return date_of(GivenFile(name, path), cli_time=cli_time, generated_at=generated_at, now=NOW)

    return dated


@pytest.mark.parametrize(
    ("name", "text", "source"),
    [
        ("status_reports_2026-11-25 10-00-00.csv", "2026-11-25T10:00:00", "file name, taken as UTC"),
        ("status_reports_2019-03-04T05-06-07+00-00.csv", "2019-03-04T05:06:07", "file name"),
        ("status_reports_2019-03-04T05-06-07+09-00.csv", "2019-03-03T20:06:07", "file name"),
        ("status_reports_2019-03-04T05-06-07-0500.csv", "2019-03-04T10:06:07", "file name"),
        ("status_reports_2026-11-25T10_00_00Z (1).csv", "2026-11-25T10:00:00", "file name"),
        ("status_reports_2026-11-25T10:00.csv.gz", "2026-11-25T10:00:00", "file name, taken as UTC"),
        ("111122223333-20261125T100000Z.csv", "2026-11-25T10:00:00", "file name"),
        ("2026-11-25%2010%3A00%3A00.csv", "2026-11-25T10:00:00", "file name, taken as UTC"),
        ("2026-11-25T10:00:00.123Z.json", "2026-11-25T10:00:00", "file name"),
        ("prod 2024-02-29.csv", "2024-02-29T23:59:59", "date in the file name"),
        ("prod_20261125.csv", "2026-11-25T18:30:00", "date in the file name, time of its modification"),
    ],
)
def test_a_time_in_the_file_name_counts(dated, name, text, source):
    assert dated(name, generated_at=GIVEN) == (datetime.fromisoformat(text).replace(tzinfo=UTC), source)


@pytest.mark.parametrize("name", ["report.csv", "202611251234.csv", "2026-13-45 10-00-00.csv", "120261125.csv"])
def test_without_one_the_given_time_counts_and_else_that_of_the_file(dated, name):
    assert dated(name, generated_at=GIVEN) == (GIVEN, "--generated-at")
    assert dated(name) == (MODIFIED, "modification time of the file")


def test_generated_time_of_the_cli_comes_first(dated):
    assert dated("status_reports_2026-11-25 10-00-00.json", cli_time=GIVEN) == (GIVEN, "GeneratedTime")


def test_standard_input_has_no_time_of_its_own():
    piped = GivenFile("standard input", held=b"")
    assert date_of(piped, cli_time=None, generated_at=None, now=NOW) == (NOW, "time of reading")


def test_a_time_in_the_future_or_of_another_year_is_odd():
    assert oddity(NOW + timedelta(hours=1), NOW) == "is dated in the future"
    assert oddity(NOW - timedelta(days=400), NOW) == "is 400 days old"
    assert oddity(NOW - timedelta(days=365), NOW) is None
    assert oddity(NOW + timedelta(minutes=1), NOW) is None
