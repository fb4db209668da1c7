"""The requests and responses of a run: the facts from which every table of a snapshot can be rebuilt.

The raw zone keeps these values (as `run.json` and `accounts.jsonl.gz`) next to the reports. The Parquet files are a
pure function of the three, so `rebuild` needs nothing else. Timestamps are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from collector.limits import Limits

if TYPE_CHECKING:
    from collector.outcome import Outcome


def instant_text(instant: datetime) -> str:
    """ISO 8601 with `Z`, to the microsecond: nothing of an instant is lost."""
    return _zulu(instant.astimezone(UTC).isoformat(timespec="microseconds"))


def millisecond_text(instant: datetime) -> str:
    """ISO 8601 with `Z`, cut to milliseconds, the precision of the Parquet files."""
    return _zulu(instant.astimezone(UTC).isoformat(timespec="milliseconds"))


def read_instant(text: str) -> datetime:
    """The instant of an ISO 8601 text; without an offset, UTC. ValueError if the text is not one."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def to_milliseconds(instant: datetime) -> datetime:
    """The instant cut to milliseconds: Athena's timestamps have no more (facts F7.1)."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _zulu(text: str) -> str:
    return text.removesuffix("+00:00") + "Z"


UNKNOWN = "unknown"


# The values of `account.inventory_source`: where the list of accounts came from.
ORGANIZATIONS = "organizations"
ACCOUNTS_FILE = "accounts_file"
SINGLE_ACCOUNT = "single_account"
REPORT_FILES = "report_files"

# A run's tables keep the rules that were in force when it was made, or `verify` would find differences in each older
# lake. Since 2 a report is `partial` where its time is not close to the run's, and is not for want of a root row where
# the partition has no root user. A run that does not record its rules was made under 1.
OUTCOME_RULES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvidence:
    """One run: `raw/<organization_id>/<run_id>/run.json`.

    `settings` and `endpoints` are for the auditor: the settings of the run, and any endpoint that is not AWS's own.
    Neither contains a secret.
    """

    organization_id: str
    run_id: str
    started_at: datetime
    finished_at: datetime | None = None
    inventory_source: str  # One of the values above.
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    collector_account_id: str | None = None
    # Account → the role to assume in it, where the accounts file names one: `--resume` uses it for the accounts left.
    role_arns: dict[str, str] = field(default_factory=dict)
    # The exceptions in force, ended ones included: of each the fields that the file has.
    exceptions: list[dict[str, str]] = field(default_factory=list)
    outcome_rules: int = OUTCOME_RULES  # The rules by which `lake.rows` decides between `collected` and `partial`.

    @property
    def is_listed_by_file(self) -> bool:
        """Whether the accounts come from files, so that the organization may have others."""
        return self.inventory_source in {ACCOUNTS_FILE, REPORT_FILES}

    @property
    def snapshot_date(self) -> str:
        """The UTC date on which the run started, `YYYY-MM-DD`, also when it ends after midnight."""
        return self.started_at.strftime("%Y-%m-%d")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvidence:
    """One account of one run: a line of `accounts.jsonl.gz`.

    `account` is the object from Organizations (or the accounts file), JSON-ready. `outcome` is the engine's result;
    if a report was fetched (`raw_sha256` is set) it is `collected`, and parsing the report decides between that and
    `partial`, `malformed_report` and `wrong_account`.
    """

    account: dict[str, Any]
    account_id: str
    account_state: str
    aws_partition: str
    account_error: str | None = None  # What of `account` could not be read; null where all of it was.
    ou_id: str = UNKNOWN
    ou_path: str = UNKNOWN
    ou_ids: list[str] = field(default_factory=list)  # From the root to the parent; empty where they are unknown.
    tags: dict[str, str] = field(default_factory=dict)
    tags_error: str | None = None  # Why the tags could not be read; null if they were, or were not requested.
    limits: Limits = field(default_factory=Limits)
    owner: str | None = None  # Who answers for the account, by the rules of the run.
    outcome: Outcome
    error_code: str | None = None
    error_message: str | None = None
    attempts: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    report_generated_at: datetime | None = None  # GeneratedTime of the report.
    raw_sha256: str | None = None
    password_policy_state: str = UNKNOWN  # GetAccountPasswordPolicy's PasswordPolicy; None for `default` and `unknown`.
    password_policy: dict[str, Any] | None = None
    password_policy_error: str | None = None
    summary: dict[str, int] | None = None  # GetAccountSummary's SummaryMap.
    summary_error: str | None = None
    origin_run_id: str | None = None  # The earlier run that collected it (--retry-failed); None: this run.
