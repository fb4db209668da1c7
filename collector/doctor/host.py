"""Checks of the host: its clock, the versions of its libraries, and the topic that notices go to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.doctor.finding import Finding, fail, ok

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# AWS refuses a request whose signature is more than five minutes off.
_REFUSED_SECONDS = 300.0
# The id of a run and the date of its snapshot are taken from this clock.
_WRONG_SECONDS = 60.0

# Older versions of botocore silently drop `State` and `Paths` from the answers of Organizations.
_OLDEST = {"botocore": (1, 40, 27), "pyarrow": (20,)}


def check_clock(skew_seconds: float) -> Finding:
    """Evaluate how many seconds the clock is ahead of AWS's; negative where it is behind."""
    off = abs(skew_seconds)
    if off <= _WRONG_SECONDS:
        return ok("clock", "this machine", f"is within {_WRONG_SECONDS:.0f} s of AWS's clock")
    direction = "ahead of" if skew_seconds > 0 else "behind"
    effect = "AWS refuses its requests" if off > _REFUSED_SECONDS else "a snapshot may get the wrong date"
    message = f"is {off:.0f} s {direction} AWS's clock; {effect}"
    return fail("clock", "this machine", message, "Set the clock and synchronize it (NTP).")


def check_versions(versions: Mapping[str, str]) -> Iterator[Finding]:
    """Evaluate the versions of the libraries, by name."""
    for name, version in versions.items():
        oldest = _OLDEST.get(name)
        if oldest is None or _numbers(version) >= oldest:
            yield ok("version", name, version)
        else:
            needed = ".".join(map(str, oldest))
            yield fail("version", name, f"{version} is too old: {needed} is required", f"Install {name}>={needed}.")


def _numbers(version: str) -> tuple[int, ...]:
    parts = []
    for part in version.split("."):
        if not part.isdigit():
            break
        parts.append(int(part))
    return tuple(parts)


def check_topic(topic_arn: str, attributes: Mapping[str, str]) -> Finding:
    """Evaluate GetTopicAttributes' attributes, which give counts as text: whether anyone receives the notices."""
    confirmed, pending = (int(attributes.get(f"Subscriptions{state}", 0)) for state in ("Confirmed", "Pending"))
    if confirmed:
        return ok("topic", topic_arn, f"has {confirmed} confirmed subscriptions")
    if pending:
        return fail(
            "topic",
            topic_arn,
            "has no confirmed subscription, so nobody receives alarms and notices",
            "Confirm the subscription with the link in the e-mail that AWS sent.",
        )
    return fail(
        "topic",
        topic_arn,
        "has no subscription, so nobody receives alarms and notices",
        f"aws sns subscribe --topic-arn {topic_arn} --protocol email --notification-endpoint YOU@EXAMPLE.COM",
    )
