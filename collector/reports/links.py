"""Where a user or an account is in the AWS console, in each partition. Pure."""

from __future__ import annotations

from urllib.parse import quote

# The consoles of the partitions; others are shown without a link.
CONSOLES = {
    "aws": "https://console.aws.amazon.com",
    "aws-cn": "https://console.amazonaws.cn",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
    "aws-eusc": "https://console.amazonaws-eusc.eu",
}


def console_link(partition: str | None, account_id: str, user_name: str | None, portal: str | None) -> str | None:
    """The page of an IAM user, or of IAM where no user is named; None for an unknown partition.

    Without an access portal it is opened in the account that the reader is signed in to. The portal's shortcut links
    choose the account first, and let the reader choose the role; a portal may itself name it (`…?role_name=Auditor`).
    """
    console = CONSOLES.get(partition or "")
    if console is None:
        return None
    place = f"users/details/{quote(user_name, safe='')}" if user_name and user_name != "<root_account>" else "home"
    page = f"{console}/iam/home#/{place}"
    if portal is None:
        return page
    base, _, role = portal.partition("?")
    role = f"&{role}" if role else ""
    return f"{base.rstrip('/')}/#/console?account_id={account_id}{role}&destination={quote(page, safe='')}"
