"""For every fault that the simulator knows: the outcome, and every value of every row as it was served."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime

import pytest

from tests.fixtures.every_fault import EXPECTED, FAULTS, STATES, Expected, account_id
from tests.fixtures.served_report import rows_of

WHOLE_ACCOUNTS = ("administered", "asked-an-hour-ago")


def test_every_fault_of_the_simulator_has_its_expectation_here():
    assert set(EXPECTED) == set(FAULTS)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_fault_has_its_outcome_and_its_reason(everything, name):
    expected: Expected = EXPECTED[name]
    row = everything.accounts[account_id(name)]

    assert (row["outcome"], row["error_code"]) == (expected.outcome, expected.error_code)
    assert row["user_count"] == expected.rows
    if expected.error_code is None:
        assert row["error_message"] is None
    else:
        assert expected.message in row["error_message"]
    counts = (row["unreadable_rows"], row["unreadable_values"])
    assert counts == ((None, None) if expected.rows is None else (expected.unreadable_rows, expected.unreadable_values))


@pytest.mark.parametrize("name", [*(name for name in EXPECTED if EXPECTED[name].rows is not None), *WHOLE_ACCOUNTS])
def test_every_value_of_every_row_is_what_was_served(everything, name):
    account = account_id(name)
    served = everything.server.stored_report(account)
    run = everything.run.result.run
    constants = {
        "record_type": "user",
        "organization_id": "o-aa111bb222",
        "snapshot_date": run.run_id[:4] + "-" + run.run_id[4:6] + "-" + run.run_id[6:8],
        "run_id": run.run_id,
        "account_id": account,
        "report_generated_at": everything.accounts[account]["report_generated_at"],
    }
    expected = [constants | row for row in rows_of(served.content)]

    assert len(expected) == (EXPECTED[name].rows if name in EXPECTED else 3)
    assert everything.users.get(account, []) == expected


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name].rows is None])
def test_no_user_is_published_of_an_account_that_was_not_collected(everything, name):
    assert account_id(name) not in everything.users


def test_a_row_of_each_user_is_what_the_account_holds(everything):
    """Three rows in full, spelled out: both readers and the simulator's writer could be wrong in the same way."""
    account = "000100000022"
    assert account_id("sts-region-disabled") == account  # the fourth, so its dates are three hours after the beginning
    root, person, program = everything.users[account]

    def at(*moment):
        return datetime(2020, *moment, tzinfo=UTC)

    nothing = dict.fromkeys(root)
    own = {name: root[name] for name in ("record_type", "organization_id", "snapshot_date", "run_id", "account_id")}
    generated = {"report_generated_at": root["report_generated_at"]}
    inactive = dict.fromkeys(
        ("access_key_1_active", "access_key_2_active", "cert_1_active", "cert_2_active", "password_enabled"),
        False,
    )
    assert root == nothing | own | generated | inactive | {
        "user_name": "<root_account>",
        "user_arn": f"arn:aws:iam::{account}:root",
        "is_root": True,
        "user_creation_time": at(3, 1, 0, 2, 58),
        "mfa_active": False,
        "null_reasons": {"password_next_rotation": "not_supported"},
        "unknown_columns": {},
    }
    assert person == nothing | own | generated | inactive | {
        "user_name": "Dora.Person@example",
        "user_arn": f"arn:aws:iam::{account}:user/people/in/Dora.Person@example",
        "is_root": False,
        "user_creation_time": at(3, 1, 2, 59, 58),
        "password_enabled": True,
        "password_last_changed": at(3, 2, 2, 59, 58),
        "mfa_active": True,
        "access_key_1_active": True,
        "access_key_1_last_rotated": at(3, 5, 2, 59, 58),
        "access_key_1_last_used_date": at(3, 6, 2, 59, 58),
        "access_key_1_last_used_region": "eu-north-1",
        "access_key_1_last_used_service": "ec2",
        "access_key_2_last_rotated": at(3, 4, 2, 59, 58),
        "null_reasons": {"password_last_used": "no_information"},
        "unknown_columns": {},
    }
    assert program == nothing | own | generated | inactive | {
        "user_name": "robot+1=2",
        "user_arn": f"arn:aws:iam::{account}:user/robot+1=2",
        "is_root": False,
        "user_creation_time": at(3, 1, 2, 59, 59),
        "mfa_active": False,
        "access_key_2_active": True,
        "access_key_2_last_rotated": at(3, 1, 2, 59, 59),
        "access_key_2_last_used_date": at(3, 10, 2, 59, 59),
        "access_key_2_last_used_service": "s3",
        "cert_1_last_rotated": at(3, 7, 2, 59, 59),
        "cert_2_active": True,
        "cert_2_last_rotated": at(3, 8, 2, 59, 59),
        "null_reasons": {},
        "unknown_columns": {},
    }


def test_the_documented_23rd_column_is_read_and_one_that_nobody_knows_is_kept(everything):
    extra = everything.users[account_id("extra-column")]
    unknown = everything.users[account_id("unknown-column")]

    assert [row["additional_credentials_info"] for row in extra] == [
        None,
        "1 additional access key; use ListAccessKeys to list it",
        None,
    ]
    assert [row["unknown_columns"] for row in unknown] == [{"passkey_count": "2"}] * 3


def test_a_comma_in_a_name_is_kept_whether_it_was_quoted_or_not(everything):
    for name in ("unquoted-comma", "quoted-comma"):
        rows = everything.users[account_id(name)]
        assert [(row["user_name"], row["user_arn"].rpartition(":")[2]) for row in rows][-1] == (
            "analyst,reports",
            "user/analyst,reports",
        )


def test_a_value_that_cannot_be_read_is_null_with_its_reason_and_nothing_else_is_lost(everything):
    root, person, program = everything.users[account_id("unparsable-value")]

    assert (person["mfa_active"], person["null_reasons"]["mfa_active"]) == (None, "unparsed")
    assert (root["mfa_active"], program["mfa_active"]) == (False, False)


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name].error_code != "AccessDenied"])
def test_bytes_that_came_are_kept_as_they_came_also_those_of_no_use(everything, name):
    row = everything.accounts[account_id(name)]
    came = EXPECTED[name].outcome in {"collected", "partial", "malformed_report", "wrong_account"}
    if not came:
        assert (row["raw_sha256"], row["raw_location"], row["report_generated_at"]) == (None, None, None)
        return
    served = everything.server.stored_report(account_id(name))

    assert row["raw_location"] == f"raw/o-aa111bb222/{row['run_id']}/{row['account_id']}.csv.gz"
    assert gzip.decompress((everything.lake / row["raw_location"]).read_bytes()) == served.content
    assert row["raw_sha256"] == hashlib.sha256(served.content).hexdigest()
    # The wire has whole seconds.
    assert row["report_generated_at"] == served.generated_at.replace(microsecond=0)


@pytest.mark.parametrize("name", STATES)
def test_an_account_that_is_not_active_is_not_asked_and_has_its_row(everything, name):
    account = account_id(name)
    row = everything.accounts[account]

    assert (row["outcome"], row["account_state"], row["attempts"]) == ("skipped_state", name, 0)
    assert (row["error_code"], row["started_at"], row["finished_at"], row["user_count"]) == (
        "NotActive",
        None,
        None,
        None,
    )
    assert everything.calls.of_account(account) == {}


def test_an_account_that_is_left_out_is_not_asked_and_has_its_row(everything):
    row = everything.accounts[account_id("left-out")]

    assert (row["outcome"], row["attempts"], row["error_code"]) == ("excluded", 0, "Excluded")
    assert "--exclude-account" in row["error_message"]
    assert everything.calls.of_account(account_id("left-out")) == {}


def test_every_account_of_the_organization_is_a_row_and_no_other(everything):
    assert set(everything.accounts) == {account.account_id for account in everything.organization.accounts}
