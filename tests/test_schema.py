"""The columns of docs/columns.md, written down once more: renaming one breaks its readers."""

from __future__ import annotations

import pyarrow as pa
import pytest

from collector import schema

STRING, BOOLEAN, INT = pa.string(), pa.bool_(), pa.int32()
TIMESTAMP = pa.timestamp("ms", tz="UTC")
MAP = pa.map_(pa.string(), pa.string())

KEYS = {"organization_id": STRING, "snapshot_date": STRING, "run_id": STRING, "account_id": STRING}

CREDENTIAL_REPORT = KEYS | {
    "user_name": STRING,
    "user_arn": STRING,
    "is_root": BOOLEAN,
    "user_creation_time": TIMESTAMP,
    "password_enabled": BOOLEAN,
    "password_last_used": TIMESTAMP,
    "password_last_changed": TIMESTAMP,
    "password_next_rotation": TIMESTAMP,
    "mfa_active": BOOLEAN,
    "access_key_1_active": BOOLEAN,
    "access_key_1_last_rotated": TIMESTAMP,
    "access_key_1_last_used_date": TIMESTAMP,
    "access_key_1_last_used_region": STRING,
    "access_key_1_last_used_service": STRING,
    "access_key_2_active": BOOLEAN,
    "access_key_2_last_rotated": TIMESTAMP,
    "access_key_2_last_used_date": TIMESTAMP,
    "access_key_2_last_used_region": STRING,
    "access_key_2_last_used_service": STRING,
    "cert_1_active": BOOLEAN,
    "cert_1_last_rotated": TIMESTAMP,
    "cert_2_active": BOOLEAN,
    "cert_2_last_rotated": TIMESTAMP,
    "additional_credentials_info": STRING,
    "null_reasons": MAP,
    "unknown_columns": MAP,
    "report_generated_at": TIMESTAMP,
}

ACCOUNT = KEYS | {
    "account_name": STRING,
    "account_email": STRING,
    "account_arn": STRING,
    "aws_partition": STRING,
    "account_state": STRING,
    "joined_at": TIMESTAMP,
    "ou_id": STRING,
    "ou_path": STRING,
    "tags": MAP,
    "outcome": STRING,
    "error_code": STRING,
    "error_message": STRING,
    "attempts": INT,
    "run_started_at": TIMESTAMP,
    "started_at": TIMESTAMP,
    "finished_at": TIMESTAMP,
    "report_generated_at": TIMESTAMP,
    "user_count": INT,
    "unreadable_rows": INT,
    "unreadable_values": INT,
    "raw_sha256": STRING,
    "raw_location": STRING,
    "password_policy_state": STRING,
    "password_policy_error": STRING,
    "minimum_password_length": INT,
    "password_reuse_prevention": INT,
    "max_password_age": INT,
    "require_symbols": BOOLEAN,
    "require_numbers": BOOLEAN,
    "require_uppercase_characters": BOOLEAN,
    "require_lowercase_characters": BOOLEAN,
    "hard_expiry": BOOLEAN,
    "allow_users_to_change_password": BOOLEAN,
    "users": INT,
    "users_quota": INT,
    "mfa_devices": INT,
    "mfa_devices_in_use": INT,
    "summary_error": STRING,
    "account_mfa_enabled": BOOLEAN,
    "account_access_keys_present": BOOLEAN,
    "account_password_present": BOOLEAN,
    "account_signing_certificates_present": BOOLEAN,
    "limit_access_key_rotation_days": INT,
    "limit_access_key_unused_days": INT,
    "limit_password_unused_days": INT,
    "limit_root_use_days": INT,
    "limit_password_length": INT,
    "limit_password_reuse": INT,
    "inventory_source": STRING,
    "denied_by_type": STRING,
    "denied_by_arn": STRING,
    "is_management_account": BOOLEAN,
    "owner": STRING,
    "ou_id_path": STRING,
}

EXCEPTION = KEYS | {
    "run_started_at": TIMESTAMP,
    "owner": STRING,
    "exception_id": STRING,
    "control_id": STRING,
    "ou": STRING,
    "finding_id": STRING,
    "user_glob": STRING,
    "approved_by": STRING,
    "reason": STRING,
    "ticket": STRING,
    "expires_on": STRING,
    "ends_at": TIMESTAMP,
    "user_pattern": STRING,
    "ou_pattern": STRING,
}

RECORD = EXCEPTION | ACCOUNT | CREDENTIAL_REPORT | {"record_type": STRING}

TABLES = {
    "credential_report": (schema.CREDENTIAL_REPORT, CREDENTIAL_REPORT),
    "account": (schema.ACCOUNT, ACCOUNT),
    # One thing behind one pointer: all columns of all.
    "snapshot_record": (schema.SNAPSHOT_RECORD, RECORD),
    "snapshot_record_latest": (schema.SNAPSHOT_RECORD_LATEST, RECORD),
    "exception": (schema.EXCEPTION, EXCEPTION),
}


@pytest.mark.parametrize(("table", "columns"), TABLES.values(), ids=TABLES.keys())
def test_a_table_has_these_columns_with_these_types(table, columns):
    assert {field.name: field.type for field in table.arrow_schema} == columns


@pytest.mark.parametrize("record_type", ["account", "user", "exception"])
def test_a_file_holds_the_columns_of_its_kind_and_record_type_in_this_order(record_type):
    columns = {"account": ACCOUNT, "user": CREDENTIAL_REPORT, "exception": EXCEPTION}[record_type]

    assert schema.file_schema(record_type).names == ["record_type", *columns]


def test_a_later_column_is_the_last_of_the_table_in_glue_whatever_it_is_about():
    added = ("denied_by_type", "denied_by_arn", "is_management_account", "owner", "ou_id_path")
    of_exceptions = tuple(name for name in EXCEPTION if name not in {*KEYS, "run_started_at", "owner"})

    later = (*added, *of_exceptions)
    assert schema.SNAPSHOT_RECORD.names[-len(later) :] == later


# The header of a live report of 2026-09-11 (facts F1.2), in AWS's order.
LIVE_HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)


def test_every_column_of_aws_has_one_of_ours_and_only_two_are_renamed():
    found = {column.source: column.name for column in schema.REPORT_COLUMNS}

    assert list(found) == [*LIVE_HEADER.split(","), "additional_credentials_info"]
    assert {source: name for source, name in found.items() if source != name} == {
        "user": "user_name",
        "arn": "user_arn",
    }
    assert {"additional_credentials_info"} == schema.OPTIONAL_REPORT_COLUMNS


@pytest.mark.parametrize("table", [schema.ACCOUNT, schema.CREDENTIAL_REPORT], ids=["account", "credential_report"])
def test_maps_and_keys_are_never_null(table):
    never_null = {column.name for column in table.columns if not column.nullable}

    assert {field.name for field in table.arrow_schema if field.type == MAP} <= never_null
    assert {"organization_id", "snapshot_date", "run_id", "account_id"} <= never_null


def test_every_column_says_what_it_means_in_a_comment_that_glue_takes():
    for column in schema.SNAPSHOT_RECORD.columns:
        # `CommentString` of Glue's API is no longer than that.
        assert 10 < len(column.comment) <= 255
        assert "\n" not in column.comment
        assert column.name == column.name.lower()


def test_a_column_of_both_kinds_of_rows_has_one_meaning():
    shared = set(schema.ACCOUNT.names) & set(schema.CREDENTIAL_REPORT.names)

    assert shared == {"organization_id", "snapshot_date", "run_id", "account_id", "report_generated_at"}
    for name in shared:
        assert schema.ACCOUNT.column(name).comment == schema.CREDENTIAL_REPORT.column(name).comment
        assert schema.ACCOUNT.column(name).type is schema.CREDENTIAL_REPORT.column(name).type
