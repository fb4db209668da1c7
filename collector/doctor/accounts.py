"""Every account's role: assumed as a run assumes it, and asked each of the run's calls.

The calls are made within the run's session policy, so what passes here passes there. Asking for a report does no harm:
AWS keeps it for four hours, and the run finds it ready.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from collector.aws.iam import SESSION_ACTIONS
from collector.doctor.finding import Finding, Verdict, fault, fine
from collector.errors import CallFault, FaultKind
from collector.outcome import NEXT_STEPS, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from collector.aws.credentials import SessionCredentials
    from collector.aws.iam import AccountApi

_CHECK = "account"
_POLICY_CHECK = "session policy"
# What STS answers to the session policy itself, in whatever account it is asked (facts F5).
_POLICY_REFUSED = frozenset({"MalformedPolicyDocument", "PackedPolicyTooLarge"})
_TRIES = 6
_PASSING = frozenset({FaultKind.THROTTLED, FaultKind.LIMIT_EXCEEDED, FaultKind.SERVICE_FAILURE, FaultKind.CONNECTION})
# Answers of GetCredentialReport that show that the call is allowed.
_ALLOWED = frozenset({FaultKind.IN_PROGRESS, FaultKind.NOT_PRESENT, FaultKind.REPORT_EXPIRED})


def sampled(account_ids: Sequence[str], size: int | None) -> list[str]:
    """The accounts to look at: all, or so many of them by chance, in order."""
    if size is None or size >= len(account_ids):
        return sorted(account_ids)
    return sorted(random.sample(account_ids, size))


def examine_accounts(
    account_ids: Sequence[str], calls: AccountApi, *, concurrency: int, sleep: Callable[[float], None]
) -> Iterator[Finding]:
    """A finding for each account that a run could not collect in full, and one for all the others."""
    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, CallFault) and error.kind in _PASSING),
        stop=stop_after_attempt(_TRIES),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        sleep=sleep,
        reraise=True,
    )
    readable = narrowed = 0
    with ThreadPoolExecutor(concurrency, thread_name_prefix="doctor") as threads:
        found = threads.map(lambda account_id: _examine(account_id, calls, retrying.copy()), account_ids)
        for account_id, finding in zip(account_ids, found, strict=True):
            if finding is None:
                readable += 1
                narrowed += not calls.is_own(account_id)
            else:
                yield finding
    if narrowed:
        yield fine(
            _POLICY_CHECK,
            f"{len(SESSION_ACTIONS)} actions",
            f"narrowed the sessions of {narrowed} accounts to {', '.join(SESSION_ACTIONS)}, whatever their roles allow",
        )
    if readable:
        yield fine(
            _CHECK, f"{readable} of {len(account_ids)}", "the role is assumed, and each of the run's calls is allowed"
        )


def _examine(account_id: str, calls: AccountApi, retrying: Retrying) -> Finding | None:
    """What keeps a run from collecting the account in full; None where nothing does."""
    try:
        credentials = retrying(_assumed, calls, account_id)
    except CallFault as error:
        if error.kind is FaultKind.DENIED:
            return _fault(account_id, error, NEXT_STEPS[Outcome.ASSUME_DENIED])
        if error.code in _POLICY_REFUSED:
            mend = "It is ours and cannot be set: please tell us, with this message."
            return fault(_POLICY_CHECK, account_id, _said(error), mend)
        return _unknown(account_id, error)
    for call, step in (
        (calls.generate_report, NEXT_STEPS[Outcome.REPORT_DENIED]),
        (calls.fetch_report, NEXT_STEPS[Outcome.REPORT_DENIED]),
        (calls.account_summary, "Allow iam:GetAccountSummary in the role, and look for an SCP that denies it."),
        (calls.password_policy, "Allow iam:GetAccountPasswordPolicy in the role, and look for an SCP that denies it."),
    ):
        try:
            retrying(call, credentials)
        except CallFault as error:
            if error.kind in _ALLOWED:
                continue
            if error.kind is FaultKind.DENIED:
                return _fault(account_id, error, step)
            return _unknown(account_id, error)
    return None


def _assumed(calls: AccountApi, account_id: str) -> SessionCredentials:
    try:
        return calls.credentials(account_id)
    except CallFault as error:
        if error.kind is not FaultKind.REGION_DISABLED:
            raise
        # As a run does: STS in us-east-1 can be switched off by nobody (facts F5).
        return calls.credentials(account_id, regional=False)


def _fault(account_id: str, error: CallFault, mend: str) -> Finding:
    return fault(_CHECK, account_id, _said(error), mend)


def _unknown(account_id: str, error: CallFault) -> Finding:
    mend = "Ask again later; a run would try for longer."
    return Finding(_CHECK, account_id, Verdict.UNKNOWN, _said(error), mend)


def _said(error: CallFault) -> str:
    return f"{error.operation}: {error.code}: {error.message}".rstrip(": .") + "."
