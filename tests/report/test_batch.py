"""Many reports read at once: each result is that of reading the report alone, whatever else is in the batch."""

from __future__ import annotations

import random

import pyarrow.csv as pacsv
import pytest

from collector.report import Report, batch, parse_report, parse_reports
from tests.report.generated import generate
from tests.report.shapes import ACCOUNT, HEADER, REPORTS, ROOT_ROW, file, report, user_row

FILES = sorted(path.stem for path in REPORTS.glob("*.csv"))
OTHER = "444444444444"


def of_account(number):
    """A report of an account of its own, as AWS writes it."""
    account = f"{number:012d}"
    rows = [ROOT_ROW, *(user_row(f"user-{number}-{user}", "team/") for user in range(number % 4))]
    return Report(report(*rows).replace(ACCOUNT.encode(), account.encode()), account)


def alone(one):
    return parse_report(one.content, account_id=one.account_id, may_lack_root=one.may_lack_root)


@pytest.fixture(name="read_alone")
def _read_alone(monkeypatch):
    """The accounts whose reports left the batch."""
    left = []

    def parse_alone(content, *, account_id, **options):
        left.append(account_id)
        return parse_report(content, account_id=account_id, **options)

    monkeypatch.setattr(batch, "parse_report", parse_alone)
    return left


def test_no_reports_have_no_results():
    assert parse_reports([]) == []


def test_reports_as_aws_writes_them_are_read_together(read_alone, monkeypatch):
    reads = []
    read_csv = pacsv.read_csv
    monkeypatch.setattr(
        "collector.report.rows.pacsv.read_csv", lambda *args, **options: reads.append(1) or read_csv(*args, **options)
    )
    reports = [of_account(number) for number in range(64)]

    parsed = parse_reports(reports)

    assert (len(reads), read_alone) == (1, [])
    assert [one.users.num_rows for one in parsed] == [1 + number % 4 for number in range(64)]
    assert parsed == [alone(one) for one in reports]


def test_all_files_at_once_and_in_pairs_read_as_each_alone():
    reports = [Report(file(name), ACCOUNT, may_lack_root=number % 2 == 0) for number, name in enumerate(FILES)]
    expected = [alone(one) for one in reports]

    assert parse_reports(reports) == expected
    for first in range(len(reports)):
        for second in range(len(reports)):
            assert parse_reports([reports[first], reports[second]]) == [expected[first], expected[second]]


def test_generated_reports_read_in_batches_as_each_alone():
    chance = random.Random(20261126)  # noqa: S311 -- the same reports every time
    for _ in range(40):
        reports = [Report(generate(chance).content, ACCOUNT) for _ in range(chance.choice((1, 2, 3, 8, 64)))]
        assert parse_reports(reports) == [alone(one) for one in reports]


@pytest.mark.parametrize(
    "odd",
    {
        "html": b"<html>Service Unavailable</html>",
        "empty": b"",
        "header only": HEADER.encode(),
        "an empty line": report(ROOT_ROW, "", user_row("alice")),
        "an empty line first": HEADER.encode() + b"\n\n" + ROOT_ROW.encode(),
        "empty lines last": report(ROOT_ROW, user_row("alice")) + b"\n\n",
        "a quote": report(ROOT_ROW, user_row('"doe,jane"')),
        "a comma": report(ROOT_ROW, user_row("doe,jane")),
        "a comma too many here and one too few there": report(
            ROOT_ROW, user_row("alice") + ",", user_row("bob").rpartition(",")[0]
        ),
        "a user twice": report(ROOT_ROW, user_row("alice"), user_row("alice")),
        "no ARN": report(ROOT_ROW, user_row("alice", arn="")),
        "another account's": report(ROOT_ROW, user_row("alice", account=OTHER)),
        "another character set": report(ROOT_ROW, user_row("zoë")),
        "windows lines": report(ROOT_ROW, user_row("alice")).replace(b"\n", b"\r\n"),
    }.items(),
    ids=lambda odd: odd[0],
)
def test_an_odd_report_leaves_the_batch_by_itself(read_alone, odd):
    reports = [of_account(number) for number in range(20)]
    reports.insert(7, Report(odd[1], ACCOUNT))

    assert parse_reports(reports) == [alone(one) for one in reports]
    assert read_alone == [ACCOUNT]


def test_what_cannot_be_read_in_one_report_is_told_of_that_report_only():
    """Its row numbers are its own, too."""
    bad = report(ROOT_ROW, user_row("alice"), user_row("bob", mfa_active="perhaps", cert_1_last_rotated="soon"))
    worse = report(ROOT_ROW, user_row("carol", mfa_active="perhaps"))
    reports = [of_account(1), Report(bad, ACCOUNT), of_account(3), Report(worse, ACCOUNT), of_account(2)]

    parsed = parse_reports(reports)

    assert [one.unreadable_values for one in parsed] == [0, 2, 0, 1, 0]
    where = " Row 1 is the first below the header."
    assert [one.problem for one in parsed] == [
        None,
        f"2 values could not be read: mfa_active (row 3), cert_1_last_rotated (row 3).{where}",
        None,
        f"1 value could not be read: mfa_active (row 2).{where}",
        None,
    ]
    assert parsed == [alone(one) for one in reports]


def test_the_same_user_names_in_many_accounts_are_no_repetition(read_alone):
    names = [user_row(name) for name in ("alice", "bob")]
    reports = [
        Report(report(ROOT_ROW, *names).replace(ACCOUNT.encode(), account.encode()), account)
        for account in ("111111111111", "222222222222")
    ]

    assert [one.users.num_rows for one in parse_reports(reports)] == [3, 3]
    assert read_alone == []


def test_reports_of_different_columns_are_read_apart(read_alone):
    shuffled, plain = file("columns_in_another_order"), file("live_shape")
    reports = [Report(shuffled, ACCOUNT), Report(plain, ACCOUNT), Report(shuffled, ACCOUNT)]

    assert parse_reports(reports) == [alone(one) for one in reports]
    assert read_alone == []


def test_whether_a_root_row_may_be_missing_is_each_reports_own():
    content = file("no_root_row")
    reports = [Report(content, ACCOUNT), Report(content, ACCOUNT, may_lack_root=True)]

    assert [one.outcome for one in parse_reports(reports)] == ["partial", "collected"]
