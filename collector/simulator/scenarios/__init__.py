"""Organizations made beforehand, and what a right collector finds in them."""

from __future__ import annotations

from collector.simulator.scenarios.demo import (
    DEMO_DAYS,
    DEMO_ORGANIZATION_ID,
    DemoDay,
    demo_days,
    demo_organization,
)
from collector.simulator.scenarios.demo_accounts import demo_account_id
from collector.simulator.scenarios.demo_changes import DEMO_CHANGES, DemoChange
from collector.simulator.scenarios.expectation import (
    expected_outcome,
    expected_outcomes,
    expected_password_policy_state,
    expects_summary,
)
from collector.simulator.scenarios.uniform import uniform_organization

__all__ = [
    "DEMO_CHANGES",
    "DEMO_DAYS",
    "DEMO_ORGANIZATION_ID",
    "DemoChange",
    "DemoDay",
    "demo_account_id",
    "demo_days",
    "demo_organization",
    "expected_outcome",
    "expected_outcomes",
    "expected_password_policy_state",
    "expects_summary",
    "uniform_organization",
]
