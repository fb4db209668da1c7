"""The rows that a report shows. Each class is a select: its fields are the columns of the view that it is read from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A row of `snapshots`."""

    organization_id: str  # Whose it is.
    snapshot_date: str  # Its day, YYYY-MM-DD.
    snapshot_at: datetime  # When the run started. Like all times of the views in UTC, without a time zone.
    finished_at: datetime | None  # When the last account's outcome was known.
    oldest_report_at: datetime | None  # When AWS generated the oldest of its credential reports.
    run_id: str  # The run.
    inventory_source: str | None  # Where the list of accounts came from.


@dataclass(frozen=True, slots=True)
class Account:
    """A row of `account`."""

    account_id: str  # 12 digits.
    account_name: str | None  # Its name in Organizations.
    ou_id: str  # The OU that it is directly in, or `unknown`.
    ou_path: str  # The names from the root down, or `unknown`.
    aws_partition: str | None  # `aws`, `aws-cn`, …
    account_state: str  # `ACTIVE`, …
    outcome: str  # How its collection ended.
    error_code: str | None  # Why it was not collected, as a code.
    error_message: str | None  # Why it was not collected, as text.
    denied_by_type: str | None  # The kind of policy that denied a call, where AWS names it.
    denied_by_arn: str | None  # That policy.
    owner: str | None  # Who is responsible for it.
    report_generated_at: datetime | None  # When AWS generated its report.
    user_count: int | None  # Its users, root included; None where they are unknown.
    limit_access_key_rotation_days: int  # The limits in force for it.
    limit_access_key_unused_days: int
    limit_password_unused_days: int
    limit_root_use_days: int
    limit_password_length: int
    limit_password_reuse: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """A row of `collection_coverage`."""

    account_id: str  # 12 digits.
    is_in_scope: bool  # Whether the account is ACTIVE.
    is_covered: bool  # Whether its users are known.
    reason: str  # How its collection ended, as a sentence.


@dataclass(frozen=True, slots=True)
class Control:
    """A row of `controls`."""

    control_id: str  # Its name.
    title: str  # What should be so, as a sentence.
    why: str  # Why it matters.
    mend: str  # The remediation.
    severity: str  # `critical`, `high`, `medium` or `low`.
    severity_rank: int  # 1 to 4.


@dataclass(frozen=True, slots=True)
class Requirement:
    """A row of `control_frameworks`."""

    control_id: str  # The control.
    framework: str  # The benchmark,
    version: str  # its version,
    requirement: str  # and the number in it.
    relation: str  # `exact`, `stricter`, `looser` or `related`.


@dataclass(frozen=True, slots=True)
class Standing:
    """A control on one day: a row of `organization_trend`, or the same of some accounts."""

    snapshot_date: str  # The day.
    control_id: str  # The control.
    accounts_in_scope: int  # ACTIVE accounts.
    accounts_unknown: int  # Those of them with an unknown result.
    accounts_failing: int  # Those with a failing one.
    pass_count: int  # Results that pass.
    fail_count: int  # Results that fail.
    unknown_count: int  # Results that are unknown.
    excepted_count: int  # Results that fail, and that an exception covers.

    @property
    def pass_rate(self) -> float | None:
        """`pass / (pass + fail)`, as in the view; None if there is neither."""
        known = self.pass_count + self.fail_count
        return self.pass_count / known if known else None


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """A control in one account: a row of `account_scorecard`."""

    account_id: str  # The account.
    control_id: str  # The control.
    pass_count: int  # Results that pass.
    fail_count: int  # Results that fail.
    not_applicable_count: int  # Results of what the control does not apply to.
    unknown_count: int  # Results that are unknown.
    excepted_count: int  # Results that fail, and that an exception covers.


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of `findings`, or one of `control_results` that is excepted."""

    finding_id: str  # The same on every day.
    control_id: str  # What fails.
    account_id: str  # Where.
    user_name: str | None  # Whose it is; None where it is about the account or its root user.
    credential_type: str | None  # `password`, `access_key` or `signing_certificate`; None where it is about no one.
    credential_created_at: datetime | None  # When that was created.
    reason: str  # Why it fails, as a sentence.
    reason_code: str | None  # The kind of that sentence.
    failing_since: datetime | None  # Since when, where the report shows it.
    report_generated_at: datetime | None  # The time from which ages are counted.
    last_used_at: datetime | None  # When the credential was last used.
    exception_id: str | None  # The exception that covers it, or that has ended.


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A row of `exceptions`."""

    exception_id: str  # Its name.
    state: str  # `active`, `expired` or `unused`.
    results_covered: int  # How many results it covers.
    results_failing_again: int  # How many it covered that fail again.
    ends_in_days: int | None  # In how many days it ends; None if it has ended.
    control_id: str  # The control, or `*` for all.
    account_id: str | None  # The account that it names; None where it names an OU or a finding.
    account_name: str | None  # That account's name, if it is in the organization.
    ou: str | None  # The OU, by its ID or path, with everything below.
    finding_id: str | None  # The result.
    user_glob: str | None  # The users, by a name in which `*` stands for any characters; None for all.
    owner: str | None  # Who is responsible for it.
    approved_by: str | None  # Who accepted it.
    reason: str | None  # Why.
    ticket: str | None  # Where that is written down.
    expires_on: str  # Its last day, YYYY-MM-DD.
    ends_at: datetime  # The end of that day, in UTC.


@dataclass(frozen=True, slots=True)
class Credential:
    """A row of `credentials`."""

    account_id: str  # Where.
    user_name: str  # Whose.
    credential_type: str  # `password`, `access_key` or `signing_certificate`.
    is_active: bool | None  # Whether it can be used.
    age_days: int | None  # Days since it was created.
    idle_days: int | None  # Days since its last use, or since it was created.
    never_used: bool | None  # No recorded use.
    mfa_active: bool | None  # Whether the user has an MFA device.


@dataclass(frozen=True, slots=True)
class InactiveUser:
    """A row of `users_without_active_credentials`."""

    account_id: str  # Where.
    user_name: str  # Who.
    user_creation_time: datetime | None  # Since when.
    last_used_at: datetime | None  # When a credential was last used, as far as it is known.
    report_generated_at: datetime | None  # The time from which ages are counted.


@dataclass(frozen=True, slots=True)
class Root:
    """A row of `root_posture`."""

    account_id: str  # The account.
    root_credentials: str  # What root has, in words; `none`, `inactive`, `unknown`.
    mfa_active: bool | None  # Whether it has MFA.
    last_used_at: datetime | None  # When it was last used.
    idle_days: int | None  # Days since then.
    account_mfa_enabled: bool | None  # The same from the fresher account summary,
    account_password_present: bool | None
    account_access_keys_present: bool | None
    summary_differs: bool | None  # Whether the two contradict each other.


@dataclass(frozen=True, slots=True)
class Change:
    """A row of `credential_changes`."""

    account_id: str  # Where.
    account_name: str | None  # Its name: an account that left is in no other view.
    change_type: str  # What happened.
    user_name: str | None  # To whom; None for a change of the account itself.
    credential_created_at: datetime | None  # Which key.
    changed_at: datetime | None  # When, where it is known.


@dataclass(frozen=True, slots=True)
class FailCount:
    """How many results of an account failed on one day."""

    account_id: str  # The account.
    snapshot_date: str  # The day.
    fail_count: int  # Results that fail.
    unknown_count: int  # Results that are unknown.


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bar of a histogram."""

    bucket: int  # Its upper end in days; -1: never used, -2: unknown, 0: longer than every end.
    credentials: int  # How many credentials are in it.
