"""The report's text, against rows captured from AWS (facts F1.7)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collector.simulator import (
    AccessKeySpec,
    AccountSpec,
    CertificateSpec,
    PasswordPolicySpec,
    PasswordSpec,
    RootSpec,
    UserSpec,
    faults,
)
from collector.simulator.report import write_report

ACCOUNT = "333333333333"

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)
CAPTURED_ROOT = (
    "<root_account>,arn:aws:iam::333333333333:root,2025-08-25T13:49:23Z,true,no_information,2026-09-12T01:41:52Z,"
    "not_supported,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
)
CAPTURED_KEYS = (
    "one-active-one-inactive,arn:aws:iam::333333333333:user/team/one-active-one-inactive,2026-09-11T13:14:49Z,false,"
    "N/A,N/A,N/A,false,true,2026-09-11T13:14:50Z,N/A,N/A,N/A,false,2026-09-11T13:14:50Z,N/A,N/A,N/A,false,N/A,false,N/A"
)
CAPTURED_PASSWORD = (
    "password-never-used,arn:aws:iam::333333333333:user/team/password-never-used,2026-09-11T13:14:44Z,true,"
    "no_information,2026-09-11T13:14:45Z,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
)
CAPTURED_CERTIFICATES = (
    "inactive-cert-first,arn:aws:iam::333333333333:user/team/inactive-cert-first,2026-09-11T13:15:08Z,false,N/A,N/A,"
    "N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,2026-09-11T13:15:10Z,true,2026-09-11T13:15:09Z"
)
CAPTURED_MFA = (
    "mfa-without-password,arn:aws:iam::333333333333:user/team/mfa-without-password,2026-09-11T13:15:15Z,false,N/A,N/A,"
    "N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
)


def at(text):
    return datetime.fromisoformat(text)


ROOT = RootSpec(at("2025-08-25T13:49:23Z"), password=PasswordSpec(at("2026-09-12T01:41:52Z")))
USERS = (
    UserSpec(
        "one-active-one-inactive",
        at("2026-09-11T13:14:49Z"),
        "/team/",
        access_keys=(
            AccessKeySpec(at("2026-09-11T13:14:50Z")),
            AccessKeySpec(at("2026-09-11T13:14:50Z"), active=False),
        ),
    ),
    UserSpec(
        "password-never-used",
        at("2026-09-11T13:14:44Z"),
        "/team/",
        password=PasswordSpec(at("2026-09-11T13:14:45Z")),
    ),
    UserSpec(
        "inactive-cert-first",
        at("2026-09-11T13:15:08Z"),
        "/team/",
        certificates=(
            CertificateSpec(at("2026-09-11T13:15:10Z"), active=False),
            CertificateSpec(at("2026-09-11T13:15:09Z")),
        ),
    ),
    UserSpec("mfa-without-password", at("2026-09-11T13:15:15Z"), "/team/", mfa_active=True),
)


def lines_of(account, partition="aws"):
    return write_report(account, partition).decode().split("\n")


def account(**parts):
    return AccountSpec(ACCOUNT, "captured", **{"root": ROOT, **parts})


def test_the_report_is_byte_for_byte_what_was_captured_from_aws():
    text = write_report(account(users=USERS), "aws").decode()

    # Case-insensitive order; LF; the last row is not ended.
    assert text == (
        f"{HEADER}\n{CAPTURED_ROOT}\n{CAPTURED_CERTIFICATES}\n{CAPTURED_MFA}\n{CAPTURED_KEYS}\n{CAPTURED_PASSWORD}"
    )


def test_users_are_in_case_insensitive_order_after_root():
    names = ("Zeta", "alpha", "Beta")
    users = tuple(UserSpec(name, at("2026-01-01T00:00:00Z")) for name in names)

    assert [line.split(",")[0] for line in lines_of(account(users=users))[1:]] == [
        "<root_account>",
        "alpha",
        "Beta",
        "Zeta",
    ]


def test_a_key_used_in_a_service_without_regions_has_a_date_and_no_region():
    key = AccessKeySpec(at("2026-01-01T00:00:00Z"), last_used_at=at("2026-06-01T10:15:00Z"), last_used_service="s3")
    user = UserSpec("backup-writer", at("2026-01-01T00:00:00Z"), access_keys=(None, key))

    assert lines_of(account(users=(user,)))[2] == (
        "backup-writer,arn:aws:iam::333333333333:user/backup-writer,2026-01-01T00:00:00Z,false,N/A,N/A,N/A,false,"
        "false,N/A,N/A,N/A,N/A,true,2026-01-01T00:00:00Z,2026-06-01T10:15:00Z,N/A,s3,false,N/A,false,N/A"
    )


def test_a_password_expires_only_where_the_policy_has_a_maximum_age():
    user = UserSpec(
        "admin-02",
        at("2026-01-01T00:00:00Z"),
        password=PasswordSpec(at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z")),
    )
    policy = PasswordPolicySpec(max_password_age=90)

    assert lines_of(account(users=(user,)))[2].split(",")[3:7] == [
        "true",
        "2026-03-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
        "N/A",
    ]
    assert lines_of(account(users=(user,), password_policy=policy))[2].split(",")[6] == "2026-05-02T00:00:00Z"


def test_root_without_credentials_has_no_password_and_still_no_rotation():
    root = RootSpec(at("2025-08-25T13:49:23Z"))

    assert lines_of(account(root=root))[1].split(",")[3:8] == ["false", "N/A", "N/A", "not_supported", "false"]


def test_arns_carry_the_partition():
    assert lines_of(account(users=USERS[:1]), "aws-cn")[2].split(",")[1] == (
        "arn:aws-cn:iam::333333333333:user/team/one-active-one-inactive"
    )


def test_dates_are_written_in_utc():
    root = RootSpec(at("2026-01-01T01:30:00+02:00"))

    assert lines_of(account(root=root))[1].split(",")[2] == "2025-12-31T23:30:00Z"


def test_a_third_access_key_is_refused():
    key = AccessKeySpec(datetime(2026, 1, 1, tzinfo=UTC))

    with pytest.raises(ValueError, match="2 slots"):
        write_report(account(users=(UserSpec("x", at("2026-01-01T00:00:00Z"), access_keys=(key, key, key)),)), "aws")


def test_a_template_is_filled_in_with_the_accounts_id():
    assert write_report(account(report_template="arn:aws:iam::@ACCOUNT@:root"), "aws") == (
        b"arn:aws:iam::333333333333:root"
    )


def changed(fault):
    return write_report(account(users=USERS, faults=(fault,)), "aws")


def changed_lines(fault):
    return changed(fault).decode().split("\n")


@pytest.mark.parametrize(
    ("fault", "start"),
    [(faults.HTML_PAGE, b"<!DOCTYPE html>"), (faults.EMPTY_BODY, b""), (faults.GARBAGE, b"\x00\xff\xfe")],
)
def test_what_is_not_a_report_does_not_begin_like_one(fault, start):
    content = changed(fault)

    assert content.startswith(start)
    assert b"user,arn" not in content


def test_a_missing_column_is_missing_from_header_and_rows():
    lines = changed_lines(faults.MISSING_COLUMN)

    assert "mfa_active" not in lines[0]
    assert {len(line.split(",")) for line in lines} == {21}


def test_the_wrong_account_is_in_every_arn():
    lines = changed_lines(faults.WRONG_ACCOUNT)

    assert all("::999999999999:" in line for line in lines[1:])
    assert b"333333333333" not in changed(faults.WRONG_ACCOUNT)


def test_without_a_root_row_all_users_remain():
    assert changed_lines(faults.NO_ROOT_ROW) == [
        HEADER,
        CAPTURED_CERTIFICATES,
        CAPTURED_MFA,
        CAPTURED_KEYS,
        CAPTURED_PASSWORD,
    ]


def test_a_report_can_be_a_header_only():
    assert changed(faults.HEADER_ONLY).decode() == HEADER


def test_an_unparsable_value_is_in_one_row():
    lines = changed_lines(faults.UNPARSABLE_VALUE)

    assert [line.split(",")[7] for line in lines[1:]] == ["false", "maybe", "true", "false", "false"]


def test_a_short_row_ends_after_eight_fields():
    assert [len(line.split(",")) for line in changed_lines(faults.SHORT_ROW)] == [22, 22, 8, 22, 22, 22]


def test_a_comma_in_a_name_is_quoted_or_not():
    no_credentials = (
        "2025-08-25T13:49:23Z,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    )

    assert changed_lines(faults.UNQUOTED_COMMA)[-1] == (
        f"analyst,reports,arn:aws:iam::333333333333:user/analyst,reports,{no_credentials}"
    )
    assert changed_lines(faults.QUOTED_COMMA)[-1] == (
        f'"analyst,reports","arn:aws:iam::333333333333:user/analyst,reports",{no_credentials}'
    )


def test_columns_that_aws_adds_are_last():
    extra, unknown = changed_lines(faults.EXTRA_COLUMN), changed_lines(faults.UNKNOWN_COLUMN)

    assert extra[0] == HEADER + ",additional_credentials_info"
    assert [line.rsplit(",", 1)[1] for line in extra[1:3]] == [
        "N/A",
        "1 additional access key; use ListAccessKeys to list it",
    ]
    assert unknown[0] == HEADER + ",passkey_count"
    assert unknown[1] == CAPTURED_ROOT + ",2"


def test_shuffled_columns_keep_each_value_under_its_header():
    lines = [line.split(",") for line in changed_lines(faults.SHUFFLED_COLUMNS)]

    assert lines[0] != HEADER.split(",")
    assert dict(zip(lines[0], lines[1], strict=True)) == dict(
        zip(HEADER.split(","), CAPTURED_ROOT.split(","), strict=True)
    )


def test_the_old_style_has_offsets_and_does_not_report_the_root_password():
    lines = changed_lines(faults.OLD_STYLE)

    assert lines[1].split(",")[2:7] == [
        "2025-08-25T13:49:23+00:00",
        "not_supported",
        "no_information",
        "not_supported",
        "not_supported",
    ]
    assert lines[5].split(",")[3:6] == ["true", "no_information", "2026-09-11T13:14:45+00:00"]


def test_the_harmless_variations():
    assert changed(faults.BYTE_ORDER_MARK).startswith(b"\xef\xbb\xbfuser,arn,")
    assert changed(faults.WINDOWS_LINES).endswith(b",N/A\r\n")
    assert changed(faults.WINDOWS_LINES).count(b"\r\n") == 6
    assert changed_lines(faults.UPPER_CASE_BOOLEANS)[1].split(",")[3] == "TRUE"
    assert changed_lines(faults.FRACTIONAL_SECONDS)[1].split(",")[2] == "2025-08-25T13:49:23.250Z"


def test_faults_of_a_report_add_up():
    both = AccountSpec(
        ACCOUNT, "both", root=ROOT, users=USERS, faults=(faults.OLD_STYLE, faults.NO_ROOT_ROW, faults.WINDOWS_LINES)
    )
    text = write_report(both, "aws").decode()

    assert "<root_account>" not in text
    assert "2026-09-11T13:14:44+00:00" in text
    assert text.endswith("\r\n")
