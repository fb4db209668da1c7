"""The kinds of fault that an account can have, as data. `fault_catalogue` names the ones there are.

Every fault says which outcome a right collector comes to (contract part 2), so that tests and the demo can compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from collector.simulator.answers import ErrorAnswer, Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.outcome import Outcome
    from collector.simulator.report_text import ReportText

GENERATE = "iam:GenerateCredentialReport"
GET = "iam:GetCredentialReport"
SUMMARY = "iam:GetAccountSummary"
POLICY = "iam:GetAccountPasswordPolicy"
ASSUME = "sts:AssumeRole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with one account.

    `outcome` is what the collection of the account should come to; `summary_known` and `policy_known` say whether
    GetAccountSummary and GetAccountPasswordPolicy can be read all the same.
    """

    name: str
    outcome: Outcome
    summary_known: bool = True
    policy_known: bool = True


class Access(Enum):
    """Why STS gives no credentials."""

    # The account has no role of that name.
    ROLE_MISSING = "role missing"
    # The role wants an external id that the collector does not have.
    EXTERNAL_ID = "external id"
    # The role trusts nobody who calls here.
    UNTRUSTING = "untrusting"
    # STS is switched off for the account in every Region but us-east-1.
    REGION_DISABLED = "region disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFault(Fault):
    """STS gives no credentials, or not where it was asked. Without effect on the account the collector runs in."""

    access: Access


class ReportEffect(Enum):
    """What a fault does to the account's stored report besides its answer."""

    NONE = "none"
    # The report is gone: only Generate brings another.
    DROPPED = "dropped"
    # Another caller had it made anew (facts F2.3): it is in progress again.
    REBUILT = "rebuilt"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFault(Fault):
    """Some answers to some operations are wrong.

    Args:
        operations: IAM actions, such as `iam:GetCredentialReport`.
        error: The answer given instead; None: the right answer, which then arrives as `delivery` says. In that case
            the operation has its effect all the same: what is lost is the answer.
        delivery: How the answer arrives.
        times: How many calls to each operation; None: all of them.
        when_ready: Only calls at a moment when the report is there to be fetched.
        report_effect: What happens to the stored report.
        revokes_session: The session that asked is expired from now on; only assuming the role again helps.
    """

    operations: frozenset[str]
    error: ErrorAnswer | None = None
    delivery: Pipeline = Pipeline.WHOLE
    times: int | None = None
    when_ready: bool = False
    report_effect: ReportEffect = ReportEffect.NONE
    revokes_session: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationFault(Fault):
    """The report takes `seconds` to be generated, whatever the server was told; `math.inf`: it is never ready."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFault(Fault):
    """The report's bytes are not what a report is: `spoil` makes them of the right report and the account's id."""

    spoil: Callable[[ReportText, str], ReportText]
