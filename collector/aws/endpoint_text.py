"""Text with URLs in it, for logs, messages and the raw zone: an endpoint may hold a user and a password. Pure."""

from __future__ import annotations

import re

_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")


def without_credentials(text: str) -> str:
    """The text, its URLs without user and password."""
    return _USER_AND_PASSWORD.sub("", text)
