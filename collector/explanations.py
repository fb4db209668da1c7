"""What a user is told when something fails: what, on what, why, and the next step."""

from __future__ import annotations

from collector.errors import CredlakeError, OrganizationUnreadableError
from collector.faults import CallFault, FaultKind
from collector.outcome import Outcome

_LISTING_PERMISSIONS = (
    "organizations:ListAccounts (and, for OU names, organizations:ListRoots, "
    "organizations:ListOrganizationalUnitsForParent and organizations:DescribeOrganizationalUnit)"
)

# Outcome → what to do about it.
NEXT_STEPS: dict[Outcome, str] = {
    Outcome.PARTIAL: "The raw report is kept; see error_message in `account` for what could not be read.",
    Outcome.ASSUME_DENIED: "Is the role deployed in this account, does it trust the collector, and is the external "
    "id right? AWS answers the same for each (and for an SCP).",
    Outcome.REPORT_DENIED: "Allow iam:GenerateCredentialReport and iam:GetCredentialReport in the role, and look for "
    "an SCP that denies them.",
    Outcome.REPORT_TIMEOUT: "Run again: the report goes on being made. If it recurs, raise --account-deadline or "
    "--deadline.",
    Outcome.NOT_REACHED: "Raise --deadline or --concurrency.",
    Outcome.THROTTLED: "Run again later: another tool may be asking for the same report.",
    Outcome.MALFORMED_REPORT: "The raw bytes are kept; if AWS changed the report, please tell us.",
    Outcome.WRONG_ACCOUNT: "Nothing of it was published; the raw bytes are kept. Check what answers for this account: "
    "an endpoint variable, or a proxy.",
    Outcome.FAILED: "See the error code; run again if it may pass.",
}


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
