"""What each channel knows about an owner, kept in the lake under `notices/`: each owner's in one object.

A channel is claimed by a conditional write before anything is sent to it, so of two commands at once only one sends. If
a command ends between the claim and the result, the notice counts as sent: it may have arrived, and is not repeated.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from collector.errors import LakeError, NewerLakeError
from collector.lake.layout import notice_key
from collector.lake.store import ReplaceConflictError
from collector.notices.compare import Notified

if TYPE_CHECKING:
    from datetime import datetime

    from collector.lake.store import Store

_VERSION = 1
# Each attempt that fails is another command that wrote.
_ATTEMPTS = 20

Status = Literal["sending", "sent", "failed", "nothing_to_send"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one channel knows."""

    status: Status  # How the last notice ended; `sending` where the command ended before it knew.
    at: str  # When that was written.
    claim: str  # Different for each notice.
    notified: Notified | None  # What the channel knows; None where its first notice failed.


@dataclass(frozen=True, slots=True)
class Page:
    """The object of one owner."""

    owner: str  # Whose it is.
    version: str | None = None  # What was read; None where there was no object.
    entries: dict[str, Entry] = field(default_factory=dict)  # By the name of the channel.


class Ledger:
    """The objects of an organization."""

    def __init__(self, store: Store, organization_id: str) -> None:
        """Name the lake and the organization. Nothing is read yet."""
        self._store = store
        self._organization_id = organization_id

    def read(self, owner: str) -> Page:
        """What the owner's channels know.

        Raises:
            LakeError: the object cannot be read.
        """
        key = self._key(owner)
        found = self._store.read_versioned(key)
        if found is None:
            return Page(owner)
        try:
            return Page(owner, found.version, _entries(json.loads(found.content)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            location = self._store.location(key)
            raise LakeError(
                f"{location} is damaged, so it is not known what was sent. Restore an earlier version of it; or remove "
                "it, and its channels get a summary of everything again.",
                location=location,
            ) from error

    def write(
        self, page: Page, channel: str, *, status: Status, notified: Notified | None, now: datetime
    ) -> Page | None:
        """Write what a channel knows; the page as it is then, or None where another command has written it since.

        Raises:
            LakeError: the object cannot be written.
        """
        entry = Entry(status=status, at=f"{now:%Y-%m-%dT%H:%M:%SZ}", claim=secrets.token_hex(8), notified=notified)
        entries = {**page.entries, channel: entry}
        try:
            self._store.replace(self._key(page.owner), _content(page.owner, entries), expected=page.version)
        except ReplaceConflictError:
            return None
        return Page(page.owner, None, entries)

    def settle(self, claimed: Page, channel: str, *, status: Status, notified: Notified | None, now: datetime) -> None:
        """Write how a claimed notice ended, unless another command has claimed the channel since.

        Raises:
            LakeError: the object cannot be written; the notice counts as sent.
        """
        for _ in range(_ATTEMPTS):
            page = self.read(claimed.owner)
            entry = page.entries.get(channel)
            if entry is None or entry.claim != claimed.entries[channel].claim:
                return
            if self.write(page, channel, status=status, notified=notified, now=now):
                return
        raise busy(self._store.location(self._key(claimed.owner)))

    def _key(self, owner: str) -> str:
        # An owner is any text, an address too, and a key is shown in logs.
        name = hashlib.sha256(owner.encode()).hexdigest()[:32] if owner else "no-owner"
        return notice_key(self._organization_id, name)


def busy(location: str) -> LakeError:
    """The error of an object that others keep writing."""
    return LakeError(f"Other commands keep writing {location}. Run again later.", location=location)


def _content(owner: str, entries: dict[str, Entry]) -> bytes:
    channels = {
        name: {
            "status": entry.status,
            "at": entry.at,
            "claim": entry.claim,
            "notified": entry.notified.as_json() if entry.notified else None,
        }
        for name, entry in entries.items()
    }
    document = {"schema_version": _VERSION, "owner": owner or None, "channels": channels}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _entries(document: dict[str, Any]) -> dict[str, Entry]:
    if document["schema_version"] > _VERSION:
        raise NewerLakeError("The notices in this lake were written by a newer version of credlake. Update credlake.")
    return {
        name: Entry(**entry | {"notified": Notified.from_json(entry["notified"]) if entry["notified"] else None})
        for name, entry in document["channels"].items()
    }
