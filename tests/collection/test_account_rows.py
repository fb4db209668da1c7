"""The account rows of the same run, column by column, against what the organization is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.simulator import ou_id
from tests.fixtures.every_fault import EXPECTED, FAULTS, MANAGEMENT, STATES, account_id

NAMES = [*FAULTS, *STATES, "left-out", "asked-an-hour-ago", "administered"]
COVERED = [name for name in NAMES if name in EXPECTED and EXPECTED[name].rows is not None]
BEGINNING = datetime(2020, 2, 29, 23, 59, 58, tzinfo=UTC)
# AssumeRole, Generate, GetAccountSummary, GetAccountPasswordPolicy, Get, and perhaps one Get that came too early.
MOST_CALLS = 6


@pytest.mark.parametrize("name", NAMES)
def test_what_organizations_says_of_the_account_is_in_its_row(everything, name):
    number, account = NAMES.index(name), account_id(name)
    row = everything.accounts[account]
    ous = (("Workloads", "Prod"), ("Workloads",), ("Über, alles",), ())[number % 4]

    assert row["organization_id"] == "o-aa111bb222"
    assert row["account_name"] == name
    assert row["account_email"] == f"{name.lower()}@example.org"
    assert row["account_arn"] == f"arn:aws:organizations::{MANAGEMENT}:account/o-aa111bb222/{account}"
    assert row["aws_partition"] == "aws"
    assert row["account_state"] == (name if name in STATES else "ACTIVE")
    assert row["joined_at"] == BEGINNING + timedelta(days=number)
    assert row["ou_path"] == "/".join(["Root", *ous])
    assert row["ou_id"] == (ou_id("r-a1b2", ous) if ous else "r-a1b2")
    assert row["tags"] == ({"team": name, "empty": ""} if number % 2 else {})
    assert row["inventory_source"] == "organizations"


@pytest.mark.parametrize("name", NAMES)
def test_the_limits_are_those_of_the_narrowest_rule_for_the_accounts_ou(everything, name):
    row = everything.accounts[account_id(name)]
    in_workloads = row["ou_path"].startswith("Root/Workloads")

    assert {column: row[column] for column in row if column.startswith("limit_")} == {
        "limit_access_key_rotation_days": 90,
        "limit_access_key_unused_days": 30 if in_workloads else 45,
        "limit_password_unused_days": 45,
        "limit_root_use_days": 1,
        "limit_password_length": 16 if row["ou_path"] == "Root/Workloads/Prod" else 20 if in_workloads else 14,
        "limit_password_reuse": 24,
    }


@pytest.mark.parametrize("name", COVERED)
def test_the_password_policy_is_the_accounts_own_or_default_or_unknown(everything, name):
    row = everything.accounts[account_id(name)]
    columns = {
        "minimum_password_length": 12,
        "password_reuse_prevention": 5,
        "max_password_age": 77,
        "require_symbols": True,
        "require_numbers": False,
        "require_uppercase_characters": False,
        "require_lowercase_characters": True,
        "hard_expiry": False,
        "allow_users_to_change_password": True,
    }
    expected = "unknown" if name == "policy-denied" else "custom" if NAMES.index(name) % 3 else "default"

    assert row["password_policy_state"] == expected
    assert {column: row[column] for column in columns} == (columns if expected == "custom" else dict.fromkeys(columns))
    if expected == "unknown":
        assert row["password_policy_error"].startswith("AccessDenied: User: ")
        assert "iam:GetAccountPasswordPolicy" in row["password_policy_error"]
    else:
        assert row["password_policy_error"] is None


@pytest.mark.parametrize("name", COVERED)
def test_the_summary_is_that_of_the_account_and_fresh(everything, name):
    row = everything.accounts[account_id(name)]
    root_has_credentials = NAMES.index(name) % 5 == 0
    columns = {
        "users": 2,
        "users_quota": 5000,
        "mfa_devices": 1 + root_has_credentials,
        "mfa_devices_in_use": 1 + root_has_credentials,
        "account_mfa_enabled": root_has_credentials,
        "account_access_keys_present": root_has_credentials,
        "account_password_present": root_has_credentials,
        "account_signing_certificates_present": False,
    }
    is_known = name != "summary-denied"

    assert {column: row[column] for column in columns} == (columns if is_known else dict.fromkeys(columns))
    assert (row["summary_error"] is None) is is_known
    if not is_known:
        assert row["summary_error"].startswith("AccessDenied: ")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in (*COVERED, *STATES, "left-out")])
def test_an_account_whose_role_is_refused_has_no_policy_and_no_summary_and_says_so_by_unknown(everything, name):
    row = everything.accounts[account_id(name)]
    if row["outcome"] != "assume_denied":
        return

    reason = "not asked: the account is assume_denied"
    assert (row["password_policy_state"], row["password_policy_error"]) == ("unknown", reason)
    assert (row["users"], row["summary_error"]) == (None, reason)


@pytest.mark.parametrize("name", NAMES)
def test_attempts_are_the_calls_that_were_made_for_the_account(everything, name):
    row = everything.accounts[account_id(name)]
    made = sum(everything.calls.of_account(account_id(name)).values())
    if name == "session-expires-once":
        # A call with a session that is over names no account; the fault lets one Get be refused so, or a read too.
        made += sum(everything.calls.of_account("").values())

    assert row["attempts"] == made


def test_the_times_of_an_account_lie_within_the_run(everything):
    record = everything.run.result.written
    run = everything.run.result.run
    started = run.started_at.replace(microsecond=run.started_at.microsecond // 1000 * 1000)

    for row in everything.accounts.values():
        assert (row["run_started_at"], row["run_id"]) == (started, run.run_id)
        assert row["snapshot_date"] == f"{run.started_at:%Y-%m-%d}"
        if row["attempts"]:
            assert started <= row["started_at"] <= row["finished_at"] <= record.run_finished_at


def test_a_report_younger_than_four_hours_comes_back_as_it_is_with_its_old_time(everything):
    row = everything.accounts[account_id("asked-an-hour-ago")]
    age = row["started_at"] - row["report_generated_at"]

    assert row["outcome"] == "collected"
    assert timedelta(minutes=59) < age < timedelta(minutes=61)
    assert everything.calls.of_account(account_id("asked-an-hour-ago")) == {
        "sts:AssumeRole": 1,
        "iam:GenerateCredentialReport": 1,
        "iam:GetCredentialReport": 1,
        "iam:GetAccountSummary": 1,
        "iam:GetAccountPasswordPolicy": 1,
    }


def test_the_account_that_the_collector_runs_in_is_read_with_its_own_credentials(everything):
    """Nobody can assume a role there: the account has none."""
    row = everything.accounts[MANAGEMENT]

    assert row["outcome"] == "collected"
    assert "sts:AssumeRole" not in everything.calls.of_account(MANAGEMENT)
    assert [user["user_arn"] for user in everything.users[MANAGEMENT]] == [f"arn:aws:iam::{MANAGEMENT}:root"]


def test_the_run_and_its_coverage_are_in_the_record(everything):
    written = everything.run.result.written
    active = len(EXPECTED) + 4  # management, left-out, asked-an-hour-ago, administered
    covered = len([name for name in EXPECTED if EXPECTED[name].rows is not None]) + 3

    assert (written.accounts.total, written.accounts.active, written.accounts.covered) == (active + 4, active, covered)
    assert written.users == sum(len(rows) for rows in everything.users.values())


def test_the_watch_is_told_of_every_account_once(everything):
    watch = everything.run.watch

    assert watch.accounts == len(EXPECTED) + 8
    assert sorted(result.account_id for result in watch.results) == sorted(everything.accounts)
    assert all(everything.accounts[result.account_id]["outcome"] == result.outcome for result in watch.results)


def test_what_is_told_of_an_account_is_what_its_row_says(everything):
    for told in everything.run.result.needs_attention:
        row = everything.accounts[told.account_id]
        assert (told.error_code, told.error_message) == (row["error_code"], row["error_message"])
