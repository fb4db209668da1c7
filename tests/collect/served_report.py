"""A second reader of credential reports, which shares nothing with the product's: the rules of facts F1, literally.

It is slow, and knows only what the organization on loopback serves. That both agree cell by cell is what tests want.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

BOOLEANS = (
    "password_enabled",
    "mfa_active",
    "access_key_1_active",
    "access_key_2_active",
    "cert_1_active",
    "cert_2_active",
)
DATES = (
    "user_creation_time",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "cert_1_last_rotated",
    "cert_2_last_rotated",
)
TEXTS = (
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
)
OPTIONAL = "additional_credentials_info"


def rows_of(content: bytes) -> list[dict]:
    """What `credential_report` must hold of this report, but for the columns that name the run and the account."""
    header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [_row(dict(zip(header, fields, strict=True))) for line in lines if (fields := _whole(line, len(header)))]


def _whole(fields: list[str], width: int) -> list[str] | None:
    """The fields of a row; of one that is too long, put together by its ARN; of one that is too short, none."""
    if len(fields) < width:
        return None
    commas = (len(fields) - width) // 2
    name, arn = ",".join(fields[: commas + 1]), ",".join(fields[commas + 1 : 2 * commas + 2])
    return [name, arn, *fields[2 * commas + 2 :]]


def _row(served: dict[str, str]) -> dict:
    row = {
        "user_name": served.pop("user"),
        "user_arn": served.pop("arn"),
        "null_reasons": {},
        OPTIONAL: None,
    }
    row["is_root"] = row["user_name"] == "<root_account>"
    for columns, read in ((BOOLEANS, _boolean), (DATES, _date), (TEXTS, str), ((OPTIONAL,), str)):
        for column in columns:
            if column in served:
                row[column], reason = _value(served.pop(column), read)
                if reason:
                    row["null_reasons"][column] = reason
    row["unknown_columns"] = served
    return row


def _value(text: str, read) -> tuple[object, str | None]:
    if text == "N/A":
        return None, None
    if text in ("no_information", "not_supported"):
        return None, text
    try:
        return read(text), None
    except (KeyError, ValueError):
        return None, "unparsed"


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _date(text: str) -> datetime:
    date = datetime.fromisoformat(text)
    return date - timedelta(microseconds=date.microsecond % 1000)
