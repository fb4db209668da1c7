"""An accounts file: the account list for whoever cannot ask Organizations, or wants a list of their own.

CSV with a header, or JSON: a list of ids or objects, or what `aws organizations list-accounts` printed. Names are those
of Organizations or of the lake's columns, in capitals or not. A column of a CSV with another name is refused, for it
is most often a misspelt one; what else JSON holds is passed over, for AWS adds to its answers.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

_PARTITION = re.compile(r"aws[a-z-]*")
# Seconds since 1970 as a text, which a CSV can only give. Fewer digits are a date without dashes.
_SECONDS = re.compile(r"[0-9]{9,11}(\.[0-9]+)?")

_COLUMNS = (
    *("account_id", "account_name", "account_email", "account_arn", "account_state", "joined_at"),
    *("ou_id", "ou_path", "aws_partition"),
)
# So many accounts of another organization are named; it is most often the wrong file.
_MOST_NAMED = 10

# The file's name for a thing → Organizations' name for it.
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
    # Of no use to a run, but a CSV made of what Organizations answers has it.
    "joinedmethod": "JoinedMethod",
    "ou_id": "OuId",
    "ou_path": "OuPath",
    "paths": "Paths",
    "partition": "Partition",
    "aws_partition": "Partition",
}


class _RowFaultError(Exception):
    """What is wrong with one row, as a sentence."""


def read_accounts_file(path: Path, *, partition: str) -> list[Account]:
    """The accounts of the file; an account without a state is taken for ACTIVE, without a partition for the caller's.

    Raises:
        UsageError: all faults of the file at once, each with its row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError([f"--accounts-file {path}: cannot be read: {error.strerror}."]) from error
    except UnicodeDecodeError as error:
        raise UsageError([f"--accounts-file {path}: is not UTF-8 text."]) from error
    rows = _json_rows(text, path) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text, path)
    faults: list[str] = []
    accounts: dict[str, Account] = {}
    for place, row in rows:
        try:
            account = _account(row, partition, listed=accounts)
        except _RowFaultError as fault:
            faults.append(f"--accounts-file {path}, {place}: {fault}")
        else:
            accounts[account.account_id] = account
    if not faults and not accounts:
        faults.append(f"--accounts-file {path}: lists no account.")
    if faults:
        raise UsageError(faults)
    return list(accounts.values())


def faults_of_organization(accounts: Iterable[Account], organization_id: str) -> list[str]:
    """The accounts that are of another organization, by their own Arn or Paths, as faults of the file."""
    faults = [
        f"--accounts-file: account {account.account_id} is of organization {', '.join(foreign)}, and the run "
        f"of {organization_id}. Take it out of the file, or name its organization with --organization-id."
        for account in accounts
        if (foreign := sorted(_organizations_named(account) - {organization_id}))
    ]
    if len(faults) > _MOST_NAMED:
        more = len(faults) - _MOST_NAMED
        return [*faults[:_MOST_NAMED], f"--accounts-file: {more} more accounts are of other organizations."]
    return faults


def _organizations_named(account: Account) -> set[str]:
    named = [organization_id_of(account.source), *(path.partition("/")[0] for path in account.source.get("Paths", ()))]
    return {name for name in named if name is not None and ORGANIZATION_ID.fullmatch(name)}


def _csv_rows(text: str, path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    header = [name.strip() for name in reader.fieldnames or []]
    if not any(_NAMES.get(name.lower()) == "Id" for name in header):
        raise UsageError(
            [f"--accounts-file {path}: the first line must be a header with a column `account_id` (JSON is read too)."]
        )
    # A spreadsheet may leave columns without a name, and with nothing in them, at the end.
    if unknown := [name for name in header if name and name.lower() not in _NAMES]:
        raise UsageError([f"--accounts-file {path}, line 1: {_unknown_columns(unknown)}"])
    try:
        for row in reader:
            if any(value for value in row.values() if isinstance(value, str)):
                yield f"line {reader.line_num}", {name: value for name, value in row.items() if name is not None}
    except csv.Error as error:
        raise UsageError([f"--accounts-file {path}, line {reader.line_num}: is no CSV: {error}."]) from error


def _unknown_columns(names: list[str]) -> str:
    told = [
        f"{name} (did you mean {close[0]}?)"
        if (close := difflib.get_close_matches(name.lower().replace(" ", "_"), _COLUMNS, n=1))
        else name
        for name in names
    ]
    return (
        f"there is no such column: {', '.join(told)}. There are {', '.join(_COLUMNS)}, and Organizations' own names "
        "(Id, Name, Email, Arn, State, …). Rename it, or take it out."
    )


def _json_rows(text: str, path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UsageError([f"--accounts-file {path}: is no JSON: {error}."]) from error
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
        hint = " Spreadsheets drop leading zeros; in JSON write it as text." if str(account_id).isdigit() else ""
        raise _RowFaultError(f"the account id {account_id!r} is not 12 digits.{hint}")
    if account_id in listed:
        raise _RowFaultError(f"account {account_id} is listed twice.")
    if (named := account_id_of(given)) not in (None, account_id):
        raise _RowFaultError(f"account {account_id}: its Arn names account {named}.")
    if "JoinedTimestamp" in given:
        given["JoinedTimestamp"] = _joined(account_id, given["JoinedTimestamp"])
    paths = given.get("Paths") or []
    for name, value in given.items():
        if not isinstance(value, str) and name != "Paths":
            raise _RowFaultError(f"account {account_id}: {name} must be text, not {value!r}.")
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise _RowFaultError(f"account {account_id}: Paths must be a list of texts.")
    state = str(given.pop("State", None) or given.get("Status") or ACTIVE).upper()
    if state not in ACCOUNT_STATES:
        raise _RowFaultError(f"account {account_id}: {state!r} is no state; there are {', '.join(ACCOUNT_STATES)}.")
    named_partition = given.pop("Partition", partition)
    if not _PARTITION.fullmatch(named_partition):
        raise _RowFaultError(f"account {account_id}: {named_partition!r} is no partition; there are aws, aws-cn, …")
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
        raise _RowFaultError(
            f"account {account_id}: JoinedTimestamp {value} is no time in seconds since 1970."
        ) from error
