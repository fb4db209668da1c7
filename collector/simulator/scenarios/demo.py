"""The organization of `credlake demo`: some 60 accounts, what can be wrong with them, and three days of their life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from collector.simulator.organization import CallerSpec, OrganizationSpec, OuSpec
from collector.simulator.scenarios.demo_accounts import MANAGEMENT, ROWS, TOOLING, Row, demo_account, demo_account_id
from collector.simulator.scenarios.demo_changes import DEMO_CHANGES, LEAD
from collector.simulator.scenarios.demo_users import Calendar

if TYPE_CHECKING:
    from collector.simulator.organization import AccountSpec

DEMO_ORGANIZATION_ID = "o-demo000001"
DEMO_DAYS = 3

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DemoDay:
    """One day of the demo.

    Args:
        day: 0, 1 or 2.
        moment: When the day's run takes place.
        clock_offset: How far the organization's clock is from the machine's (0 or behind), for `shifted_clock`.
        organization: As it is on that day.
    """

    day: int
    moment: datetime
    clock_offset: timedelta
    organization: OrganizationSpec


def demo_days(now: datetime) -> tuple[DemoDay, ...]:
    """The three days, the last of them today: each a day after the one before."""
    offsets = [(day - DEMO_DAYS + 1) * _ONE_DAY for day in range(DEMO_DAYS)]
    return tuple(
        DemoDay(day, now + offset, offset, demo_organization(now + offset, day=day))
        for day, offset in enumerate(offsets)
    )


def demo_organization(now: datetime, *, day: int = 0) -> OrganizationSpec:
    """The demo's organization on a day of its life, which is the day of `now`.

    Day 0 is the beginning; what `DEMO_CHANGES` lists happened before the days after it. The collector runs in the
    account `security-tooling`, a delegated administrator.
    """
    moment = now.replace(microsecond=0)
    calendar = Calendar(anchor=moment - day * _ONE_DAY, now=moment)
    tooling = demo_account_id(TOOLING)
    return OrganizationSpec(
        accounts=tuple(_account(row, calendar, day) for row in ROWS if _is_there(row, day)),
        management_account_id=demo_account_id(MANAGEMENT),
        organization_id=DEMO_ORGANIZATION_ID,
        ous=(OuSpec(("Workloads",), {"owner": "platform"}), OuSpec(("Workloads", "Archive"))),
        delegated_administrators=(tooling,),
        caller=CallerSpec(tooling),
    )


def _is_there(row: Row, day: int) -> bool:
    for change in DEMO_CHANGES:
        if change.account_name == row.name and change.apply is None:
            joins = change.change_types == ("account_joined",)
            return change.holds_on(day) is joins
    return True


def _account(row: Row, calendar: Calendar, day: int) -> AccountSpec:
    account = demo_account(row, calendar)
    for change in DEMO_CHANGES:
        if change.account_name == row.name and change.apply is not None and change.holds_on(day):
            account = change.apply(account, calendar.anchor + change.day * _ONE_DAY - LEAD)
    return account
