"""Where a lake is, and where things are stored in it. Pure: keys are relative to the lake, with `/`.

No key holds `=`: only the publication record (or Glue) determines which files count, and a path that looks like a Hive
partition would invite a glob or a crawler to count superseded runs too (docs/lake-format.md).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from collector.discovery.accounts import ACCOUNT_ID, LAKE_ORGANIZATION_ID, LAKE_ORGANIZATION_ID_FORM
from collector.errors import LakeError

RAW = "raw"
SNAPSHOTS = "snapshots"
CATALOG = "catalog"
NOTICES = "notices"
REPORTS = "reports"
# What a run writes to.
ZONES = (RAW, SNAPSHOTS, CATALOG)

ACCOUNTS_FILE = "accounts.parquet"
EXCEPTIONS_FILE = "exceptions.parquet"
RUN_FILE = "run.json"
START_FILE = "started.json"
EVIDENCE_FILE = "accounts.jsonl.gz"

SNAPSHOT_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")

_NOTICE_NAME = re.compile(r"[0-9a-f]{32}|no-owner")
_REBUILT = "-rebuild-"
_TOKEN = re.compile(r"[0-9a-f]{8}")
_RECORD_SUFFIX = ".json"
_REPORT_SUFFIX = ".csv.gz"

_S3 = "s3"
# More than one letter, and a slash after the colon; `s3:` means S3 whatever follows.
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?=/)|(?P<s3>[Ss]3):")


def is_on_s3(uri: str) -> bool:
    """Whether the lake is on S3; `aws.s3` parses the bucket and prefix."""
    return uri.startswith(f"{_S3}://")


def lake_uri_error(uri: str) -> str | None:
    """What is wrong with the URI of a lake, as sentences that begin with it; None where nothing is.

    `s3:/bucket` would be a folder named `s3:`, filled with a run that was meant for S3 and that nobody would find.
    """
    match = _SCHEME.match(uri)
    if match is None or is_on_s3(uri):
        return None
    scheme = (match["scheme"] or match["s3"]).lower()
    if scheme == _S3:
        place = uri[match.end() :].lstrip("/") or "bucket/prefix"
        return f"{uri} is not an S3 URI: write s3://{place} (or ./{uri} for a folder of that name)."
    return f"{uri}: unsupported scheme {scheme}://. Name a folder on this machine, or s3://bucket/prefix."


def new_run_id(now: datetime, randomness: bytes) -> str:
    """Name a run so that runs sort by their start, and two of the same second differ: `YYYYMMDDTHHMMSSZ-xxxxxxxx`.

    Args:
        now: when the run starts, aware.
        randomness: at least 4 bytes, of `os.urandom`.
    """
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{_token(randomness)}"


def run_id_prefix(snapshot_date: str) -> str:
    """The prefix of that day's run ids."""
    return _checked(SNAPSHOT_DATE, snapshot_date, "a date, YYYY-MM-DD").replace("-", "") + "T"


def day_of_run(run_id: str) -> str:
    """The date of a run's snapshot: that of its start, with which its id begins."""
    start = _run(run_id)
    return f"{start[:4]}-{start[4:6]}-{start[6:8]}"


def raw_folder(organization_id: str, run_id: str | None = None) -> str:
    """The folder of a run's evidence; without a run, the folder of all runs of the organization."""
    folder = f"{RAW}/{_organization(organization_id)}"
    return folder if run_id is None else f"{folder}/{_run(run_id)}"


def run_key(organization_id: str, run_id: str) -> str:
    """The file of a run's evidence that is written last: with it, the raw zone of the run is complete."""
    return f"{raw_folder(organization_id, run_id)}/{RUN_FILE}"


def start_key(organization_id: str, run_id: str) -> str:
    """The file of a run that is written first: with it alone, the run has started and not ended."""
    return f"{raw_folder(organization_id, run_id)}/{START_FILE}"


def evidence_key(organization_id: str, run_id: str) -> str:
    """The file with one line per account."""
    return f"{raw_folder(organization_id, run_id)}/{EVIDENCE_FILE}"


def reported_account(name: str) -> str | None:
    """The account whose report has that file name in a run's folder; None for any other file."""
    account_id = name.removesuffix(_REPORT_SUFFIX)
    return account_id if name.endswith(_REPORT_SUFFIX) and ACCOUNT_ID.fullmatch(account_id) else None


def report_key(organization_id: str, run_id: str, account_id: str) -> str:
    """The file with the bytes of one account's report."""
    return f"{raw_folder(organization_id, run_id)}/{_checked(ACCOUNT_ID, account_id, '12 digits')}{_REPORT_SUFFIX}"


def day_folder(organization_id: str, snapshot_date: str) -> str:
    """The folder of the tables of all runs of a day, each run's in a folder of its own."""
    return (
        f"{SNAPSHOTS}/{_organization(organization_id)}/{_checked(SNAPSHOT_DATE, snapshot_date, 'a date, YYYY-MM-DD')}"
    )


def snapshot_folder(organization_id: str, snapshot_date: str, run_id: str) -> str:
    """The folder of a run's tables: it holds the files of one snapshot and no others, so Glue can point at it."""
    return f"{day_folder(organization_id, snapshot_date)}/{_run(run_id)}"


def rebuilt_folder(organization_id: str, snapshot_date: str, run_id: str, randomness: bytes) -> str:
    """A new folder for the same run's rebuilt tables: published files are never overwritten in place."""
    return f"{snapshot_folder(organization_id, snapshot_date, run_id)}{_REBUILT}{_token(randomness)}"


def is_folder_of(folder: str, organization_id: str, snapshot_date: str, run_id: str) -> bool:
    """Whether that is a folder of the run's tables: the one they were first written to, or one of a rebuild."""
    own = snapshot_folder(organization_id, snapshot_date, run_id)
    return folder == own or (folder.startswith(own + _REBUILT) and bool(_TOKEN.fullmatch(folder, len(own + _REBUILT))))


def users_file(number: int) -> str:
    """The name of the n-th file of users, counted from 0."""
    return f"users-{number:05d}.parquet"


def record_key(organization_id: str) -> str:
    """The organization's publication record."""
    return f"{CATALOG}/{_organization(organization_id)}{_RECORD_SUFFIX}"


def notice_key(organization_id: str, name: str) -> str:
    """The object with what an owner's channels know; `name` stands for the owner."""
    return f"{NOTICES}/{_organization(organization_id)}/{_checked(_NOTICE_NAME, name, 'the name of a notice')}.json"


def page_key(organization_id: str, snapshot_date: str | None = None) -> str:
    """The page that a scheduled run writes for a day; without a day, the newest one under a name that stays."""
    name = "latest" if snapshot_date is None else _checked(SNAPSHOT_DATE, snapshot_date, "a date, YYYY-MM-DD")
    return f"{REPORTS}/{_organization(organization_id)}/{name}.html"


def organization_of(name: str) -> str | None:
    """The organization whose record has that file name under `catalog/`; None for any other file."""
    organization_id = name.removesuffix(_RECORD_SUFFIX)
    is_record = name.endswith(_RECORD_SUFFIX) and LAKE_ORGANIZATION_ID.fullmatch(organization_id)
    return organization_id if is_record else None


def _organization(organization_id: str) -> str:
    return _checked(LAKE_ORGANIZATION_ID, organization_id, LAKE_ORGANIZATION_ID_FORM)


def _run(run_id: str) -> str:
    return _checked(RUN_ID, run_id, "a run's id, YYYYMMDDTHHMMSSZ-xxxxxxxx")


def _token(randomness: bytes) -> str:
    return randomness[:4].hex().rjust(8, "0")


def _checked(pattern: re.Pattern[str], value: str, form: str) -> str:
    """The value, where it has that form: what goes into a path must not lead out of its folder."""
    if pattern.fullmatch(value) is None:
        raise LakeError(f"{value!r} cannot be part of a path in the lake: it is not {form}.")
    return value
