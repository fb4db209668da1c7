"""AWS's texts about denied calls, written down literally: their last words name the policy (facts F11.1)."""

from __future__ import annotations

import pytest

from collector.denial import PolicyType, read_denial

CALLER = "arn:aws:sts::222222222222:assumed-role/credlake-reader/credlake-1"
GENERATE = f"User: {CALLER} is not authorized to perform: iam:GenerateCredentialReport on resource: *"
ASSUME = (
    "User: arn:aws:sts::111111111111:assumed-role/collector/job is not authorized to perform: sts:AssumeRole on "
    "resource: arn:aws:iam::222222222222:role/session-policy-admin"
)
SCP = "arn:aws:organizations::111111111111:policy/o-abcdefghij/service_control_policy/p-ab12cd34"
RCP = "arn:aws-cn:organizations::111111111111:policy/o-abcdefghij/resource_control_policy/p-ef56gh78"
BOUNDARY = "arn:aws:iam::222222222222:policy/boundaries/session-policy-for.devs"

TEXTS = {
    f"{GENERATE} with an explicit deny in a service control policy: {SCP}": ("service_control_policy", SCP),
    f"{GENERATE} with an explicit deny in a service control policy": ("service_control_policy", None),
    f"{GENERATE} because no service control policy allows the iam:GenerateCredentialReport action": (
        "service_control_policy",
        None,
    ),
    f"{ASSUME} with an explicit deny in a resource control policy: {RCP}.": ("resource_control_policy", RCP),
    f"{GENERATE} with an explicit deny in a permissions boundary: {BOUNDARY}": ("permissions_boundary", BOUNDARY),
    f"{GENERATE} because no permissions boundary allows the iam:GenerateCredentialReport action": (
        "permissions_boundary",
        None,
    ),
    f"{GENERATE} because no session policy allows the iam:GenerateCredentialReport action": ("session_policy", None),
    f"{GENERATE} because no identity-based policy allows the iam:GenerateCredentialReport action": (
        "identity_policy",
        None,
    ),
    f"{GENERATE} with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSDenyAll": (
        "identity_policy",
        "arn:aws:iam::aws:policy/AWSDenyAll",
    ),
    f"{ASSUME} because no resource-based policy allows the sts:AssumeRole action": ("trust_policy", None),
    f"{ASSUME} because no role trust policy allows the sts:AssumeRole action": ("trust_policy", None),
    f"{ASSUME} with an explicit deny in the role trust policy": ("trust_policy", None),
    # Other words, the same facts.
    f"Access Denied. The Service Control Policy ({SCP}) denied the request": ("service_control_policy", SCP),
    f"You are not authorized: denied by policy {SCP}": ("service_control_policy", SCP),
    # The names of roles and of the caller are the customer's.
    ASSUME: (None, None),
    f"{GENERATE} because no resource-based policy allows the iam:GenerateCredentialReport action": (None, None),
    f"{GENERATE} with an explicit deny in a VPC endpoint policy": (None, None),
    "You don't have permissions to access this resource.": (None, None),
    "Rate exceeded": (None, None),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items(), ids=range(len(TEXTS)))
def test_the_policy_that_denied_a_call_is_read_from_awss_text(text, expected):
    denial = read_denial(text)

    assert (denial.policy_type, denial.policy_arn) == expected


def test_action_caller_resource_and_reason_are_read_from_awss_text():
    denial = read_denial(f"{ASSUME} with an explicit deny in a resource control policy: {RCP}")

    assert denial.action == "sts:AssumeRole"
    assert denial.caller == "arn:aws:sts::111111111111:assumed-role/collector/job"
    assert denial.resource == "arn:aws:iam::222222222222:role/session-policy-admin"
    assert denial.reason == f"with an explicit deny in a resource control policy: {RCP}"


def test_the_types_are_those_of_the_contract():
    assert [str(kind) for kind in PolicyType] == [
        "service_control_policy",
        "resource_control_policy",
        "permissions_boundary",
        "session_policy",
        "identity_policy",
        "trust_policy",
    ]
