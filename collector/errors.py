"""The errors that end a command.

Every message says what failed, on what, why, and the next step. `exit_code` is the command's (contract part 4).
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


class CallFault(Exception):  # noqa: N818 -- a response that a run handles, rarely an error of credlake
    """One call's failure: the kind, AWS's own code and text, and which call it was."""

    def __init__(self, kind: FaultKind, code: str, message: str, operation: str) -> None:
        """Take AWS's code and text unmodified."""
        super().__init__(f"{operation}: {code}: {message}")
        self.kind = kind
        self.code = code
        self.message = message
        self.operation = operation


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
    said = f"{fault.operation} failed: {fault.code}: {fault.message}"
    if fault.kind is FaultKind.TOKEN_EXPIRED:
        return CredlakeError(
            f"The AWS credentials have expired ({fault.code}). Refresh them (`aws sso login`?) and run again."
        )
    if fault.kind is FaultKind.NO_CREDENTIALS:
        # Credentials of China or GovCloud are unknown everywhere else.
        where = " Check that AWS_REGION is in their partition." if fault.code == "InvalidClientTokenId" else ""
        return CredlakeError(f"There are no valid AWS credentials ({fault.code}: {fault.message}).{where}\n{_WAYS_IN}")
    return CredlakeError(f"{said}. Nothing was collected. Check the network, AWS_REGION and AWS_ENDPOINT_URL.")


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
    said = f"{fault.operation} returned {fault.code}: {fault.message}".rstrip(": ")
    match fault.kind:
        case FaultKind.NO_CREDENTIALS | FaultKind.TOKEN_EXPIRED:
            return explain_no_identity(fault)
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
