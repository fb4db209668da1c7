"""What a value says, and why there is none."""

from __future__ import annotations

import pytest

from collector.outcome import Outcome
from collector.report import parse_report
from collector.report.values import value_and_reason
from collector.schema import ColumnType
from tests.report.shapes import ACCOUNT, HEADER, ROOT, ROOT_ROW, expected_user, file, plain, report, user_row

NULLABLE = HEADER.split(",")[2:]


def only_user(content):
    parsed = parse_report(content, account_id=ACCOUNT)
    return parsed, plain(parsed.users)[1]


def test_booleans_are_read_in_any_case():
    parsed = parse_report(file("upper_case_booleans"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert plain(parsed.users) == [ROOT, expected_user("alice")]


@pytest.mark.parametrize("sentinel", ["no_information", "not_supported"])
@pytest.mark.parametrize("column", NULLABLE)
def test_a_sentinel_is_accepted_in_every_column_and_leaves_its_reason(column, sentinel):
    parsed, user = only_user(report(ROOT_ROW, user_row("alice", **{column: sentinel})))

    assert parsed.outcome is Outcome.COLLECTED
    assert user == expected_user("alice", **{column: None}, null_reasons={column: sentinel})


@pytest.mark.parametrize("column", NULLABLE)
def test_not_applicable_is_accepted_in_every_column_and_leaves_no_reason(column):
    parsed, user = only_user(report(ROOT_ROW, user_row("alice", **{column: "N/A"})))

    assert parsed.outcome is Outcome.COLLECTED
    assert user == expected_user("alice", **{column: None})


@pytest.mark.parametrize("column", NULLABLE)
def test_an_empty_value_is_null_with_its_own_reason_and_not_unreadable(column):
    parsed, user = only_user(report(ROOT_ROW, user_row("alice", **{column: ""})))

    assert parsed.outcome is Outcome.COLLECTED
    assert parsed.unreadable_values == 0
    assert user == expected_user("alice", **{column: None}, null_reasons={column: "empty"})


def test_rows_of_nothing_but_sentinels():
    parsed = parse_report(file("sentinels_anywhere"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    root, alice, bob = plain(parsed.users)
    nothing = dict.fromkeys(NULLABLE)
    assert alice == expected_user("alice", **nothing)
    assert bob == expected_user("bob", **nothing, null_reasons=dict.fromkeys(NULLABLE, "empty"))
    no_information = {
        "user_creation_time",
        "password_last_used",
        "access_key_2_active",
        "access_key_2_last_rotated",
        "access_key_2_last_used_date",
        "access_key_2_last_used_region",
        "access_key_2_last_used_service",
        "cert_1_last_rotated",
        "cert_2_active",
    }
    reasons = {name: "no_information" if name in no_information else "not_supported" for name in NULLABLE}
    assert root == {**ROOT, **nothing, "null_reasons": reasons}


def test_a_user_may_be_called_like_a_sentinel_or_a_value():
    parsed = parse_report(file("users_called_like_sentinels"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    names = ["N/A", "no_information", "not_supported", "true", "null"]
    assert plain(parsed.users) == [ROOT, *map(expected_user, names)]


@pytest.mark.parametrize("text", ["n/a", "NO_INFORMATION", "Not_Supported", " N/A", "N/A ", "NULL", "-"])
def test_what_only_resembles_a_sentinel_is_no_sentinel(text):
    assert value_and_reason(text, ColumnType.TIMESTAMP) == (None, "unparsed")
    assert value_and_reason(text, ColumnType.BOOLEAN) == (None, "unparsed")
    assert value_and_reason(text, ColumnType.STRING) == (text, None)


TIMES = {
    "2026-09-11T13:15:15Z": "2026-09-11T13:15:15.000Z",
    "2026-09-11T13:15:15+00:00": "2026-09-11T13:15:15.000Z",
    "2026-09-11T13:15:15-00:00": "2026-09-11T13:15:15.000Z",
    "2026-09-11T13:15:15.9Z": "2026-09-11T13:15:15.900Z",
    "2026-09-11T13:15:15.12Z": "2026-09-11T13:15:15.120Z",
    "2026-09-11T13:15:15.123Z": "2026-09-11T13:15:15.123Z",
    "2026-09-11T13:15:15.123999+00:00": "2026-09-11T13:15:15.123Z",
    "2026-09-11T13:15:15.999999999Z": "2026-09-11T13:15:15.999Z",
    "2026-09-11T15:15:15+02:00": "2026-09-11T13:15:15.000Z",
    "2026-09-11T23:30:00-05:30": "2026-09-12T05:00:00.000Z",
    "2026-09-11T23:30:00-0530": "2026-09-12T05:00:00.000Z",
    "2026-01-01T00:30:00+01": "2025-12-31T23:30:00.000Z",
    "2026-09-11 13:15:15Z": "2026-09-11T13:15:15.000Z",
    "2024-02-29T00:00:00Z": "2024-02-29T00:00:00.000Z",
    "1969-12-31T23:59:59.9999Z": "1969-12-31T23:59:59.999Z",
    # nanoseconds since 1970 in 64 bits end in 1677 and 2262
    "1600-02-29T12:00:00Z": "1600-02-29T12:00:00.000Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59Z": "9999-12-31T23:59:59.000Z",
}


@pytest.mark.parametrize(("text", "instant"), TIMES.items())
def test_an_instant_with_an_offset_is_read_as_utc_cut_to_milliseconds(text, instant):
    parsed, user = only_user(report(ROOT_ROW, user_row("alice", cert_2_last_rotated=text)))

    assert parsed.outcome is Outcome.COLLECTED
    assert user == expected_user("alice", cert_2_last_rotated=instant)


NO_TIMES = [
    "2026-09-11T13:15:15",  # of no place in particular
    "2026-09-11",
    "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+05:00",  # year 0 in UTC
    "9999-12-31T23:59:59-05:00",
    "2026-09-11T24:00:00Z",
    "2026-09-11T13:60:00Z",
    "2026-09-11T13:15:60Z",
    "2026-09-11T13:15:15+24:00",
    "2026-09-11T13:15:15+00:60",
    "2026-09-11T13:15Z",
    "2026-09-11T13Z",
    "2026-09-11T13:15:15.Z",
    "2026-09-11T13:15:15.1234567891Z",
    "2026-09-11T13:15:15,5Z",
    "2026-09-11T13:15:15z",
    "2026-09-11t13:15:15Z",
    "2026-09-11T13:15:15Z ",
    " 2026-09-11T13:15:15Z",
    "2026-09-11T13:15:15 Z",
    "20260911T131515Z",
    "2026-W37-5T13:15:15Z",
    "+002026-09-11T13:15:15Z",
    "٢٠٢٦-09-11T13:15:15Z",  # digits, but not ours
    "1789132515",
    "true",
    " ",
    "\t",
]


@pytest.mark.parametrize("text", [text for text in NO_TIMES if "," not in text])
def test_what_is_no_instant_is_null_unparsed_and_makes_the_account_partial(text):
    parsed, user = only_user(report(ROOT_ROW, user_row("alice", password_last_used=text)))

    assert parsed.outcome is Outcome.PARTIAL
    assert parsed.unreadable_values == 1
    assert user == expected_user("alice", null_reasons={"password_last_used": "unparsed"})


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_instant_has_no_value(text):
    assert value_and_reason(text, ColumnType.TIMESTAMP) == (None, "unparsed")


@pytest.mark.parametrize("text", ["yes", "no", "1", "0", "t", "TRUE ", " true", "truefalse", "2026-09-11T13:15:15Z"])
def test_what_is_neither_true_nor_false_is_null_and_unparsed(text):
    parsed, user = only_user(report(ROOT_ROW, user_row("alice", mfa_active=text)))

    assert parsed.outcome is Outcome.PARTIAL
    assert user == expected_user("alice", mfa_active=None, null_reasons={"mfa_active": "unparsed"})


def test_a_region_of_not_applicable_is_a_plain_null_beside_a_date():
    """S3 has no Region in the report; that does not mean that the key was not used (facts F1.5)."""
    used = {
        "access_key_1_last_used_date": "2026-09-11T13:15:15Z",
        "access_key_1_last_used_region": "N/A",
        "access_key_1_last_used_service": "s3",
    }

    _, user = only_user(report(ROOT_ROW, user_row("alice", **used)))

    assert user == expected_user(
        "alice",
        access_key_1_last_used_date="2026-09-11T13:15:15.000Z",
        access_key_1_last_used_service="s3",
    )


def test_timestamps_of_many_forms_in_one_report():
    parsed = parse_report(file("timestamps_in_many_forms"), account_id=ACCOUNT)

    assert parsed.outcome is Outcome.COLLECTED
    assert plain(parsed.users) == [
        ROOT,
        expected_user(
            "alice",
            user_creation_time="2026-09-11T13:15:15.900Z",
            password_enabled=True,
            password_last_used="2026-09-11T13:15:15.123Z",
            password_last_changed="2026-09-11T13:15:15.000Z",
            password_next_rotation="0001-01-01T00:00:00.000Z",
            access_key_1_active=True,
            access_key_1_last_rotated="9999-12-31T23:59:59.999Z",
            access_key_1_last_used_date="1600-02-29T12:00:00.000Z",
            access_key_2_active=True,
            access_key_2_last_rotated="2026-09-12T05:00:00.000Z",
            access_key_2_last_used_date="1969-12-31T23:59:59.999Z",
            cert_1_active=True,
            cert_1_last_rotated="2026-09-11T08:15:15.000Z",
        ),
    ]


def test_unreadable_values_are_counted_and_placed_and_leave_the_rest_of_the_row():
    parsed = parse_report(file("unreadable_values"), account_id=ACCOUNT)

    unparsed = [
        "user_creation_time",
        "password_enabled",
        "password_last_used",
        "password_last_changed",
        "password_next_rotation",
        "mfa_active",
        "access_key_1_last_rotated",
        "access_key_1_last_used_date",
        "access_key_2_active",
        "access_key_2_last_rotated",
        "access_key_2_last_used_date",
        "cert_2_active",
        "cert_2_last_rotated",
    ]
    assert plain(parsed.users) == [
        ROOT,
        expected_user(
            "alice",
            **dict.fromkeys(unparsed),
            access_key_1_active=True,
            access_key_1_last_used_region="us-east-1",
            access_key_1_last_used_service="s3",
            access_key_2_last_used_region="NO_INFORMATION",
            null_reasons=dict.fromkeys(unparsed, "unparsed"),
        ),
        expected_user("bob"),
    ]
    assert (parsed.outcome, parsed.unreadable_values, parsed.unreadable_rows) == (Outcome.PARTIAL, 13, 0)
    assert parsed.problem == (
        "13 values could not be read: user_creation_time (row 2), password_enabled (row 2), "
        "password_last_used (row 2), password_last_changed (row 2), password_next_rotation (row 2), "
        "mfa_active (row 2), access_key_1_last_rotated (row 2), access_key_1_last_used_date (row 2), "
        "access_key_2_active (row 2), access_key_2_last_rotated (row 2), access_key_2_last_used_date (row 2), "
        "cert_2_active (row 2), cert_2_last_rotated (row 2). Row 1 is the first below the header."
    )


def test_one_odd_value_does_not_touch_its_neighbours():
    odd = user_row("user-0400", access_key_1_last_rotated="2026-09-11T13:15:15.123456Z", cert_1_active="maybe")
    rows = [odd if number == 400 else user_row(f"user-{number:04}") for number in range(900)]

    parsed = parse_report(report(ROOT_ROW, *rows), account_id=ACCOUNT)

    users = [expected_user(f"user-{number:04}") for number in range(900)]
    users[400] |= {
        "access_key_1_last_rotated": "2026-09-11T13:15:15.123Z",
        "cert_1_active": None,
        "null_reasons": {"cert_1_active": "unparsed"},
    }
    assert plain(parsed.users) == [ROOT, *users]
    assert parsed.problem == "1 value could not be read: cert_1_active (row 402). Row 1 is the first below the header."
