"""One account alone: where it belongs to no organization, and where `--single-account` asks for it."""

from __future__ import annotations

import json

import pytest

from collector.aws import clients, iam
from collector.discovery.limits import LimitOverride, LimitRules
from collector.errors import UsageError
from collector.simulator import AccountSpec, CallerSpec, OrganizationSpec, Simulator
from tests.fixtures.published import accounts_of, newest
from tests.fixtures.runs import MANAGEMENT, at, collect, member, organization

ALONE = OrganizationSpec((AccountSpec(MANAGEMENT, "in-the-list", alias="acme-main"),), MANAGEMENT, in_use=False)


def test_an_account_in_no_organization_is_collected_alone_and_without_a_role(lake):
    with Simulator(ALONE) as server:
        result = collect(server, lake).result
        operations = set(server.calls.by_operation)

    assert result.is_complete
    assert "sts:AssumeRole" not in operations
    row = accounts_of(lake, MANAGEMENT)[MANAGEMENT]
    assert (row["organization_id"], row["inventory_source"]) == (MANAGEMENT, "single_account")
    assert (row["account_name"], row["outcome"], row["ou_path"]) == ("acme-main", "collected", "unknown")
    assert newest(lake, MANAGEMENT)["accounts"]["active"] == 1


def test_within_an_organization_single_account_lists_no_other_account(lake):
    """A member may not list the organization, and need not."""
    spec = organization(member(1, alias="team-one"), member(2), caller=CallerSpec(member(1).account_id))
    with Simulator(spec) as server:
        collect(server, lake, single_account=True)
        operations = set(server.calls.by_operation)

    assert not [operation for operation in operations if operation.startswith("organizations:")]
    assert {row["account_name"] for row in accounts_of(lake, member(1).account_id).values()} == {"team-one"}


def test_the_name_is_the_account_id_where_neither_alias_nor_name_may_be_read(lake):
    caller = CallerSpec(MANAGEMENT, denied_actions=frozenset({"iam:ListAccountAliases"}))
    spec = OrganizationSpec((AccountSpec(MANAGEMENT, "in-the-list", alias="acme"),), MANAGEMENT, caller=caller)
    with Simulator(spec) as server:
        collect(server, lake, single_account=True)

    assert accounts_of(lake, MANAGEMENT)[MANAGEMENT]["account_name"] == MANAGEMENT


def test_without_an_alias_the_name_is_that_of_account_management_but_never_beside_an_emulator(monkeypatch):
    class AccountManagement:
        @staticmethod
        def get_account_information():
            return {"AccountName": "Acme Production"}

    real = clients.client
    monkeypatch.setattr(
        iam, "client", lambda name, *rest: AccountManagement if name == "account" else real(name, *rest)
    )
    with Simulator(organization()) as server, at(server):
        clients.identity()
        assert iam.own_account_name("aws") is None
        monkeypatch.setattr(iam, "foreign_endpoints", dict)
        assert iam.own_account_name("aws") == "Acme Production"


@pytest.mark.parametrize(
    "settings",
    [
        {"include_ou": ("Root/Prod",)},
        {"exclude_ou": ("Root/Prod",)},
        {"tags": True},
        {"organization_id": "o-aa111bb222"},
        {"limits": LimitRules(overrides=(LimitOverride(ou="Root/Prod", limits={"root_use_days": 3}),))},
    ],
)
def test_settings_that_need_an_organization_are_refused(lake, settings):
    with Simulator(ALONE) as server, pytest.raises(UsageError, match="is collected alone, without an organization"):
        collect(server, lake, **settings)


def test_a_file_of_accounts_and_single_account_exclude_each_other(lake, tmp_path):
    accounts = tmp_path / "accounts.json"
    accounts.write_text(json.dumps([MANAGEMENT]))
    with Simulator(ALONE) as server, pytest.raises(UsageError, match="use one of the two"):
        collect(server, lake, single_account=True, accounts_file=str(accounts))
