"""Credential reports as AWS sends them: the header and rows of facts F1.7, with names and accounts of our own."""

from __future__ import annotations

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)
NO_CREDENTIALS = "false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"


def root(account_id: str) -> str:
    return (
        f"<root_account>,arn:aws:iam::{account_id}:root,2025-08-25T13:49:23Z,true,no_information,2026-09-12T01:41:52Z,"
        f"not_supported,false,{NO_CREDENTIALS}"
    )


def user(account_id: str, name: str, *, mfa: str = "false") -> str:
    return (
        f"{name},arn:aws:iam::{account_id}:user/team/{name},2026-09-11T13:14:44Z,true,no_information,"
        f"2026-09-11T13:14:45Z,N/A,{mfa},true,2026-09-11T13:14:50Z,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    )


def report(account_id: str, *names: str, mfa: str = "false") -> bytes:
    """A report with root and users of these names; like AWS's, without a line end at the end."""
    rows = [HEADER, root(account_id), *(user(account_id, name, mfa=mfa) for name in names)]
    return "\n".join(rows).encode()
