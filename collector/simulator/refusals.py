"""AWS's error answers: wire code, HTTP status and words (facts F2.2, F3, F4.4, F5)."""

from __future__ import annotations

from collector.simulator.answers import ErrorAnswer, RefusedError

# Credential reports. The messages of the report errors are "Unknown", as seen live.
REPORT_EXPIRED = ErrorAnswer("ReportExpired", 410, "Unknown")
REPORT_NOT_PRESENT = ErrorAnswer("ReportNotPresent", 410, "Unknown")
REPORT_IN_PROGRESS = ErrorAnswer("ReportInProgress", 404, "Unknown")
NO_CAPACITY = ErrorAnswer("LimitExceeded", 409, "No more capacity to launch new report generation tasks")

# Any call; these are the words of STS and IAM, and `wire` puts them into those of Organizations.
THROTTLING = ErrorAnswer("Throttling", 400, "Rate exceeded")
SERVICE_FAILURE = ErrorAnswer("ServiceFailure", 500, "Unknown", is_senders_fault=False)
UNAVAILABLE = ErrorAnswer("ServiceUnavailable", 503, "Service is unavailable", is_senders_fault=False)
EXPIRED_TOKEN = ErrorAnswer("ExpiredToken", 403, "The security token included in the request is expired")
UNKNOWN_CREDENTIALS = ErrorAnswer("InvalidClientTokenId", 403, "The security token included in the request is invalid.")
MISSING_CREDENTIALS = ErrorAnswer("MissingAuthenticationToken", 403, "Request is missing Authentication Token")

_DENIED = "User: {caller} is not authorized to perform: {action} on resource: * "
DENIED_BY_SCP = ErrorAnswer("AccessDenied", 403, _DENIED + "with an explicit deny in a service control policy")
LACKING_PERMISSION = ErrorAnswer(
    "AccessDenied", 403, _DENIED + "because no identity-based policy allows the {action} action"
)
DENIED_BY_IDENTITY_POLICY = ErrorAnswer(
    "AccessDenied", 403, _DENIED + "with an explicit deny in an identity-based policy"
)
LACKING_IN_SESSION_POLICY = ErrorAnswer(
    "AccessDenied", 403, _DENIED + "because no session policy allows the {action} action"
)
DENIED_BY_SESSION_POLICY = ErrorAnswer("AccessDenied", 403, _DENIED + "with an explicit deny in a session policy")

# Organizations.
TOO_MANY_REQUESTS = ErrorAnswer(
    "TooManyRequestsException",
    400,
    "You have sent too many requests in too short a period of time. Try again later.",
)
NOT_MANAGEMENT_OR_DELEGATED = ErrorAnswer(
    "AccessDeniedException", 400, "You don't have permissions to access this resource."
)
NOT_IN_USE = ErrorAnswer("AWSOrganizationsNotInUseException", 400, "Your account is not a member of an organization.")
ACCOUNT_NOT_FOUND = ErrorAnswer("AccountNotFoundException", 400, "You specified an account that doesn't exist.")
PARENT_NOT_FOUND = ErrorAnswer("ParentNotFoundException", 400, "You specified parent that doesn't exist.")
CHILD_NOT_FOUND = ErrorAnswer("ChildNotFoundException", 400, "You specified child that doesn't exist.")
OU_NOT_FOUND = ErrorAnswer(
    "OrganizationalUnitNotFoundException", 400, "You specified an organizational unit that doesn't exist."
)
TARGET_NOT_FOUND = ErrorAnswer("TargetNotFoundException", 400, "You specified a target that doesn't exist.")


def invalid_input(reason: str, message: str) -> RefusedError:
    """Organizations' answer to a parameter that it cannot take."""
    return RefusedError(ErrorAnswer("InvalidInputException", 400, message, extra=(("Reason", reason),)))


def validation_error(message: str) -> RefusedError:
    """STS's and IAM's answer to a parameter out of bounds."""
    return RefusedError(ErrorAnswer("ValidationError", 400, message))


def assume_role_denied(caller: str, role_arn: str) -> RefusedError:
    """STS's one answer to a missing role, a wrong external id, a closed account or a trust policy that refuses."""
    message = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    return RefusedError(ErrorAnswer("AccessDenied", 403, message))


def region_disabled(account_id: str) -> RefusedError:
    """STS is not switched on for the account in the Region that the request was signed for."""
    message = (
        f"STS is not activated in this region for account:{account_id}. "
        "Your account administrator can activate STS in this region using the IAM Console."
    )
    return RefusedError(ErrorAnswer("RegionDisabledException", 403, message))


def malformed_policy(message: str) -> RefusedError:
    """STS's answer to a session policy that it cannot read."""
    return RefusedError(ErrorAnswer("MalformedPolicyDocument", 400, message))


def no_password_policy(account_id: str) -> RefusedError:
    """IAM's answer where the account has no custom password policy."""
    message = f"The Password Policy with domain name {account_id} cannot be found."
    return RefusedError(ErrorAnswer("NoSuchEntity", 404, message))


def unknown_operation(operation: str, version: str) -> RefusedError:
    """The answer to an operation that the simulator does not have."""
    message = f"Could not find operation {operation} for version {version}"
    return RefusedError(ErrorAnswer("InvalidAction", 400, message))
