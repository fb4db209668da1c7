"""What a misspelt name may have meant. Pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def closest(name: str, candidates: Collection[str]) -> str:
    """The end of a message: ` Did you mean …?` with the nearest names, or nothing where none is near."""
    found = get_close_matches(name.lower(), candidates, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(found)}?" if found else ""
