"""The rows of the real API: every value of every row."""

from __future__ import annotations

import pytest

from collector.outcome import Outcome
from collector.report import ParsedReport, parse_report
from collector.schema import PARSED_REPORT
from tests.report.shapes import ACCOUNT, HEADER, ROOT, ROOT_ROW, expected_user, file, plain, report, user_row

# Facts F1.7, literally: the file must be this text, so that a slip in it cannot hide.
LIVE = b"""\
user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated
<root_account>,arn:aws:iam::333333333333:root,2025-08-25T13:49:23Z,true,no_information,2026-09-12T01:41:52Z,not_supported,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
one-active-one-inactive,arn:aws:iam::333333333333:user/team/one-active-one-inactive,2026-09-11T13:14:49Z,false,N/A,N/A,N/A,false,true,2026-09-11T13:14:50Z,N/A,N/A,N/A,false,2026-09-11T13:14:50Z,N/A,N/A,N/A,false,N/A,false,N/A
password-never-used,arn:aws:iam::333333333333:user/team/password-never-used,2026-09-11T13:14:44Z,true,no_information,2026-09-11T13:14:45Z,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
inactive-cert-first,arn:aws:iam::333333333333:user/team/inactive-cert-first,2026-09-11T13:15:08Z,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,2026-09-11T13:15:10Z,true,2026-09-11T13:15:09Z
mfa-without-password,arn:aws:iam::333333333333:user/team/mfa-without-password,2026-09-11T13:15:15Z,false,N/A,N/A,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"""


def test_the_file_is_the_captured_text_without_a_newline_at_the_end():
    assert file("live_shape") == LIVE


def test_every_value_of_the_captured_rows():
    parsed = parse_report(LIVE, account_id=ACCOUNT)

    assert plain(parsed.users) == [
        ROOT,
        expected_user(
            "one-active-one-inactive",
            "team/",
            user_creation_time="2026-09-11T13:14:49.000Z",
            mfa_active=False,
            access_key_1_active=True,
            access_key_1_last_rotated="2026-09-11T13:14:50.000Z",
            access_key_2_last_rotated="2026-09-11T13:14:50.000Z",
        ),
        expected_user(
            "password-never-used",
            "team/",
            user_creation_time="2026-09-11T13:14:44.000Z",
            password_enabled=True,
            password_last_changed="2026-09-11T13:14:45.000Z",
            mfa_active=False,
            null_reasons={"password_last_used": "no_information"},
        ),
        expected_user(
            "inactive-cert-first",
            "team/",
            user_creation_time="2026-09-11T13:15:08.000Z",
            mfa_active=False,
            cert_1_last_rotated="2026-09-11T13:15:10.000Z",
            cert_2_active=True,
            cert_2_last_rotated="2026-09-11T13:15:09.000Z",
        ),
        expected_user("mfa-without-password", "team/"),
    ]


def test_a_report_read_in_full_is_collected_and_has_no_problem():
    parsed = parse_report(LIVE, account_id=ACCOUNT)

    assert parsed == ParsedReport(
        outcome=Outcome.COLLECTED,
        users=parsed.users,
        unreadable_rows=0,
        unreadable_values=0,
        has_root=True,
        problem=None,
        unknown_columns=(),
    )


@pytest.mark.parametrize("name", ["live_shape", "unreadable_values", "header_only", "comma_in_user_name_quoted"])
def test_the_table_has_exactly_the_declared_schema(name):
    users = parse_report(file(name), account_id=ACCOUNT).users

    assert users.schema.equals(PARSED_REPORT.arrow_schema, check_metadata=True)
    users.validate(full=True)


def test_rows_keep_the_reports_order_and_root_may_stand_anywhere():
    parsed = parse_report(file("root_row_last"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert parsed.has_root
    assert plain(parsed.users) == [expected_user("Bob"), expected_user("alice"), expected_user("zoe", "team/"), ROOT]


def test_root_of_an_older_report_is_read():
    parsed = parse_report(file("old_style_with_offset"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert plain(parsed.users) == [
        {
            **ROOT,
            "user_creation_time": "2015-02-03T04:05:06.000Z",
            "password_enabled": None,
            "password_last_used": "2016-07-08T09:10:11.000Z",
            "password_last_changed": None,
            "mfa_active": True,
            "null_reasons": {
                "password_enabled": "not_supported",
                "password_last_changed": "not_supported",
                "password_next_rotation": "not_supported",
            },
        },
        expected_user(
            "deploy",
            user_creation_time="2017-01-02T03:04:05.000Z",
            mfa_active=False,
            access_key_1_active=True,
            access_key_1_last_rotated="2017-01-02T03:05:00.000Z",
            access_key_1_last_used_date="2019-12-31T23:59:00.000Z",
            access_key_1_last_used_region="us-east-1",
            access_key_1_last_used_service="ec2",
        ),
    ]


def test_a_report_as_moto_writes_it_is_read_and_partial_for_want_of_root():
    parsed = parse_report(file("moto_style"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.PARTIAL
    assert parsed.problem == "There is no root row."
    assert not parsed.has_root
    nowhere = {
        "password_last_used": "not_supported",
        "password_next_rotation": "not_supported",
        "access_key_1_last_used_region": "not_supported",
        "access_key_1_last_used_service": "not_supported",
        "access_key_2_last_used_region": "not_supported",
        "access_key_2_last_used_service": "not_supported",
    }
    assert plain(parsed.users) == [
        expected_user(
            "jane",
            user_creation_time="2026-11-23T13:59:41.000Z",
            password_enabled=True,
            password_last_changed="2026-11-23T13:59:41.000Z",
            mfa_active=False,
            access_key_1_active=True,
            access_key_1_last_rotated="2026-11-23T13:59:42.000Z",
            null_reasons=nowhere,
        ),
        expected_user(
            "robot",
            user_creation_time="2026-11-23T13:59:43.000Z",
            password_last_changed="2026-11-23T13:59:43.000Z",
            mfa_active=False,
            null_reasons=nowhere,
        ),
    ]


def test_a_large_report_keeps_every_row():
    names = [f"user-{number:04}" for number in range(5000)]
    parsed = parse_report(report(ROOT_ROW, *(user_row(name, "team/") for name in names)), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert parsed.users["user_name"].to_pylist() == ["<root_account>", *names]
    assert plain(parsed.users.slice(5000)) == [expected_user("user-4999", "team/")]


def test_the_result_shows_no_row_where_it_is_printed():
    assert "password-never-used" not in repr(parse_report(LIVE, account_id=ACCOUNT))


def test_the_shapes_of_the_tests_are_the_captured_ones():
    assert LIVE.decode().split("\n")[:2] == [HEADER, ROOT_ROW]
    assert LIVE.decode().split("\n")[5] == user_row("mfa-without-password", "team/")
