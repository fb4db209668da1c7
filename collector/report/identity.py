"""Whose row it is: the user's name and the ARN must match.

The ARN of a user is `arn:PARTITION:iam::ACCOUNT:user` + path + name, that of root `arn:PARTITION:iam::ACCOUNT:root`. A
path starts and ends with `/` and consists of printable ASCII, with commas and quotes; a name has no `/` (facts F1.5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from collector.report.result import SkipReason
from collector.schema import ROOT_USER

ARN_PREFIX = "arn:aws"

# Partitions come from the ARN, not from a fixed list: `aws-eusc` and the isolated ones were added later (facts F1.5).
_ACCOUNT = ARN_PREFIX + r"[a-z-]*:iam::([0-9]{12}):"
# An ARN without the name at its end.
_USER_HEAD = re.compile(_ACCOUNT + r"user/(?:[!-~]+/)?")
_ROOT = re.compile(_ACCOUNT + r"root")
_ANY = re.compile(_ACCOUNT + r"(?:root|user/(?:[!-~]+/)?[^/]+)")

# IAM's own pattern forbids the slash, but "N/A" in the column of names is a name.
_NAME_LIKE_A_SENTINEL = "N/A"


def account_named(arn: str) -> str | None:
    """The account that a well-formed ARN of an IAM user or of root names; None for any other text."""
    match = _ANY.fullmatch(arn)
    return match[1] if match else None


def disagreement(user: str, arn: str) -> SkipReason | None:
    """Why the two cannot be those of one user; None where they match."""
    if account_named(arn) is None:
        return SkipReason.NO_IAM_ARN
    return None if _agree(user, arn) else SkipReason.DISAGREEMENT


def _agree(user: str, arn: str) -> bool:
    if user == ROOT_USER:
        return _ROOT.fullmatch(arn) is not None
    return _is_name(user) and arn.endswith(user) and _USER_HEAD.fullmatch(arn.removesuffix(user)) is not None


def _is_name(user: str) -> bool:
    # Not printable: control characters, NUL, and bytes that were not UTF-8 (decoded to lone surrogates).
    return user != "" and user.isprintable() and ("/" not in user or user == _NAME_LIKE_A_SENTINEL)


def all_agree(users: Sequence[str], arns: Sequence[str], *, account_id: str) -> bool:
    """Whether every row is that of a user of this account, and no two are of the same user.

    The same rule as `disagreement`, for all rows at once; false where that is not certain.
    """
    every_arn = set(arns)
    names = "".join(users)
    if len(every_arn) != len(arns) or "/" in names or not names.isprintable() or users.count(ROOT_USER) > 1:
        return False
    roots = {arns[users.index(ROOT_USER)]} if ROOT_USER in users else set()
    heads = set(map(str.removesuffix, arns, users))
    # Where a name is not the end of its ARN, nothing is removed. That must be true of root only.
    if heads & every_arn != roots:
        return False
    matches = [_ROOT.fullmatch(head) if head in roots else _USER_HEAD.fullmatch(head) for head in heads]
    return all(match is not None and match[1] == account_id for match in matches)
