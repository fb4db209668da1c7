"""The few ways in which a command can end without having done its work.

Every message says what failed, on what, why, and the next step. `exit_code` is the command's (contract part 4).
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class CredlakeError(Exception):
    """Something that a user can mend. The command line prints the message, never a traceback."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, **facts: object) -> None:
        """Take the sentence for the user and the facts it rests on, for logs."""
        super().__init__(message)
        self.message = message
        self.facts = facts


class UsageError(CredlakeError):
    """Wrong usage or configuration; `problems` has a sentence for each mistake."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: list[str], **facts: object) -> None:
        """Take all problems at once, so that a user can fix them in one go."""
        super().__init__("\n".join(problems), **facts)
        self.problems = problems


class OrganizationUnreadableError(CredlakeError):
    """The accounts of the organization could not be listed, so no run can say what it covers."""


class LakeError(CredlakeError):
    """The lake cannot be read, or not be written."""


class NewerLakeError(LakeError):
    """The lake was written by a newer version, whose meaning this one does not know."""


class NotPublishedError(CredlakeError):
    """The run ended, and what it found is kept, but the rules of publication did not let it become the snapshot."""


class CatalogNotSyncedError(CredlakeError):
    """The snapshot is published, but Glue could not be synced with the publication record."""

    exit_code: ClassVar[int] = 4


class FaultKind(StrEnum):
    """The kinds that are treated differently; the wire codes are in facts F2.2."""

    # A permission, a trust policy or an SCP says no.
    DENIED = "denied"
    # Too many calls: come again later.
    THROTTLED = "throttled"
    # Generate's `LimitExceeded`: AWS has no capacity for another report right now (facts F2.5).
    LIMIT_EXCEEDED = "limit_exceeded"
    # The report is still being generated. An answer rather than a fault, but one to come back for.
    IN_PROGRESS = "in_progress"
    # There is no report: it was never asked for, or another caller's request replaced ours (facts F2.3).
    NOT_PRESENT = "not_present"
    # The report is older than four hours: ask for a new one.
    REPORT_EXPIRED = "report_expired"
    # The session's credentials ran out: assume the role again.
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 -- the name of a kind, not a token
    # STS is switched off in this Region for the account (opt-in Regions; us-east-1 never is).
    REGION_DISABLED = "region_disabled"
    # 500s.
    SERVICE_FAILURE = "service_failure"
    # The answer was cut, reset, unreadable, or did not come.
    CONNECTION = "connection"
    # There is no such thing; for the password policy this means that none is set.
    NO_SUCH_ENTITY = "no_such_entity"
    # The caller has no credentials that AWS takes.
    NO_CREDENTIALS = "no_credentials"
    OTHER = "other"


class CallFault(Exception):  # noqa: N818 -- an answer that a run deals with, most often not an error of ours
    """One call's failure: the kind, AWS's own code and text, and which call it was."""

    def __init__(self, kind: FaultKind, code: str, message: str, operation: str) -> None:
        """Take AWS's code and text as they came."""
        super().__init__(f"{operation}: {code}: {message}")
        self.kind = kind
        self.code = code
        self.message = message
        self.operation = operation


_LISTING_PERMISSIONS = (
    "organizations:ListAccounts (and, for OU names, organizations:ListRoots, "
    "organizations:ListOrganizationalUnitsForParent and organizations:DescribeOrganizationalUnit)"
)


def explain_no_identity(fault: CallFault) -> CredlakeError:
    """Why nobody can be asked anything: missing or expired credentials, or no way to STS."""
    said = f"{fault.operation} failed: {fault.code}: {fault.message}"
    if fault.kind is FaultKind.TOKEN_EXPIRED:
        return CredlakeError(
            f"The AWS credentials have expired ({fault.code}). Renew them (`aws sso login`?) and run again."
        )
    if fault.kind is FaultKind.NO_CREDENTIALS:
        # Credentials of China or GovCloud are unknown everywhere else.
        where = " Is AWS_DEFAULT_REGION one of their partition?" if fault.code == "InvalidClientTokenId" else ""
        return CredlakeError(
            f"There are no AWS credentials that AWS takes ({fault.code}: {fault.message}).{where} Set AWS_PROFILE, or "
            "run where a role is given, with sts:AssumeRole on the role in every account and "
            "organizations:ListAccounts."
        )
    return CredlakeError(f"{said}. Nothing was collected. Check the network, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL.")


def explain_unknown_ou(ou: str, account_ids: list[str]) -> CredlakeError:
    """Why a run stops that is to tell accounts apart by an OU, where it is unknown who is in it."""
    others = f" and {len(account_ids) - 1} more" if len(account_ids) > 1 else ""
    return OrganizationUnreadableError(
        f"A rule names the OU {ou}, and it cannot be told whether account {account_ids[0]}{others} is in it. Nothing "
        "was collected. Grant organizations:ListRoots, organizations:ListOrganizationalUnitsForParent, "
        "organizations:DescribeOrganizationalUnit and organizations:ListAccountsForParent to the caller; or name the "
        "OU by its id (ou-…), or give ou_path in the accounts file."
    )


def explain_unreadable_organization(fault: CallFault) -> CredlakeError:
    """Why the account list cannot be had, and who must be granted what."""
    said = f"{fault.operation} answered {fault.code}: {fault.message}".rstrip(": ")
    match fault.kind:
        case FaultKind.NO_CREDENTIALS | FaultKind.TOKEN_EXPIRED:
            return explain_no_identity(fault)
        case FaultKind.DENIED:
            step = (
                f"Run as the management account or a delegated administrator of any service, and grant the caller "
                f"{_LISTING_PERMISSIONS}; or give an --accounts-file with --organization-id."
            )
        case FaultKind.THROTTLED:
            step = "Another tool is using up the organization's calls: run again later."
        case _ if fault.code == "AWSOrganizationsNotInUseException":
            step = (
                "The credentials' account is in no organization. Use credentials of the organization's management "
                "account or of a delegated administrator."
            )
        case _:
            step = "Run again; if it stays, check the network, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL."
    return OrganizationUnreadableError(f"The accounts of the organization cannot be listed: {said}. {step}")
