"""Pages of Organizations: at most 20 entries, a token for more, and pages that are empty but not the last."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from collector.simulator.refusals import invalid_input

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LARGEST_PAGE = 20


def read_page(ids: Sequence[str], parameters: Mapping[str, Any], empty_pages: int) -> tuple[Sequence[str], str | None]:
    """One page and the token of the next; None: that was all.

    `empty_pages` empty ones with a token come before each page with content: AWS may send those at any time, and who
    stops there has seen nothing (facts F4.1).
    """
    size = parameters.get("MaxResults", LARGEST_PAGE)
    if not isinstance(size, int) or size < 1:
        raise invalid_input("MIN_VALUE_EXCEEDED", "You provided a value for MaxResults that is below 1.")
    if size > LARGEST_PAGE:
        raise invalid_input("MAX_VALUE_EXCEEDED", f"You provided a value for MaxResults that is above {LARGEST_PAGE}.")
    start, empties_left = _read_token(parameters.get("NextToken"), len(ids), empty_pages)
    if empties_left:
        return [], _token(start, empties_left - 1)
    end = start + size
    return ids[start:end], _token(end, empty_pages) if end < len(ids) else None


def _token(start: int, empties_left: int) -> str:
    return base64.urlsafe_b64encode(f"loopback/{start}/{empties_left}".encode()).decode()


def _read_token(token: object, count: int, empty_pages: int) -> tuple[int, int]:
    if token is None:
        return 0, empty_pages
    try:
        mark, start, empties_left = base64.urlsafe_b64decode(str(token)).decode().split("/")
        position = int(start), int(empties_left)
    except (TypeError, ValueError, binascii.Error):
        raise invalid_input("INVALID_NEXT_TOKEN", "You provided a NextToken that isn't valid.") from None
    if mark != "loopback" or not 0 <= position[0] <= count:
        raise invalid_input("INVALID_NEXT_TOKEN", "You provided a NextToken that isn't valid.")
    return position
