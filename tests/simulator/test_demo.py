"""The organization of `credlake demo`."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import UTC, datetime, timedelta

from collector.simulator import AccountState, faults, shifted_clock
from collector.simulator.demo import DEMO_CHANGES, demo_days, demo_organization
from collector.simulator.report import write_report

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = demo_days(NOON)


def account(day, name):
    (found,) = [a for a in DAYS[day].organization.accounts if a.name == name]
    return found


def user(day, account_name, name):
    (found,) = [u for u in account(day, account_name).users if u.name == name]
    return found


def rows(spec):
    return list(csv.DictReader(io.StringIO(write_report(spec, "aws").decode())))


def test_the_demo_is_the_same_in_every_run():
    assert demo_organization(NOON) == demo_organization(NOON)


def test_the_demo_has_some_sixty_accounts_in_all_states_and_many_faults():
    accounts = DAYS[0].organization.accounts
    kinds = {type(fault) for a in accounts for fault in a.faults}

    assert 55 <= len(accounts) <= 65
    assert kinds == {faults.AccessFault, faults.CallFault, faults.GenerationFault, faults.ReportFault}
    assert len({fault.name for a in accounts for fault in a.faults}) >= 18
    assert {a.state for a in accounts} == set(AccountState)


def test_the_demos_collector_runs_in_a_delegated_account_and_ids_have_leading_zeros():
    spec = DAYS[0].organization

    names = {a.account_id: a.name for a in spec.accounts}

    assert spec.base_caller.account_id == "000031415926"
    assert spec.delegated_administrators == ("000031415926",)
    assert names["000031415926"] == "security-tooling"
    assert (spec.management_account_id, names["004219870001"]) == ("004219870001", "management")
    assert len(names) == len(spec.accounts)


def test_each_day_is_served_with_its_own_clock():
    assert [(day.day, day.moment, day.clock_offset) for day in DAYS] == [
        (0, NOON - timedelta(days=2), timedelta(days=-2)),
        (1, NOON - timedelta(days=1), timedelta(days=-1)),
        (2, NOON, timedelta(0)),
    ]
    assert abs(shifted_clock(timedelta(days=-2))() - (datetime.now(UTC) - timedelta(days=2))) < timedelta(seconds=5)


def test_no_date_is_later_than_its_day():
    for day in DAYS:
        latest = day.moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        for spec in day.organization.accounts:
            text = b"" if spec.faults else write_report(spec, "aws")
            dates = [
                value
                for row in csv.DictReader(io.StringIO(text.decode()))
                for name, value in row.items()
                if value.endswith("Z") and name != "password_next_rotation"
            ]
            assert not [date for date in dates if date > latest], spec.name


def test_addresses_are_all_in_example_com():
    addresses = {a.email.rpartition("@")[2] for a in DAYS[0].organization.accounts}

    assert addresses == {"example.com"}


def test_an_account_joins_and_one_leaves():
    names = [{a.name for a in day.organization.accounts} for day in DAYS]

    assert names[1] - names[0] == {"experiments-dev"}
    assert names[1] - names[2] == {"poc-legacy"}
    assert names[0] <= names[1]
    assert account(1, "experiments-dev").joined_at == DAYS[1].moment - timedelta(hours=5)
    assert all(a.joined_at < day.moment for day in DAYS for a in day.organization.accounts)


def test_users_are_added_and_removed():
    names = [{u.name for u in account(day, "orders-prod").users} for day in range(3)]
    assert (names[1] - names[0], names[2] - names[1], names[0] - names[1]) == ({"release-bot"}, set(), set())
    names = [{u.name for u in account(day, "sandbox-01").users} for day in range(3)]
    assert (names[0] - names[1], names[1] - names[0], names[1] ^ names[2]) == ({"contractor-03"}, set(), set())


def test_a_key_is_rotated_into_the_other_slot_and_then_gone():
    before, between, after = (user(day, "sandbox-01", "ci-runner").access_keys for day in range(3))

    assert len(before) == 1
    assert (between[1].created_at, between[1].active) == (before[0].created_at, False)
    assert between[0].created_at == NOON - timedelta(days=1, hours=5)
    assert after == between[:1]


def test_each_change_of_a_credential_shows_on_its_day():
    assert [user(day, "sandbox-01", "analyst-07").mfa_active for day in range(3)] == [False, True, True]
    assert [user(day, "search-prod", "admin-02").mfa_active for day in range(3)] == [True, True, False]
    assert [user(day, "sandbox-01", "legacy-sync").access_keys[0].active for day in range(3)] == [True, True, False]
    assert [user(day, "payments-prod", "deploy-bot").access_keys[0].active for day in range(3)] == [True, False, True]
    assert [user(day, "sandbox-01", "auditor-01").password is None for day in range(3)] == [False, False, True]
    assert [user(day, "sandbox-01", "badge-reader").password is None for day in range(3)] == [True, True, False]
    changed = [user(day, "billing-prod", "admin-02").password.changed_at for day in range(3)]
    assert changed[0] == changed[1]
    assert changed[2] == NOON - timedelta(hours=5)


def test_root_is_used_once():
    used = [account(day, "sandbox-03").root.password.last_used_at for day in range(3)]

    assert used[0] == used[1]
    assert used[2] == NOON - timedelta(hours=5)


def test_an_account_fails_on_one_day_only():
    assert [account(day, "inventory-prod").faults for day in range(3)] == [(), (faults.GENERATE_DENIED,), ()]


def test_nothing_else_changes_between_the_days_but_recent_uses():
    changed = {change.account_name for change in DEMO_CHANGES}

    def lasting(spec):
        return [{name: value for name, value in row.items() if "last_used" not in name} for row in rows(spec)]

    for before, after in itertools.pairwise(DAYS):
        later = {a.account_id: a for a in after.organization.accounts}
        for spec in before.organization.accounts:
            if spec.name not in changed and spec.account_id in later and not spec.faults:
                assert lasting(spec) == lasting(later[spec.account_id]), spec.name
