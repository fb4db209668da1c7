"""When a report was generated. A downloaded file does not hold it, and every age counts from it.

The console names the file after the time of the download. The exact form was not seen (facts F11.4), so any time like
ISO 8601 in the name is taken, whatever separates its parts.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collector.report_files.find import GivenFile

_TIME = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?P<dash>[-_.]?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:[T_ +-]+(?P<hour>\d\d)[-_:.]?(?P<minute>\d\d)(?:[-_:.]?(?P<second>\d\d)(?:\.\d+)?)?"
    r"[ _]?(?P<offset>Z|[+-]\d\d[-_:.]?\d\d)?)?(?!\d)",
    re.IGNORECASE,
)
# IAM did not exist before, and a run's ID holds a year of four digits.
FIRST_YEAR = 2000
_OLD = timedelta(days=365)
_SAME_CLOCK = timedelta(minutes=5)


class Dated(NamedTuple):
    """A time, and where it comes from."""

    at: datetime
    source: str  # As shown to the user.


def date_of(file: GivenFile, *, cli_time: datetime | None, generated_at: datetime | None, now: datetime) -> Dated:
    """When the report in the file was generated.

    Args:
        file: the file.
        cli_time: GeneratedTime in it, where the AWS CLI wrote it.
        generated_at: what the user gave for files that do not show a time; None: nothing.
        now: the current time.
    """
    if cli_time is not None:
        return Dated(cli_time, "GeneratedTime")
    named = _in_name(file)
    if named is not None:
        return named
    if generated_at is not None:
        return Dated(generated_at, "--generated-at")
    modified_at = file.modified_at
    return Dated(now, "time of reading") if modified_at is None else Dated(modified_at, "modification time of the file")


def oddity(at: datetime, now: datetime) -> str | None:
    """What is odd about that time, as the rest of a sentence about a report; None where nothing is."""
    if at > now + _SAME_CLOCK:
        return "is dated in the future"
    return f"is {(now - at).days} days old" if now - at > _OLD else None


def _in_name(file: GivenFile) -> Dated | None:
    for match in _TIME.finditer(unquote(file.path.name) if file.path else ""):
        try:
            return _of_match(match, file)
        except ValueError:  # such as month 13
            continue
    return None


def _of_match(match: re.Match[str], file: GivenFile) -> Dated:
    day = datetime(int(match["year"]), int(match["month"]), int(match["day"]), tzinfo=UTC)
    if match["hour"] is None:
        modified_at = file.modified_at
        if modified_at is not None and modified_at.date() == day.date():
            return Dated(modified_at, "date in the file name, time of its modification")
        # No event in the report is later than the report.
        return Dated(day + timedelta(days=1, seconds=-1), "date in the file name")
    time = f"{match['hour']}:{match['minute']}:{match['second'] or '00'}"
    offset = (match["offset"] or "").upper()
    if offset not in {"", "Z"}:
        offset = f"{offset[:3]}:{offset[-2:]}"
    at = datetime.fromisoformat(f"{day:%Y-%m-%d}T{time}{offset or 'Z'}").astimezone(UTC)
    return Dated(at, "file name" if offset else "file name, taken as UTC")
