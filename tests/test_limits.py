"""The limits: declared once, with their defaults."""

from __future__ import annotations

from dataclasses import asdict

from collector.limits import LIMITS, Limits
from collector.schema import ACCOUNT


def test_the_defaults_are_those_of_the_settings_page():
    assert asdict(Limits()) == {
        "access_key_rotation_days": 90,
        "access_key_unused_days": 45,
        "password_unused_days": 45,
        "root_use_days": 1,
        "password_length": 14,
        "password_reuse": 24,
    }
    assert {limit.name: limit.default for limit in LIMITS} == asdict(Limits())


def test_the_ranges_are_those_that_aws_allows_for_a_password_policy():
    """IAM: a minimum length of at most 128, and at most 24 remembered passwords (facts F3)."""
    assert {limit.name: (limit.highest, limit.unit) for limit in LIMITS if limit.unit != "days"} == {
        "password_length": (128, "characters"),
        "password_reuse": (24, "passwords"),
    }


def test_every_limit_is_a_column_of_account_with_its_meaning():
    for limit in LIMITS:
        assert ACCOUNT.column(limit.column).comment == limit.meaning
