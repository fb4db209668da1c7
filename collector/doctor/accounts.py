"""Checks of the accounts: each role is assumed as in a run, each call of a run is made, and the report is read.

The calls are made within the session policy of a run, so what is allowed here is allowed there. Requesting a report
changes nothing: AWS keeps it for four hours, and a run in that time fetches it.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_incrementing,
    wait_random_exponential,
)

from collector.aws.iam import SESSION_ACTIONS, SESSION_POLICY
from collector.denial import by_policy, read_denial
from collector.discovery.accounts import ACTIVE
from collector.doctor.finding import Finding, Status, describe_fault, fail, ok
from collector.errors import CallFault, FaultKind
from collector.evidence import ORGANIZATIONS, AccountEvidence, RunEvidence
from collector.lake.rows import type_account
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tenacity.wait import wait_base

    from collector.aws.credentials import SessionCredentials
    from collector.aws.iam import AccountApi

_CHECK = "account"
_POLICY_CHECK = "session policy"
# The codes of STS for a session policy that it refuses, in every account alike (facts F5).
_POLICY_REFUSED = frozenset({"MalformedPolicyDocument", "PackedPolicyTooLarge"})
# The collector's own account needs no role.
_GRANT_CALLER = f"Grant the caller this policy, and check that no SCP denies it: {SESSION_POLICY}"
_TRIES = 6
_TRANSIENT = frozenset({FaultKind.THROTTLED, FaultKind.LIMIT_EXCEEDED, FaultKind.SERVICE_FAILURE, FaultKind.CONNECTION})
# Errors of GetCredentialReport that show that the call is allowed, and that the report is not there yet.
_NOT_READY = frozenset({FaultKind.IN_PROGRESS, FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED})
# Most reports take two seconds (facts F2.4). A person waits for the answer, so the doctor gives up after a minute.
_UNTIL_READY, _LOOKS = wait_incrementing(start=2, increment=1, max=8), 11
_READ = "its report can be read"


def sample_accounts(account_ids: Sequence[str], size: int | None) -> list[str]:
    """The accounts to check, sorted: all of them, or a random sample of `size`."""
    if size is None or size >= len(account_ids):
        return sorted(account_ids)
    return sorted(random.sample(account_ids, size))


def check_accounts(
    account_ids: Sequence[str],
    calls: AccountApi,
    *,
    partition: str,
    concurrency: int,
    sleep: Callable[[float], None],
    out_of: int | None = None,
) -> Iterator[Finding]:
    """Yield a finding for each account that a run could not collect completely, and one for all others.

    `partition` is that of the organization, `aws` or `aws-cn`; `out_of` is how many accounts the run has, where
    `account_ids` are a sample of them.
    """
    retrying = _retrying(_TRANSIENT, _TRIES, wait_random_exponential(multiplier=0.5, max=8), sleep)
    looking = _retrying(_NOT_READY, _LOOKS, _UNTIL_READY, sleep)
    passed: list[str] = []
    denied: list[_Denied] = []
    with ThreadPoolExecutor(concurrency, thread_name_prefix="doctor") as threads:
        checks = (
            _AccountCheck(account_id, partition, calls, retrying.copy(), looking.copy()) for account_id in account_ids
        )
        for account_id, finding in zip(account_ids, threads.map(_AccountCheck.run, checks), strict=True):
            if finding is None:
                passed.append(account_id)
            elif isinstance(finding, _Denied):
                denied.append(finding)
            else:
                yield finding
    yield from _by_policy(denied)
    own = [account_id for account_id in passed if calls.is_own(account_id)]
    for account_id in own:
        yield ok(_CHECK, account_id, f"the caller's own credentials allow every call of a run, and {_READ}")
    if assumed := len(passed) - len(own):
        actions = ", ".join(SESSION_ACTIONS)
        message = f"limits the sessions in {assumed} accounts to {actions}, whatever else their roles allow"
        yield ok(_POLICY_CHECK, f"{len(SESSION_ACTIONS)} actions", message)
        others = len(account_ids) - sum(map(calls.is_own, account_ids))
        is_sample = out_of is not None and out_of > len(account_ids)
        sample = f" (a random sample of {len(account_ids)} of {out_of} accounts was checked)" if is_sample else ""
        how = f"the role can be assumed and allows every call of a run, and {_READ}{sample}"
        yield ok(_CHECK, f"{assumed} of {others}", how)


def _retrying(kinds: frozenset[FaultKind], tries: int, wait: wait_base, sleep: Callable[[float], None]) -> Retrying:
    return Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, CallFault) and error.kind in kinds),
        stop=stop_after_attempt(tries),
        wait=wait,
        sleep=sleep,
        reraise=True,
    )


class _Denied(NamedTuple):
    """A call that a policy denies which AWS's text names."""

    finding: Finding  # the finding of that account alone
    message: str  # AWS's text


@dataclass(frozen=True, slots=True)
class _AccountCheck:
    """The checks of one account."""

    account_id: str  # the account
    partition: str  # its partition, `aws` or `aws-cn`
    calls: AccountApi  # the calls of a run
    retrying: Retrying  # repeats a call that failed for a reason that may pass
    looking: Retrying  # repeats the call for the report until it is ready

    def run(self) -> Finding | _Denied | None:
        """What prevents a run from collecting the account completely; None where nothing does."""
        try:
            credentials = self.retrying(_assume, self.calls, self.account_id)
        except CallFault as error:
            if error.code in _POLICY_REFUSED:
                remediation = "This is an internal error (a bug in credlake): please report it with this message."
                return fail(_POLICY_CHECK, self.account_id, describe_fault(error), remediation)
            return _refused(self.account_id, error, Outcome.ASSUME_DENIED.next_step)
        is_own = self.calls.is_own(self.account_id)
        # AWS generates the report while the other calls are made.
        for call, remediation in (
            (self.calls.generate_report, Outcome.REPORT_DENIED.next_step),
            (self.calls.account_summary, _allow("iam:GetAccountSummary")),
            (self.calls.password_policy, _allow("iam:GetAccountPasswordPolicy")),
            (self._check_report, Outcome.REPORT_DENIED.next_step),
        ):
            try:
                finding = self.retrying(call, credentials)
            except CallFault as error:
                return _refused(self.account_id, error, _GRANT_CALLER if is_own else remediation)
            if isinstance(finding, Finding):
                return finding
        return None

    def _check_report(self, credentials: SessionCredentials) -> Finding | None:
        """Wait for the report, and read it as a run does."""
        try:
            report, generated_at = self.looking(self._fetch, credentials)
        except CallFault as error:
            if error.kind not in _NOT_READY:
                raise
            message = "its report was requested and is not ready after a minute, so it could not be read: "
            remediation = "Check again later: AWS goes on generating the report."
            return Finding(_CHECK, self.account_id, Status.UNKNOWN, message + describe_fault(error), remediation)
        return check_report(self.account_id, self.partition, report, generated_at)

    def _fetch(self, credentials: SessionCredentials) -> tuple[bytes, datetime]:
        try:
            return self.calls.fetch_report(credentials)
        except CallFault as error:
            if error.kind in {FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED}:
                self.calls.generate_report(credentials)
            raise


def check_report(account_id: str, partition: str, report: bytes, generated_at: datetime) -> Finding | None:
    """Evaluate GetCredentialReport's answer as a run does; None where a run could read all of it."""
    now = datetime.now(UTC)
    run = RunEvidence(organization_id="", run_id="", started_at=now, inventory_source=ORGANIZATIONS)
    evidence = AccountEvidence(
        account={},
        account_id=account_id,
        account_state=ACTIVE,
        aws_partition=partition,
        outcome=Outcome.COLLECTED,
        finished_at=now,
        report_generated_at=generated_at,
    )
    result = type_account(run, evidence, report).result
    if result.outcome is Outcome.COLLECTED:
        return None
    message = f"a run would end as {result.outcome}: {result.error_code}: {result.error_message}"
    remediation = "Check endpoint variables and proxies; if AWS changed the report, please open an issue."
    return fail(_CHECK, account_id, message, remediation)


def _assume(calls: AccountApi, account_id: str) -> SessionCredentials:
    try:
        return calls.credentials(account_id)
    except CallFault as error:
        if error.kind is not FaultKind.REGION_DISABLED:
            raise
        # As a run does: nobody can switch off STS in us-east-1 (facts F5).
        return calls.credentials(account_id, regional=False)


def _allow(action: str) -> str:
    return f"Allow {action} in the role, and check that no SCP denies it."


def _refused(account_id: str, error: CallFault, remediation: str) -> Finding | _Denied:
    """A call that is denied, which has this remediation, or that failed for another reason."""
    if error.kind is not FaultKind.DENIED:
        remediation = error.environment_step or "Try again later; a run retries for longer."
        return Finding(_CHECK, account_id, Status.UNKNOWN, describe_fault(error), remediation)
    denial = read_denial(error.message)
    if remediation != _GRANT_CALLER:
        remediation = denial.next_step or remediation
    finding = fail(_CHECK, account_id, describe_fault(error), remediation)
    return finding if denial.policy_type is None else _Denied(finding, error.message)


def _by_policy(denied: list[_Denied]) -> Iterator[Finding]:
    """One finding for all accounts in which one policy denies the same call."""
    finding_of = {one.finding.subject: one.finding for one in denied}
    for group in by_policy((one.finding.subject, one.message) for one in denied):
        first = finding_of[group.account_ids[0]]
        if len(group.account_ids) == 1:
            yield first
        else:
            message = f"{group.sentence}: {', '.join(group.account_ids)}"
            yield fail(_CHECK, f"{len(group.account_ids)} accounts", message, first.remediation or "")
