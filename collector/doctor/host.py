"""The clock and the versions of where the doctor runs, judged. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.doctor.finding import Finding, fault, fine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# AWS refuses a request that is signed more than five minutes off.
_REFUSED_SECONDS = 300.0
# A run's id and the date of its snapshot are taken from this clock.
_WRONG_SECONDS = 60.0

# Older ones drop Organizations' `State` and `Paths` silently.
_LEAST = {"botocore": (1, 40, 27), "pyarrow": (20,)}


def judge_clock(skew_seconds: float) -> Finding:
    """How far the clock is ahead of AWS's (behind, if negative), to the second."""
    off = abs(skew_seconds)
    direction = "ahead of" if skew_seconds > 0 else "behind"
    if off <= _WRONG_SECONDS:
        return fine("clock", "this machine", f"is within {_WRONG_SECONDS:.0f} s of AWS's")
    more = "; AWS refuses what is signed so" if off > _REFUSED_SECONDS else "; a snapshot may get the wrong date"
    return fault(
        "clock", "this machine", f"is {off:.0f} s {direction} AWS's{more}", "Set the clock, and keep it set (NTP)."
    )


def judge_versions(versions: Mapping[str, str]) -> Iterator[Finding]:
    """Name → version of what the collector rests on."""
    for name, version in versions.items():
        least = _LEAST.get(name)
        if least is None or _numbers(version) >= least:
            yield fine("version", name, version)
        else:
            wanted = ".".join(map(str, least))
            yield fault("version", name, f"{version} is too old: it takes {wanted}", f"Install {name}>={wanted}.")


def _numbers(version: str) -> tuple[int, ...]:
    parts = []
    for part in version.split("."):
        if not part.isdigit():
            break
        parts.append(int(part))
    return tuple(parts)
