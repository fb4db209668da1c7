"""An accounts file: the account list for whoever cannot ask Organizations, or wants a list of their own.

CSV with a header, or JSON: a list of ids or objects, or what `aws organizations list-accounts` printed. Names are those
of Organizations or of the lake's columns.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from collector.accounts import ACCOUNT_ID, ACCOUNT_STATES, ACTIVE, Account, Location, ou_ids_of
from collector.errors import UsageFaultsError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

_PARTITION = re.compile(r"aws[a-z-]*")

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
        UsageFaultsError: all faults of the file at once, each with its row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageFaultsError([f"--accounts-file {path}: cannot be read: {error.strerror}."]) from error
    except UnicodeDecodeError as error:
        raise UsageFaultsError([f"--accounts-file {path}: is not UTF-8 text."]) from error
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
        raise UsageFaultsError(faults)
    return list(accounts.values())


def _csv_rows(text: str, path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    header = [name.strip().lower() for name in reader.fieldnames or []]
    if not any(_NAMES.get(name) == "Id" for name in header):
        raise UsageFaultsError(
            [f"--accounts-file {path}: the first line must be a header with a column `account_id` (JSON is read too)."]
        )
    try:
        for row in reader:
            if any(value for value in row.values() if isinstance(value, str)):
                yield f"line {reader.line_num}", {name: value for name, value in row.items() if name is not None}
    except csv.Error as error:
        raise UsageFaultsError([f"--accounts-file {path}, line {reader.line_num}: is no CSV: {error}."]) from error


def _json_rows(text: str, path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UsageFaultsError([f"--accounts-file {path}: is no JSON: {error}."]) from error
    if isinstance(content, dict):
        content = content.get("Accounts")
    if not isinstance(content, list):
        raise UsageFaultsError(
            [f"--accounts-file {path}: must be a list of accounts, or an object with a list `Accounts`."]
        )
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
