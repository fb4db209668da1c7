"""An exceptions file: which findings are accepted, by whom, why, and until which day.

CSV with a header, or TOML with `[[exception]]` tables; the fields are the same. The file is checked completely before
it is used, because a line that is read wrongly would hide findings that nobody accepted.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import tomllib
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from collector.discovery.accounts import ACCOUNT_ID
from collector.errors import CallFault, UsageError
from collector.evidence import UNKNOWN
from collector.lake.layout import is_on_s3
from collector.schema import ROOT_USER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIELDS = (
    *("exception_id", "control_id", "account", "ou", "finding_id", "user"),
    *("owner", "approved_by", "reason", "ticket", "expires_on"),
)
_PLACES = ("account", "ou", "finding_id")
_ANY = "*"
# Whether anything is known of an account is no finding that anyone can accept (docs/exceptions.md).
_NEVER_EXCEPTED = "report-collected"

_FINDING_ID = re.compile(r"[0-9a-f]{32}")
# The characters of IAM user names (facts F1.5), and `*` for any number of them.
_USER = re.compile(r"[\w+=,.@*-]{1,128}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TABLE = re.compile(r"\s*\[\[\s*exception\s*\]\]")
# Also in a CSV that a spreadsheet wrote: no field is longer than what a person reads.
_LONGEST = 1000
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")


def read_exceptions(path: str | None, *, today: date, max_days: int) -> list[dict[str, str]]:
    """The exceptions in the file, in its order: of each, the fields that it has.

    Args:
        path: the file, or the URI of an object (`s3://bucket/key`), which is read once; None for no exceptions.
        today: the day of the run, in UTC.
        max_days: how many days after `today` an exception may end.

    Raises:
        UsageError: it cannot be read; or every problem of it, each with its line.
    """
    if path is None:
        return []
    try:
        text = (_object(path) if is_on_s3(path) else Path(path).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise UsageError([f"--exceptions {path}: cannot be read: {error.strerror}."]) from error
    except CallFault as fault:
        reason = f"{fault.operation}: {fault.code}: {fault.message}".rstrip(".")
        raise UsageError(
            [f"--exceptions {path}: cannot be read: {reason}. The caller needs s3:GetObject on it."]
        ) from fault
    except UnicodeDecodeError as error:
        raise UsageError([f"--exceptions {path}: is not UTF-8 text."]) from error
    problems: list[str] = []
    read: list[dict[str, str]] = []
    lines: dict[str, str] = {}
    rows = _toml_rows(text, problems) if path.lower().endswith(".toml") else _csv_rows(text, problems)
    for place, row in rows:
        found = [*exception_problems(row, today + timedelta(days=max_days), max_days)]
        exception_id = row.get("exception_id", "")
        if exception_id in lines:
            found.append(f"exception_id: {exception_id!r} is also in {lines[exception_id]}.")
        lines.setdefault(exception_id, place)
        problems += [f"{place}: {problem}" for problem in found]
        read.append(row | {"ou": row["ou"].strip("/")} if "ou" in row else row)
    if problems:
        raise UsageError([f"--exceptions {path}, {problem}" for problem in problems])
    return read


def _object(uri: str) -> bytes:
    from collector.aws.s3 import read_object  # noqa: PLC0415 -- a file needs no library of AWS

    return read_object(uri)


@cache
def control_ids() -> tuple[str, ...]:
    """The controls, as `athena_queries/reference/controls.csv` names them."""
    file = Path(__file__).parents[1] / "_data" / "control_ids.json"
    return tuple(json.loads(file.read_text("utf-8")))


def _csv_rows(text: str, problems: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            # A field in quotes may span lines; the record is named by its first one.
            place, line = f"line {line}", reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip().lower() for cell in cells]
                problems += [f"{place}: {problem}" for problem in _header_problems(header)]
                if problems:
                    return
            elif len(cells) > len(header):
                problems.append(f"{place}: has {len(cells)} fields, the header {len(header)}.")
            else:
                named = zip(header, cells, strict=False)
                yield place, {name: value.strip() for name, value in named if value.strip()}
    except csv.Error as error:
        problems.append(f"line {line}: is not valid CSV: {error}.")
    if header is None:
        problems.append("line 1: has no header.")


def _header_problems(header: list[str]) -> Iterator[str]:
    for name in dict.fromkeys(header):
        if name not in FIELDS:
            yield _unknown(name)
        elif header.count(name) > 1:
            yield f"the column {name} occurs {header.count(name)} times."
    for name in ("exception_id", "control_id", "expires_on"):
        if name not in header:
            yield f"the column {name} is missing."


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), FIELDS, n=1)
    return f"unknown field {name!r}{f'; did you mean {close[0]}?' if close else '.'}"


def _toml_rows(text: str, problems: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line ([0-9]+)", str(error))
        problems.append(f"{f'line {line[1]}' if line else 'end of the file'}: is not valid TOML: {error}.")
        return
    entries = document.pop("exception", [])
    problems += [f"top level: unknown field {name!r}: write [[exception]] tables." for name in document]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append("exception: must be tables: [[exception]].")
        return
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if _TABLE.match(line)]
    for order, entry in enumerate(entries, 1):
        # Tables can be written in other ways too, such as in one line.
        place = f"line {numbers[order - 1]}" if len(numbers) == len(entries) else f"exception {order}"
        row: dict[str, str] = {}
        for name, value in entry.items():
            if name not in FIELDS:
                problems.append(f"{place}: {_unknown(name)}")
            elif isinstance(value, str):
                row |= {name: value.strip()} if value.strip() else {}
            elif isinstance(value, date) and not isinstance(value, datetime):
                row[name] = value.isoformat()
            else:
                problems.append(f"{place}: {name}: must be text in quotes.")
        yield place, row


def exception_problems(row: Mapping[str, str], latest: date, max_days: int) -> Iterator[str]:
    """A sentence for each thing that is wrong with one exception, which may end on `latest` or before."""
    for name, value in row.items():
        # A line break is how a spreadsheet wraps a long reason.
        if _CONTROL_CHARACTER.search(value.replace("\n", " ").replace("\r", " ") if name == "reason" else value):
            yield f"{name}: has a control character."
        elif len(value) > _LONGEST:
            yield f"{name}: has {len(value)} characters, {_LONGEST} at most."
    if "exception_id" not in row:
        yield "exception_id: is missing."
    yield from _control_problems(row.get("control_id"))
    yield from _place_problems(row)
    yield from _user_problems(row)
    yield from _date_problems(row.get("expires_on"), latest, max_days)


def _control_problems(control_id: str | None) -> Iterator[str]:
    if control_id is None:
        yield "control_id: is missing: name a control, or * for all."
    elif control_id == _NEVER_EXCEPTED:
        yield f"control_id: {_NEVER_EXCEPTED} cannot be excepted: exclude the account from the run instead."
    elif control_id not in (_ANY, *control_ids()):
        close = difflib.get_close_matches(control_id, control_ids(), n=1)
        yield f"control_id: unknown control {control_id!r:.100}{f'; did you mean {close[0]}?' if close else '.'}"


def _place_problems(row: Mapping[str, str]) -> Iterator[str]:
    named = [name for name in _PLACES if name in row]
    if len(named) != 1:
        yield f"name exactly one of account, ou and finding_id, not {' and '.join(named) or 'none'}."
    account, finding_id = row.get("account"), row.get("finding_id")
    if account is not None and not ACCOUNT_ID.fullmatch(account):
        yield f"account: {account!r:.100} is not 12 digits. A spreadsheet drops leading zeros unless the cell is text."
    if finding_id is not None and not _FINDING_ID.fullmatch(finding_id):
        yield f"finding_id: {finding_id!r:.100} is not 32 of 0-9 a-f."
    if row.get("ou", "").strip("/") in ({"", UNKNOWN} if "ou" in row else set()):
        yield "ou: must be an ID (ou-…, r-…) or a path (Root/…)."


def _user_problems(row: Mapping[str, str]) -> Iterator[str]:
    user = row.get("user")
    if user is None:
        return
    if "finding_id" in row:
        yield "user: leave it empty: the finding_id names one result."
    if user != ROOT_USER and not _USER.fullmatch(user):
        yield f"user: {user!r:.200} is neither a user name (* stands for any characters) nor {ROOT_USER}."


def _date_problems(expires_on: str | None, latest: date, max_days: int) -> Iterator[str]:
    if expires_on is None:
        yield "expires_on: is missing: an exception ends."
        return
    try:
        day = datetime.strptime(expires_on, "%Y-%m-%d").date() if _DATE.fullmatch(expires_on) else None  # noqa: DTZ007 -- a date
    except ValueError:
        day = None
    if day is None:
        yield f"expires_on: {expires_on!r:.100} is not a date, YYYY-MM-DD."
    elif day > latest:
        yield f"expires_on: {expires_on} is over {max_days} days away; {latest} at the latest (max_exception_days)."
