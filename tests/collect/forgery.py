"""Answers that AWS would never give, in place of those of an organization on loopback: what a proxy makes of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from collector.loopback.sts_api import target_account_id

if TYPE_CHECKING:
    from collector.loopback.answers import Answer


def forge(server, action: str, account_id: str, answer: Answer, *, times: int = 1_000_000, after: int = 0) -> None:
    """Let the account's calls of that operation be answered so, as many times as said, after so many right answers."""
    plane = server._plane
    really = plane.answer
    calls = itertools.count()

    def answer_instead(call):
        if call.action == action and _account_of(call, plane) == account_id and after <= next(calls) < after + times:
            return answer
        return really(call)

    plane.answer = answer_instead


def _account_of(call, plane) -> str:
    if call.action == "sts:AssumeRole":
        return target_account_id(call.parameters)
    return plane.identities._identities[call.access_key_id].account_id
