"""The settings of a run: each is declared once, with its default, check and help text.

A setting has the same name in `credlake.toml` (`role_name`), in the environment (`CREDLAKE_ROLE_NAME`) and as a flag
(`--role-name`). From the declaration come the default, the check of each source (`SettingsSchema`), the command line
option (`collector.cli.options`) and the entry in `run.json`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from marshmallow import RAISE, Schema
from marshmallow.fields import Boolean, Field, Nested
from marshmallow.validate import Range

from collector.discovery.accounts import LAKE_ORGANIZATION_ID, LAKE_ORGANIZATION_ID_FORM
from collector.discovery.limits import LimitRules
from collector.discovery.owners import OwnerRules
from collector.discovery.selection import Selection
from collector.errors import UsageError
from collector.settings.checks import (
    Count,
    LimitsTable,
    OwnersTable,
    Path,
    Several,
    Urls,
    account_id,
    any_path,
    any_text,
    lake_uri,
    number,
    ou,
    seconds,
    text,
)
from collector.settings.notify import TOPIC_ARN, NotifyRules, NotifyTable

T = TypeVar("T")

DEFAULT_ROLE_NAME = "credlake-reader"
_SIZE = r"[0-9]+(\.[0-9]+)?([KMGT]i?)?B"

# The headings of `--help`.
ROLE = "Role in the accounts"
ACCOUNTS = "Accounts"
RUN = "Run"
LAKE = "Lake, Glue and Athena"
QUERY = "Limits of a query"
REPORT = "Report"
NOTIFY = "Notices"
AFTER = "After a scheduled run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The declaration of one setting, apart from its name, type and default."""

    check: Field[Any]  # Reads and checks the value of any source; its messages are sentences for the user.
    help: str  # One line of `--help`. Empty where the setting is no flag.
    group: str  # The heading in `--help` under which it is listed.
    metavar: str = ""  # What stands for the value in `--help`; empty for a switch.
    is_recorded: bool = True  # Whether `run.json` keeps the value. Of a secret it keeps only whether there is one.
    is_secret: bool = False
    is_of_environment: bool = False  # Whether only the environment may set it.

    @property
    def is_switch(self) -> bool:
        """Whether it is true or false: `--tags` and `--no-tags`."""
        return isinstance(self.check, Boolean)

    @property
    def is_path(self) -> bool:
        """Whether it names a file or folder; in a settings file that is relative to the folder of that file."""
        return isinstance(self.check, Path)

    @property
    def is_repeatable(self) -> bool:
        """Whether the flag may be given several times."""
        return isinstance(self.check, Several)


def _setting(
    default: T,
    check: Field[Any],
    group: str,
    help: str = "",  # noqa: A002 -- as typer calls it
    *,
    metavar: str = "",
    is_recorded: bool = True,
    is_secret: bool = False,
    is_of_environment: bool = False,
) -> T:
    declared = Setting(
        check=check,
        group=group,
        help=help,
        metavar=metavar,
        is_recorded=is_recorded,
        is_secret=is_secret,
        is_of_environment=is_of_environment,
    )
    return field(default=default, repr=not is_secret, metadata={"setting": declared})


def _listed(value: object) -> object:
    """The value as JSON gives it back; a set in a fixed order."""
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a run. Durations are in seconds, rates run from 0 to 1; None where there is no value."""

    lake: str | None = _setting(
        None, lake_uri(), LAKE, "The lake: a folder, or s3://bucket/prefix.", metavar="DIR_OR_S3_URI", is_recorded=False
    )
    # Names and external ids of roles: facts F5.
    role_name: str = _setting(
        DEFAULT_ROLE_NAME,
        text(r"[\w+=,.@-]{1,64}", "Must be a role name: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -"),
        ROLE,
        "The role to assume in every account.",
        metavar="NAME",
    )
    role_path: str = _setting(
        "/",
        text(r"/([\x21-\x7e]{1,510}/)?", "Must be a role path: begins and ends with /"),
        ROLE,
        "The path of the role.",
        metavar="PATH",
    )
    external_id: str | None = _setting(
        None,
        text(r"[\w+=,.@:/-]{2,1224}", "Must be 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -"),
        ROLE,
        "The external ID in the role's trust policy.",
        metavar="ID",
        is_secret=True,
    )
    account: frozenset[str] = _setting(
        frozenset(), Several(account_id(), frozenset), ACCOUNTS, "Only this account.", metavar="ACCOUNT_ID"
    )
    exclude_account: frozenset[str] = _setting(
        frozenset(), Several(account_id(), frozenset), ACCOUNTS, "Not this account.", metavar="ACCOUNT_ID"
    )
    include_ou: tuple[str, ...] = _setting(
        (), Several(ou(), tuple), ACCOUNTS, "Only accounts in this OU and below: an ID, or a path Root/….", metavar="OU"
    )
    exclude_ou: tuple[str, ...] = _setting(
        (), Several(ou(), tuple), ACCOUNTS, "No accounts in this OU and below.", metavar="OU"
    )
    accounts_file: str | None = _setting(
        None, any_path(), ACCOUNTS, "CSV or JSON list of accounts, instead of Organizations.", metavar="FILE"
    )
    exceptions: str | None = _setting(
        None, any_path(), RUN, "CSV or TOML list of accepted findings, each until a day.", metavar="FILE"
    )
    max_exception_days: int = _setting(
        366,
        Count(validate=Range(min=1, max=3660, error="Must be from 1 to 3660.")),
        RUN,
        "How many days after the run an exception may end.",
        metavar="DAYS",
    )
    organization_id: str | None = _setting(
        None,
        text(LAKE_ORGANIZATION_ID.pattern, f"Must be {LAKE_ORGANIZATION_ID_FORM}."),
        ACCOUNTS,
        "The organization, where Organizations cannot be called.",
        metavar="O-…",
        is_recorded=False,
    )
    single_account: bool = _setting(
        False,  # noqa: FBT003 -- the default
        Boolean(),
        ACCOUNTS,
        "Only the caller's own account, without Organizations and without a role.",
    )
    tags: bool = _setting(False, Boolean(), ACCOUNTS, "Read the accounts' tags, 10 per second.")  # noqa: FBT003 -- the default
    concurrency: int | None = _setting(
        None,
        Count(validate=Range(min=1, max=1000, error="Must be from 1 to 1000.")),
        RUN,
        "Concurrent calls. Without it 32, and up to 128 where a call takes long.",
        metavar="N",
    )
    lean_calls: bool = _setting(
        True,  # noqa: FBT003 -- the default
        Boolean(),
        RUN,
        "Make the calls for each account without botocore's client layer: the same requests for less CPU time.",
        is_recorded=False,
    )
    deadline: float | None = _setting(
        None,
        seconds(),
        RUN,
        "For the run: what is collected by then is published, if all accounts are listed.",
        metavar="SECONDS",
    )
    # Large accounts take AWS minutes (facts F2.4: unverified how many), so an account is given up late.
    account_deadline: float = _setting(
        300.0, seconds(), RUN, "For each account, from its first call.", metavar="SECONDS"
    )
    min_coverage: float | None = _setting(
        None,
        number(Range(min=0, max=1, error="Must be from 0 to 1.")),
        RUN,
        "Publish only if this share of accounts (0 to 1) is collected.",
        metavar="RATE",
    )
    replace: bool = _setting(False, Boolean(), RUN, "Publish even over a better snapshot.")  # noqa: FBT003 -- the default
    yes: bool = _setting(
        False,  # noqa: FBT003 -- the default
        Boolean(),
        RUN,
        "Confirm that --replace may take accounts out of the snapshot.",
    )
    resume: bool = _setting(
        False,  # noqa: FBT003 -- the default
        Boolean(),
        RUN,
        "Resume an interrupted run: collect only what is missing.",
    )
    retry_failed: bool = _setting(
        False,  # noqa: FBT003 -- the default
        Boolean(),
        RUN,
        "Collect only what failed: take over the accounts of today's snapshot.",
    )
    kms_key: str | None = _setting(None, any_text(), LAKE, "The KMS key that encrypts a lake on S3.", metavar="KEY")
    raw_lock: str | None = _setting(
        None,
        text("(GOVERNANCE|COMPLIANCE):[1-9][0-9]{0,4}", "Must be a mode and days, such as GOVERNANCE:365."),
        LAKE,
        "Lock each report on S3 against deletion (Object Lock).",
        metavar="MODE:DAYS",
        is_recorded=False,
    )
    glue: bool = _setting(True, Boolean(), LAKE, "Sync Glue with a lake on S3.", is_recorded=False)  # noqa: FBT003 -- the default
    database: str = _setting(
        "credlake",
        text("[a-z0-9_]{1,255}", "Must be a Glue database: 1 to 255 of a-z 0-9 _"),
        LAKE,
        "The Glue database of a lake on S3.",
        metavar="NAME",
        is_recorded=False,
    )
    workgroup: str | None = _setting(None, any_text(), LAKE, "The Athena workgroup.", metavar="NAME", is_recorded=False)
    output_location: str | None = _setting(
        None,
        text("s3://[^/]+(/.*)?", "Must be an S3 URI: s3://bucket/prefix/"),
        LAKE,
        "Where Athena stores results, unless the workgroup sets it.",
        metavar="S3_URI",
        is_recorded=False,
    )
    # Athena's own limit is at least 10 MB; this one cancels a query that has read more.
    scan_limit: int | None = _setting(
        None,
        Count(validate=Range(min=1, error="Must be a number of bytes above 0.")),
        LAKE,
        "Stop an Athena query that has read more than this.",
        metavar="BYTES",
        is_recorded=False,
    )
    time_limit: float = _setting(
        600.0, seconds(), QUERY, "Stop a query that computes for longer.", metavar="SECONDS", is_recorded=False
    )
    # DuckDB itself takes the limit of a container for the machine's memory.
    memory_limit: str = _setting(
        "50%",
        text(_SIZE + "|[0-9]{1,2}%", "Must be a size, such as 4GB, or a share of the machine's memory, such as 50%."),
        QUERY,
        "What DuckDB may hold in memory, in all: a size (4GB), or a share of the machine's.",
        metavar="SIZE",
        is_recorded=False,
    )
    disk_limit: str = _setting(
        "10GB",
        text(_SIZE, "Must be a size, such as 10GB."),
        QUERY,
        "What DuckDB may write to temporary files (in TMPDIR) where memory does not suffice.",
        metavar="SIZE",
        is_recorded=False,
    )
    language: str = _setting(
        "en",
        text("en|ja", "Must be en or ja."),
        REPORT,
        "Language of pages, workbooks and notices: en or ja.",
        metavar="LANGUAGE",
        is_recorded=False,
    )
    access_portal: str | None = _setting(
        None,
        text(
            r"https://[\w.-]+(:[0-9]+)?(/[\w./-]*)?(\?role_name=[\w+=,.@-]+)?",
            "Must be a URL: https://….awsapps.com/start",
        ),
        REPORT,
        "Links to the console lead through this AWS access portal: https://d-….awsapps.com/start.",
        metavar="URL",
        is_recorded=False,
    )
    # Of the environment alone: a flag would show them in the list of processes, and a settings file is shared.
    notify_urls: tuple[str, ...] = _setting(
        (), Urls(), NOTIFY, is_recorded=False, is_secret=True, is_of_environment=True
    )
    notify_urls_file: str | None = _setting(
        None,
        any_path(),
        NOTIFY,
        'TOML file with the URLs of channels (NAME = "URL"), which only its owner may read.',
        metavar="FILE",
        is_recorded=False,
    )
    notify_topic: tuple[str, ...] = _setting(
        (),
        Several(text(TOPIC_ARN.pattern, "Must be the ARN of an SNS topic."), tuple),
        NOTIFY,
        "SNS topic that notices go to.",
        metavar="ARN",
        is_recorded=False,
    )
    notify_days: tuple[int, ...] = _setting(
        (15, 7),
        Several(Count(validate=Range(min=1, max=366, error="Must be from 1 to 366.")), tuple),
        NOTIFY,
        "Warn so many days before a limit or the end of an exception.",
        metavar="DAYS",
        is_recorded=False,
    )
    # The function and the container do these things; each of them on its own, and none is a reason to fail a run.
    publish_page: bool = _setting(
        False,  # noqa: FBT003 -- the default
        Boolean(),
        AFTER,
        "Write the page of each scheduled run to reports/ of the lake.",
        is_recorded=False,
    )
    event_bus: str | None = _setting(
        None,
        text(
            r"[A-Za-z0-9/._-]{1,256}|arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9/._-]{1,256}",
            "Must be the name (default) or ARN of an EventBridge bus.",
        ),
        AFTER,
        "Put the event credlake.snapshot.published on this EventBridge bus.",
        metavar="NAME_OR_ARN",
        is_recorded=False,
    )
    quicksight_data_set: tuple[str, ...] = _setting(
        (),
        Several(text(r"[A-Za-z0-9_-]{1,512}", "{input} is not the ID of a QuickSight data set."), tuple),
        AFTER,
        "Refresh this QuickSight data set.",
        metavar="ID",
        is_recorded=False,
    )
    # Tables of the settings file, not flags. `for_the_record` adds them.
    limits: LimitRules = _setting(LimitRules(), Nested(LimitsTable, unknown=RAISE), RUN, is_recorded=False)  # noqa: RUF009 -- frozen
    owners: OwnerRules = _setting(OwnerRules(), Nested(OwnersTable, unknown=RAISE), RUN, is_recorded=False)  # noqa: RUF009 -- frozen
    notify: NotifyRules = _setting(NotifyRules(), Nested(NotifyTable, unknown=RAISE), NOTIFY, is_recorded=False)  # noqa: RUF009 -- frozen

    @property
    def required_lake(self) -> str:
        """The lake.

        Raises:
            UsageError: none is given.
        """
        if self.lake is None:
            raise UsageError(["No lake given: set --lake, CREDLAKE_LAKE, or `lake` in a credlake.toml here or above."])
        return self.lake

    @property
    def glue_database(self) -> str | None:
        """The Glue database that is synced with a lake on S3; None where Glue is left alone."""
        return self.database if self.glue else None

    @property
    def reads_tags(self) -> bool:
        """Whether the accounts' tags are read: for themselves, or because one of them names the owner."""
        return self.tags or self.owners.tag is not None

    @property
    def selection(self) -> Selection:
        """The include and exclude rules."""
        return Selection(
            accounts=self.account,
            exclude_accounts=self.exclude_account,
            include_ous=self.include_ou,
            exclude_ous=self.exclude_ou,
        )

    def for_the_record(self) -> dict[str, Any]:
        """The settings as `run.json` keeps them, without secrets."""
        record: dict[str, Any] = {
            "glue_database": self.glue_database,
            "limits": self.limits.for_the_record(),
            "owners": self.owners.for_the_record(),
        }
        for name, declared in SETTINGS.items():
            value = getattr(self, name)
            if declared.is_recorded and declared.is_secret:
                record[f"has_{name}"] = value is not None
            elif declared.is_recorded:
                record[name] = _listed(value)
        return record


# Setting → its declaration.
SETTINGS: dict[str, Setting] = {declared.name: declared.metadata["setting"] for declared in fields(Settings)}

# Reads the values of one source. All problems of a source are reported at once, unknown names among them.
SettingsSchema: type[Schema] = Schema.from_dict(
    {name: declared.check for name, declared in SETTINGS.items()}, name="SettingsSchema"
)
