"""An organization on loopback: Organizations, STS and IAM over their real wire protocols, on 127.0.0.1.

It stands in for AWS where there is none: `credlake demo`, the tests, the benchmark. What AWS answers, refuses and
forgets is imitated after the facts known of it, credential reports first of all; any client of AWS can be pointed at
it. It shares no code with the collector but the names of outcomes, so that the two cannot agree by construction.

    organization = OrganizationSpec(accounts=(AccountSpec("000000000001", "management"),),
                                    management_account_id="000000000001")
    with Simulator(organization, latency_seconds=0.03, generation_seconds=3) as server:
        ...  # a client with server.environment(); then server.calls, server.peak_in_flight

The demo's days lie in the past, its clients do not:

    for day in scenarios.demo_days(utc_now()):
        with Simulator(day.organization, clock=shifted_clock(day.clock_offset), session_clock=utc_now) as server:
            ...  # then scenarios.expected_outcomes(day.organization.accounts, own_account_id=…)

What others use of it:

- `Simulator`: the server (`endpoint_url`, `environment()`, `calls`, `requests_in_flight`, `peak_in_flight`,
  `reset_calls()`, `stored_report()`). `TrafficCounts` is what `calls` gives. `python -m collector.simulator` is the
  same in a process of its own.
- The model: `OrganizationSpec`, `OuSpec`, `AccountSpec`, `AccountState`, `RoleSpec`, `CallerSpec`, `ListingSpec`,
  `PasswordPolicySpec`, `StoredReportSpec`; `RootSpec`, `UserSpec`, `PasswordSpec`, `AccessKeySpec`, `CertificateSpec`;
  `LiteralReport` and `TemplateReport` in place of users.
- `fault_catalogue`: every fault by name, and `EVERY_FAULT`; their kinds are in `faults`.
- `scenarios`: `demo_organization`, `demo_days`, `DEMO_CHANGES`, `uniform_organization`, `expected_outcome`.
- `ManualClock`, `shifted_clock`, `utc_now`: clocks to pass in.
- `RateLimit`: for `iam_rate_limit`.
"""

from __future__ import annotations

from collector.simulator.clock import Clock, ManualClock, shifted_clock, utc_now
from collector.simulator.faults import Fault
from collector.simulator.organization import (
    DEFAULT_ROLE_NAME,
    AccountSpec,
    AccountState,
    CallerSpec,
    ListingSpec,
    OrganizationSpec,
    OuSpec,
    PasswordPolicySpec,
    RoleSpec,
    StoredReportSpec,
)
from collector.simulator.rate_limits import RateLimit
from collector.simulator.report_source import LiteralReport, TemplateReport
from collector.simulator.server import Simulator
from collector.simulator.traffic import TrafficCounts
from collector.simulator.users import AccessKeySpec, CertificateSpec, PasswordSpec, RootSpec, UserSpec

__all__ = [
    "DEFAULT_ROLE_NAME",
    "AccessKeySpec",
    "AccountSpec",
    "AccountState",
    "CallerSpec",
    "CertificateSpec",
    "Clock",
    "Fault",
    "ListingSpec",
    "LiteralReport",
    "ManualClock",
    "OrganizationSpec",
    "OuSpec",
    "PasswordPolicySpec",
    "PasswordSpec",
    "RateLimit",
    "RoleSpec",
    "RootSpec",
    "Simulator",
    "StoredReportSpec",
    "TemplateReport",
    "TrafficCounts",
    "UserSpec",
    "shifted_clock",
    "utc_now",
]
