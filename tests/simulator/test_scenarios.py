"""The organizations made beforehand."""

from __future__ import annotations

import csv
import io
import itertools
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from collector.simulator import AccountState, shifted_clock
from collector.simulator.report import write_report
from collector.simulator.scenarios import (
    DEMO_CHANGES,
    demo_account_id,
    demo_days,
    demo_organization,
    expected_outcomes,
    uniform_organization,
)

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


def test_the_demo_has_some_sixty_accounts_with_every_outcome_but_those_of_the_run_itself():
    spec = DAYS[0].organization
    outcomes = Counter(expected_outcomes(spec.accounts, own_account_id=demo_account_id("security-tooling")).values())

    assert 55 <= len(spec.accounts) <= 65
    assert set(outcomes) == {
        "collected",
        "partial",
        "skipped_state",
        "assume_denied",
        "report_denied",
        "report_timeout",
        "throttled",
        "malformed_report",
        "wrong_account",
        "failed",
    }
    assert len({fault.name for a in spec.accounts for fault in a.faults}) >= 18
    assert {a.state for a in spec.accounts} == set(AccountState)
    # Enough for a run to be published: half of the ACTIVE accounts and more.
    active = sum(a.state is AccountState.ACTIVE for a in spec.accounts)
    assert (outcomes["collected"] + outcomes["partial"]) / active > 0.8


def test_the_demos_collector_runs_in_a_delegated_account_and_ids_have_leading_zeros():
    spec = DAYS[0].organization

    assert spec.calling.account_id == "000031415926"
    assert spec.delegated_administrators == ("000031415926",)
    assert spec.account("000031415926").name == "security-tooling"
    assert spec.account("004219870001").name == "management"
    assert len({a.account_id for a in spec.accounts}) == len(spec.accounts)


def test_every_report_of_the_demo_is_served_at_its_own_day():
    assert [(day.day, day.moment, day.clock_offset) for day in DAYS] == [
        (0, NOON - timedelta(days=2), timedelta(days=-2)),
        (1, NOON - timedelta(days=1), timedelta(days=-1)),
        (2, NOON, timedelta(0)),
    ]
    assert abs(shifted_clock(timedelta(days=-2))() - (datetime.now(UTC) - timedelta(days=2))) < timedelta(seconds=5)


def test_no_date_of_the_demo_lies_after_its_day():
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


def test_addresses_are_of_example_com_alone():
    addresses = {a.email.rpartition("@")[2] for a in DAYS[0].organization.accounts}

    assert addresses == {"example.com"}


def test_an_account_joins_and_one_leaves():
    names = [{a.name for a in day.organization.accounts} for day in DAYS]

    assert names[1] - names[0] == {"experiments-dev"}
    assert names[1] - names[2] == {"poc-legacy"}
    assert names[0] <= names[1]


def test_users_come_and_go():
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


def test_what_changes_about_a_credential_shows_on_its_day():
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


def test_an_account_fails_on_one_day_alone():
    own = demo_account_id("security-tooling")
    outcomes = [
        expected_outcomes(day.organization.accounts, own_account_id=own)[demo_account_id("inventory-prod")]
        for day in DAYS
    ]

    assert outcomes == ["collected", "report_denied", "collected"]


@pytest.mark.parametrize("change", DEMO_CHANGES, ids=lambda change: f"{change.day}-{change.account_name}")
def test_every_change_of_the_demo_makes_a_difference(change):
    def stand(day):
        spec = [a for a in DAYS[day].organization.accounts if a.name == change.account_name]
        return [(a.faults, a.root, {u.name: u for u in a.users}.get(change.user_name)) for a in spec]

    assert stand(change.day) != stand(change.day - 1)


def test_nothing_else_changes_between_the_days_but_recent_uses():
    changed = {change.account_name for change in DEMO_CHANGES}

    def lasting(spec):
        return [{name: value for name, value in row.items() if "last_used" not in name} for row in rows(spec)]

    for before, after in itertools.pairwise(DAYS):
        later = {a.account_id: a for a in after.organization.accounts}
        for spec in before.organization.accounts:
            if spec.name not in changed and not spec.faults:
                assert lasting(spec) == lasting(later[spec.account_id]), spec.name


def test_a_uniform_organization_has_as_many_accounts_and_users_as_asked():
    spec = uniform_organization(200, 50, now=NOON)

    assert len(spec.accounts) == 200
    for place in (0, 137):
        found = rows(spec.accounts[place])
        assert len(found) == 51
        assert {row["arn"].split(":")[4] for row in found} == {spec.accounts[place].account_id}
        assert spec.accounts[place].summary_overrides["Users"] == 50
    assert not [a for a in spec.accounts if a.faults]


def test_a_uniform_organization_is_cheap_to_make_and_to_write():
    began = time.process_time()
    spec = uniform_organization(4000, 50, now=NOON)
    size = sum(len(write_report(a, "aws")) for a in spec.accounts)
    elapsed = time.process_time() - began

    assert size > 4000 * 50 * 150
    assert elapsed < 2


def test_an_organization_without_accounts_is_refused():
    with pytest.raises(ValueError, match="0 accounts"):
        uniform_organization(0, 5)
