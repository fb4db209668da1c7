"""`credlake gate`: which snapshots pass, what is printed, and how a wrong flag ends."""

from __future__ import annotations

import pytest
from trino_query_parser import parse_statement
from trino_sql_validator import validate

from collector.query.duckdb import LocalLake
from collector.query.gate import Counted, Thresholds, checks
from tests.athena_queries.conftest import Rows

PAY, WEB, LOST = "111111111111", "222222222222", "333333333333"
HOSTILE = "\x1b[2Jpay\n::error::"


@pytest.fixture(name="two_days")
def _two_days(make_lake):
    """On the first day alice has no MFA; on the second bob has none either. One account is never reached."""
    days = {}
    for day in (22, 23):
        make = Rows(Rows().run_at.replace(day=day))
        days[f"2026-11-{day}"] = {
            "accounts": [
                make.account(PAY, account_name=HOSTILE, ou_id="ou-ab12-prod", ou_path="Root/Prod"),
                make.account(WEB, account_name="web", ou_id="ou-ab12-test", ou_path="Root/Test"),
                make.account(LOST, ou_id="ou-ab12-deep", ou_path="Root/Test/Deep", outcome="assume_denied"),
            ],
            "users": [
                make.root(PAY, password_enabled=False),
                make.console_user("alice", PAY, mfa_active=False),
                make.root(WEB, password_enabled=False),
                make.console_user("bob", WEB, mfa_active=day == 22),
            ],
        }
    return make_lake(days)


MFA = ("--control", "console-mfa")


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (("--max", "high=2", *MFA), 0, "OK    high: 2 findings; at most 2 allowed."),
        (("--max", "high=1", *MFA), 1, "FAIL  high: 2 findings; at most 1 allowed."),
        (("--max", "high=0", *MFA, "--ou", "Root/Test"), 1, "FAIL  high: 1 finding; at most 0 allowed."),
        (("--max", "high=0", *MFA, "--ou", "ou-ab12-prod"), 1, "FAIL  high: 1 finding; at most 0 allowed."),
        (
            ("--max", "high=1", *MFA, "--since", "2026-11-22"),
            0,
            "OK    high: 1 finding that 2026-11-22 did not have; at most 1 allowed.",
        ),
        (
            ("--max", "high=1", *MFA, "--since", "2026-11-21"),
            1,
            "FAIL  high: 2 findings (there is no snapshot up to 2026-11-21, so all count as new); at most 1 allowed.",
        ),
        (("--min-coverage", "0.66"), 0, "OK    coverage: 66.7% (2 of 3 ACTIVE accounts); at least 66.0% required."),
        (("--min-coverage", "0.67"), 1, "FAIL  coverage: 66.7% (2 of 3 ACTIVE accounts); at least 67.0% required."),
        (
            ("--min-coverage", "0.5", "--ou", "Root/Test/Deep"),
            1,
            "FAIL  coverage: 0.0% (0 of 1 ACTIVE accounts); at least 50.0% required.",
        ),
        (("--max", "high=9", *MFA), 0, "NOTE  unknown: 1 result; no limit (--max-unknown N)."),
        (("--max-unknown", "0", *MFA), 1, "FAIL  unknown: 1 result; at most 0 allowed."),
        (("--max-unknown", "1", *MFA), 0, "OK    unknown: 1 result; at most 1 allowed."),
        (
            ("--max", "high=9", *MFA, "--ou", "Root/Test/Deep"),
            1,
            "FAIL  high: every result is unknown, so having no finding proves nothing.",
        ),
    ],
)
def test_1_where_a_threshold_is_exceeded(credlake, two_days, words, code, line):
    ended = credlake("gate", "--lake", two_days, *words)

    assert line in ended.out.splitlines()
    assert ended.code == code


def test_the_first_findings_are_shown_and_names_cannot_steer_the_terminal(credlake, two_days):
    ended = credlake("gate", "--lake", two_days, "--max", "high=0", *MFA, "--ou", "Root/Prod")

    assert "      console-mfa: 111111111111 �[2Jpay�::error:: (Root/Prod), alice: The user has a" in ended.out


def test_a_scope_without_any_result_fails(credlake, make_lake):
    closed = make_lake(
        {"2026-11-23": {"accounts": [Rows().account(account_state="SUSPENDED", outcome="skipped_state")]}}
    )
    ended = credlake("gate", "--lake", closed, "--max", "critical=0", "--min-coverage", "0")

    assert ended.code == 1
    assert "FAIL  There are no results at all: no ACTIVE account matches." in ended.out
    assert "FAIL  coverage: unknown (0 of 0 ACTIVE accounts); at least 0.0% required." in ended.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "No threshold given: add --max SEVERITY=N, --min-coverage RATE or --max-unknown N."),
        (("--max", "severe=0"), "--max severe=0: write SEVERITY=N, with critical, high, medium or low."),
        (("--max", "high=-1"), "--max high=-1: write SEVERITY=N"),
        (("--max", "high=0", "--max", "high=1"), "--max high=1: high is given twice."),
        (("--min-coverage", "nan"), "--min-coverage nan: must be from 0 to 1."),
        (("--min-coverage", "95"), "--min-coverage 95: must be from 0 to 1."),
        (("--max", "high=0", "--since", "yesterday"), "--since yesterday: not a date; write YYYY-MM-DD."),
        (("--max", "high=0", "--control", "console-mfq"), "--control console-mfq: unknown. Did you mean console-mfa?"),
        (("--max", "high=0", "--ou", "Root/Tset"), "--ou Root/Tset: the newest snapshot has no account there."),
        (("--max", "high=0", "--engine", "athena"), "Athena reads S3"),
        (("--max", "high=0", "--organization-id", "o-zzzzzzzzzz"), "the lake holds o-abcdefghij."),
    ],
)
def test_2_for_wrong_usage(credlake, two_days, words, message):
    ended = credlake("gate", "--lake", two_days, *words)

    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""


def test_3_where_no_snapshot_is_newer_than_the_date(credlake, two_days):
    """Compared with itself, a snapshot has no new findings: a pipeline would pass when collection has stopped."""
    ended = credlake("gate", "--lake", two_days, "--max", "high=0", "--since", "2026-11-23")

    assert ended.code == 3
    assert "the newest snapshot is of 2026-11-23, so there is none after that date" in ended.err


def test_every_statement_is_valid_on_athena(two_days):
    counted = Counted(controls=("console-mfa",), ous=("Root/Test", "ou-ab12-prod"), since="2026-11-22")
    statements = []
    with LocalLake(two_days) as local:

        def run(sql):
            statements.append(sql)
            return local.rows(sql)

        found = checks(run, Thresholds(most={"high": 0}, min_coverage=1), counted, lake=two_days)

    assert [check.is_met for check in found] == [False, None, False]
    for sql in statements:
        parse_statement(sql)  # raises
        assert validate(sql).valid
