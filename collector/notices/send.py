"""Send each owner what changed, at most once on each channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from collector.lake.local_store import open_store
from collector.notices.channels import Channel
from collector.notices.compare import Notified, compare
from collector.notices.ledger import Ledger, busy
from collector.notices.message import Notice
from collector.notices.standing import find_snapshot, read_standings
from collector.process.exit import internal_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.notices.channels import Channels
    from collector.notices.standing import Snapshot, Standing
    from collector.query.rows import Run
    from collector.settings.model import Settings

_ATTEMPTS = 20
# A channel that gets nothing: `--dry-run` where none is configured.
_NO_CHANNEL = Channel("", lambda _: None)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one notice to one channel ended."""

    owner: str  # Whom it is about; empty for accounts without an owner.
    channel: str  # The name of the channel.
    # `unconfirmed`: an earlier or concurrent command began to send it and wrote no result, so it is not repeated.
    status: Literal["sent", "failed", "nothing_new", "unconfirmed"]
    problem: str = ""  # Why it failed, as sentences.


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What is to be sent of a lake's newest snapshot, read owner by owner."""

    run: Run  # Runs a select and returns its rows.
    settings: Settings  # The lake, the language, and the days of warnings.
    channels: Channels  # Where notices go (`open_channels`).
    organization_id: str | None = None  # Whose snapshot; None where the lake holds one organization.
    since: str | None = None  # Channels that were never notified know this day, YYYY-MM-DD.

    def send(self, *, is_late: Callable[[], bool] = lambda: False) -> Iterator[Delivery]:
        """Send what is new to each channel, and yield how that ended.

        Args:
            is_late: whether the time is over: what is not sent by then is left to the next call.

        Raises:
            UsageError: an unknown organization.
            NoSnapshotError: there is no snapshot.
            CredlakeError: the lake cannot be read or written, or a query failed.
        """
        snapshot = self._snapshot()
        known = self._known()
        ledger = self._ledger(snapshot)
        for standing in self._standings(snapshot):
            for channel in self.channels.of(standing.owner):
                if is_late():
                    return
                yield self._deliver(ledger, snapshot, standing, channel, known.get(standing.owner))

    def preview(self) -> Iterator[tuple[str, Notice]]:
        """What `send` would send, with the name of the channel; empty where there is none. Nothing is written.

        Raises:
            as `send`.
        """
        snapshot = self._snapshot()
        known = self._known()
        ledger = self._ledger(snapshot)
        for standing in self._standings(snapshot):
            page = ledger.read(standing.owner)
            for channel in self.channels.of(standing.owner) or (_NO_CHANNEL,):
                entry = page.entries.get(channel.name)
                notified = (entry.notified if entry else None) or known.get(standing.owner)
                if notified is not None and notified.is_newer(snapshot):
                    continue
                changes, _ = compare(standing, snapshot, notified, days=self.settings.notify_days)
                if not changes.is_empty:
                    yield channel.name, Notice(changes, self.settings.language)

    def _deliver(
        self, ledger: Ledger, snapshot: Snapshot, standing: Standing, channel: Channel, known: Notified | None
    ) -> Delivery:
        owner = standing.owner
        for _ in range(_ATTEMPTS):
            page = ledger.read(owner)
            entry = page.entries.get(channel.name)
            notified = (entry.notified if entry else None) or known
            if notified is not None and notified.is_newer(snapshot):
                return Delivery(owner, channel.name, "nothing_new")
            changes, after = compare(standing, snapshot, notified, days=self.settings.notify_days)
            if changes.is_empty:
                is_written = after.is_same(notified) or ledger.write(
                    page, channel.name, status=entry.status if entry else "nothing_to_send", notified=after, now=_now()
                )
                if not is_written:
                    continue
                is_unconfirmed = entry is not None and entry.status == "sending"
                return Delivery(owner, channel.name, "unconfirmed" if is_unconfirmed else "nothing_new")
            claimed = ledger.write(page, channel.name, status="sending", notified=after, now=_now())
            if claimed is None:
                continue
            problem = _sent(channel, Notice(changes, self.settings.language))
            if problem is None:
                ledger.settle(claimed, channel.name, status="sent", notified=after, now=_now())
                return Delivery(owner, channel.name, "sent")
            ledger.settle(
                claimed, channel.name, status="failed", notified=entry.notified if entry else None, now=_now()
            )
            return Delivery(owner, channel.name, "failed", problem)
        raise busy(f"the notices of {owner or 'accounts without an owner'}")

    def _snapshot(self) -> Snapshot:
        return find_snapshot(self.run, lake=self.settings.required_lake, organization_id=self.organization_id)

    def _ledger(self, snapshot: Snapshot) -> Ledger:
        store = open_store(self.settings.required_lake, kms_key=self.settings.kms_key)
        return Ledger(store, snapshot.organization_id)

    def _standings(self, snapshot: Snapshot, *, is_newest: bool = True) -> Iterator[Standing]:
        days = max(self.settings.notify_days, default=0)
        return read_standings(self.run, snapshot, most_days_left=days, is_newest=is_newest)

    def _known(self) -> dict[str, Notified]:
        """By owner, what channels know that were never notified."""
        if self.since is None:
            return {}
        snapshot = find_snapshot(
            self.run, lake=self.settings.required_lake, organization_id=self.organization_id, day=self.since
        )
        standings = self._standings(snapshot, is_newest=False)
        days = self.settings.notify_days
        return {each.owner: compare(each, snapshot, None, days=days)[1] for each in standings}


def _sent(channel: Channel, notice: Notice) -> str | None:
    """Why a notice could not be sent, or None. A bug of one service must not keep the others from their notices."""
    try:
        return channel.send(notice)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the notice has failed and the next call retries it
        return f"{channel.name}: {internal_error(error)}"


def _now() -> datetime:
    return datetime.now(UTC)
