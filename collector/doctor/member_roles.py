"""Checks of what the organization needs: the permission to list it, and the StackSet with the role in every account.

The functions from `check_stack_set` on are pure: they evaluate one answer of AWS each.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from collector.aws import deployment
from collector.denial import by_policy, read_denial
from collector.doctor.finding import Finding, Status, describe_fault, fail, not_checked, ok, run_check
from collector.doctor.stack import check_stack
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from types_boto3_cloudformation.type_defs import StackInstanceSummaryTypeDef, StackSetTypeDef

    from collector.aws.clients import Identity
    from collector.aws.deployment import CallAs, Organization

# What a run calls to list the organization: deploy/organization-policy.json grants it.
LISTING_ACTIONS = (
    *("organizations:DescribeOrganization", "organizations:DescribeOrganizationalUnit", "organizations:ListAccounts"),
    *("organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"),
    *("organizations:ListRoots", "organizations:ListTagsForResource"),
)
_ACCESS, _TRUSTED, _SET, _INSTANCES = "organization access", "trusted access", "stack set", "stack instances"
_PART_2 = "Follow docs/deploy.md, part 2."
_PART_3 = "Follow docs/deploy.md, part 3."
_UNDER_WAY = frozenset({"PENDING", "RUNNING"})
_FAILED = frozenset({"FAILED", "CANCELLED", "INOPERABLE"})
_NAMED = 10
_ACCOUNT_ID = re.compile(r"\b[0-9]{12}\b")


@dataclass(frozen=True, kw_only=True)
class MemberRoleChecks:
    """All checks of the organization and of the role in its accounts."""

    identity: Identity  # the caller
    collector: str  # the id of the collector's account
    name: str  # the StackSet, and the stack in the management account
    organization: Organization  # the caller's

    def findings(self) -> Iterator[Finding]:
        """Make the checks that the caller's account allows."""
        yield from run_check(_ACCESS, self.collector, self._check_access)
        call_as = self._call_as()
        if call_as is None:
            management = self.organization.management_account_id
            why = "only the management account and delegated administrators of StackSets can read it"
            step = f"Run this check in account {management}, with --part organization --collector {self.collector}."
            yield not_checked(_SET, self.name, why, step)
            return
        yield from run_check(_TRUSTED, deployment.STACK_SETS, self._check_trusted)
        yield from run_check(_SET, self.name, lambda: self._check_stack_set(call_as))
        if self._is_management:
            yield from run_check("stack", self.name, self._check_own_stack)

    @property
    def _is_management(self) -> bool:
        return self.identity.account_id == self.organization.management_account_id

    def _call_as(self) -> CallAs | None:
        """As what the caller's account may read StackSets; None where it may not."""
        if self._is_management:
            return "SELF"
        try:
            administrators = deployment.delegated_administrators(deployment.STACK_SETS)
        except CallFault:
            # Delegated administrators may list them, and nobody else but the management account.
            return None
        return "DELEGATED_ADMIN" if self.identity.account_id in administrators else None

    def _check_access(self) -> Iterator[Finding]:
        """Check that the collector's account may list the organization: by the call itself, if it is the caller's."""
        if self.collector == self.organization.management_account_id:
            yield ok(_ACCESS, self.collector, "is the management account, which can list the organization")
        elif self.collector == self.identity.account_id:
            try:
                deployment.list_as_a_run()
            except CallFault as fault:
                if fault.kind is not FaultKind.DENIED:
                    raise
                step = read_denial(fault.message).next_step or _PART_2
                yield fail(_ACCESS, self.collector, f"cannot list the organization: {describe_fault(fault)}", step)
            else:
                yield ok(_ACCESS, self.collector, "can list the organization")
        elif self.collector in deployment.delegated_administrators():
            yield ok(_ACCESS, self.collector, "is a delegated administrator, which can list the organization")
        else:
            yield check_resource_policy(self.collector, deployment.resource_policy())

    def _check_trusted(self) -> Finding:
        if deployment.STACK_SETS in deployment.trusted_services():
            return ok(_TRUSTED, deployment.STACK_SETS, "is on, so StackSets can deploy to the organization")
        step = "In the management account: aws cloudformation activate-organizations-access"
        return fail(_TRUSTED, deployment.STACK_SETS, "is off, so StackSets cannot deploy to the organization", step)

    def _check_stack_set(self, call_as: CallAs) -> Iterator[Finding]:
        found = deployment.stack_set(self.name, call_as)
        yield from check_stack_set(self.name, found, self.organization, self.collector)
        if found is not None:
            instances = deployment.stack_instances(self.name, call_as)
            accounts = set(deployment.active_accounts()) - {self.organization.management_account_id}
            yield from check_instances(instances, accounts)

    def _check_own_stack(self) -> Iterator[Finding]:
        """Service-managed StackSets leave out the management account, which gets a stack of its own."""
        if self.collector == self.identity.account_id:
            yield ok("stack", self.name, "is not needed: the collector reads its own account without a role")
        else:
            yield from check_stack(self.name, deployment.stack(self.name), _PART_3)


def check_resource_policy(collector: str, policy: str | None) -> Finding:
    """Evaluate whether the organization's resource policy, None where there is none, lets an account list it."""
    allowed: set[str] = set()
    for statement in _statements(policy):
        principal = statement.get("Principal")
        principals = _texts(principal.get("AWS") if isinstance(principal, dict) else principal)
        if statement.get("Effect") == "Allow" and any(one == "*" or collector in one for one in principals):
            allowed |= set(_texts(statement.get("Action")))
    missing = [action for action in LISTING_ACTIONS if not any(fnmatchcase(action, pattern) for pattern in allowed)]
    if not missing:
        return ok(_ACCESS, collector, "is allowed by the organization's resource policy to list it")
    message = f"is not allowed by the organization's resource policy: {', '.join(missing)}"
    step = f"{_PART_2} The organization has one policy: add the statement of deploy/organization-policy.json to it."
    return fail(_ACCESS, collector, message, _PART_2 if policy is None else step)


def _statements(policy: str | None) -> list[dict[str, object]]:
    document = json.loads(policy or "{}")
    statements = document.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]


def check_stack_set(
    name: str, found: StackSetTypeDef | None, organization: Organization, collector: str
) -> Iterator[Finding]:
    """Evaluate DescribeStackSet's answer, None where there is none: a finding for each setting that is wrong."""
    if found is None:
        yield fail(_SET, name, "does not exist, so no account has the role", _PART_3)
        return
    wrong = []
    if found.get("PermissionModel") != "SERVICE_MANAGED":
        wrong.append("it is not service-managed, so it deploys only to accounts that it is given one by one")
    elif not found.get("AutoDeployment", {}).get("Enabled"):
        wrong.append("automatic deployment is off, so accounts that join later do not get the role")
    parameters = {one["ParameterKey"]: one.get("ParameterValue") for one in found.get("Parameters", [])}
    wanted = {"CollectorAccountId": collector, "OrganizationId": organization.organization_id}
    wrong += [
        f"{key} is {parameters.get(key)}, not {value}" for key, value in wanted.items() if parameters.get(key) != value
    ]
    for message in wrong:
        yield fail(_SET, name, message, "Change it with aws cloudformation update-stack-set.")
    if not wrong:
        yield ok(_SET, name, "is as in docs/deploy.md")


def check_instances(instances: Sequence[StackInstanceSummaryTypeDef], accounts: Collection[str]) -> Iterator[Finding]:
    """Evaluate ListStackInstances' answer.

    Args:
        instances: all of them.
        accounts: the ids of the ACTIVE accounts that should have one: all but the management account.
    """
    states: dict[str, list[StackInstanceSummaryTypeDef]] = defaultdict(list)
    for instance in instances:
        states[_state(instance)].append(instance)
    failed = [one for state in sorted(_FAILED & states.keys()) for one in states[state]]
    yield from _failures([(one["Account"], one.get("StatusReason", "")) for one in failed])
    if waiting := [one["Account"] for state in sorted(_UNDER_WAY & states.keys()) for one in states[state]]:
        message = f"are being deployed: {_listed(waiting)}"
        yield Finding(
            _INSTANCES, _counted(waiting), Status.UNKNOWN, message, "Check again when the operation has ended."
        )
    if missing := sorted(set(accounts) - {one["Account"] for one in instances}):
        message = f"have no stack instance, so no role: {_listed(missing)}"
        step = (
            "Deploy to their OUs (docs/deploy.md, part 3), or leave them out of runs (--exclude-ou, --exclude-account)."
        )
        yield fail(_INSTANCES, _counted(missing), message, step)
    if done := {one["Account"] for one in instances} - {one["Account"] for one in failed} - set(waiting):
        yield ok(_INSTANCES, f"{len(done & set(accounts))} of {len(accounts)}", "accounts have the stack with the role")


def _state(instance: StackInstanceSummaryTypeDef) -> str:
    detailed = instance.get("StackInstanceStatus", {}).get("DetailedStatus")
    return detailed or ("SUCCEEDED" if instance.get("Status") == "CURRENT" else "PENDING")


def _failures(failed: list[tuple[str, str]]) -> Iterator[Finding]:
    """One finding for all accounts that one policy refuses, or that failed with the same text."""
    again = "Then run create-stack-instances of docs/deploy.md, part 3, again."
    explained: set[str] = set()
    for group in by_policy(failed):
        explained.update(group.account_ids)
        step = group.denial.next_step or f"Allow {group.denial.action} to StackSets in these accounts."
        message = f"failed. {group.sentence}: {_listed(group.account_ids)}"
        yield fail(_INSTANCES, _counted(group.account_ids), message, f"{step} {again}")
    others: dict[str, list[str]] = defaultdict(list)
    for account_id, reason in failed:
        if account_id not in explained:
            others[_ACCOUNT_ID.sub("ACCOUNT", reason)].append(account_id)
    for reason, accounts in others.items():
        message = f"failed: {reason or 'without a reason'}: {_listed(accounts)}"
        step = f"Remove the cause (docs/deploy.md, part 3). {again}"
        yield fail(_INSTANCES, _counted(accounts), message, step)


def _counted(accounts: Sequence[str]) -> str:
    return f"{len(accounts)} account{'' if len(accounts) == 1 else 's'}"


def _listed(accounts: Iterable[str]) -> str:
    every = list(accounts)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return f"{', '.join(every[:_NAMED])}{more}"
