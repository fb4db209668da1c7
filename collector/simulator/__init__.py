"""An AWS organization simulated on 127.0.0.1: Organizations, STS and IAM over their real wire protocols.

It replaces AWS for `credlake demo`, the tests and the benchmark. Results, errors and the life cycle of credential
reports follow docs/aws-facts.md, and any AWS client can be pointed at it. It imports nothing of the collector, so that
the two cannot agree by construction.

    organization = OrganizationSpec(accounts=(AccountSpec("000000000001", "management"),),
                                    management_account_id="000000000001")
    with Simulator(organization, latency_seconds=0.03, generation_seconds=3) as server:
        ...  # a client with server.environment(); then server.calls, server.peak_in_flight

`faults` has everything that can be wrong with an account, `demo` and `uniform` have ready-made organizations.
`python -m collector.simulator` serves one in a process of its own.
"""

from __future__ import annotations

from collector.simulator.control_plane import Clock, TrafficCounts, shifted_clock, utc_now
from collector.simulator.faults import Fault
from collector.simulator.organization import (
    DEFAULT_ROLE_NAME,
    AccessKeySpec,
    AccountSpec,
    AccountState,
    CallerSpec,
    CertificateSpec,
    ListingSpec,
    OrganizationSpec,
    OuSpec,
    PasswordPolicySpec,
    PasswordSpec,
    RoleSpec,
    RootSpec,
    UserSpec,
    ou_id,
)
from collector.simulator.server import Simulator

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
    "OrganizationSpec",
    "OuSpec",
    "PasswordPolicySpec",
    "PasswordSpec",
    "RoleSpec",
    "RootSpec",
    "Simulator",
    "TrafficCounts",
    "UserSpec",
    "ou_id",
    "shifted_clock",
    "utc_now",
]
