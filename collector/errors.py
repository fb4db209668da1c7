"""The errors that end a command.

Every message says what failed, on what, why, and the next step. `exit_code` is the command's (docs/settings.md).
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class CredlakeError(Exception):
    """An error that a user can fix. The command line prints the message, never a traceback."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, **facts: object) -> None:
        """Take the message for the user and the facts behind it, for logs."""
        super().__init__(message)
        self.message = message
        self.facts = facts


class UsageError(CredlakeError):
    """Wrong usage or configuration; `problems` has a sentence for each error."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: list[str], **facts: object) -> None:
        """Take all problems at once, so that a user can fix them together."""
        super().__init__("\n".join(problems), **facts)
        self.problems = problems


class OrganizationUnreadableError(CredlakeError):
    """The accounts of the organization could not be listed, so the coverage of a run is unknown."""


class LakeError(CredlakeError):
    """The lake cannot be read or written."""


class NewerLakeError(LakeError):
    """The lake was written by a newer version, whose meaning this one does not know."""


class NotPublishedError(CredlakeError):
    """The run ended and its evidence is stored, but the publication rules rejected it."""


class NothingToRetryError(CredlakeError):
    """There is no account that `--retry-failed` could collect, or no snapshot of the day to add it to."""


class UnconfirmedError(NotPublishedError):
    """The run covers less than the snapshot that `--replace` names it for, and nobody confirmed the loss."""


class CatalogNotSyncedError(CredlakeError):
    """The snapshot is published, but Glue could not be synced with the publication record."""

    exit_code: ClassVar[int] = 4


class FaultKind(StrEnum):
    """The kinds that are treated differently; the wire codes are in facts F2.2."""

    DENIED = "denied"  # A permission, a trust policy or an SCP denies the call.
    THROTTLED = "throttled"  # Too many calls: retry later.
    LIMIT_EXCEEDED = "limit_exceeded"  # Generate's `LimitExceeded`: no capacity for a report right now (facts F2.5).
    IN_PROGRESS = "in_progress"  # The report is still being generated: not an error, but poll again.
    NOT_PRESENT = "not_present"  # No report: never requested, or replaced by another caller's request (facts F2.3).
    REPORT_EXPIRED = "report_expired"  # The report is older than four hours: request a new one.
    # The session's credentials expired: assume the role again.
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 -- the name of a kind, not a token
    CALLER_EXPIRED = "caller_expired"  # The collector's own credentials ended during the run: no retry helps.
    REGION_DISABLED = "region_disabled"  # STS is off in this Region for the account (opt-in Regions; never us-east-1).
    SERVICE_FAILURE = "service_failure"  # 500s.
    CONNECTION = "connection"  # The response was cut off, reset, unreadable or missing.
    NO_SUCH_ENTITY = "no_such_entity"  # The entity does not exist; for the password policy this means that none is set.
    NO_CREDENTIALS = "no_credentials"  # The caller has no valid AWS credentials.
    OTHER = "other"


# Our codes for what has none.
TOO_MANY_FILES = "TooManyOpenFiles"
NO_MFA_CODE = "NoMfaCode"

_RENEW = "Renew the collector's own AWS credentials (`aws sso login`, or a session that lasts longer)."
_SSO = "Run `aws sso login` (with `--profile NAME` for a named profile)."
_LOGIN = "Run `aws login` (with `--profile NAME` for a named profile)."
_MFA = (
    "Run in a terminal, where the profile's MFA code can be entered; or provide a session that has it already "
    "(`aws sts get-session-token`), or a role without MFA."
)
_CLOCK = "Set this machine's clock and synchronize it (NTP): AWS refuses requests that are over 5 minutes off."
_CERTIFICATE = (
    "Set AWS_CA_BUNDLE to a readable PEM file with the certificate authority that signs here: your proxy's, or that of "
    "a private endpoint."
)
_UNKNOWN_KEY = (
    "Check the access key, and that AWS_REGION is in its partition and enabled. In an opt-in Region, a session token "
    "of the global STS endpoint is not valid: get one from a Regional endpoint (sts_regional_endpoints = regional), or "
    "set AWS_REGION to us-east-1."
)
# What to change in the environment of the caller, by the code, whichever call failed. What has to be granted depends on
# the call, and is with the call.
_ENVIRONMENT_STEPS = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException"), _RENEW),
    **dict.fromkeys(("SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError", "SSOError"), _SSO),
    **dict.fromkeys(("LoginRefreshRequired", "LoginTokenLoadError", "LoginAuthorizationCodeError"), _LOGIN),
    **dict.fromkeys((NO_MFA_CODE, "RefreshWithMFAUnsupportedError"), _MFA),
    **dict.fromkeys(("RequestTimeTooSkewed", "RequestExpired"), _CLOCK),
    **dict.fromkeys(("InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken"), _UNKNOWN_KEY),
    "SSLError": _CERTIFICATE,
    TOO_MANY_FILES: "Raise the limit of open files (`ulimit -n 4096`), or lower --concurrency.",
}
# What AWS's text has where a signature does not match only because of its time.
_OFF_CLOCK = ("Signature expired", "Signature not yet current")


def environment_step(code: str | None, message: str | None) -> str | None:
    """What to change in the caller's environment, as a sentence; None where the failure has nothing to do with it."""
    if any(words in (message or "") for words in _OFF_CLOCK):
        return _CLOCK
    return _ENVIRONMENT_STEPS.get(code or "")


class CallFault(Exception):  # noqa: N818 -- a response that a run handles, rarely an error of credlake
    """One call's failure: the kind, AWS's own code and text, and which call it was."""

    def __init__(self, kind: FaultKind, code: str, message: str, operation: str) -> None:
        """Take AWS's code and text unmodified."""
        super().__init__(f"{operation}: {code}: {message}")
        self.kind = kind
        self.code = code
        self.message = message
        self.operation = operation

    @property
    def environment_step(self) -> str | None:
        """What to change in the caller's environment; None where the failure has nothing to do with it."""
        return environment_step(self.code, self.message)


_LISTING_PERMISSIONS = (
    "organizations:ListAccounts (and, for OU names, organizations:ListRoots, "
    "organizations:ListOrganizationalUnitsForParent and organizations:DescribeOrganizationalUnit)"
)


_WAYS_IN = """There are three ways to use credlake:
  Without AWS credentials: download the credential report from the IAM console, then
    credlake read status_reports_….csv
  One account: set AWS_PROFILE to credentials in that account, then
    credlake collect --single-account --lake ./lake
  An organization: set AWS_PROFILE, or run where a role provides credentials, with sts:AssumeRole on the role in every
  account and organizations:ListAccounts, then
    credlake collect --lake ./lake"""


def explain_no_identity(fault: CallFault) -> CredlakeError:
    """Why no account can be called: missing or expired credentials, or STS is not reachable."""
    said = f"{fault.operation} failed: {fault.code}: {fault.message}".rstrip(": .")
    step = fault.environment_step
    if fault.kind is FaultKind.TOKEN_EXPIRED:
        return CredlakeError(f"The AWS credentials have expired ({fault.code}). {step or _RENEW}")
    if fault.kind is FaultKind.NO_CREDENTIALS and step != _CLOCK:
        cause = f"There are no valid AWS credentials ({fault.code}: {fault.message})."
        return CredlakeError(f"{cause} {step}" if step else f"{cause}\n{_WAYS_IN}")
    if step is None and fault.kind is FaultKind.DENIED:
        # GetCallerIdentity needs no permission: it is the role of a profile that is denied.
        step = "Check the AWS profile: its role, MFA code and source profile."
    step = step or "Check the network, AWS_REGION and AWS_ENDPOINT_URL."
    return CredlakeError(f"{said}. Nothing was collected. {step}")


def explain_unknown_ou(ou: str, account_ids: list[str]) -> CredlakeError:
    """Why a run stops whose rules name an OU if the OU of some accounts is unknown."""
    others = f" and {len(account_ids) - 1} more" if len(account_ids) > 1 else ""
    return OrganizationUnreadableError(
        f"A rule names the OU {ou}, but it is unknown whether account {account_ids[0]}{others} is in it. Nothing "
        "was collected. Grant organizations:ListRoots, organizations:ListOrganizationalUnitsForParent, "
        "organizations:DescribeOrganizationalUnit and organizations:ListAccountsForParent to the caller; or name the "
        "OU by its id (ou-…), or give ou_path in the accounts file."
    )


def explain_unreadable_organization(fault: CallFault) -> CredlakeError:
    """Why the accounts cannot be listed, and which permissions are missing."""
    said = f"{fault.operation} returned {fault.code}: {fault.message}".rstrip(": .")
    if fault.environment_step or fault.kind in {FaultKind.NO_CREDENTIALS, FaultKind.TOKEN_EXPIRED}:
        return explain_no_identity(fault)
    match fault.kind:
        case FaultKind.DENIED:
            step = (
                f"Run as the management account or a delegated administrator of any service, and grant the caller "
                f"{_LISTING_PERMISSIONS}; or use --accounts-file with --organization-id. To collect the caller's own "
                "account alone, use --single-account."
            )
        case FaultKind.THROTTLED:
            step = "Another tool is using up the organization's API quota: run again later."
        case _:
            step = "Run again; if the error persists, check the network, AWS_REGION and AWS_ENDPOINT_URL."
    return OrganizationUnreadableError(f"The accounts of the organization cannot be listed: {said}. {step}")
