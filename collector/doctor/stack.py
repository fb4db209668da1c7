"""Checks of the collector's stack: its state, what exists that it would create, its function and its schedule.

`check_stack` and the functions after it are pure: they evaluate one answer of AWS each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from collector.aws import deployment, describe
from collector.denial import read_denial, short_message
from collector.doctor.finding import Finding, Status, call_failed, fail, ok, run_check
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from types_boto3_cloudformation.type_defs import StackTypeDef

    from collector.aws.deployment import FailedResource

_PART_4 = "Follow docs/deploy.md, part 4 (`make deploy`)."
# A stack in these states has its resources, those of its last update or of the one before.
_STANDING = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_OLD = frozenset({"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"})
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class StackNames:
    """What the stack's parameters name; the defaults are the template's."""

    stack: str = "credlake"  # the stack of collector.yaml
    task_stack: str = "credlake-task"  # the stack of container.yaml
    bucket: str  # BucketName
    prefix: str = ""  # LakePrefix, without the slash before it; empty: the lake has the whole bucket
    database: str = "credlake"  # DatabaseName
    workgroup: str = "credlake"  # WorkGroupName
    log_group: str = "/credlake/credlake"  # LogGroupName
    role: str = "credlake-collector"  # CollectorRoleName


@dataclass(frozen=True)
class StackChecks:
    """All checks of the collector's account and Region."""

    names: StackNames  # what to look for, as long as there is no stack
    account_id: str  # the caller's, which is the collector's
    region: str  # that of the stack

    def findings(self) -> Iterator[Finding]:
        """Make the checks, one after the other."""
        try:
            found = self._stack
        except CallFault as fault:
            # Without it nobody knows whether what exists is the stack's.
            yield refused("stack", self.names.stack, fault, self.region)
            return
        yield from check_stack(self.names.stack, found, _PART_4)
        if found is not None and found["StackStatus"] not in _STANDING:
            yield from run_check("stack", self.names.stack, self._check_failure)
        if self._is_standing:
            yield from run_check("stack", self.names.stack, self._check_parts)
        yield from self._check_existing()

    @cached_property
    def _stack(self) -> StackTypeDef | None:
        return deployment.stack(self.names.stack)

    @property
    def _is_standing(self) -> bool:
        """Whether there is a stack with resources."""
        return self._stack is not None and self._stack["StackStatus"] in _STANDING | _OLD

    @cached_property
    def _created(self) -> Mapping[str, str]:
        """Logical id → physical id of what the stack has created."""
        return deployment.stack_resources(self.names.stack)

    @cached_property
    def _parameters(self) -> Mapping[str, str]:
        """The stack's parameters, whether it stands or failed; none where there is none."""
        given = self._stack.get("Parameters", []) if self._stack is not None else []
        return {one["ParameterKey"]: one.get("ParameterValue", "") for one in given}

    def _check_failure(self) -> Iterator[Finding]:
        yield from check_failure(self.names.stack, deployment.failed_resources(self.names.stack))

    def _check_parts(self) -> Iterator[Finding]:
        """Check what runs: the function, or the container's stack; the schedule; who is notified."""
        if "Function" in self._created:
            name = self._created["Function"]
            yield from run_check("function", name, lambda: check_function(name, deployment.function_state(name)))
        schedules = dict(self._created)
        if self._parameters.get("RunsIn") == "container":
            task = self.names.task_stack
            step = "Deploy deploy/container.yaml (docs/deploy.md, “A container instead of the function”)."
            found = deployment.stack(task)
            yield from check_stack(task, found, step)
            schedules = deployment.stack_resources(task) if found is not None else {}
        if schedule := schedules.get("CollectionSchedule"):
            # CloudFormation's id of a schedule is its name, with its group before it in some versions.
            name = schedule.rpartition("/")[2].rpartition("|")[2]
            yield from run_check("schedule", name, lambda: check_schedule(name, deployment.schedule_state(name)))
        outputs = self._stack.get("Outputs", []) if self._stack is not None else []
        for topic in (one["OutputValue"] for one in outputs if one["OutputKey"] == "TopicArn"):
            yield from run_check("topic", topic, partial(self._check_topic, topic))

    def _check_topic(self, topic: str) -> Finding:
        from collector.doctor.checkup import check_topic  # noqa: PLC0415 -- that module reads the whole of a run

        return check_topic(topic, describe.topic_attributes(topic))

    def _check_existing(self) -> Iterator[Finding]:
        """Check what the stack creates unless its parameters name it. A name that is taken fails a new stack."""
        given, names = self._parameters, self.names
        bucket = given.get("BucketName", names.bucket)
        database = given.get("DatabaseName", names.database)
        workgroup = given.get("WorkGroupName", names.workgroup)
        logs = given.get("LogGroupName", names.log_group)
        role = given.get("CollectorRoleName", names.role)
        key = given.get("ExistingKeyArn") or f"alias/credlake-{database}"
        for thing in (
            _Thing("Bucket", "bucket", bucket, "ExistingBucket", partial(self._bucket, bucket)),
            _Thing("KeyAlias", "key", key, "ExistingKeyArn", partial(_key, key)),
            _Thing("Database", "glue database", database, "ExistingDatabase", partial(_database, database)),
            _Thing("WorkGroup", "athena workgroup", workgroup, "ExistingWorkGroup", partial(_workgroup, workgroup)),
            _Thing("LogGroup", "log group", logs, "ExistingLogGroup", partial(_log_group, logs)),
            _Thing("CollectorRole", "role", role, "", partial(_role, role)),
        ):
            try:
                owner = self._owner(thing)
                if owner is not None or not self._is_standing:
                    yield check_existing(thing.check, thing.name, thing.parameters(), owner=owner)
            except CallFault as fault:
                yield refused(thing.check, thing.name, fault, self.region)

    def _owner(self, thing: _Thing) -> str | None:
        """Why the thing has to exist, in words; None where it does not."""
        if self._parameters.get(thing.parameter, "false") not in {"false", ""}:
            return "as the stack's parameters say"
        return "created by the stack" if self._is_standing and thing.resource in self._created else None

    def _bucket(self, bucket: str) -> str | None:
        region = deployment.bucket_region(bucket, self.account_id)
        note = f" (in {region}, where the stack has to be too)" if region not in {None, "", self.region} else ""
        prefix = f" LakePrefix=/{self.names.prefix}" if self.names.prefix else ""
        return None if region is None else f"ExistingBucket=true BucketName={bucket}{prefix}{note}"


@dataclass(frozen=True, slots=True)
class _Thing:
    """What the stack creates under a name that may be taken."""

    resource: str  # its logical id in the template
    check: str  # what it is
    name: str  # its name
    parameter: str  # the parameter for one that exists; empty: there is none
    parameters: Callable[[], str | None]  # with what a stack takes it over; None where it does not exist


def _key(name: str) -> str | None:
    arn = deployment.key_arn(name)
    return None if arn is None else f"ExistingKeyArn={arn}"


def _database(name: str) -> str | None:
    return f"ExistingDatabase=true DatabaseName={name}" if deployment.has_database(name) else None


def _workgroup(name: str) -> str | None:
    return f"ExistingWorkGroup=true WorkGroupName={name}" if deployment.has_workgroup(name) else None


def _log_group(name: str) -> str | None:
    return f"ExistingLogGroup=true LogGroupName={name}" if deployment.has_log_group(name) else None


def _role(name: str) -> str | None:
    return "CollectorRoleName=ANOTHER_NAME (in member-role.yaml too)" if deployment.has_role(name) else None


def refused(check: str, subject: str, fault: CallFault, region: str) -> Finding:
    """A check whose call failed. Where an SCP denies it in this Region, the deployment would be denied, too."""
    if check == "bucket" and fault.code in {"403", "AccessDenied"}:
        message = "cannot be read: it is another account's, or s3:ListBucket on it is denied"
        step = "Choose another BucketName; if the bucket is yours, grant s3:ListBucket to the caller."
        return Finding(check, subject, Status.UNKNOWN, message, step)
    denial = read_denial(fault.message)
    if fault.kind is not FaultKind.DENIED or denial.policy_type is None or not denial.is_explicit:
        return call_failed(check, subject, fault)
    message = f"cannot be read in {region}: {short_message(fault.message)}"
    step = f"{denial.next_step} If it denies the Region, deploy in one that the organization allows (AWS_REGION)."
    return fail(check, subject, message, step)


def check_stack(name: str, found: StackTypeDef | None, remediation: str) -> Iterator[Finding]:
    """Evaluate DescribeStacks' answer, None where there is none; `remediation` is how to deploy it."""
    # REVIEW_IN_PROGRESS: a change set was made that would create it, and not executed.
    status = found["StackStatus"] if found is not None else "REVIEW_IN_PROGRESS"
    if status == "REVIEW_IN_PROGRESS":
        yield fail("stack", name, "does not exist", remediation)
    elif status in _STANDING:
        yield ok("stack", name, f"is {status}")
    elif status in _OLD:
        message = f"is {status}: its last update failed, and what was there before runs"
        yield fail("stack", name, message, "Remove the cause, then deploy again.")
    elif status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}:
        step = f"aws cloudformation delete-stack --stack-name {name}, then deploy again."
        yield fail("stack", name, f"is {status}, so it cannot be updated", step)
    else:
        message = f"is {status}"
        yield Finding("stack", name, Status.UNKNOWN, message, "Check again when the operation has ended.")


def check_failure(name: str, failed: Sequence[FailedResource]) -> Iterator[Finding]:
    """Evaluate what failed in the stack's last operation: a finding for each reason, with the policy that denied it."""
    # What CloudFormation stopped because of another failure has no reason of its own.
    causes = [one for one in failed if "cancelled" not in one.reason.lower()]
    for one in causes[:_NAMED]:
        denial = read_denial(one.reason)
        step = denial.next_step or "See docs/deploy.md, “If the first try fails”."
        yield fail("stack", name, f"could not create {one.name}: {short_message(one.reason)}", step)


def check_existing(check: str, name: str, parameters: str | None, *, owner: str | None) -> Finding:
    """Evaluate whether a thing exists.

    Args:
        check: what it is.
        name: its name.
        parameters: those with which a stack takes it over; None where it does not exist.
        owner: why it has to exist, in words; None where it does not, because a stack would create it.
    """
    if owner is not None:
        if parameters is not None:
            return ok(check, name, f"exists, {owner}")
        return fail(
            check, name, f"is missing: it has to exist, {owner}", "Restore it, or delete the stack and deploy again."
        )
    if parameters is None:
        return ok(check, name, "does not exist: the stack will create it")
    return fail(check, name, "exists, so a new stack cannot create it", f"Deploy with {parameters}.")


def check_function(name: str, state: str) -> Finding:
    """Evaluate a function's state."""
    if state in {"Active", "Inactive"}:
        return ok("function", name, "is ready")
    return fail("function", name, f"is in state {state}", "aws lambda get-function-configuration shows the reason.")


def check_schedule(name: str, state: str) -> Finding:
    """Evaluate a schedule's state."""
    if state == "ENABLED":
        return ok("schedule", name, "is enabled")
    step = "When the doctor finds nothing, enable it: docs/deploy.md, part 5."
    return fail("schedule", name, "is disabled, so no run starts by itself", step)
