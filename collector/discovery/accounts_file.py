"""An accounts file: the account list where Organizations cannot be called, or a list of one's own.

CSV with a header, or JSON: a list of IDs or objects, or the output of `aws organizations list-accounts`. Names are
those of Organizations, of its console's export or of the lake's columns, without regard to case, blanks and
underscores. A column of a CSV that looks like a misspelled one is an error; other columns, and times that cannot be
read, are reported. Other members of JSON objects are ignored, because AWS adds to its responses.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from collector.discovery.accounts import (
    ACCOUNT_ID,
    ACCOUNT_STATES,
    ACTIVE,
    ORGANIZATION_ID,
    Account,
    Location,
    account_id_of,
    organization_id_of,
    ou_ids_of,
)
from collector.errors import UsageError
from collector.evidence import instant_text, read_instant

_PARTITION = re.compile(r"aws[a-z-]*")
_ROLE_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>[0-9]{12}):role/([\x21-\x7e]{1,510}/)?[\w+=,.@-]{1,64}", re.ASCII
)
# Seconds since 1970 as text, as in a CSV. Fewer digits are a date without dashes.
_SECONDS = re.compile(r"[0-9]{9,11}(\.[0-9]+)?")
# The console's form: `Wed Mar 08 2023 14:50:40 GMT+0100 (Central European Standard Time)`.
_CONSOLE_TIME = re.compile(
    r"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2} \d{1,2} \d{4} \d{2}:\d{2}:\d{2}) GMT([+-]\d{4})?(?: \(.*\))?"
)
_IGNORED_IN_NAMES = re.compile(r"[\s_]")

_COLUMNS = (
    *("account_id", "account_name", "account_email", "account_arn", "account_state", "joined_at"),
    *("ou_id", "ou_path", "aws_partition", "role_arn"),
)
# Accounts of another organization that are named; it is usually the wrong file.
_MAX_NAMED = 10

# The file's name of a column, without blanks and underscores → the name in Organizations.
_NAMES = {
    "id": "Id",
    "accountid": "Id",
    "account": "Id",
    "name": "Name",
    "accountname": "Name",
    "email": "Email",
    "accountemail": "Email",
    "arn": "Arn",
    "accountarn": "Arn",
    "state": "State",
    "accountstate": "State",
    # Retired, but older tools still print it; `State` counts where both are there.
    "status": "Status",
    "accountstatus": "Status",
    "joinedat": "JoinedTimestamp",
    "joinedtimestamp": "JoinedTimestamp",
    # Not used by a run, but the console exports it, and so does a CSV made from the response of Organizations.
    "joinedmethod": "JoinedMethod",
    "ouid": "OuId",
    "oupath": "OuPath",
    "paths": "Paths",
    "partition": "Partition",
    "awspartition": "Partition",
    "rolearn": "RoleArn",
}


@dataclass(frozen=True, slots=True)
class AccountsFile:
    """The content of an accounts file."""

    accounts: list[Account]  # Each account once, in the order of the file.
    unread: list[str]  # A sentence for each value, column or field that could not be read, with its line.


class _RowError(Exception):
    """One row is wrong; the message is a sentence."""


def read_accounts_file(path: Path, *, partition: str) -> AccountsFile:
    """Read the file. Without a state an account is ACTIVE, without a partition it is in the caller's.

    Raises:
        UsageError: all problems of the file at once, each with its row, and how many accounts could not be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError([f"--accounts-file {path}: cannot be read: {error.strerror}."]) from error
    except UnicodeDecodeError as error:
        raise UsageError([f"--accounts-file {path}: is not UTF-8 text."]) from error
    unread: list[str] = []
    rows = _json_rows(text, path) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text, path, unread)
    problems: list[str] = []
    accounts: dict[str, Account] = {}
    for place, row in rows:
        try:
            account, ignored = _account(row, partition, listed=accounts)
        except _RowError as error:
            problems.append(f"--accounts-file {path}, {place}: {error}")
        else:
            accounts[account.account_id] = account
            unread += [f"{place}: {sentence}" for sentence in ignored]
    if problems and accounts:
        total = len(problems) + len(accounts)
        problems.append(f"--accounts-file {path}: {len(problems)} of {total} accounts could not be read.")
    if not problems and not accounts:
        problems.append(f"--accounts-file {path}: lists no account.")
    if problems:
        raise UsageError(problems)
    return AccountsFile(list(accounts.values()), unread)


def organization_problems(accounts: Iterable[Account], organization_id: str) -> list[str]:
    """A sentence for each account that is in another organization, by its own Arn or Paths."""
    problems = [
        f"--accounts-file: account {account.account_id} is in organization {', '.join(foreign)}, and the run "
        f"is for {organization_id}. Remove it from the file, or set --organization-id to its organization."
        for account in accounts
        if (foreign := sorted(organizations_named(account) - {organization_id}))
    ]
    if len(problems) > _MAX_NAMED:
        more = len(problems) - _MAX_NAMED
        return [*problems[:_MAX_NAMED], f"--accounts-file: {more} more accounts are in other organizations."]
    return problems


def organizations_named(account: Account) -> set[str]:
    """The organizations that the account's own Arn and Paths name: none, one, or contradicting ones."""
    named = [organization_id_of(account.source), *(path.partition("/")[0] for path in account.source.get("Paths", ()))]
    return {name for name in named if name is not None and ORGANIZATION_ID.fullmatch(name)}


def _csv_rows(text: str, path: Path, unread: list[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    header = [name.strip() for name in reader.fieldnames or []]
    if not any(_known(name) == "Id" for name in header):
        raise UsageError([f"--accounts-file {path}: the first line must be a header with a column `account_id`."])
    # A spreadsheet may leave empty columns without a name at the end.
    unknown = [name for name in header if name and _known(name) is None]
    if misspelled := {name: close[0] for name in unknown if (close := _similar(name))}:
        raise UsageError([f"--accounts-file {path}, line 1: {_unknown_columns(misspelled)}"])
    unread += [f"line 1: the column {name} is not known, and not read." for name in unknown]
    try:
        for row in reader:
            if any(value for value in row.values() if isinstance(value, str)):
                place = f"line {reader.line_num}"
                if any(row.get(None, ())):
                    unread.append(f"{place}: has more fields than the header; the last are not read.")
                yield place, {name: value for name, value in row.items() if name is not None}
    except csv.Error as error:
        raise UsageError([f"--accounts-file {path}, line {reader.line_num}: is not valid CSV: {error}."]) from error


def _known(name: str) -> str | None:
    """The name of a column in Organizations; None if it is not one that is read."""
    return _NAMES.get(_IGNORED_IN_NAMES.sub("", name).lower())


def _similar(name: str) -> list[str]:
    return difflib.get_close_matches(_IGNORED_IN_NAMES.sub("_", name).lower(), _COLUMNS, n=1)


def _unknown_columns(misspelled: dict[str, str]) -> str:
    named = ", ".join(f"{name} (did you mean {close}?)" for name, close in misspelled.items())
    return (
        f"unknown column: {named}. Use {', '.join(_COLUMNS)}, or the names in Organizations "
        "(Id, Name, Email, Arn, State, …). Rename it, or remove it."
    )


def _json_rows(text: str, path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UsageError([f"--accounts-file {path}: is not valid JSON: {error}."]) from error
    if isinstance(content, dict):
        content = content.get("Accounts")
    if not isinstance(content, list):
        raise UsageError([f"--accounts-file {path}: must be a list of accounts, or an object with a list `Accounts`."])
    for position, item in enumerate(content, start=1):
        yield f"item {position}", item if isinstance(item, dict) else {"Id": item}


def _account(row: dict[str, Any], partition: str, *, listed: Container[str]) -> tuple[Account, list[str]]:
    """The account in a row, and a sentence for each value that cannot be read and that a run does not need."""
    given = {
        known: value.strip() if isinstance(value, str) else value
        for name, value in row.items()
        if (known := _known(name)) and value not in (None, "")
    }
    account_id = _account_id(given, listed)
    unread = []
    if "JoinedTimestamp" in given:
        joined = _joined(given["JoinedTimestamp"])
        if joined is None:
            unread.append(f"account {account_id}: the time {given['JoinedTimestamp']!r} cannot be read.")
        given["JoinedTimestamp"] = joined or str(given["JoinedTimestamp"])
    paths = given.get("Paths") or []
    for name, value in given.items():
        if not isinstance(value, str) and name != "Paths":
            raise _RowError(f"account {account_id}: {name} must be text, not {value!r}.")
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise _RowError(f"account {account_id}: Paths must be a list of strings.")
    state = _IGNORED_IN_NAMES.sub("_", given.pop("State", None) or given.get("Status") or ACTIVE).upper()
    if state not in ACCOUNT_STATES:
        raise _RowError(f"account {account_id}: unknown state {state!r}; use {', '.join(ACCOUNT_STATES)}.")
    named_partition = given.pop("Partition", partition)
    if not _PARTITION.fullmatch(named_partition):
        raise _RowError(f"account {account_id}: {named_partition!r} is not a partition, such as aws or aws-cn.")
    ou_path = tuple(part for part in given.pop("OuPath", "").split("/") if part)
    ou_id = given.pop("OuId", None)
    account = Account(
        account_id=account_id,
        state=state,
        partition=named_partition,
        name=given.get("Name"),
        role_arn=_role_arn(account_id, named_partition, given.get("RoleArn")),
        ou_ids=ou_ids_of(paths),
        location=Location((ou_id,) if ou_id else (), ou_path),
        source={**given, "State": state},
    )
    return account, unread


def _account_id(given: dict[str, Any], listed: Container[str]) -> str:
    account_id = given.get("Id")
    if not isinstance(account_id, str) or not ACCOUNT_ID.fullmatch(account_id):
        hint = " Spreadsheets drop leading zeros; in JSON, quote it." if str(account_id).isdigit() else ""
        raise _RowError(f"the account ID {account_id!r} is not 12 digits.{hint}")
    if account_id in listed:
        raise _RowError(f"account {account_id} is listed twice.")
    if (named := account_id_of(given)) not in (None, account_id):
        raise _RowError(f"account {account_id}: its Arn names account {named}.")
    return account_id


def _role_arn(account_id: str, partition: str, arn: str | None) -> str | None:
    """The ARN, checked: a role of another account would fill this account's rows with that one's users."""
    if arn is None:
        return None
    match = _ROLE_ARN.fullmatch(arn)
    if match is None or (match["account"], match["partition"]) != (account_id, partition):
        example = f"arn:{partition}:iam::{account_id}:role/NAME"
        raise _RowError(f"account {account_id}: {arn!r} is not the ARN of a role in this account, such as {example}.")
    return arn


def _joined(value: object) -> str | None:
    """When the account joined, as ISO 8601; None where it cannot be read.

    Version 1 of the AWS command prints seconds since 1970, version 2 ISO 8601, the console a browser's form.
    """
    try:
        if isinstance(value, str) and not _SECONDS.fullmatch(value):
            return _joined_text(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        return instant_text(datetime.fromtimestamp(float(value), UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _joined_text(text: str) -> str:
    if match := _CONSOLE_TIME.fullmatch(text):
        when = datetime.strptime(f"{match[1]} {match[2] or '+0000'}", "%b %d %Y %H:%M:%S %z")
        return instant_text(when)
    try:
        read_instant(text)
    except ValueError:
        # `Wed, 08 Mar 2023 13:50:40 GMT`; what it cannot read is a ValueError too.
        return instant_text(parsedate_to_datetime(text))
    return text
