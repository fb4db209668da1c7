"""The lake's columns: the only place where one is declared.

The Parquet schemas, `glue/*.json`, `docs/columns.md`, the local tables, the header check and the check that views name
real columns derive from it. Columns are only ever added, at the end of a table, and never retyped: readers of an older
or newer file match columns by name (docs/lake-format.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import cache, cached_property

import pyarrow as pa

from collector.limits import LIMITS
from collector.outcome import Outcome


class ColumnType(Enum):
    """A type of the lake, with its name in Glue (Hive), in Trino and in DuckDB."""

    STRING = ("string", "varchar", "VARCHAR")
    BOOLEAN = ("boolean", "boolean", "BOOLEAN")
    INT = ("int", "integer", "INTEGER")
    TIMESTAMP = ("timestamp", "timestamp(3)", "TIMESTAMP")  # INT64 ms, UTC-adjusted; INT96 overflows (facts F7.1).
    STRING_MAP = ("map<string,string>", "map(varchar, varchar)", "MAP(VARCHAR, VARCHAR)")

    def __init__(self, glue: str, trino: str, duckdb: str) -> None:
        """Spread the names over attributes."""
        self.glue = glue
        self.trino = trino
        self.duckdb = duckdb

    @property
    def arrow(self) -> pa.DataType:
        """The type of a column in a Parquet file."""
        return _ARROW[self]


_ARROW: dict[ColumnType, pa.DataType] = {
    ColumnType.STRING: pa.string(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.INT: pa.int32(),
    ColumnType.TIMESTAMP: pa.timestamp("ms", tz="UTC"),
    ColumnType.STRING_MAP: pa.map_(pa.string(), pa.string()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, type and meaning.

    `source` is the header in AWS's credential report, for the columns that come from there. `since` counts the
    additions of columns, from 1: it puts a later column at the end of `snapshot_record`, whatever its table.
    """

    name: str
    type: ColumnType
    comment: str
    source: str | None = None
    nullable: bool = True
    since: int = 1


@dataclass(frozen=True)
class Table:
    """An ordered set of columns, with a name and what one row is."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The schema that files are written with; the metadata of a field contains its column's comment."""
        return pa.schema(
            [pa.field(c.name, c.type.arrow, nullable=c.nullable, metadata={"comment": c.comment}) for c in self.columns]
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


# Increased when a reader of this version could misread files of a newer one.
SCHEMA_VERSION = 1
FIRST_SCHEMA_VERSION = 1

ROOT_USER = "<root_account>"


def _string(name: str, comment: str, *, source: str | None = None, nullable: bool = True, since: int = 1) -> Column:
    return Column(name, ColumnType.STRING, comment, source, nullable, since)


def _boolean(name: str, comment: str, *, source: str | None = None, nullable: bool = True, since: int = 1) -> Column:
    return Column(name, ColumnType.BOOLEAN, comment, source, nullable, since)


def _int(name: str, comment: str, *, nullable: bool = True) -> Column:
    return Column(name, ColumnType.INT, comment, None, nullable)


def _timestamp(name: str, comment: str, *, source: str | None = None, nullable: bool = True, since: int = 1) -> Column:
    return Column(name, ColumnType.TIMESTAMP, comment, source, nullable, since)


def _map(name: str, comment: str) -> Column:
    return Column(name, ColumnType.STRING_MAP, comment, None, nullable=False)


ORGANIZATION_ID = _string(
    "organization_id",
    "The organization, `o-...`; of a single account its ID; of report files the name they were given.",
    nullable=False,
)
SNAPSHOT_DATE = _string("snapshot_date", "UTC date on which the run started, `YYYY-MM-DD`.", nullable=False)
RUN_ID = _string("run_id", "The run that this row comes from.", nullable=False)
ACCOUNT_ID = _string("account_id", "The account: 12 digits, as text (leading zeros count).", nullable=False)

OWNER = _string(
    "owner", "Who answers for it: the account's owner tag, else its entry in `[owners]`. Null: none is named.", since=3
)

# The columns of every file of a snapshot, before its own.
KEY_COLUMNS = (ORGANIZATION_ID, SNAPSHOT_DATE, RUN_ID, ACCOUNT_ID)

RECORD_TYPE = _string("record_type", "What the row is about: `account`, `user` or `exception`.", nullable=False)

_REPORT_GENERATED_AT = "GeneratedTime of the credential report: up to 4 hours before the run. Every age counts from it."


def _key_columns(slot: int) -> tuple[Column, ...]:
    key = f"access_key_{slot}"
    return (
        _boolean(f"{key}_active", "Whether the key can be used.", source=f"{key}_active"),
        _timestamp(
            f"{key}_last_rotated",
            "When the key in this slot was created; an inactive key keeps its date. Null: the slot is empty.",
            source=f"{key}_last_rotated",
        ),
        _timestamp(
            f"{key}_last_used_date",
            "Last use, in steps of 15 minutes, tracked since 2015-04-22. Null: no use on record.",
            source=f"{key}_last_used_date",
        ),
        _string(
            f"{key}_last_used_region",
            "Region of the last use. Also null for a service without Regions, such as S3: this does not mean unused.",
            source=f"{key}_last_used_region",
        ),
        _string(f"{key}_last_used_service", "Service of the last use.", source=f"{key}_last_used_service"),
    )


def _certificate_columns(slot: int) -> tuple[Column, ...]:
    certificate = f"cert_{slot}"
    return (
        _boolean(
            f"{certificate}_active",
            "Whether the X.509 signing certificate can be used.",
            source=f"{certificate}_active",
        ),
        _timestamp(
            f"{certificate}_last_rotated",
            "When the signing certificate was created. Null: the slot is empty.",
            source=f"{certificate}_last_rotated",
        ),
    )


# AWS's columns, in AWS's order. The first 22 must be in every report; the 23rd is documented, but was absent from a
# report of 2026-09 (facts F1.2).
REPORT_COLUMNS: tuple[Column, ...] = (
    _string("user_name", f"IAM user name without path; `{ROOT_USER}` for root.", source="user", nullable=False),
    _string("user_arn", "ARN of the user, with its path.", source="arn", nullable=False),
    _timestamp("user_creation_time", "When the user was created; for root, the account.", source="user_creation_time"),
    _boolean(
        "password_enabled",
        "Whether a console password exists. Null if the report has `not_supported` (root in older reports).",
        source="password_enabled",
    ),
    _timestamp(
        "password_last_used",
        "Last console sign-in, in steps of 5 minutes, tracked since 2014-10-20. Null with `no_information` in "
        "`null_reasons`: a password without a sign-in on record; plain null: no password.",
        source="password_last_used",
    ),
    _timestamp("password_last_changed", "When the password was last set.", source="password_last_changed"),
    _timestamp(
        "password_next_rotation",
        "When the password expires, if the account's policy sets a maximum age; `not_supported` for root.",
        source="password_next_rotation",
    ),
    _boolean("mfa_active", "Whether at least one MFA device of any type is enabled.", source="mfa_active"),
    *_key_columns(1),
    *_key_columns(2),
    *_certificate_columns(1),
    *_certificate_columns(2),
    _string(
        "additional_credentials_info",
        "AWS's text about credentials beyond the first two of a kind. Null if AWS does not send the column.",
        source="additional_credentials_info",
    ),
)

OPTIONAL_REPORT_COLUMNS = frozenset({"additional_credentials_info"})

# The parser's result for one report: AWS's columns, and why values are null.
PARSED_REPORT = Table(
    "parsed_report",
    "One row per user of one report.",
    (
        *REPORT_COLUMNS[:2],
        _boolean("is_root", "Whether the row is the account's root user.", nullable=False),
        *REPORT_COLUMNS[2:],
        _map(
            "null_reasons",
            "Column: `no_information`, `not_supported`, `empty` or `unparsed`, wherever a null is not a plain `N/A`.",
        ),
        _map("unknown_columns", "AWS columns that this version does not know, unmodified."),
    ),
)

CREDENTIAL_REPORT = Table(
    "credential_report",
    "One row per user (root included) per collected account per snapshot.",
    (*KEY_COLUMNS, *PARSED_REPORT.columns, _timestamp("report_generated_at", _REPORT_GENERATED_AT, nullable=False)),
)

LIMIT_COLUMNS: tuple[Column, ...] = tuple(_int(limit.column, limit.meaning, nullable=False) for limit in LIMITS)

ACCOUNT = Table(
    "account",
    "One row per account of the organization per snapshot, collected or not.",
    (
        *KEY_COLUMNS,
        _string("account_name", "The account's name in Organizations."),
        _string("account_email", "The account's e-mail address in Organizations."),
        _string("account_arn", "The account's ARN in Organizations."),
        _string("aws_partition", "`aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, ...", nullable=False),
        _string(
            "account_state", "`ACTIVE`, `SUSPENDED`, `PENDING_ACTIVATION`, `PENDING_CLOSURE`, `CLOSED`.", nullable=False
        ),
        _timestamp("joined_at", "When the account joined the organization."),
        _string("ou_id", "The OU (or root) of the account; `unknown` if it could not be read.", nullable=False),
        _string(
            "ou_path",
            "Names from the root down, `Root/Workloads/Prod`; `unknown` if they could not be read.",
            nullable=False,
        ),
        _map("tags", "The account's tags; empty without `--tags`."),
        _string("outcome", f"How the collection of the account ended: {', '.join(Outcome)}.", nullable=False),
        _string("error_code", "AWS's error code, or credlake's; null if collected."),
        _string("error_message", "AWS's error message, or credlake's; null if collected."),
        _int("attempts", "Calls made for this account.", nullable=False),
        _timestamp("run_started_at", "When the run started.", nullable=False),
        _timestamp("started_at", "When the first call for the account was made. Null: it was not called."),
        _timestamp("finished_at", "When the account's outcome was known. Null: it was not called."),
        _timestamp("report_generated_at", _REPORT_GENERATED_AT),
        _int("user_count", "Published rows of users, including root. Null if the account was not collected."),
        _int("unreadable_rows", "Rows of the report left out because they could not be read."),
        _int("unreadable_values", "Values set to null because they could not be read."),
        _string("raw_sha256", "SHA-256 of the report's bytes, uncompressed."),
        _string("raw_location", "Where the report is stored, relative to the lake."),
        _string("password_policy_state", "`custom`, `default` (none set) or `unknown`.", nullable=False),
        _string("password_policy_error", "Why the policy is `unknown`."),
        _int("minimum_password_length", "Minimum number of characters of a password."),
        _int(
            "password_reuse_prevention",
            "Number of previous passwords that cannot be reused. Null: the policy sets none.",
        ),
        _int("max_password_age", "Days after which a password expires. Null: never."),
        _boolean("require_symbols", "Whether a password needs a symbol."),
        _boolean("require_numbers", "Whether a password needs a digit."),
        _boolean("require_uppercase_characters", "Whether a password needs an upper-case letter."),
        _boolean("require_lowercase_characters", "Whether a password needs a lower-case letter."),
        _boolean("hard_expiry", "Whether only an administrator can change an expired password."),
        _boolean("allow_users_to_change_password", "Whether users may change their own password."),
        _int("users", "Users in the account, without root (GetAccountSummary, fresher than the report)."),
        _int("users_quota", "The quota of users in the account."),
        _int("mfa_devices", "MFA devices in the account."),
        _int("mfa_devices_in_use", "MFA devices assigned to a user."),
        _string("summary_error", "Why the summary's columns are null."),
        _boolean("account_mfa_enabled", "Whether root has MFA, from the account summary (fresher than the report)."),
        _boolean(
            "account_access_keys_present", "Whether root has access keys, active or not, from the account summary."
        ),
        _boolean("account_password_present", "Whether root has a password, from the account summary."),
        _boolean(
            "account_signing_certificates_present", "Whether root has signing certificates, from the account summary."
        ),
        *LIMIT_COLUMNS,
        _string(
            "inventory_source",
            "Where the account list came from: `organizations`, `accounts_file`, `single_account` or `report_files`.",
            nullable=False,
        ),
        _string(
            "denied_by_type",
            "The kind of policy that denied a call, where AWS names it: `service_control_policy`, "
            "`resource_control_policy`, `permissions_boundary`, `session_policy`, `identity_policy` or `trust_policy`.",
            since=2,
        ),
        _string("denied_by_arn", "The policy that denied a call, where AWS names it.", since=2),
        _boolean(
            "is_management_account",
            "Whether it is the organization's management account, from the ARN in Organizations. Null: unknown.",
            since=2,
        ),
        OWNER,
        _string("ou_id_path", "IDs from the root to the account's OU, `r-.../ou-.../ou-...`. Null: unknown.", since=3),
    ),
)


_RUN_STARTED_AT = ACCOUNT.column("run_started_at")

EXCEPTION = Table(
    "exception",
    "One row per exception of the run, ended ones included.",
    (
        ORGANIZATION_ID,
        SNAPSHOT_DATE,
        RUN_ID,
        replace(ACCOUNT_ID, nullable=True),
        _RUN_STARTED_AT,
        OWNER,
        _string("exception_id", "The exception, as its file names it.", nullable=False, since=3),
        _string("control_id", "The control; of an exception `*` for all.", nullable=False, since=3),
        _string("ou", "The OU, by ID or path, whose accounts the exception covers. Null: it names none.", since=3),
        _string("finding_id", "Stable over time for the same control on the same thing.", since=3),
        _string("user_glob", "The user that it covers: a name, with `*` for any characters. Null: all.", since=3),
        _string("approved_by", "Who approved the exception.", since=3),
        _string("reason", "Why the exception was granted.", since=3),
        _string("ticket", "Where the exception was requested.", since=3),
        _string("expires_on", "The last day of the exception, in UTC, `YYYY-MM-DD`.", nullable=False, since=3),
        _timestamp("ends_at", "When the exception ends: the end of its last day.", nullable=False, since=3),
        _string("user_pattern", "`user_glob` as a pattern of `like`, with `!` as its escape.", since=3),
        _string("ou_pattern", "`ou` and all below it as a pattern of `like`, with `!` as its escape.", since=3),
    ),
)


def _nullable(column: Column) -> Column:
    return replace(column, nullable=True)


def _snapshot_record_columns() -> tuple[Column, ...]:
    keys = (ORGANIZATION_ID, SNAPSHOT_DATE, RECORD_TYPE, RUN_ID, ACCOUNT_ID)
    columns = {column.name: column for column in keys}
    for column in (*ACCOUNT.columns, *CREDENTIAL_REPORT.columns, *EXCEPTION.columns):
        # A row of one kind has nulls in the columns of the other, including maps: the views never read those.
        columns.setdefault(column.name, _nullable(column))
    # Glue's partitions and older readers also identify columns by position: new ones come last.
    return tuple(sorted(columns.values(), key=lambda column: column.since))


SNAPSHOT_RECORD = Table(
    "snapshot_record",
    "Every row of every published snapshot: accounts, users and exceptions, one partition per day.",
    _snapshot_record_columns(),
)

SNAPSHOT_RECORD_LATEST = Table(
    "snapshot_record_latest",
    "Every row of the newest published snapshot of each organization.",
    SNAPSHOT_RECORD.columns,
)

# The values of `record_type`, and the table whose columns the files of that kind have.
RECORD_TABLES: dict[str, Table] = {"account": ACCOUNT, "user": CREDENTIAL_REPORT, "exception": EXCEPTION}


@cache
def file_schema(record_type: str) -> pa.Schema:
    """The schema of a Parquet file with rows of that kind: its own columns and `record_type`."""
    table = RECORD_TABLES[record_type]
    columns = [SNAPSHOT_RECORD.column(RECORD_TYPE.name), *table.columns]
    return Table(table.name, table.comment, tuple(columns)).arrow_schema
