"""The owner of an account: its tag, else the narrowest rule, else the default."""

from __future__ import annotations

import pytest

from collector.discovery.accounts import Account, Location
from collector.discovery.owners import OwnerOverride, OwnerRules

RULES = OwnerRules(
    tag="owner",
    default="everyone",
    overrides=(
        OwnerOverride(account="111111111111", owner="one account"),
        OwnerOverride(ou="Root/Workloads/Prod", owner="production"),
        OwnerOverride(ou="ou-ab12-11111111", owner="workloads"),
    ),
)
PROD = Location(("r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"), ("Root", "Workloads", "Prod"))
TEST = Location(("r-ab12", "ou-ab12-11111111", "ou-ab12-33333333"), ("Root", "Workloads", "Test"))


def account(account_id: str = "222222222222", location: Location = PROD, **tags: str) -> Account:
    return Account(account_id=account_id, state="ACTIVE", partition="aws", location=location, tags=tags)


@pytest.mark.parametrize(
    ("of", "owner"),
    [
        (account(owner="team@example.com"), "team@example.com"),
        (account("111111111111", owner=" tagged "), "tagged"),
        (account("111111111111", owner=" "), "one account"),
        (account(Owner="another key"), "production"),
        (account(location=TEST), "workloads"),
        (account(location=Location()), "everyone"),
    ],
    ids=["tag", "tag before rule", "empty tag", "key in other case", "rule by ID", "OU unknown"],
)
def test_the_tag_comes_first_then_the_narrowest_rule_then_the_default(of, owner):
    assert RULES.resolve(of) == owner


def test_without_rules_an_account_has_no_owner():
    assert OwnerRules().resolve(account(owner="team")) is None
