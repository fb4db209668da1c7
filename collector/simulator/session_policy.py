"""Session policies, evaluated: what a session may do is what its role and its session policy both allow."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from collector.simulator.refusals import malformed_policy, validation_error

# Inline and managed session policies together, in plain characters (facts F5).
MAXIMUM_CHARACTERS = 2048

_KNOWN_MEMBERS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource"})


class Verdict(Enum):
    """What a policy says of an action."""

    ALLOWED = "allowed"
    # Named by no Allow.
    NOT_ALLOWED = "not allowed"
    # Named by a Deny, which beats every Allow.
    DENIED = "denied"


@lru_cache(maxsize=4096)
def matches(pattern: str, action: str) -> bool:
    """Whether an IAM pattern (`iam:Get*`, no regard to case) names the action."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, action, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. The calls served here have no resource but `*`, so that is all that `Resource` can match."""

    is_allow: bool
    patterns: tuple[str, ...]
    is_inverted: bool
    covers_all_resources: bool

    def names(self, action: str) -> bool:
        """Whether the statement is about the action."""
        named = any(matches(pattern, action) for pattern in self.patterns)
        return self.covers_all_resources and named is not self.is_inverted


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """A policy passed to AssumeRole."""

    statements: tuple[Statement, ...]

    def verdict(self, action: str) -> Verdict:
        """Whether the policy lets the action through."""
        named = [statement for statement in self.statements if statement.names(action)]
        if any(not statement.is_allow for statement in named):
            return Verdict.DENIED
        return Verdict.ALLOWED if named else Verdict.NOT_ALLOWED


@lru_cache(maxsize=256)
def parse_session_policy(text: str) -> SessionPolicy:
    """Read a session policy.

    Raises:
        RefusedError: `ValidationError` when it is too long, `MalformedPolicyDocument` when it cannot be read, also
            when it uses what the simulator does not evaluate (conditions): better loud than wrong.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        raise validation_error(
            "1 validation error detected: Value at 'policy' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAXIMUM_CHARACTERS}"
        )
    try:
        document = json.loads(text)
    except ValueError:
        raise malformed_policy("This policy contains invalid Json") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    if not statements or document.get("Version") != "2012-10-17":
        raise malformed_policy("Syntax errors in policy.")
    return SessionPolicy(tuple(_statement(entry) for entry in _as_list(statements)))


def _statement(entry: object) -> Statement:
    if not isinstance(entry, dict) or entry.get("Effect") not in {"Allow", "Deny"}:
        raise malformed_policy("Syntax errors in policy.")
    unknown = sorted(set(entry) - _KNOWN_MEMBERS)
    if unknown:
        raise malformed_policy(f"The organization on loopback does not evaluate {', '.join(unknown)}.")
    if ("Action" in entry) == ("NotAction" in entry) or "Resource" not in entry:
        raise malformed_policy("Syntax errors in policy.")
    is_inverted = "NotAction" in entry
    patterns = _as_list(entry["NotAction" if is_inverted else "Action"])
    if not all(isinstance(pattern, str) and (pattern == "*" or ":" in pattern) for pattern in patterns):
        raise malformed_policy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    return Statement(
        is_allow=entry["Effect"] == "Allow",
        patterns=tuple(patterns),
        is_inverted=is_inverted,
        covers_all_resources="*" in _as_list(entry["Resource"]),
    )


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
