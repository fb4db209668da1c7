"""The report's text in tests (facts F1.7), a user's row to change, and tables as plain values."""

from __future__ import annotations

from pathlib import Path

REPORTS = Path(__file__).parent / "reports"
ACCOUNT = "333333333333"

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)
ROOT_ROW = (
    "<root_account>,arn:aws:iam::333333333333:root,2025-08-25T13:49:23Z,true,no_information,2026-09-12T01:41:52Z,"
    "not_supported,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
)

# What the rows above and `user_row` say, typed. Instants as text, so that a test can be read.
ROOT = {
    "user_name": "<root_account>",
    "user_arn": "arn:aws:iam::333333333333:root",
    "is_root": True,
    "user_creation_time": "2025-08-25T13:49:23.000Z",
    "password_enabled": True,
    "password_last_used": None,
    "password_last_changed": "2026-09-12T01:41:52.000Z",
    "password_next_rotation": None,
    "mfa_active": False,
    "access_key_1_active": False,
    "access_key_1_last_rotated": None,
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
    "null_reasons": {"password_last_used": "no_information", "password_next_rotation": "not_supported"},
    "unknown_columns": {},
}


def expected_user(name, path="", **changes):
    """What `user_row` says: no password, MFA, no key, no certificate."""
    return {
        **ROOT,
        "user_name": name,
        "user_arn": f"arn:aws:iam::{ACCOUNT}:user/{path}{name}",
        "is_root": False,
        "user_creation_time": "2026-09-11T13:15:15.000Z",
        "password_enabled": False,
        "password_last_changed": None,
        "mfa_active": True,
        "null_reasons": {},
        **changes,
    }


def user_row(name, path="", *, account=ACCOUNT, partition="aws", **values):
    """A user's row of the live shape; `values` by AWS's header."""
    fields = dict.fromkeys(HEADER.split(","), "N/A")
    fields |= {"user": name, "arn": f"arn:{partition}:iam::{account}:user/{path}{name}"}
    fields |= {"user_creation_time": "2026-09-11T13:15:15Z", "password_enabled": "false", "mfa_active": "true"}
    fields |= dict.fromkeys(("access_key_1_active", "access_key_2_active", "cert_1_active", "cert_2_active"), "false")
    return ",".join((fields | values).values())


def report(*rows, header=HEADER):
    """A report as AWS writes it: LF, and no newline at the end."""
    return "\n".join((header, *rows)).encode()


def file(name):
    """The bytes of a hand-written report."""
    return (REPORTS / f"{name}.csv").read_bytes()


def plain(table):
    """The rows of a table as dicts; maps as dicts (a key twice is an error), instants as text with milliseconds."""
    for column in ("null_reasons", "unknown_columns"):
        for entries in table[column].to_pylist():
            assert len(dict(entries)) == len(entries), f"{column} has a key twice"
    return [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()]


def _plain(value):
    if isinstance(value, list):
        return dict(value)
    if hasattr(value, "isoformat"):
        return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    return value
