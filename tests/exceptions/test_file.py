"""Exceptions files: what is read, and each fault with its line."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from collector.errors import UsageError
from collector.exceptions.file import control_ids, read_exceptions

TODAY = date(2026, 11, 23)
HEADER = "exception_id,control_id,account,ou,finding_id,user,owner,approved_by,reason,ticket,expires_on\n"


@pytest.fixture(name="read")
def _read(tmp_path):
    def read(text: str, name: str = "exceptions.csv", max_days: int = 366):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_exceptions(str(path), today=TODAY, max_days=max_days)

    return read


@pytest.fixture(name="problems")
def _problems(read, tmp_path):
    def problems(text: str, name: str = "exceptions.csv"):
        with pytest.raises(UsageError) as caught:
            read(text, name)
        assert caught.value.exit_code == 2
        return [problem.replace(f"--exceptions {tmp_path / name}, ", "") for problem in caught.value.problems]

    return problems


def test_the_fields_of_each_line_are_read(read):
    text = (
        HEADER + 'EX-1,console-mfa,111122223333,,,svc-*,team,ciso,"Two\nlines",T-1,2026-12-31\n'
        "\n"
        "EX-2,*,,/Root/Prod/,,,,,,,2025-01-01\n"
    )

    assert read("\ufeff" + text) == [
        {
            "exception_id": "EX-1",
            "control_id": "console-mfa",
            "account": "111122223333",
            "user": "svc-*",
            "owner": "team",
            "approved_by": "ciso",
            "reason": "Two\nlines",
            "ticket": "T-1",
            "expires_on": "2026-12-31",
        },
        {"exception_id": "EX-2", "control_id": "*", "ou": "Root/Prod", "expires_on": "2025-01-01"},
    ]


def test_toml_has_the_same_fields_and_dates_of_its_own(read):
    text = '[[exception]]\nexception_id = "EX-1"\ncontrol_id = "*"\nou = "r-ab12"\nexpires_on = 2026-12-31\n'

    expected = {"exception_id": "EX-1", "control_id": "*", "ou": "r-ab12", "expires_on": "2026-12-31"}
    assert read(text, "exceptions.toml") == [expected]
    assert read("", "empty.toml") == read(HEADER) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",*,111122223333,,,,,,,,2026-12-31", "exception_id: is missing."),
        ("A,,111122223333,,,,,,,,2026-12-31", "control_id: is missing: name a control, or * for all."),
        (
            "A,console-mfs,111122223333,,,,,,,,2026-12-31",
            "control_id: unknown control 'console-mfs'; did you mean console-mfa?",
        ),
        (
            "A,report-collected,111122223333,,,,,,,,2026-12-31",
            "control_id: report-collected cannot be excepted: exclude the account from the run instead.",
        ),
        ("A,*,,,,,,,,,2026-12-31", "name exactly one of account, ou and finding_id, not none."),
        (
            "A,*,111122223333,Root,,,,,,,2026-12-31",
            "name exactly one of account, ou and finding_id, not account and ou.",
        ),
        (
            "A,*,1111222233,,,,,,,,2026-12-31",
            "account: '1111222233' is not 12 digits. A spreadsheet drops leading zeros unless the cell is text.",
        ),
        ("A,*,,unknown,,,,,,,2026-12-31", "ou: must be an ID (ou-…, r-…) or a path (Root/…)."),
        ("A,*,,,xyz,,,,,,2026-12-31", "finding_id: 'xyz' is not 32 of 0-9 a-f."),
        (
            f"A,*,,,{'0' * 32},alice,,,,,2026-12-31",
            "user: leave it empty: the finding_id names one result.",
        ),
        (
            "A,*,111122223333,,,a b,,,,,2026-12-31",
            "user: 'a b' is neither a user name (* stands for any characters) nor <root_account>.",
        ),
        ("A,*,111122223333,,,,,,,,", "expires_on: is missing: an exception ends."),
        ("A,*,111122223333,,,,,,,,2026-02-30", "expires_on: '2026-02-30' is not a date, YYYY-MM-DD."),
        ("A,*,111122223333,,,,,,,,31.12.2026", "expires_on: '31.12.2026' is not a date, YYYY-MM-DD."),
        (
            "A,*,111122223333,,,,,,,,2027-11-25",
            "expires_on: 2027-11-25 is over 366 days away; 2027-11-24 at the latest (max_exception_days).",
        ),
        ("A,*,111122223333,,,,\x1b[2J,,,,2026-12-31", "owner: has a control character."),
        (f"A,*,111122223333,,,,,,{'x' * 1001},,2026-12-31", "reason: has 1001 characters, 1000 at most."),
        ("A,*,111122223333,,,,,,,,2026-12-31,,", "has 13 fields, the header 11."),
    ],
)
def test_a_faulty_line_is_named_with_its_number(problems, line, problem):
    assert problems(f"{HEADER}OK,*,111122223333,,,,,,,,2027-11-24\n{line}\n") == [f"line 3: {problem}"]


def test_all_faults_are_reported_at_once_and_an_id_is_used_once(problems):
    text = f'{HEADER}A,*,1,,,,,,"x\ny",,2026-12-31\nA,*,111122223333,,,,,,,,never\n'

    assert problems(text) == [
        "line 2: account: '1' is not 12 digits. A spreadsheet drops leading zeros unless the cell is text.",
        "line 4: expires_on: 'never' is not a date, YYYY-MM-DD.",
        "line 4: exception_id: 'A' is also in line 2.",
    ]


def test_a_faulty_header_or_file_is_refused(problems, tmp_path):
    assert problems("exception_id;control_id\n")[-1] == "line 1: the column expires_on is missing."
    assert problems("exception_id,control_id,acount,expires_on,expires_on\n") == [
        "line 1: unknown field 'acount'; did you mean account?",
        "line 1: the column expires_on occurs 2 times.",
    ]
    assert problems("") == ["line 1: has no header."]
    assert problems(f'{HEADER}"A\n')[0].startswith("line 2: is not valid CSV: ")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_exceptions(str(tmp_path / "nowhere.csv"), today=TODAY, max_days=366)


def test_faults_of_toml_have_lines_too(problems):
    head = '# A comment\n\n[[exception]]\nexception_id = "A"\n'

    assert problems(f'{head}control_id = "*"\naccount = 111122223333\nexpires_on = 2026-12-31\n', "e.toml") == [
        "line 3: account: must be text in quotes.",
        "line 3: name exactly one of account, ou and finding_id, not none.",
    ]
    assert problems(f"{head}oops\n", "e.toml")[0].startswith("line 5: is not valid TOML: ")
    assert problems('exceptions = "a"\n', "e.toml") == [
        "top level: unknown field 'exceptions': write [[exception]] tables."
    ]


def test_every_control_can_be_named():
    controls = Path(__file__).parents[2] / "athena_queries" / "reference" / "controls.csv"
    declared = [row["control_id"] for row in csv.DictReader(controls.read_text("utf-8").splitlines())]

    assert list(control_ids()) == declared


@pytest.fixture(name="bucket")
def _bucket(moto, monkeypatch):
    for name, value in moto.environment().items():
        monkeypatch.setenv(name, value)
    return moto.new_bucket()


def test_a_file_on_s3_is_read_as_one_in_a_folder(moto, bucket):
    text = HEADER + "EX-1,console-mfa,111122223333,,,,,,,,2026-12-31\n"
    moto.client().put_object(Bucket=bucket, Key="settings/exceptions.csv", Body=text.encode())
    moto.client().put_object(Bucket=bucket, Key="faulty.toml", Body=b"[[exception]]\nexception_id = 1\n")

    [exception] = read_exceptions(f"s3://{bucket}/settings/exceptions.csv", today=TODAY, max_days=366)
    assert exception["exception_id"] == "EX-1"
    with pytest.raises(UsageError, match=f"--exceptions s3://{bucket}/faulty.toml, line 1: exception_id: must be text"):
        read_exceptions(f"s3://{bucket}/faulty.toml", today=TODAY, max_days=366)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("/missing.csv", "cannot be read: s3:GetObject: NoSuchKey: .*The caller needs s3:GetObject on it."),
        ("", "does not name an object: write s3://bucket/key."),
        ("/", "does not name an object: write s3://bucket/key."),
    ],
)
def test_what_cannot_be_read_on_s3_is_wrong_usage(bucket, key, message):
    with pytest.raises(UsageError, match=message):
        read_exceptions(f"s3://{bucket}{key}", today=TODAY, max_days=366)
