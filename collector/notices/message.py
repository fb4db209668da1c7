"""The message about an owner's changes, as Markdown, plain text and JSON; its length is bounded. Pure."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from math import ceil
from typing import TYPE_CHECKING, Any

from collector.notices.compare import RANKS
from collector.notices.shown import code, plain, sentence
from collector.notices.standing import NOT_COLLECTED
from collector.outcome import Outcome
from collector.query.statement import literal
from collector.reports.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from collector.notices.compare import Changes, Ending, Fixed
    from collector.notices.standing import Account, Result

# The rows of each kind that a message lists; fewer where a channel takes only short ones.
_LISTED = (20, 10, 5, 3, 1, 0)
# The accounts that are named of those with one cause, and the findings that JSON has.
_NAMED = 10
MOST_IN_JSON = 1_000
_LONGEST_REASON = 300
# The kinds of changes that list results, in the order of the message.
_RESULTS = ("new", "worse", "reopened", "exception_ended", "due")
_COUNTED = (*_RESULTS, "ending", "unreadable", "readable", "fixed")


@dataclass(frozen=True, slots=True)
class _Style:
    """How a message is marked up."""

    bold: Callable[[str], str]  # What stands out.
    code: Callable[[str], str]  # A text of a user's or AWS's.
    sentence: Callable[[str, int], str]  # A sentence that may have such a text in it, and its longest length.


MARKDOWN = _Style(lambda text: f"**{text}**", code, sentence)
PLAIN = _Style(lambda text: text, plain, plain)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent to one channel about one owner."""

    changes: Changes  # What it reports.
    language: str = "en"  # One of `LANGUAGES`.

    @property
    def subject(self) -> str:
        """One line."""
        texts = Texts(self.language)
        owner = plain(self.changes.owner) or texts("notice.no_owner")
        counts = [texts("notice.failing", n=self.changes.failing)] if self.changes.is_first else _counts(self, texts)
        day = texts.day(self.changes.snapshot.snapshot_date)
        return texts("notice.subject", day=day, owner=owner, counts=", ".join(counts))

    def markdown(self, longest: int | None = None) -> str:
        """The message in Markdown, of at most so many characters where its listing can be cut to that."""
        return self._text(MARKDOWN, longest)

    def plain(self, longest: int | None = None) -> str:
        """The message as plain text."""
        return self._text(PLAIN, longest)

    def as_json(self, most: int = MOST_IN_JSON) -> dict[str, Any]:
        """The changes for a program: each finding once, with its `finding_id`, which stays the same from day to day.

        Args:
            most: how many findings are listed at most; of the others the number is given.
        """
        changes = self.changes
        rows = chain(
            (_result_json(kind, row) for kind in _RESULTS for row in getattr(changes, kind)),
            (_account_json("unreadable", finding_id, account) for finding_id, account in changes.unreadable),
            (_fixed_json(each) for each in changes.fixed),
            (_account_json("fixed", finding_id, account) for finding_id, account in changes.readable),
        )
        count = sum(len(getattr(changes, kind)) for kind in _COUNTED) - len(changes.ending)
        return {
            "version": 1,
            "organization_id": changes.snapshot.organization_id,
            "snapshot_date": changes.snapshot.snapshot_date,
            "run_id": changes.snapshot.run_id,
            "owner": changes.owner or None,
            "since": changes.since,
            "failing": changes.failing,
            "findings": list(islice(rows, most)),
            "findings_left_out": max(0, count - most),
            "exceptions_about_to_end": [
                {"exception_id": each.exception_id, "ends_at": f"{each.ends_at.isoformat()}Z", "results": each.results}
                for each in changes.ending
            ],
        }

    def json_text(self, most: int = MOST_IN_JSON) -> str:
        """The same as text."""
        return json.dumps(self.as_json(most))

    def _text(self, style: _Style, longest: int | None) -> str:
        texts = Texts(self.language)
        for listed in _LISTED:
            note = texts("notice.unlisted") if listed < _LISTED[0] else ""
            text = "\n".join([*_lines(self, style, texts, listed), *([note, ""] if note else []), *_query(self, style)])
            if longest is None or len(text) <= longest:
                break
        return text + "\n"


def _lines(notice: Notice, style: _Style, texts: Texts, listed: int) -> Iterator[str]:
    changes = notice.changes
    owner = style.code(changes.owner) if changes.owner else texts("notice.no_owner")
    time = texts.time(changes.snapshot.snapshot_at)
    yield f"{style.bold(texts('notice.owner'))}: {owner}"
    yield texts("notice.as_of", organization=changes.snapshot.organization_id, time=time)
    yield ""
    yield texts("notice.first") if changes.since is None else texts("notice.since", day=texts.day(changes.since))
    yield texts("notice.totals", n=changes.accounts, failing=changes.failing)
    yield ""
    if changes.is_first:
        yield from _summary(changes, style, texts, listed)
    for kind in _RESULTS:
        rows: list[Result] = getattr(changes, kind)
        if rows and not (changes.is_first and kind != "due"):
            lines = [_result(row, style, texts) for row in rows[:listed]]
            yield from _section(_title(kind, rows, texts), lines, len(rows), style, texts)
    parts = {
        "ending": [_ending(each, style, texts) for each in changes.ending],
        "unreadable": [_cause(each, style, texts) for each in _by_cause([row for _, row in changes.unreadable])],
        "readable": [_account_of(account, style) for _, account in changes.readable],
        "fixed": [
            f"{style.code(control)} {_account_of(account, style)}: {count:,}"
            for (control, account), count in Counter((each.control_id, each.account) for each in changes.fixed).items()
        ],
    }
    for kind, lines in parts.items():
        title = _title(kind, getattr(changes, kind), texts)
        yield from _section(title, lines[:listed], len(lines), style, texts)


def _summary(changes: Changes, style: _Style, texts: Texts, listed: int) -> Iterator[str]:
    rows = [*changes.new, *changes.exception_ended]
    if not rows:
        return
    rows.sort(key=lambda row: row.severity_rank)
    severities = Counter(row.severity for row in rows)
    by_severity = [f"{texts(f'severity.{each}')} {severities[each]:,}" for each in RANKS if severities[each]]
    controls = Counter(row.control_id for row in rows)
    by_control = [f"{style.code(control)} {count:,}" for control, count in controls.most_common()]
    yield texts("notice.by_severity", counts=", ".join(by_severity))
    yield texts("notice.by_control", counts=", ".join(by_control))
    yield ""
    lines = [_result(row, style, texts) for row in rows[: listed // 2]]
    yield from _section(texts("notice.worst"), lines, len(rows), style, texts)


def _section(title: str, lines: Sequence[str], count: int, style: _Style, texts: Texts) -> Iterator[str]:
    """A title and the lines that are listed of so many."""
    if not count:
        return
    yield style.bold(title)
    yield ""
    yield from (f"- {line}" for line in lines)
    if count > len(lines):
        yield f"- … {texts('notice.more', n=count - len(lines))}"
    yield ""


def _title(kind: str, rows: Sequence[object], texts: Texts) -> str:
    return texts(f"notice.{kind}", n=len(rows))


def _counts(notice: Notice, texts: Texts) -> list[str]:
    found = {kind: getattr(notice.changes, kind) for kind in _COUNTED}
    return [_title(kind, rows, texts) for kind, rows in found.items() if rows]


def _result(row: Result, style: _Style, texts: Texts) -> str:
    names = [style.code(each) for each in (row.control_id, row.user_name, row.account_name) if each]
    named = " ".join([texts(f"severity.{row.severity}"), *names])
    reason = texts.reason(row.reason_code, row.reason)
    left = row.days_left if row.status == "pass" else None
    soon = f" ({texts('notice.fails_in', n=max(1, ceil(left)))})" if left is not None else ""
    return f"{named} ({row.account_id}): {style.sentence(reason, _LONGEST_REASON)}{soon}"


def _ending(ending: Ending, style: _Style, texts: Texts) -> str:
    # An exception ends with the day `expires_on`: at the first instant of the next.
    day = texts.day((ending.ends_at - timedelta(microseconds=1)).date())
    return f"{style.code(ending.exception_id)}: {texts('notice.ends_on', n=ending.results, day=day)}"


def _by_cause(accounts: Sequence[Account]) -> list[list[Account]]:
    """The accounts with one cause together, most accounts first: one policy can deny hundreds (facts F11.1)."""
    found: dict[tuple[str, str | None, str], list[Account]] = {}
    for account in accounts:
        found.setdefault((account.outcome, account.denied_by_type, _policy(account)), []).append(account)
    return sorted(found.values(), key=len, reverse=True)


def _policy(account: Account) -> str:
    """The ID of a policy of the organization, without the account in its ARN; a policy of IAM is of one account."""
    arn = account.denied_by_arn or ""
    return arn.rpartition("/")[2] if ":organizations:" in arn else ""


def _cause(accounts: Sequence[Account], style: _Style, texts: Texts) -> str:
    first = accounts[0]
    outcome = Outcome(first.outcome)
    named = [_account_of(account, style) for account in accounts[:_NAMED]]
    if len(accounts) > _NAMED:
        named.append(texts("notice.more", n=len(accounts) - _NAMED))
    policy = ""
    if first.denied_by_type:
        kind = f"{texts(f'denied_by.{first.denied_by_type}')} {style.code(_policy(first)) if _policy(first) else ''}"
        policy = f" ({texts('notice.denied_by', kind=kind.rstrip())})"
    number = texts("coverage.list", n=len(accounts))
    return f"{texts(f'outcome.{outcome}')}{policy}, {number}: {', '.join(named)}. {texts.next_step(outcome)}".rstrip()


def _account_of(account: Account, style: _Style) -> str:
    return f"{style.code(account.account_name)} ({account.account_id})" if account.account_name else account.account_id


def _query(notice: Notice, style: _Style) -> list[str]:
    owner = notice.changes.owner
    if not notice.changes.failing:
        return []
    # It will be pasted into a shell: the owner is quoted for SQL, and the whole for the shell.
    condition = f"owner = {literal(plain(owner, 300))}" if owner else "owner is null"
    sql = f"select * from findings where {condition} order by finding_rank"  # noqa: S608 -- for a person to run
    command = f"credlake query {shlex.quote(sql)}"
    marked = f"`{command}`" if style is MARKDOWN else command
    return [f"{Texts(notice.language)('notice.all')} {marked}"]


def _result_json(change: str, row: Result) -> dict[str, Any]:
    return {
        "finding_id": row.finding_id,
        "change": change,
        "control_id": row.control_id,
        "severity": row.severity,
        "account_id": row.account_id,
        "account_name": row.account_name,
        "user_name": row.user_name,
        "credential_type": row.credential_type,
        "reason": row.reason,
        "reason_code": row.reason_code,
        "failing_since": f"{row.failing_since.isoformat()}Z" if row.failing_since else None,
        "days_left": max(1, ceil(row.days_left)) if row.status == "pass" and row.days_left is not None else None,
        "exception_id": row.exception_id,
    }


def _account_json(change: str, finding_id: str, account: Account) -> dict[str, Any]:
    return {
        "finding_id": finding_id,
        "change": change,
        "control_id": NOT_COLLECTED,
        "account_id": account.account_id,
        "account_name": account.account_name,
        "outcome": account.outcome,
        "error_code": account.error_code,
    }


def _fixed_json(fixed: Fixed) -> dict[str, Any]:
    return {
        "finding_id": fixed.finding_id,
        "change": "fixed",
        "control_id": fixed.control_id,
        "account_id": fixed.account.account_id,
        "account_name": fixed.account.account_name,
    }
