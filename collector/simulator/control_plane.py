"""Calls in, responses out: the whole organization without HTTP. State changes only here, and only by the clock given.

The order of checks: who signed, does the operation exist, may the caller use it, does a fault apply, and then the
operation itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from collector.simulator import iam_api
from collector.simulator.credentials import Identity, IdentityStore
from collector.simulator.faults import CallFault, GenerationFault, ReportEffect
from collector.simulator.iam_api import ReportTask, StoredReport
from collector.simulator.organization import AccountSpec, OrganizationSpec, OrganizationTree
from collector.simulator.organizations_api import OrganizationsApi
from collector.simulator.report import write_report
from collector.simulator.sts_api import StsApi, target_account_id
from collector.simulator.wire import ApiError, unknown_operation, write_error, write_result

if TYPE_CHECKING:
    from collector.simulator.wire import Call, Response, Result

# Returns the current time, with its zone. It is called from the server's thread.
Clock = Callable[[], datetime]

# Needs no permission, even where one is denied (facts F5).
UNGUARDED_ACTION = "sts:GetCallerIdentity"

# The SCP of every fault that is the denial by one.
SCP_ID = "p-simulated1"


def utc_now() -> datetime:
    """The machine's own time."""
    return datetime.now(UTC)


def shifted_clock(offset: timedelta) -> Clock:
    """A clock that runs like the machine's, `offset` ahead of it (negative: behind)."""
    return lambda: datetime.now(UTC) + offset


@dataclass(frozen=True, slots=True)
class TrafficCounts:
    """The counts at one moment. Operations are named as IAM names actions, `sts:AssumeRole`."""

    # Calls by account and operation; the account of an AssumeRole is the role's.
    by_account: dict[tuple[str, str], int]
    # Requests without a response at that moment.
    in_flight: int
    # The most requests that ever were in flight at once.
    peak_in_flight: int

    @property
    def by_operation(self) -> dict[str, int]:
        """Calls of each operation."""
        counts: Counter[str] = Counter()
        for (_, action), count in self.by_account.items():
            counts[action] += count
        return dict(counts)

    @property
    def total(self) -> int:
        """All calls."""
        return sum(self.by_account.values())

    def of_account(self, account_id: str) -> dict[str, int]:
        """Calls of each operation for one account."""
        return {action: count for (account, action), count in self.by_account.items() if account == account_id}


class Traffic:
    """Counts calls and requests. Written by the server's thread, read by others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_account: Counter[tuple[str, str]] = Counter()
        self._in_flight = 0
        self._peak = 0

    def record(self, account_id: str, action: str) -> None:
        """Count a call."""
        with self._lock:
            self._by_account[account_id, action] += 1

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request as in flight while the block runs."""
        with self._lock:
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def counts(self) -> TrafficCounts:
        """The counts at this moment."""
        with self._lock:
            return TrafficCounts(dict(self._by_account), self._in_flight, self._peak)

    def reset(self) -> None:
        """Set all counts to zero; the peak starts again at what is in flight."""
        with self._lock:
            self._by_account.clear()
            self._peak = self._in_flight


class FaultSchedule:
    """Decides which fault applies to which call, by how often each has applied to an account's operation."""

    def __init__(self) -> None:
        self._applied: Counter[tuple[str, int, str]] = Counter()

    def next_fault(self, account: AccountSpec, action: str, is_ready: Callable[[], bool]) -> CallFault | None:
        """The account's first fault that applies to this call; None: the call succeeds.

        `is_ready` reports whether the account's report can be fetched; it is called only where a fault needs it.
        """
        for position, fault in enumerate(account.faults):
            if not isinstance(fault, CallFault) or action not in fault.operations:
                continue
            key = (account.account_id, position, action)
            if fault.times is not None and self._applied[key] >= fault.times:
                continue
            if fault.when_ready and not is_ready():
                continue
            self._applied[key] += 1
            return fault
        return None


class ControlPlane:
    """Organizations, STS and IAM of one organization.

    Args:
        organization: The organization and its caller.
        clock: The time by which reports age and sessions expire.
        generation_seconds: How long a report takes to generate.
        enforce_rate_limits: Whether Organizations limits calls as AWS does (facts F4.3).

    Raises:
        ValueError: The organization is inconsistent; see `OrganizationTree`.
    """

    def __init__(
        self,
        organization: OrganizationSpec,
        *,
        clock: Clock,
        generation_seconds: float = 0.0,
        enforce_rate_limits: bool = False,
    ) -> None:
        self.traffic = Traffic()
        self.identities = IdentityStore(organization.base_caller, organization.partition)
        self._partition = organization.partition
        self._clock = clock
        self._generation_seconds = generation_seconds
        self._tree = OrganizationTree(organization)
        self._organizations = OrganizationsApi(self._tree, enforce_rate_limits=enforce_rate_limits)
        self._sts = StsApi(self._tree, self.identities)
        self._faults = FaultSchedule()
        self._started_at = clock()
        self._tasks: dict[str, ReportTask] = {}

    def respond(self, call: Call) -> Response:
        """Carry out a call and write its response, which is an error response where it fails."""
        now = self._clock()
        account_id = target_account_id(call.parameters) if call.action == "sts:AssumeRole" else ""
        try:
            identity = self.identities.identify(call, now)
            account_id = account_id or identity.account_id
            # A target outside of the organization has no spec, and so no role.
            account = self._tree.accounts.get(account_id) or AccountSpec(account_id, name="outside")
            operation = self._operation(call, account, identity, now)
            if call.action != UNGUARDED_ACTION:
                identity.authorize(call.action)
            fault = self._faults.next_fault(account, call.action, lambda: self._task(account).is_ready(now))
            if fault is not None:
                self._apply(fault, call, account, identity, now)
            response = write_result(call, operation())
        except ApiError as error:
            return write_error(call, error.response)
        else:
            return response if fault is None else replace(response, delivery=fault.delivery)
        finally:
            self.traffic.record(account_id, call.action)

    def stored_report(self, account_id: str) -> StoredReport | None:
        """The account's report as it is served; None: none was generated."""
        task = self._tasks.get(account_id)
        return task.stored if task else None

    def _operation(self, call: Call, account: AccountSpec, identity: Identity, now: datetime) -> Callable[[], Result]:
        """What carries out the call; an error where there is no such operation."""
        parameters = call.parameters
        if call.service == "organizations" and call.operation in self._organizations.operations:
            return lambda: self._organizations.call(call.operation, parameters, identity, now)
        operations: dict[str, Callable[[], Result]] = {
            "sts:AssumeRole": lambda: self._sts.assume_role(parameters, identity, call.region, now),
            "sts:GetCallerIdentity": lambda: self._sts.get_caller_identity(identity),
            "iam:GenerateCredentialReport": lambda: self._task(account).generate(now),
            "iam:GetCredentialReport": lambda: self._task(account).get(now),
            "iam:GetAccountSummary": lambda: iam_api.get_account_summary(account),
            "iam:GetAccountPasswordPolicy": lambda: iam_api.get_account_password_policy(account),
            "iam:ListAccountAliases": lambda: iam_api.list_account_aliases(account),
        }
        if call.action not in operations:
            raise unknown_operation(call)
        return operations[call.action]

    def _apply(self, fault: CallFault, call: Call, account: AccountSpec, identity: Identity, now: datetime) -> None:
        """Apply a fault's effects, and raise its error if it has one; without, the call goes on."""
        if fault.report_effect is ReportEffect.DROPPED:
            self._task(account).drop()
        elif fault.report_effect is ReportEffect.REBUILT:
            self._task(account).rebuild(now)
        if fault.revokes_session:
            self.identities.revoke(identity)
        if fault.error is not None:
            scp = self._tree.arn("policy", f"service_control_policy/{SCP_ID}")
            raise ApiError(fault.error.for_call(identity.arn, call.action, scp))

    def _task(self, account: AccountSpec) -> ReportTask:
        task = self._tasks.get(account.account_id)
        if task is None:
            task = self._tasks[account.account_id] = self._new_task(account)
        return task

    def _new_task(self, account: AccountSpec) -> ReportTask:
        seconds = self._generation_seconds
        for fault in account.faults:
            if isinstance(fault, GenerationFault):
                seconds = fault.seconds

        def render() -> bytes:
            return write_report(account, self._partition)

        age = account.existing_report_age
        return ReportTask(seconds, render, None if age is None else StoredReport(self._started_at - age, render))
