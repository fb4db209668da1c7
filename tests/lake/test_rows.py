from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from collector.lake.raw import read_run_json, run_json
from collector.lake.rows import (
    ACCOUNT_SCHEMA,
    USER_SCHEMA,
    ParsedAccount,
    account_outcome,
    account_row,
    type_account,
    type_accounts,
    user_rows,
)
from collector.limits import Limits
from collector.outcome import Outcome
from collector.report import parse_report
from collector.schema import file_schema
from tests.fixtures.examples import STARTED, account_evidence, denied_evidence, run_evidence, some_accounts
from tests.fixtures.reports import report
from tests.fixtures.tampering import unsealed

ACCOUNT = "012345678901"


def row_of(evidence, content=None):
    run = run_evidence()
    rows = [account_row(run, evidence, type_account(run, evidence, content).result)]
    [row] = pa.Table.from_pylist(rows, schema=ACCOUNT_SCHEMA).to_pylist()
    return row


def test_a_collected_account_is_one_row_with_every_value_in_its_column():
    evidence = account_evidence(ACCOUNT, raw_sha256="5f" * 32, tags={"team": "payments", "env": "prod"})

    assert row_of(evidence, report(ACCOUNT, "alice", "bob")) == {
        "record_type": "account",
        "organization_id": "o-abcdefghij",
        "snapshot_date": "2026-11-23",
        "run_id": "20261123T152200Z-1a2b3c4d",
        "account_id": "012345678901",
        "account_name": "account-901",
        "account_email": "aws+012345678901@example.com",
        "account_arn": "arn:aws:organizations::999900001111:account/o-abcdefghij/012345678901",
        "aws_partition": "aws",
        "account_state": "ACTIVE",
        "joined_at": datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=UTC),
        "ou_id": "ou-ab12-11111111",
        "ou_path": "Root/Workloads/Prod",
        "tags": [("env", "prod"), ("team", "payments")],
        "outcome": "collected",
        "error_code": None,
        "error_message": None,
        "attempts": 5,
        "run_started_at": datetime(2026, 11, 23, 15, 22, 0, 123000, tzinfo=UTC),
        "started_at": datetime(2026, 11, 23, 15, 22, 1, 123000, tzinfo=UTC),
        "finished_at": datetime(2026, 11, 23, 15, 22, 4, 123000, tzinfo=UTC),
        "report_generated_at": datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC),
        "user_count": 3,
        "unreadable_rows": 0,
        "unreadable_values": 0,
        "raw_sha256": "5f" * 32,
        "raw_location": "raw/o-abcdefghij/20261123T152200Z-1a2b3c4d/012345678901.csv.gz",
        "password_policy_state": "custom",
        "password_policy_error": None,
        "minimum_password_length": 14,
        "password_reuse_prevention": 24,
        "max_password_age": 90,
        "require_symbols": True,
        "require_numbers": True,
        "require_uppercase_characters": False,
        "require_lowercase_characters": True,
        "hard_expiry": False,
        "allow_users_to_change_password": True,
        "users": 2,
        "users_quota": 5000,
        "mfa_devices": 1,
        "mfa_devices_in_use": 1,
        "summary_error": None,
        "account_mfa_enabled": False,
        "account_access_keys_present": None,
        "account_password_present": None,
        "account_signing_certificates_present": None,
        "limit_access_key_rotation_days": 90,
        "limit_access_key_unused_days": 45,
        "limit_password_unused_days": 45,
        "limit_root_use_days": 1,
        "limit_password_length": 14,
        "limit_password_reuse": 24,
        "inventory_source": "organizations",
        "denied_by_type": None,
        "denied_by_arn": None,
        "is_management_account": False,
        "owner": None,
        "ou_id_path": None,
    }


def test_an_account_that_was_not_collected_has_a_row_with_the_error_of_aws_and_nulls():
    row = row_of(denied_evidence(ACCOUNT))

    assert (row["outcome"], row["error_code"], row["error_message"]) == (
        "assume_denied",
        "AccessDenied",
        "User is not authorized to perform: sts:AssumeRole",
    )
    assert row["password_policy_state"] == "unknown"
    unknown = ("user_count", "unreadable_rows", "unreadable_values", "raw_sha256", "raw_location", "users",
               "account_mfa_enabled", "minimum_password_length", "report_generated_at")  # fmt: skip
    assert {name: row[name] for name in unknown} == dict.fromkeys(unknown)
    assert row["tags"] == []


def test_the_limits_in_force_for_the_account_are_on_its_row():
    row = row_of(denied_evidence(ACCOUNT, limits=Limits(access_key_rotation_days=30, password_reuse=5)))

    assert (row["limit_access_key_rotation_days"], row["limit_password_reuse"]) == (30, 5)


SCP = "arn:aws:organizations::999900001111:policy/o-abcdefghij/service_control_policy/p-ab12cd34"
DENIED = "User: x is not authorized to perform: iam:GetAccountSummary with an explicit deny in a service control policy"


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (denied_evidence(ACCOUNT, error_message=f"{DENIED}: {SCP}"), ("service_control_policy", SCP)),
        (account_evidence(ACCOUNT, summary_error=f"AccessDenied: {DENIED}: {SCP}"), ("service_control_policy", SCP)),
        (denied_evidence(ACCOUNT), (None, None)),
    ],
    ids=["the report", "the summary", "no policy named"],
)
def test_the_policy_that_denied_a_call_is_on_the_row(evidence, expected):
    row = row_of(evidence, report(ACCOUNT) if evidence.outcome is Outcome.COLLECTED else None)

    assert (row["denied_by_type"], row["denied_by_arn"]) == expected


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"Arn": f"arn:aws:organizations::{ACCOUNT}:account/o-abcdefghij/{ACCOUNT}"}, True),
        ({"Arn": f"arn:aws:organizations::999900001111:account/o-abcdefghij/{ACCOUNT}"}, False),
        ({"Arn": "arn:aws:organizations::999900001111:account/o-abcdefghij/999900001111"}, None),
        ({}, None),
    ],
    ids=["management account", "member", "another account's ARN", "no ARN"],
)
def test_the_management_account_is_known_by_the_accounts_arn(account, expected):
    assert row_of(denied_evidence(ACCOUNT, account=account))["is_management_account"] is expected


@pytest.mark.parametrize(
    ("policy", "column", "expected"),
    [
        ({"MaxPasswordAge": 0}, "max_password_age", None),
        ({"PasswordReusePrevention": 0}, "password_reuse_prevention", None),
        ({}, "require_symbols", None),
        ({"RequireSymbols": False}, "require_symbols", False),
    ],
)
def test_unset_policy_values_are_null_and_false_is_not(policy, column, expected):
    assert row_of(denied_evidence(ACCOUNT, password_policy=policy))[column] is expected


def test_an_invalid_joined_date_is_null():
    row = row_of(denied_evidence(ACCOUNT, account={"Id": ACCOUNT, "JoinedTimestamp": "once upon a time"}))

    assert (row["joined_at"], row["account_name"]) == (None, None)


WRONG = report("999999999999", "alice")
NO_ROOT = b"\n".join(line for line in report(ACCOUNT, "alice").split(b"\n") if not line.startswith(b"<root"))
UNPARSED = report(ACCOUNT, "alice", mfa="perhaps")

READINGS = {
    "whole": (report(ACCOUNT, "alice"), ("collected", None), (2, 0, 0)),
    "a value that cannot be read": (UNPARSED, ("partial", "PartialReport"), (2, 0, 1)),
    "no root row": (NO_ROOT, ("partial", "PartialReport"), (1, 0, 0)),
    "not a report": (b"<html>Service Unavailable</html>", ("malformed_report", "MalformedReport"), (None, None, None)),
    "nothing": (b"", ("malformed_report", "MalformedReport"), (None, None, None)),
    "another account's": (WRONG, ("wrong_account", "WrongAccount"), (None, None, None)),
}


@pytest.mark.parametrize(("content", "outcome", "counts"), READINGS.values(), ids=READINGS.keys())
def test_parsing_the_report_decides_the_outcome(content, outcome, counts):
    row = row_of(account_evidence(ACCOUNT), content)

    assert (row["outcome"], row["error_code"]) == outcome
    assert (row["user_count"], row["unreadable_rows"], row["unreadable_values"]) == counts
    assert (row["error_message"] is None) is (outcome[0] == "collected")


def test_a_report_without_its_time_is_malformed():
    evidence = account_evidence(ACCOUNT, report_generated_at=None)
    parsed = parse_report(report(ACCOUNT, "alice"), account_id=ACCOUNT)

    verdict = account_outcome(run_evidence(), evidence, parsed)

    assert (verdict.outcome, verdict.error_code) == (Outcome.MALFORMED_REPORT, "MalformedReport")
    assert user_rows(run_evidence(), [ParsedAccount(evidence, verdict, parsed)]).num_rows == 0


def outcome_of(generated_at, content=None, *, partition="aws", **of_run):
    evidence = account_evidence(ACCOUNT, report_generated_at=generated_at, aws_partition=partition)
    return type_account(run_evidence(**of_run), evidence, content or report(ACCOUNT, "alice")).result


def test_a_report_a_day_older_than_the_run_is_partial():
    old = outcome_of(STARTED - timedelta(hours=24, seconds=1))

    assert (old.outcome, old.error_code, old.user_count) == ("partial", "StaleReport", 2)
    assert old.error_message == (
        "The report was generated at 2026-11-22T15:21:59.123Z, more than 24 hours before the run started."
    )
    assert outcome_of(STARTED - timedelta(hours=24)).outcome is Outcome.COLLECTED


def test_a_report_an_hour_newer_than_its_fetch_is_partial():
    fetched = STARTED + timedelta(seconds=4)

    new = outcome_of(fetched + timedelta(hours=1, seconds=1))

    assert (new.outcome, new.error_code) == ("partial", "StaleReport")
    assert new.error_message == (
        "The report was generated at 2026-11-23T16:22:05.123Z, more than 1 hour after it was fetched: "
        "check the collector's clock."
    )
    assert outcome_of(fetched + timedelta(hours=1)).outcome is Outcome.COLLECTED


def test_a_stale_report_says_what_else_is_wrong_with_it():
    both = outcome_of(datetime(2015, 1, 1, tzinfo=UTC), NO_ROOT)

    assert both.error_code == "StaleReport"
    assert both.error_message == (
        "There is no root row. The report was generated at 2015-01-01T00:00:00.000Z, more than 24 hours before the run "
        "started."
    )


def test_a_report_from_a_file_may_be_of_any_age():
    assert outcome_of(datetime(2015, 1, 1, tzinfo=UTC), inventory_source="report_files").outcome is Outcome.COLLECTED


@pytest.mark.parametrize(
    ("partition", "outcome"), [("aws-cn", "collected"), ("aws", "partial"), ("aws-us-gov", "partial")]
)
def test_without_a_root_row_an_account_is_collected_where_the_partition_has_no_root_user(partition, outcome):
    content = NO_ROOT.replace(b"arn:aws:", f"arn:{partition}:".encode())

    assert outcome_of(STARTED, content, partition=partition).outcome == outcome


def test_a_run_of_an_older_version_keeps_the_rules_it_was_made_under():
    """Its tables would differ from what `verify` and `rebuild` make of its raw zone."""
    run = run_evidence()
    older = unsealed(json.loads(run_json(run, "")))
    del older["outcome_rules"]
    rules = read_run_json(json.dumps(older).encode(), "run.json").run.outcome_rules

    assert (rules, read_run_json(run_json(run, ""), "run.json").run.outcome_rules) == (1, 2)
    assert outcome_of(datetime(2015, 1, 1, tzinfo=UTC), outcome_rules=rules).outcome is Outcome.COLLECTED
    assert outcome_of(STARTED, NO_ROOT, partition="aws-cn", outcome_rules=rules).outcome is Outcome.PARTIAL


def users_of(evidence, content):
    parsed = parse_report(content, account_id=evidence.account_id)
    result = account_outcome(run_evidence(), evidence, parsed)
    return user_rows(run_evidence(), [ParsedAccount(evidence, result, parsed)])


def test_a_user_is_one_row_with_the_keys_of_its_snapshot_and_account():
    table = users_of(account_evidence(ACCOUNT), report(ACCOUNT, "alice"))

    assert table.schema.equals(file_schema("user"))
    assert table.to_pylist()[1] == {
        "record_type": "user",
        "organization_id": "o-abcdefghij",
        "snapshot_date": "2026-11-23",
        "run_id": "20261123T152200Z-1a2b3c4d",
        "account_id": "012345678901",
        "user_name": "alice",
        "user_arn": "arn:aws:iam::012345678901:user/team/alice",
        "is_root": False,
        "user_creation_time": datetime(2026, 9, 11, 13, 14, 44, tzinfo=UTC),
        "password_enabled": True,
        "password_last_used": None,
        "password_last_changed": datetime(2026, 9, 11, 13, 14, 45, tzinfo=UTC),
        "password_next_rotation": None,
        "mfa_active": False,
        "access_key_1_active": True,
        "access_key_1_last_rotated": datetime(2026, 9, 11, 13, 14, 50, tzinfo=UTC),
        "access_key_1_last_used_date": None,
        "access_key_1_last_used_region": None,
        "access_key_1_last_used_service": None,
        "access_key_2_active": False,
        "access_key_2_last_rotated": None,
        "access_key_2_last_used_date": None,
        "access_key_2_last_used_region": None,
        "access_key_2_last_used_service": None,
        "cert_1_active": False,
        "cert_1_last_rotated": None,
        "cert_2_active": False,
        "cert_2_last_rotated": None,
        "additional_credentials_info": None,
        "null_reasons": [("password_last_used", "no_information")],
        "unknown_columns": [],
        "report_generated_at": datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC),
    }


@pytest.mark.parametrize("content", [WRONG, b"", b"<html></html>"], ids=["wrong account", "empty", "html"])
def test_no_users_are_published_of_a_malformed_report_or_that_of_another_account(content):
    assert users_of(account_evidence(ACCOUNT), content).num_rows == 0


def test_accounts_typed_at_once_are_as_each_alone():
    """With what must not be published among them, and reports of different times."""
    accounts = [
        *some_accounts(),
        (
            account_evidence("777777777777", report_generated_at=datetime(2015, 1, 1, tzinfo=UTC)),
            report("777777777777"),
        ),
        (account_evidence("888888888888", report_generated_at=None), report("888888888888", "dora")),
        (account_evidence("999999999999", aws_partition="aws-cn"), NO_ROOT.replace(b"012345678901", b"999999999999")),
    ]
    run = run_evidence()

    results, users = type_accounts(run, accounts)

    each = [type_account(run, evidence, content) for evidence, content in accounts]
    assert results == [one.result for one in each]
    assert users.equals(pa.concat_tables([one.users for one in each]))
    assert type_accounts(run, accounts[1:3]).users.equals(USER_SCHEMA.empty_table())
