"""Reason codes: each is declared, each is used, and each sentence is one of its code."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime

import pytest

from tools.trino.view_files import QUERIES

_FILE = QUERIES / "reference" / "reasons.csv"
SENTENCES = {row["reason_code"]: row["sentence"] for row in csv.DictReader(_FILE.read_text("utf-8").splitlines())}
# What may follow a sentence.
FURTHER = (
    r"( The account summary, which is fresher than the report, shows .+\.)?"
    r"( Excepted by .+\.| Exception .+ ended at .+\.)?"
)


def pattern_of(code: str) -> str:
    return "".join(
        {"{detail}": ".*"}.get(part, ".+") if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", SENTENCES[code])
    )


def test_the_views_use_the_declared_codes_and_no_others():
    used = set()
    for path in (QUERIES / "results").glob("*.sql"):
        text = path.read_text("utf-8")
        # A code is the only text of this form that follows `then` or `else`: a status is one word of a known set.
        used |= set(re.findall(r"(?:then|else) '([a-z]+(?:_[a-z]+)+)'", text)) - {"not_applicable"}

    assert used == set(SENTENCES)


@pytest.fixture(name="everything")
def _everything(lake_of, rows):
    """Accounts and users of every kind that the controls know."""
    old = datetime(2020, 1, 1, tzinfo=UTC)
    users = [
        rows.console_user("mfa"),
        rows.console_user("plain", mfa_active=False, password_last_used=old),
        rows.console_user("new", no_information=("password_last_used",)),
        rows.console_user("never", no_information=("password_last_used",), password_last_changed=old),
        rows.console_user("setup", access_key_1_active=True, access_key_1_last_rotated=rows.ago(days=1)),
        rows.console_user("unread", unparsed=("mfa_active",)),
        rows.key_user("two", access_key_2_active=True, access_key_2_last_rotated=old),
        rows.key_user("off", access_key_1_active=False),
        rows.console_user("both", access_key_1_active=True, access_key_1_last_rotated=old,
                          access_key_1_last_used_date=old),
    ]  # fmt: skip
    root_key = {"access_key_1_active": True, "access_key_1_last_rotated": old}
    gov = "aws-us-gov"
    return lake_of(
        rows.account(),
        rows.root(),
        *users,
        rows.account("222222222222", outcome="partial", error_message="One row.", unreadable_rows=1),
        rows.root("222222222222", password_enabled=True, cert_1_active=True, cert_1_last_rotated=old, **root_key),
        rows.account("333333333333", outcome="assume_denied", error_code="AccessDenied"),
        rows.account("444444444444", password_policy_state="default", account_access_keys_present=True),
        rows.root("444444444444", password_enabled=True, mfa_active=True, password_last_used=rows.ago(hours=1)),
        rows.account("555555555555", password_policy_state="unknown", is_management_account=True),
        rows.root("555555555555", password_enabled=True, password_last_used=old),
        rows.account("666666666666", aws_partition="aws-cn"),
        rows.account("777777777777", aws_partition=gov),
        rows.root("777777777777", not_supported=("password_enabled",), **root_key),
        rows.account("888888888888", aws_partition=gov),
        rows.root("888888888888", not_supported=("password_enabled",), unparsed=("access_key_1_active",)),
    )


def test_every_sentence_of_every_row_is_one_of_its_code_and_every_code_occurs(everything):
    found = {(row["reason_code"], row["reason"]) for row in everything.view("control_results", "reason_code, reason")}

    wrong = [(code, reason) for code, reason in found if not re.fullmatch(pattern_of(code) + FURTHER, reason)]
    assert wrong == []
    assert set(SENTENCES) - {code for code, _ in found} == set()
