"""The same rules a second time: byte by byte, without csv, Arrow, `datetime` or any module of the parser.

It is what the parser is measured by on inputs that nobody wrote by hand. Slow and plain on purpose.
"""

from __future__ import annotations

import calendar
import re

NAMES = {"user": "user_name", "arn": "user_arn"}
BOOLEANS = {
    "password_enabled",
    "mfa_active",
    "access_key_1_active",
    "access_key_2_active",
    "cert_1_active",
    "cert_2_active",
}
TEXTS = {
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "additional_credentials_info",
}
REASONS = {b"N/A": None, b"no_information": "no_information", b"not_supported": "not_supported", b"": "empty"}
NAMED = re.compile(rb"arn:aws[a-z-]*:iam::([0-9]{12}):(root|user/.+)", re.DOTALL)
PATH = re.compile(rb"/|/[\x21-\x7e]+/")
TIME = re.compile(
    rb"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:(Z)|([+-])(\d\d):?(\d\d)?)", re.ASCII
)


def slow_reading(header, body, account_id):
    """Read the rows below a header: a list of names as AWS writes them.

    Returns:
        None where the report is another account's; else the rows kept (plain dicts) and how many were left out.
    """
    kept, skipped, accounts = [], 0, set()
    for ended in body.split(b"\n"):
        line = ended.rstrip(b"\r")
        if not line.strip(b" \t"):
            continue
        row = _row(line, header)
        arns = [row[header.index("arn")]] if row else _where_an_arn_may_be(line, header)
        accounts |= {match[1] for match in map(_well_formed, arns) if match}
        if row:
            kept.append(row)
        else:
            skipped += 1
    if accounts - {account_id.encode()}:
        return None
    distinct = [row for number, row in enumerate(kept) if _is_only_one(number, kept, header)]
    return [_typed(dict(zip(header, row, strict=True))) for row in distinct], skipped + len(kept) - len(distinct)


def _row(line, header):
    width = len(header)
    fields = _rfc4180(line)
    raw = [(text, False) for text in line.split(b",")]
    if fields is not None and _is_row([text for text, _ in fields], header):
        return [text for text, _ in fields]
    for pieces in (fields, raw):
        found = []
        for commas in range(len(pieces or ()) - width + 1):
            row = _merged(pieces, commas, header)
            if len(pieces) > width and row is not None and _is_row(row, header):
                found.append(row)
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _rfc4180(line):
    """Fields with whether they were quoted; None where quotes are broken, or enclose a line end."""
    if b'"' not in line:
        return [(text, False) for text in line.split(b",")]
    if b"\r" in line:
        return None
    fields, at = [], 0
    while True:
        quoted = line[at : at + 1] == b'"'
        match = re.compile(rb'"((?:[^"]|"")*)"' if quoted else rb"([^,]*)", re.DOTALL).match(line, at)
        if match is None:
            return None
        fields.append((match[1].replace(b'""', b'"') if quoted else match[1], quoted))
        at = match.end()
        if at == len(line):
            return fields
        if line[at : at + 1] != b",":
            return None
        at += 1


def _merged(pieces, commas, header):
    surplus = len(pieces) - len(header)
    user_first = header.index("user") < header.index("arn")
    take = {"user": commas if user_first else surplus - commas, "arn": surplus - commas if user_first else commas}
    row, rest = [], list(pieces)
    for name in header:
        count = take.get(name, 0)
        mine, rest = rest[: count + 1], rest[count + 1 :]
        if count and any(quoted for _, quoted in mine):
            return None
        row.append(b",".join(text for text, _ in mine))
    return row


def _is_row(row, header):
    if len(row) != len(header):
        return False
    user, arn = row[header.index("user")], row[header.index("arn")]
    match = _well_formed(arn)
    if match is None:
        return False
    if user == b"<root_account>" or match[2] == b"root":
        return user == b"<root_account>" and match[2] == b"root"
    owner = match[2][len(b"user") :]
    path = owner[: -len(user)] if user else b""
    try:
        is_seen = user.decode().isprintable()
    except UnicodeDecodeError:
        return False
    is_name = user and is_seen and (b"/" not in user or user == b"N/A")
    return bool(is_name and owner.endswith(user) and PATH.fullmatch(path))


def _well_formed(arn):
    match = NAMED.fullmatch(arn)
    if match is None or match[2] == b"root":
        return match
    path, _, name = match[2][len(b"user") :].rpartition(b"/")
    return match if name and PATH.fullmatch(path + b"/") else None


def _where_an_arn_may_be(line, header):
    fields = _rfc4180(line) or [(text, False) for text in line.split(b",")]
    surplus = len(fields) - len(header)
    at = header.index("arn")
    return [text for text, _ in fields[max(0, at + min(0, surplus)) : at + max(0, surplus) + 1]]


def _is_only_one(number, rows, header):
    def owner(row):
        is_root = row[header.index("user")] == b"<root_account>"
        return "root" if is_root else row[header.index("arn")]

    mine = [other for other in rows if owner(other) == owner(rows[number])]
    is_first = all(owner(other) != owner(rows[number]) for other in rows[:number])
    return is_first and all(other == rows[number] for other in mine)


def _typed(row):
    typed, reasons, unknown = {}, {}, {}
    for name, raw in row.items():
        if name in NAMES:
            typed[NAMES[name]] = raw.decode()
        elif name in BOOLEANS or name in TEXTS or re.search("_(time|used|changed|rotation|rotated|date)$", name):
            value, reason = _value(name, raw)
            typed[name] = value
            if reason:
                reasons[name] = reason
        else:
            unknown[name] = _text(raw)
            if unknown[name] is None:
                reasons[name] = "unparsed"
    typed.setdefault("additional_credentials_info", None)
    is_root = typed["user_name"] == "<root_account>"
    return {**typed, "is_root": is_root, "null_reasons": reasons, "unknown_columns": unknown}


def _value(name, raw):
    if raw in REASONS:
        return None, REASONS[raw]
    if name in BOOLEANS:
        value = {b"true": True, b"false": False}.get(raw.lower())
    else:
        value = _text(raw) if name in TEXTS else _instant(raw)
    return value, "unparsed" if value is None else None


def _text(raw):
    try:
        return None if b"\0" in raw else raw.decode()
    except UnicodeDecodeError:
        return None


def _instant(raw):
    """Milliseconds since 1970."""
    match = TIME.fullmatch(raw)
    if match is None or (match[9] and raw.endswith(b":")):
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    away = (int(match[10] or 0), int(match[11] or 0))
    if not (1 <= month <= 12 and year >= 1 and hour <= 23 and minute <= 59 and second <= 59):
        return None
    if not (1 <= day <= calendar.monthrange(year, month)[1] and away[0] <= 23 and away[1] <= 59):
        return None
    leap_years = (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400
    days = 365 * (year - 1) + leap_years + day - 1 - 719162  # days from 0001-01-01 to 1970-01-01
    days += sum(calendar.monthrange(year, earlier)[1] for earlier in range(1, month))
    offset = (away[0] * 60 + away[1]) * (-1 if match[9] == b"-" else 1)
    seconds = days * 86400 + hour * 3600 + (minute - offset) * 60 + second
    if not -62135596800 <= seconds <= 253402300799:  # the years 1 to 9999
        return None
    return seconds * 1000 + int((match[7] or b"0").ljust(3, b"0")[:3])
