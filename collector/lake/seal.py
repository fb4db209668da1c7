"""A JSON object with a checksum of its own content, so that a flipped bit is found wherever it is. Pure.

Keys that this version does not know are covered too. An object without a checksum is one of an older version.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SEAL = "content_sha256"


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The object, JSON-ready, with the checksum of its content as the last key."""
    return {**document, SEAL: _checksum(document)}


def damage(document: Mapping[str, Any]) -> str | None:
    """What shows that the object is not as it was sealed, as part of a sentence; None where nothing does."""
    if SEAL in document:
        content = {name: value for name, value in document.items() if name != SEAL}
        return None if document[SEAL] == _checksum(content) else f"`{SEAL}` does not match the content"
    for name, value in document.items():
        # The flipped bit may be in the name of the key.
        if isinstance(value, str) and value == _checksum({key: document[key] for key in document if key != name}):
            return f"`{name}` should be `{SEAL}`"
    return None


def _checksum(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
