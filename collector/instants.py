"""Instants as text, in the files of the lake that are JSON. Pure; every instant is aware, and UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def instant_text(instant: datetime) -> str:
    """ISO 8601 with `Z`, to the microsecond: nothing of an instant is lost."""
    return _zulu(instant.astimezone(UTC).isoformat(timespec="microseconds"))


def millisecond_text(instant: datetime) -> str:
    """ISO 8601 with `Z`, cut to milliseconds, which is what the Parquet files hold."""
    return _zulu(instant.astimezone(UTC).isoformat(timespec="milliseconds"))


def read_instant(text: str) -> datetime:
    """The instant that a text of ISO 8601 names; without an offset, UTC. ValueError where it names none."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def to_milliseconds(instant: datetime) -> datetime:
    """The instant cut to milliseconds: Athena's timestamps have no more (facts F7.1)."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _zulu(text: str) -> str:
    return text.removesuffix("+00:00") + "Z"
