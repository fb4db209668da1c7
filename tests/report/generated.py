"""Generated reports, and what must be true of every one of them: for `make fuzz` and the properties.

Each row has a token of its own in its ARN and in its text values, and an instant of its own in its dates. Faults never
take text from one row to another, so tokens of two rows in one row that was read are another user's values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from collector.outcome import Outcome
from collector.report import parse_report
from tests.report.exact_parsing import parse_report_exactly
from tests.report.shapes import ACCOUNT, HEADER

OTHER_ACCOUNT = "444444444444"
COLUMNS = HEADER.split(",")
TOKEN = re.compile("[k-z]{12}")

_DATES = re.compile("_(time|used|changed|rotation|rotated|date)$")
_TEXTS = re.compile("_(region|service)$")
_FIRST = datetime(2015, 1, 1, tzinfo=UTC)

# fmt: off
NAMES = ["doe,jane", "a=b", "x@y.z", "N/A", "<root_account>", "root", "=1+1", "é", "日本", "a b", 'a"b', '"', "", ",,",
         "a/b", "not_supported", "a,b,c,d", "\u202ebob", "\u200b", "\ufeff", "x\x00y", "\x1b[31m", "\x85", "\u2028"]
PATHS = ["", "", "", "team/", "a,b/", 'a"b/', "x/y/z/", "/", "user/", "a b/", "é/", "root/",
         "arn:aws:iam::444444444444:user/"]
VALUES = ["N/A", "no_information", "not_supported", "", "true", "false", "TRUE", "tRuE", " true", "1", "yes", "n/a",
          "null", "=1", "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59",
          "0001-01-01T00:00:00+23:59", "2026-09-11T13:14Z", "2026-09-11T24:00:00Z", "2026-09-11T13:14:60Z",
          "2026-09-11", "2026-09-11t13:14:49Z", "2026-09-11T13:14:49.1234567891Z", "2026-09-11T13:14:49+0000",
          "2026-09-11T13:14:49+24:00", "\u017f", "\u0130", "-1"]
PIECES = [b",", b"\n", b"\r", b'"', b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"/", b":", b" ", b"\t", b"\r\n", b'""',
          b",,", b"\n\n", b"<", b"\x1a", b"\x0b", b"\xe2\x80\xa8", b"N/A", b"444444444444", b";", b"\\", b'",', b',"',
          b"<root_account>", b"arn:aws:iam::333333333333:user/"]
EXTRAS = [["additional_credentials_info"], ["x"], ["x", "x"], [""], ["user_name"], ["éü"], ["user"], ["account_id"]]
# fmt: on


@dataclass(frozen=True, slots=True)
class Generated:
    """A report, and what identifies its rows."""

    content: bytes
    tokens: frozenset[str]  # One per row; repeated rows share theirs.
    instants: dict[datetime, str]  # The instant of each row's dates, and the row's token.


def generate(chance):
    """A report; half of them as AWS writes them, the others with anything wrong. `chance` is a `random.Random`."""
    is_odd = chance.random() < 0.5
    columns = list(COLUMNS)
    if chance.random() < 0.1:
        chance.shuffle(columns)
    if chance.random() < 0.1:
        columns += chance.choice(EXTRAS)
    if chance.random() < 0.02:
        del columns[chance.randrange(len(columns))]
    instants = {}
    length = 100 if chance.random() < 0.002 else chance.choice((0, 1, 1, 2, 2, 3, 4, 5))
    users = [_user(chance, instants, is_odd=is_odd) for _ in range(length)]
    if users and is_odd and chance.random() < 0.2:
        users.append(chance.choice(users) | ({"mfa_active": "true"} if chance.random() < 0.5 else {}))
    rows = [_root(), *users] if chance.random() < 0.9 else users
    if chance.random() < 0.1:
        chance.shuffle(rows)
    quotes = chance.choice(("needed", "needed", "none", "all")) if is_odd else "none"
    lines = [",".join(_quoted(row.get(name, "N/A"), quotes) for name in columns) for row in rows]
    header = (b"\xef\xbb\xbf" if is_odd and chance.random() < 0.05 else b"") + ",".join(columns).encode()
    line_end = chance.choice(("\n", "\n", "\n", "\r\n", "\r")) if is_odd else "\n"
    body = line_end.join(lines) + (line_end if chance.random() < 0.2 else "")
    content = body.encode("utf-8", "surrogatepass")
    if not is_odd:
        content = header + b"\n" + content
    elif chance.random() < 0.9:
        content = header + b"\n" + _with_faults(chance, content)
    else:
        content = _with_faults(chance, header + b"\n" + content)
    return Generated(content, frozenset(instants.values()), instants)


def _user(chance, instants, *, is_odd):
    token = "".join(chance.choices("klmnopqrstuvwxyz", k=12))
    instant = _FIRST + timedelta(seconds=chance.randrange(370_000_000))
    instants[instant] = token
    date = instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    name, path, account = token, "", ACCOUNT
    if is_odd and chance.random() < 0.3:
        path = f"{token}/{chance.choice(PATHS)}"
        name = chance.choice(NAMES)
    if is_odd and chance.random() < 0.02:
        account = OTHER_ACCOUNT
    row = {"user": name, "arn": f"arn:aws:iam::{account}:user/{path}{name}"}
    if is_odd and chance.random() < 0.05:
        row["user"] = chance.choice(NAMES)
    for column in COLUMNS[2:]:
        if is_odd and chance.random() < 0.05:
            row[column] = chance.choice(VALUES)
        elif _TEXTS.search(column):
            row[column] = token
        elif _DATES.search(column):
            row[column] = date if chance.random() < 0.5 else "N/A"
        else:
            row[column] = "true" if chance.random() < 0.5 else "false"
    return row


def _root():
    root = dict.fromkeys(COLUMNS, "N/A") | {name: "false" for name in COLUMNS if name.endswith(("active", "enabled"))}
    about = {"user": "<root_account>", "arn": f"arn:aws:iam::{ACCOUNT}:root", "password_next_rotation": "not_supported"}
    return root | about | {"user_creation_time": "2014-05-06T07:08:09Z"}


def _quoted(text, quotes):
    if quotes == "all" or (quotes == "needed" and any(mark in text for mark in ',"\r\n')):
        return '"' + text.replace('"', '""') + '"'
    return text


def _with_faults(chance, content):
    """Bytes put in, replaced, lost; or the end cut off. No line end is lost: two rows in one line would be one."""
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 5, 8))):
        at, kind = chance.randrange(len(content) + 1), chance.random()
        head, here, tail = content[:at], content[at : at + 1], content[at + 1 :]
        if kind < 0.5:
            content = head + chance.choice(PIECES) + here + tail
        elif kind < 0.6:
            content = head + chance.choice(VALUES + NAMES).encode() + here + tail
        elif kind < 0.65:
            content = head
        elif here == b"\n":
            continue
        elif kind < 0.85:
            content = head + chance.choice((b"", *PIECES)) + tail
        else:
            content = head + chance.randbytes(chance.randrange(1, 4)) + tail
    return content


def broken_promises(generated):
    """What is wrong with the result of reading a report: kinds of fault; none where all is well."""
    content = generated.content
    parsed = parse_report(content, account_id=ACCOUNT)
    found = [] if parsed == parse_report_exactly(content, account_id=ACCOUNT) else ["readers differ"]
    if parsed.users is None:
        return found + ([] if parsed.problem and not parsed.outcome.is_covered else ["no reason"])
    try:
        parsed.users.validate(full=True)
    except pa.ArrowInvalid:
        return [*found, "invalid Arrow"]
    rows = parsed.users.to_pylist()
    is_whole = not parsed.unreadable_rows and not parsed.unreadable_values and parsed.has_root
    lines = content.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").split(b"\n")[1:]
    promises = {
        "wrong outcome": (parsed.outcome is Outcome.COLLECTED) == is_whole and (parsed.problem is None) == is_whole,
        "lost row": sum(bool(line.rstrip(b"\r").strip(b" \t")) for line in lines) == len(rows) + parsed.unreadable_rows,
        "other account": all(f":iam::{ACCOUNT}:" in row["user_arn"] for row in rows),
        "doubled user": len({row["user_arn"] for row in rows}) == len(rows),
        "wrong name": all(row["is_root"] or row["user_arn"].endswith(row["user_name"]) for row in rows),
        "wrong root": all(row["is_root"] == row["user_arn"].endswith(":root") for row in rows),
        "another user's value": all(len(_tokens_in(row, generated)) <= 1 for row in rows),
        "unreadable values": parsed.unreadable_values
        == sum(reason == "unparsed" for row in rows for _, reason in row["null_reasons"]),
    }
    return found + [name for name, is_kept in promises.items() if not is_kept]


def _tokens_in(row, generated):
    """The tokens of generated rows that this row holds."""
    found = set()
    for value in row.values():
        if isinstance(value, str):
            found.update(TOKEN.findall(value))
        elif isinstance(value, datetime):
            found.add(generated.instants.get(value))
    return found & generated.tokens
