"""A server that answers every call with nothing, and keeps what it was asked: for calls that no stand-in knows.

The organization has no resource policy.
"""

from __future__ import annotations

from contextlib import contextmanager

from tests.deploy.calls_server import serving


@contextmanager
def noting():
    """Serve on loopback; its address, and the list of operation and body that were asked."""
    asked: list[tuple[str, str]] = []

    def answer(operation, body, is_json):
        asked.append((operation, body))
        if operation == "DescribeResourcePolicy":
            return '{"__type": "ResourcePolicyNotFoundException"}'
        return "{}" if is_json else f"<{operation}Response><{operation}Result/></{operation}Response>"

    with serving(answer) as url:
        yield url, asked
