"""Calls in, answers out: the whole organization without HTTP. State changes only here, and only with the clock given.

The order of checks: who signed, is there such an operation, may the caller do it, does a fault strike, does a rate
limit, and then the operation itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from collector.simulator import iam_api
from collector.simulator.answers import Answer, Call, RefusedError, Result
from collector.simulator.credentials import Identity, IdentityStore
from collector.simulator.fault_schedule import FaultSchedule
from collector.simulator.faults import CallFault, GenerationFault, ReportEffect
from collector.simulator.organization import AccountSpec, OrganizationSpec
from collector.simulator.organizations_api import OrganizationsApi
from collector.simulator.rate_limits import RateLimit, RateLimiter
from collector.simulator.refusals import THROTTLING, unknown_operation
from collector.simulator.report import write_report
from collector.simulator.report_task import ReportTask, StoredReport
from collector.simulator.sts_api import StsApi, target_account_id
from collector.simulator.traffic import Traffic
from collector.simulator.tree import OrganizationTree
from collector.simulator.wire import VERSIONS, write_answer, write_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from collector.simulator.clock import Clock

IAM_OPERATIONS = frozenset(
    {
        "GenerateCredentialReport",
        "GetCredentialReport",
        "GetAccountSummary",
        "GetAccountPasswordPolicy",
        "ListAccountAliases",
    }
)
STS_OPERATIONS = frozenset({"AssumeRole", "GetCallerIdentity"})

# Needs no permission, even where one is denied (facts F5).
UNGUARDED_ACTION = "sts:GetCallerIdentity"


class ControlPlane:
    """Organizations, STS and IAM of one organization.

    Args:
        organization: What there is.
        clock: The time that reports live by.
        session_clock: The time that credentials expire by. The demo tells the story of past days, with clients that
            live today: their sessions must not be over when they begin.
        generation_seconds: How long a report takes.
        enforce_rate_limits: Whether Organizations limits calls as AWS does (facts F4.3).
        iam_rate_limit: A limit on each account's IAM calls; AWS has one but does not say which.
    """

    def __init__(
        self,
        organization: OrganizationSpec,
        *,
        clock: Clock,
        session_clock: Clock,
        generation_seconds: float = 0.0,
        enforce_rate_limits: bool = False,
        iam_rate_limit: RateLimit | None = None,
    ) -> None:
        self.organization = organization
        self.traffic = Traffic()
        self._clock = clock
        self._session_clock = session_clock
        self._generation_seconds = generation_seconds
        self._iam_rate_limit = iam_rate_limit
        self._iam_limiter = RateLimiter()
        self._tree = OrganizationTree(organization)
        self.identities = IdentityStore(organization.calling, organization.partition, session_clock())
        self._organizations = OrganizationsApi(self._tree, enforce_rate_limits=enforce_rate_limits)
        self._sts = StsApi(self._tree, self.identities)
        self._faults = FaultSchedule()
        self._began_at = clock()
        self._tasks: dict[str, ReportTask] = {}

    def answer(self, call: Call) -> Answer:
        """Carry out a call and write its answer; whatever is refused is an answer too."""
        now = self._clock()
        account_id = target_account_id(call.parameters) if call.action == "sts:AssumeRole" else ""
        try:
            identity = self.identities.identify(call, self._session_clock())
            account_id = account_id or identity.account_id
            self._check_operation(call)
            if call.action != UNGUARDED_ACTION:
                identity.authorize(call.action)
            account = self._account(account_id)
            fault = self._faults.next_fault(account, call.action, lambda: self._task(account).is_ready(now))
            if fault is not None:
                self._strike(fault, call, account, identity, now)
            result = self._carry_out(call, account, identity, now)
        except RefusedError as refusal:
            return write_error(call, refusal.answer)
        else:
            answer = write_answer(call, result)
            return answer if fault is None else replace(answer, delivery=fault.delivery)
        finally:
            self.traffic.record(account_id, call.action)

    def stored_report(self, account_id: str) -> StoredReport | None:
        """The report that the account holds, as it is served; None: none was made."""
        task = self._tasks.get(account_id)
        return task.stored if task else None

    def _check_operation(self, call: Call) -> None:
        known = {
            "organizations": self._organizations.operations.keys(),
            "sts": STS_OPERATIONS,
            "iam": IAM_OPERATIONS,
        }
        if call.operation not in known.get(call.service, ()):
            raise unknown_operation(call.operation, VERSIONS.get(call.service, ""))

    def _carry_out(self, call: Call, account: AccountSpec, identity: Identity, now: datetime) -> Result:
        if call.service == "organizations":
            return self._organizations.answer(call.operation, call.parameters, identity, now)
        if call.operation == "GetCallerIdentity":
            return self._sts.get_caller_identity(identity)
        if call.operation == "AssumeRole":
            return self._sts.assume_role(call.parameters, identity, call.region, self._session_clock())
        limit = self._iam_rate_limit
        if limit is not None and not self._iam_limiter.take((account.account_id, "iam"), limit, now):
            raise RefusedError(THROTTLING)
        operations: dict[str, Callable[[], Result]] = {
            "GenerateCredentialReport": lambda: iam_api.generate_credential_report(self._task(account), now),
            "GetCredentialReport": lambda: iam_api.get_credential_report(self._task(account), now),
            "GetAccountSummary": lambda: iam_api.get_account_summary(account),
            "GetAccountPasswordPolicy": lambda: iam_api.get_account_password_policy(account),
            "ListAccountAliases": lambda: iam_api.list_account_aliases(account),
        }
        return operations[call.operation]()

    def _strike(self, fault: CallFault, call: Call, account: AccountSpec, identity: Identity, now: datetime) -> None:
        """Let a fault have its effects, and its error if it has one; without, the call goes on."""
        if fault.report_effect is ReportEffect.DROPPED:
            self._task(account).drop()
        elif fault.report_effect is ReportEffect.REBUILT:
            self._task(account).rebuild(now)
        if fault.revokes_session:
            self.identities.revoke(identity)
        if fault.error is not None:
            raise RefusedError(fault.error.about(identity.arn, call.action))

    def _account(self, account_id: str) -> AccountSpec:
        """The account asked, which may lie outside of the organization."""
        return self._tree.accounts.get(account_id) or AccountSpec(account_id or "0" * 12, name="outside")

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
            return write_report(account, self.organization.partition)

        existing = account.existing_report
        if existing is None:
            return ReportTask(seconds, render)
        literal = existing.content
        stored = StoredReport(self._began_at - existing.age, render if literal is None else lambda: literal)
        return ReportTask(seconds, render, stored)
