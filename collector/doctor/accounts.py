"""Checks of the accounts: each role is assumed as in a run, and each call of a run is made once.

The calls are made within the session policy of a run, so what is allowed here is allowed there. Requesting a report
changes nothing: AWS keeps it for four hours, and a run in that time fetches it.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from collector.aws.iam import SESSION_ACTIONS, SESSION_POLICY
from collector.doctor.finding import Finding, Status, describe_fault, fail, ok
from collector.errors import CallFault, FaultKind
from collector.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
# Errors of GetCredentialReport that show that the call is allowed.
_ALLOWED = frozenset({FaultKind.IN_PROGRESS, FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED})


def sample_accounts(account_ids: Sequence[str], size: int | None) -> list[str]:
    """The accounts to check, sorted: all of them, or a random sample of `size`."""
    if size is None or size >= len(account_ids):
        return sorted(account_ids)
    return sorted(random.sample(account_ids, size))


def check_accounts(
    account_ids: Sequence[str], calls: AccountApi, *, concurrency: int, sleep: Callable[[float], None]
) -> Iterator[Finding]:
    """Yield a finding for each account that a run could not collect completely, and one for all others."""
    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, CallFault) and error.kind in _TRANSIENT),
        stop=stop_after_attempt(_TRIES),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        sleep=sleep,
        reraise=True,
    )
    passed = restricted = 0
    with ThreadPoolExecutor(concurrency, thread_name_prefix="doctor") as threads:
        found = threads.map(lambda account_id: _check(account_id, calls, retrying.copy()), account_ids)
        for account_id, finding in zip(account_ids, found, strict=True):
            if finding is None:
                passed += 1
                restricted += not calls.is_own(account_id)
            else:
                yield finding
    if restricted:
        actions = ", ".join(SESSION_ACTIONS)
        message = f"limits the sessions in {restricted} accounts to {actions}, whatever else their roles allow"
        yield ok(_POLICY_CHECK, f"{len(SESSION_ACTIONS)} actions", message)
    if passed:
        how = "the role can be assumed and allows" if restricted else "the caller's own credentials allow"
        yield ok(_CHECK, f"{passed} of {len(account_ids)}", f"{how} every call of a run")


def _check(account_id: str, calls: AccountApi, retrying: Retrying) -> Finding | None:
    """What prevents a run from collecting the account completely; None where nothing does."""
    try:
        credentials = retrying(_assume, calls, account_id)
    except CallFault as error:
        if error.code in _POLICY_REFUSED:
            remediation = "This is an internal error (a bug in credlake): please report it with this message."
            return fail(_POLICY_CHECK, account_id, describe_fault(error), remediation)
        return _refused(account_id, error, Outcome.ASSUME_DENIED.next_step)
    is_own = calls.is_own(account_id)
    for call, remediation in (
        (calls.generate_report, Outcome.REPORT_DENIED.next_step),
        (calls.fetch_report, Outcome.REPORT_DENIED.next_step),
        (calls.account_summary, _allow("iam:GetAccountSummary")),
        (calls.password_policy, _allow("iam:GetAccountPasswordPolicy")),
    ):
        try:
            retrying(call, credentials)
        except CallFault as error:
            if error.kind not in _ALLOWED:
                return _refused(account_id, error, _GRANT_CALLER if is_own else remediation)
    return None


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


def _refused(account_id: str, error: CallFault, remediation: str) -> Finding:
    """A call that is denied, which has this remediation, or that failed for another reason."""
    if error.kind is FaultKind.DENIED:
        return fail(_CHECK, account_id, describe_fault(error), remediation)
    remediation = "Try again later; a run retries for longer."
    return Finding(_CHECK, account_id, Status.UNKNOWN, describe_fault(error), remediation)
