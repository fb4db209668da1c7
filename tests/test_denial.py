"""AWS's texts about denied calls, written down literally: their last words name the policy (facts F11.1)."""

from __future__ import annotations

import re

import pytest

from collector.denial import PolicyType, by_policy, read_denial, short_message

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


def test_the_types_are_those_of_the_column():
    assert [str(kind) for kind in PolicyType] == [
        "service_control_policy",
        "resource_control_policy",
        "permissions_boundary",
        "session_policy",
        "identity_policy",
        "trust_policy",
    ]


SHORT = {
    f"{GENERATE} with an explicit deny in a service control policy: {SCP}": (
        "iam:GenerateCredentialReport denied by SCP p-ab12cd34 (caller: assumed-role/credlake-reader)"
    ),
    f"{GENERATE} because no identity-based policy allows the iam:GenerateCredentialReport action": (
        "iam:GenerateCredentialReport denied: no identity-based policy allows it (caller: assumed-role/credlake-reader)"
    ),
    f"{GENERATE} with an explicit deny in a permissions boundary: {BOUNDARY}": (
        "iam:GenerateCredentialReport denied by permissions boundary policy/boundaries/session-policy-for.devs "
        "(caller: assumed-role/credlake-reader)"
    ),
    f"{GENERATE} with an explicit deny in a VPC endpoint policy": (
        "iam:GenerateCredentialReport denied with an explicit deny in a VPC endpoint policy "
        "(caller: assumed-role/credlake-reader)"
    ),
    ASSUME: "sts:AssumeRole denied on role/session-policy-admin (caller: assumed-role/collector)",
    "User: arn:aws:iam::111111111111:policy is not authorized to perform: sts:AssumeRole": (
        "sts:AssumeRole denied (caller: policy)"
    ),
    "Rate exceeded": "Rate exceeded",
    "": "",
}


@pytest.mark.parametrize(("text", "short"), SHORT.items(), ids=range(len(SHORT)))
def test_the_short_message_begins_with_action_and_reason(text, short):
    assert short_message(text) == short


TAGS = ASSUME.replace("sts:AssumeRole", "sts:TagSession")
STEPS = {
    TAGS: "transitive tags .*: allow sts:TagSession next to sts:AssumeRole in the role's trust policy",
    ASSUME.replace("sts:AssumeRole", "sts:SetSourceIdentity"): "a source identity: allow sts:SetSourceIdentity next to",
    f"{TAGS} because no role trust policy allows the sts:TagSession action": "in the role's trust policy, as deploy/",
    f"{TAGS} because no identity-based policy allows the sts:TagSession action": (
        "^Allow sts:TagSession in the identity-based policy of the caller.$"
    ),
    f"{ASSUME} because no resource-based policy allows the sts:AssumeRole action": (
        "^Allow sts:AssumeRole to the caller in the role's trust policy"
    ),
    f"{GENERATE} with an explicit deny in a service control policy: {SCP}": "^Exempt the role from the SCP p-ab12cd34",
    f"{GENERATE} because no service control policy allows the iam:GenerateCredentialReport action": (
        "^Allow iam:GenerateCredentialReport in the SCPs of the account and of every OU above it.$"
    ),
    f"{GENERATE} with an explicit deny in a permissions boundary": (
        "^Remove the deny of iam:GenerateCredentialReport from the permissions boundary of the role.$"
    ),
}


@pytest.mark.parametrize(("text", "step"), STEPS.items(), ids=range(len(STEPS)))
def test_the_next_step_is_that_of_the_action_and_the_policy(text, step):
    assert re.search(step, read_denial(text).next_step)


def test_without_a_policy_the_next_step_is_not_known():
    assert read_denial(ASSUME).next_step is None


def test_accounts_are_grouped_by_policy_and_action():
    """A boundary of the same name is a policy of its own in each account."""
    get = GENERATE.replace("Generate", "Get")
    scp = f"with an explicit deny in a service control policy: {SCP}"
    groups = by_policy(
        [
            ("111111111111", f"{get} with an explicit deny in a session policy"),
            ("222222222222", f"{GENERATE} {scp}"),
            ("333333333333", f"{get} {scp}"),
            ("444444444444", f"{GENERATE} {scp}".replace("222222222222", "444444444444")),
            ("555555555555", ASSUME),
            ("666666666666", f"{GENERATE} with an explicit deny in a permissions boundary: {BOUNDARY}"),
            (
                "777777777777",
                f"{GENERATE} with an explicit deny in a permissions boundary: {BOUNDARY}".replace("2", "7"),
            ),
            ("888888888888", None),
        ]
    )

    assert [(group.sentence, group.account_ids) for group in groups] == [
        (
            f"SCP p-ab12cd34 denies iam:GenerateCredentialReport in 2 accounts ({SCP})",
            ("222222222222", "444444444444"),
        ),
        (
            f"Permissions boundary {BOUNDARY.partition('222:')[2]} denies iam:GenerateCredentialReport in 2 accounts",
            ("666666666666", "777777777777"),
        ),
        ("A session policy denies iam:GetCredentialReport in 1 account", ("111111111111",)),
        (f"SCP p-ab12cd34 denies iam:GetCredentialReport in 1 account ({SCP})", ("333333333333",)),
    ]
