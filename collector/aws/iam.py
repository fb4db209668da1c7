"""The calls that a run makes for one account: AssumeRole, and the four of IAM. One attempt each; no decisions."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from collector.aws.call_time import within
from collector.aws.clients import client, foreign_endpoints, home_region, own_credentials, pace_of
from collector.aws.credentials import SessionCredentials, signing_as
from collector.aws.errors import Ignoring, translated
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_sts.type_defs import AssumeRoleRequestTypeDef, AssumeRoleResponseTypeDef

# Narrows even an administrator's role to exactly the calls below (facts F5). The role must allow them too.
SESSION_ACTIONS = (
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:GetAccountSummary",
    "iam:GetAccountPasswordPolicy",
)
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": list(SESSION_ACTIONS), "Resource": "*"}],
}
SESSION_POLICY = json.dumps(_POLICY, separators=(",", ":"))
# The same for a person, to grant: an account that is collected with its own credentials needs nothing else.
POLICY_TO_GRANT = json.dumps(_POLICY, indent=2)
# The shortest there is. A longer wait for a report assumes the role again.
_SESSION_SECONDS = 900
_LONGEST_SESSION_NAME = 64
# Calls under way at once, where the settings name no number: with 30 ms a call 32 keep up with the 160 accounts a
# second that ListAccounts gives. IAM limits the calls of each account, and STS those of a caller to 600 a second.
_CONNECTIONS, _MOST_CONNECTIONS = 32, 128
_CONNECTIONS_A_SECOND_OF_LATENCY = 1200
# AssumeRole is signed with the collector's own credentials, so these concern no account.
_CALLER_EXPIRED = (FaultKind.TOKEN_EXPIRED, FaultKind.NO_CREDENTIALS)
_NOT_CALLED = "The collector's own credentials ended during the run, so no call was made for this account."


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """The role that is assumed in every account."""

    name: str  # The role's name.
    path: str  # Its path, `/` or `/…/`.
    external_id: str | None  # The external id that its trust policy requires; None where it requires none.
    session_name: str  # The name of the sessions, by which CloudTrail shows them; cut to 64 characters.
    arns: Mapping[str, str] = field(default_factory=dict)  # Account → the ARN of its role, where that is another one.

    def arn(self, account_id: str, partition: str) -> str:
        """The role's ARN in that account."""
        return self.arns.get(account_id) or f"arn:{partition}:iam::{account_id}:role{self.path}{self.name}"


class AccountApi:
    """The calls, for any account of one partition. Blocking and thread-safe; every failure is a CallFault."""

    def __init__(self, *, role: Role, partition: str, own_account_id: str | None) -> None:
        """`own_account_id` is the account that the collector runs in: it is read with its own credentials."""
        self._role = role
        self._partition = partition
        self._own_account_id = own_account_id
        self._iam = client("iam", home_region(partition))
        self._sts = client("sts")
        self._paces = (pace_of("sts"), pace_of("iam"))
        # The collector's own credentials once AWS no longer accepts them, and AWS's code for it.
        self._expired: tuple[SessionCredentials | None, str] | None = None

    def is_own(self, account_id: str) -> bool:
        """Whether the account is the collector's own, which needs no role unless the accounts file names one."""
        return account_id == self._own_account_id and account_id not in self._role.arns

    def credentials(self, account_id: str, *, regional: bool = True) -> SessionCredentials:
        """Credentials for the account: the collector's own in its own account, else those of the role.

        `regional=False` calls STS in us-east-1 (the partition's home Region), which no account can disable (facts F5).
        """
        if self.is_own(account_id):
            return own_credentials(account_id)
        # botocore may renew them at any time.
        caller = _caller()
        if self._expired is not None and self._expired[0] == caller:
            raise CallFault(FaultKind.CALLER_EXPIRED, self._expired[1], _NOT_CALLED, "credentials")
        request: AssumeRoleRequestTypeDef = {
            "RoleArn": self._role.arn(account_id, self._partition),
            "RoleSessionName": self._role.session_name[:_LONGEST_SESSION_NAME],
            "DurationSeconds": _SESSION_SECONDS,
            "Policy": SESSION_POLICY,
        }
        if self._role.external_id is not None:
            request["ExternalId"] = self._role.external_id
        try:
            return self._assume_role(account_id, request, regional=regional)
        except CallFault as fault:
            if fault.kind not in _CALLER_EXPIRED:
                raise
            self._expired = caller, fault.code
            raise CallFault(FaultKind.CALLER_EXPIRED, fault.code, fault.message, fault.operation) from fault

    def _assume_role(self, account_id: str, request: AssumeRoleRequestTypeDef, *, regional: bool) -> SessionCredentials:
        sts = self._sts if regional else client("sts", home_region(self._partition))
        with translated("sts:AssumeRole"):
            answer = sts.assume_role(**request)
            given = answer["Credentials"]
            credentials = SessionCredentials(
                account_id,
                given["AccessKeyId"],
                given["SecretAccessKey"],
                given["SessionToken"],
                _instant(given["Expiration"], "Expiration, so the end of the session", "sts:AssumeRole"),
            )
        _check_account(answer, account_id)
        return credentials

    def is_slowed(self) -> bool:
        """Whether calls wait for each other because AWS throttles them."""
        return any(pace.rate is not None for pace in self._paces)

    def connections(self) -> int:
        """How many calls to have under way at once, by their latency; fewer while AWS throttles them."""
        latency = self._paces[1].latency
        if latency is None or self.is_slowed():
            return _CONNECTIONS
        return min(max(round(latency * _CONNECTIONS_A_SECOND_OF_LATENCY), _CONNECTIONS), _MOST_CONNECTIONS)

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """A block in which each call of this thread ends after so many seconds at the latest."""
        return within(seconds)

    def generate_report(self, credentials: SessionCredentials) -> str:
        """Request a report; `STARTED`, `INPROGRESS` or `COMPLETE`."""
        with signing_as(credentials), translated("iam:GenerateCredentialReport"):
            return str(self._iam.generate_credential_report().get("State"))

    def fetch_report(self, credentials: SessionCredentials) -> tuple[bytes, datetime]:
        """The report's bytes and its GeneratedTime, up to four hours ago (facts F2.3)."""
        with signing_as(credentials), translated("iam:GetCredentialReport"):
            answer = self._iam.get_credential_report()
        generated_at = _instant(
            answer.get("GeneratedTime"), "GeneratedTime, so the report's age", "iam:GetCredentialReport"
        )
        return answer.get("Content") or b"", generated_at

    def account_summary(self, credentials: SessionCredentials) -> dict[str, int]:
        """GetAccountSummary's SummaryMap, fresher than the report (facts F3)."""
        with signing_as(credentials), translated("iam:GetAccountSummary"):
            answer = self._iam.get_account_summary()
        summary = answer.get("SummaryMap")
        if not summary:
            raise _incomplete("SummaryMap", "iam:GetAccountSummary")
        # The stubs list the keys that AWS sends today; there may be more.
        return cast("dict[str, int]", summary)

    def password_policy(self, credentials: SessionCredentials) -> dict[str, Any] | None:
        """The account's own password policy, None where it has none (`NoSuchEntity`)."""
        operation = "iam:GetAccountPasswordPolicy"
        with signing_as(credentials), Ignoring("NoSuchEntity"), translated(operation):
            policy = self._iam.get_account_password_policy().get("PasswordPolicy")
            if policy is None:
                raise _incomplete("PasswordPolicy", operation)
            return dict(policy)
        return None


def _caller() -> SessionCredentials | None:
    """The collector's own credentials as they are now; None where botocore cannot renew them."""
    with suppress(CallFault):
        return own_credentials()
    return None


def _instant(value: object, wanted: str, operation: str) -> datetime:
    if not isinstance(value, datetime):
        raise _incomplete(f"{wanted} is unknown", operation)
    return value


def own_account_name(partition: str) -> str | None:
    """The alias of the collector's own account, else its name in Account Management; None where neither may be read."""
    with suppress(CallFault):
        credentials = own_credentials()
        with signing_as(credentials), translated("iam:ListAccountAliases"):
            aliases = client("iam", home_region(partition)).list_account_aliases()["AccountAliases"]
        if aliases:
            return aliases[0]
    # An emulator of the other services rarely has this one, and its credentials must not be sent to AWS.
    if not foreign_endpoints():
        with suppress(CallFault), translated("account:GetAccountInformation"):
            return str(client("account", home_region(partition)).get_account_information()["AccountName"])
    return None


def _incomplete(missing: str, operation: str) -> CallFault:
    return CallFault(FaultKind.CONNECTION, "IncompleteAnswer", f"the answer has no {missing}", operation)


def _check_account(answer: AssumeRoleResponseTypeDef, account_id: str) -> None:
    """The session must be in the requested account: a report filed under another would be worse than none."""
    arn = str(answer.get("AssumedRoleUser", {}).get("Arn") or "")
    parts = arn.split(":")
    named = parts[4] if len(parts) > 5 else account_id  # noqa: PLR2004 -- arn:aws:sts::123456789012:assumed-role/…
    if named != account_id:
        raise CallFault(FaultKind.OTHER, "WrongAccount", f"STS gave a session in account {named}", "sts:AssumeRole")
