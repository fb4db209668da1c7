"""The include and exclude rules, and the limits of each account."""

from __future__ import annotations

import pytest

from collector.discovery.accounts import Account, Location
from collector.discovery.limits import LimitOverride, LimitRules
from collector.discovery.overrides import unused_overrides
from collector.discovery.selection import Selection
from collector.limits import Limits

IDS = ("r-a1b2", "ou-a1b2-11111111", "ou-a1b2-22222222")
NAMES = ("Root", "Workloads", "Prod")


def account(account_id="111122223333", depth=3):
    return Account(
        account_id=account_id, state="ACTIVE", partition="aws", location=Location(IDS[:depth], NAMES[:depth])
    )


@pytest.mark.parametrize("ou", [*IDS, "Root", "Root/Workloads", "Root/Workloads/Prod", "/Root/Workloads/", "Root/"])
def test_an_account_is_within_its_ou_and_every_one_above(ou):
    assert account().location.is_within(ou)


@pytest.mark.parametrize(
    "ou",
    ["Workloads", "Prod", "Root/Work", "Root/Workloads/Pro", "Root/Workloads/Prod/EU", "root/workloads", "ou-a1b2-3"],
)
def test_a_part_of_a_path_is_not_a_path(ou):
    assert not account().location.is_within(ou)


def test_where_names_are_unknown_an_id_still_decides():
    nameless = Location(IDS)

    assert (nameless.ou_id, nameless.ou_path) == ("ou-a1b2-22222222", "unknown")
    assert nameless.is_within("ou-a1b2-11111111")
    assert nameless.can_decide("ou-a1b2-99999999")
    assert not nameless.can_decide("Root/Workloads")


def test_the_parent_alone_decides_about_itself_and_not_about_those_above():
    parent_alone = Location(("ou-a1b2-22222222",))

    assert parent_alone.can_decide("ou-a1b2-22222222")
    assert not parent_alone.can_decide("ou-a1b2-11111111")


def test_nothing_is_within_unknown():
    nowhere = Location()

    assert not nowhere.is_within("unknown")
    assert not nowhere.is_within("/")
    assert not nowhere.can_decide("Root")


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({}, None),
        ({"accounts": frozenset({"111122223333"})}, None),
        ({"accounts": frozenset({"999999999999"})}, "not named by --account"),
        ({"include_ous": ("Root/Sandbox",)}, "not in an OU named by --include-ou"),
        ({"include_ous": ("Root/Sandbox", "Root/Workloads")}, None),
        ({"exclude_ous": ("Root/Workloads",)}, "excluded by --exclude-ou Root/Workloads"),
        ({"exclude_accounts": frozenset({"111122223333"})}, "excluded by --exclude-account"),
        (
            {"accounts": frozenset({"111122223333"}), "exclude_accounts": frozenset({"111122223333"})},
            "excluded by --exclude-account",
        ),
        (
            {"include_ous": ("Root/Workloads/Prod",), "exclude_ous": ("Root/Workloads",)},
            "excluded by --exclude-ou Root/Workloads",
        ),
        ({"accounts": frozenset({"999999999999"}), "include_ous": ("Root",)}, "not named by --account"),
        (
            {"accounts": frozenset({"111122223333"}), "include_ous": ("Root/Sandbox",)},
            "not in an OU named by --include-ou",
        ),
    ],
)
def test_why_an_account_is_excluded(rules, why):
    assert Selection(**rules).why_excluded(account()) == why


def test_a_limit_comes_from_the_narrowest_rule_that_names_it():
    rules = LimitRules(
        default=Limits(access_key_rotation_days=100),
        overrides=(
            LimitOverride(account="111122223333", limits={"password_reuse": 3}),
            LimitOverride(ou="Root/Workloads/Prod", limits={"password_length": 20, "password_reuse": 4}),
            LimitOverride(
                ou="ou-a1b2-11111111", limits={"password_length": 16, "root_use_days": 7, "password_reuse": 5}
            ),
            LimitOverride(ou="Root", limits={"root_use_days": 30, "access_key_unused_days": 30}),
            LimitOverride(account="999999999999", limits={"access_key_unused_days": 1}),
        ),
    )

    assert rules.resolve(account()) == Limits(
        access_key_rotation_days=100,
        access_key_unused_days=30,
        password_unused_days=45,
        root_use_days=7,
        password_length=20,
        password_reuse=3,
    )
    assert rules.resolve(account("000000000001", depth=1)) == Limits(
        access_key_rotation_days=100, access_key_unused_days=30, root_use_days=30
    )


@pytest.mark.parametrize("ou", ["Root/Workloads", "ou-a1b2-11111111"])
@pytest.mark.parametrize("order", [1, -1])
def test_how_narrow_a_rule_is_does_not_depend_on_how_its_ou_is_named_nor_on_the_order(ou, order):
    overrides = (
        LimitOverride(ou=ou, limits={"password_length": 16}),
        LimitOverride(ou="Root/Workloads/Prod", limits={"password_length": 20}),
        LimitOverride(ou="r-a1b2", limits={"password_length": 9}),
    )[::order]

    assert LimitRules(overrides=overrides).resolve(account()).password_length == 20
    assert LimitRules(overrides=overrides).resolve(account(depth=2)).password_length == 16


def test_limits_that_match_no_account_are_warnings():
    rules = LimitRules(
        overrides=(LimitOverride(ou="Root/Nowhere", limits={"root_use_days": 2}), LimitOverride(account="999999999999"))
    )

    assert unused_overrides(rules.overrides, "limits", [account()]) == [
        "[[limits.override]] Root/Nowhere: matches no account of the organization.",
        "[[limits.override]] 999999999999: matches no account of the organization.",
    ]
