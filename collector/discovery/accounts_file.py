"""An accounts file: the account list where Organizations cannot be called, or a list of one's own.

CSV with a header, or JSON: a list of IDs or objects, or the output of `aws organizations list-accounts`. Names are
those of Organizations or of the lake's columns, in any case. Any other column of a CSV is an error, because it is
usually a typo; other members of JSON objects are ignored, because AWS adds to its responses.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Container, Iterable
from datetime import UTC, datetime
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
from collector.evidence import instant_text

_PARTITION = re.compile(r"aws[a-z-]*")
# Seconds since 1970 as text, as in a CSV. Fewer digits are a date without dashes.
_SECONDS = re.compile(r"[0-9]{9,11}(\.[0-9]+)?")

_COLUMNS = (
    *("account_id", "account_name", "account_email", "account_arn", "account_state", "joined_at"),
    *("ou_id", "ou_path", "aws_partition"),
)
# Accounts of another organization that are named; it is usually the wrong file.
_MAX_NAMED = 10

# The file's name of a column → the name in Organizations.
_NAMES = {
    "id": "Id",
    "account_id": "Id",
    "accountid": "Id",
    "account": "Id",
    "name": "Name",
    "account_name": "Name",
    "email": "Email",
    "account_email": "Email",
    "arn": "Arn",
    "account_arn": "Arn",
    "state": "State",
    "account_state": "State",
    # Retired, but older tools still print it; `State` counts where both are there.
    "status": "Status",
    "joined_at": "JoinedTimestamp",
    "joinedtimestamp": "JoinedTimestamp",
    # Not used by a run, but a CSV made from the response of Organizations has it.
    "joinedmethod": "JoinedMethod",
    "ou_id": "OuId",
    "ou_path": "OuPath",
    "paths": "Paths",
    "partition": "Partition",
    "aws_partition": "Partition",
}


class _RowError(Exception):
    """One row is wrong; the message is a sentence."""


def read_accounts_file(path: Path, *, partition: str) -> list[Account]:
    """The accounts of the file. Without a state an account is ACTIVE, without a partition it is in the caller's.

    Raises:
        UsageError: all problems of the file at once, each with its row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError([f"--accounts-file {path}: cannot be read: {error.strerror}."]) from error
    except UnicodeDecodeError as error:
        raise UsageError([f"--accounts-file {path}: is not UTF-8 text."]) from error
    rows = _json_rows(text, path) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text, path)
    problems: list[str] = []
    accounts: dict[str, Account] = {}
    for place, row in rows:
        try:
            account = _account(row, partition, listed=accounts)
        except _RowError as error:
            problems.append(f"--accounts-file {path}, {place}: {error}")
        else:
            accounts[account.account_id] = account
    if not problems and not accounts:
        problems.append(f"--accounts-file {path}: lists no account.")
    if problems:
        raise UsageError(problems)
    return list(accounts.values())


def organization_problems(accounts: Iterable[Account], organization_id: str) -> list[str]:
    """A sentence for each account that is in another organization, by its own Arn or Paths."""
    problems = [
        f"--accounts-file: account {account.account_id} is in organization {', '.join(foreign)}, and the run "
        f"is for {organization_id}. Remove it from the file, or set --organization-id to its organization."
        for account in accounts
        if (foreign := sorted(_organizations_named(account) - {organization_id}))
    ]
    if len(problems) > _MAX_NAMED:
        more = len(problems) - _MAX_NAMED
        return [*problems[:_MAX_NAMED], f"--accounts-file: {more} more accounts are in other organizations."]
    return problems


def _organizations_named(account: Account) -> set[str]:
    named = [organization_id_of(account.source), *(path.partition("/")[0] for path in account.source.get("Paths", ()))]
    return {name for name in named if name is not None and ORGANIZATION_ID.fullmatch(name)}


def _csv_rows(text: str, path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    header = [name.strip() for name in reader.fieldnames or []]
    if not any(_NAMES.get(name.lower()) == "Id" for name in header):
        raise UsageError([f"--accounts-file {path}: the first line must be a header with a column `account_id`."])
    # A spreadsheet may leave empty columns without a name at the end.
    if unknown := [name for name in header if name and name.lower() not in _NAMES]:
        raise UsageError([f"--accounts-file {path}, line 1: {_unknown_columns(unknown)}"])
    try:
        for row in reader:
            if any(value for value in row.values() if isinstance(value, str)):
                yield f"line {reader.line_num}", {name: value for name, value in row.items() if name is not None}
    except csv.Error as error:
        raise UsageError([f"--accounts-file {path}, line {reader.line_num}: is not valid CSV: {error}."]) from error


def _unknown_columns(names: list[str]) -> str:
    named = [
        f"{name} (did you mean {close[0]}?)"
        if (close := difflib.get_close_matches(name.lower().replace(" ", "_"), _COLUMNS, n=1))
        else name
        for name in names
    ]
    return (
        f"unknown column: {', '.join(named)}. Use {', '.join(_COLUMNS)}, or the names in Organizations "
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


def _account(row: dict[str, Any], partition: str, *, listed: Container[str]) -> Account:
    given = {
        known: value.strip() if isinstance(value, str) else value
        for name, value in row.items()
        if (known := _NAMES.get(name.strip().lower())) and value not in (None, "")
    }
    account_id = given.get("Id")
    if not isinstance(account_id, str) or not ACCOUNT_ID.fullmatch(account_id):
        hint = " Spreadsheets drop leading zeros; in JSON, quote it." if str(account_id).isdigit() else ""
        raise _RowError(f"the account ID {account_id!r} is not 12 digits.{hint}")
    if account_id in listed:
        raise _RowError(f"account {account_id} is listed twice.")
    if (named := account_id_of(given)) not in (None, account_id):
        raise _RowError(f"account {account_id}: its Arn names account {named}.")
    if "JoinedTimestamp" in given:
        given["JoinedTimestamp"] = _joined(account_id, given["JoinedTimestamp"])
    paths = given.get("Paths") or []
    for name, value in given.items():
        if not isinstance(value, str) and name != "Paths":
            raise _RowError(f"account {account_id}: {name} must be text, not {value!r}.")
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise _RowError(f"account {account_id}: Paths must be a list of strings.")
    state = str(given.pop("State", None) or given.get("Status") or ACTIVE).upper()
    if state not in ACCOUNT_STATES:
        raise _RowError(f"account {account_id}: unknown state {state!r}; use {', '.join(ACCOUNT_STATES)}.")
    named_partition = given.pop("Partition", partition)
    if not _PARTITION.fullmatch(named_partition):
        raise _RowError(f"account {account_id}: {named_partition!r} is not a partition, such as aws or aws-cn.")
    ou_path = tuple(part for part in given.pop("OuPath", "").split("/") if part)
    ou_id = given.pop("OuId", None)
    return Account(
        account_id=account_id,
        state=state,
        partition=named_partition,
        name=given.get("Name"),
        ou_ids=ou_ids_of(paths),
        location=Location((ou_id,) if ou_id else (), ou_path),
        source={**given, "State": state},
    )


def _joined(account_id: str, value: object) -> object:
    """When the account joined, as text. Version 1 of the AWS command prints seconds since 1970, version 2 ISO 8601."""
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return instant_text(datetime.fromtimestamp(value, UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise _RowError(
            f"account {account_id}: JoinedTimestamp {value} is not a time in seconds since 1970."
        ) from error
