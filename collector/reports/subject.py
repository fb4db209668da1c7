"""Which account, user or key a name means, in all snapshots of a lake."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from collector.errors import UsageError
from collector.query.formats import plain_values
from collector.query.statement import literal, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.query.rows import Rows

    Run = Callable[[str], Rows]

# `ACCOUNT/USER/2025-09-01`: the key that was created on that day; the time may follow.
_OF_A_DAY = re.compile(r"(?P<user>.+)/(?P<created>\d{4}-\d{2}-\d{2}[\dT:.]*)Z?")
_KEY_ID = re.compile(r"A(KIA|SIA)[A-Z0-9]{12,}")
_MOST_LISTED = 20
_ACCOUNTS = "organization_id, account_id, max_by(account_name, snapshot_date) as account_name"
_USERS = f"{_ACCOUNTS}, user_arn, user_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An account, a user in it, or one of the user's access keys."""

    organization_id: str  # Whose account.
    account_id: str  # 12 digits.
    account_name: str | None  # Its newest name.
    user_arn: str | None = None  # The user; None for an account.
    user_name: str | None = None  # Its name.
    created: str | None = None  # The start of the time of a key's creation, `2025-09-01`; None for all credentials.

    @property
    def name(self) -> str:
        """A text that means it and nothing else in its organization."""
        return "/".join(filter(None, (self.account_id, self.user_name, self.created)))


def records(rows: Rows) -> list[dict[str, object]]:
    """The rows as JSON has them: instants as ISO 8601 with `Z`."""
    names = rows.schema.names
    return [
        dict(zip(names, row, strict=True))
        for batch in rows.batches
        for row in zip(*map(plain_values, batch.columns), strict=True)
    ]


def find_subject(run: Run, text: str) -> Subject:
    """What the text names, in the newest snapshot or else in any.

    Args:
        run: runs a select in DuckDB's SQL and returns its rows.
        text: an account (ID, name or ARN), a user (name, ARN or ACCOUNT/USER) or a key (ACCOUNT/USER/DAY).

    Raises:
        UsageError: nothing has that name, with those that are near, or several have, with a name for each.
    """
    if _KEY_ID.fullmatch(text):
        problem = (
            "A credential report has no key IDs. `aws iam get-access-key-last-used --access-key-id KEY_ID` returns the "
            "name of the user: show ACCOUNT/USER."
        )
        raise UsageError([problem])
    found = _named(run, text)
    day = _OF_A_DAY.fullmatch(text)
    if not found and day is not None:
        found = [replace(each, created=day["created"]) for each in _named(run, day["user"]) if each.user_arn]
    if len(found) == 1:
        return found[0]
    raise UsageError(_several(text, found) if found else [_unknown(run, text)])


def _named(run: Run, text: str) -> list[Subject]:
    for history in ("", "_history"):
        if found := _in(run, text, history):
            return found
    return []


def _in(run: Run, text: str, history: str) -> list[Subject]:
    name = literal(text)
    user = "case when is_root then 'root' else user_name end"
    accounts = (
        f"select {_ACCOUNTS} from account{history} where {name} in (account_id, account_name, account_arn) "
        "group by organization_id, account_id order by account_id"
    )
    users = (
        f"select {_USERS} from credential_report{history} where {name} in (user_name, user_arn, "
        f"concat(account_id, '/', user_name), concat(account_name, '/', user_name), concat(account_id, '/', {user}), "
        f"concat(account_name, '/', {user})) group by organization_id, account_id, user_arn, user_name "
        "order by account_id, user_arn"
    )
    return [Subject(**row) for sql in (accounts, users) for row in records(run(sql))]  # type: ignore[arg-type]  # texts


def _several(text: str, found: Sequence[Subject]) -> list[str]:
    lines = [f"{each.name}{f' ({each.account_name})' if each.account_name else ''}" for each in found[:_MOST_LISTED]]
    if len({each.organization_id for each in found}) > 1:
        lines = [f"{line} --organization-id {each.organization_id}" for line, each in zip(lines, found, strict=False)]
    if len(found) > _MOST_LISTED:
        lines.append(f"… and {len(found) - _MOST_LISTED} more")
    return [f"{len(found)} accounts or users are named {text}. Choose one:", *(f"  {line}" for line in lines)]


def _unknown(run: Run, text: str) -> str:
    """Why nothing is found, with the nearest names of the newest snapshot."""
    account, _, user = text.rpartition("/")
    within = [each for each in _named(run, account) if each.user_arn is None] if account else []
    if within:
        account_id = literal(within[0].account_id)
        candidates = f"select user_name as name from credential_report where account_id = {account_id}"
        what, wanted = f"Account {account} has no user {user} in any snapshot.", user
    else:
        candidates = (
            "select user_name as name from credential_report union select account_name from account "
            "union select account_id from account"
        )
        what, wanted = f"No account or user of any snapshot is named {text}.", text
    order = f"levenshtein(lower(name), lower({literal(wanted)})), name"
    near = f"select distinct name from ({candidates}) where name is not null order by {order} limit 20"
    return what + suggestion(wanted, [str(row["name"]) for row in records(run(near))])
