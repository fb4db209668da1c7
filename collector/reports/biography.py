"""Everything that a lake holds about one account, user or key, over all its snapshots."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from collector.query.statement import literal
from collector.reports.subject import records
from collector.views.files import shipped_views

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query.rows import Rows
    from collector.reports.subject import Subject

    Run = Callable[[str], Rows]
    Record = dict[str, object]

_STATUS_ORDER = (
    "case status when 'fail' then 1 when 'unknown' then 2 when 'excepted' then 3 when 'pass' then 4 else 5 end"
)
# A user's own columns of the views of results.
_CREDENTIAL = "user_name, credential_type, credential_created_at"


def read_biography(run: Run, subject: Subject) -> dict[str, object]:
    """Everything about it, as JSON has it: a section each, with a list of rows.

    `credentials`, `failures` and `changes` go back to the first snapshot; `results` are those of the newest. `run` runs
    a select in DuckDB's SQL and returns its rows.

    Raises:
        CredlakeError: a query failed.
    """
    own = f"organization_id = {literal(subject.organization_id)} and account_id = {literal(subject.account_id)}"
    # What fails about root is a result of its account.
    is_root = subject.user_arn is not None and subject.user_arn.endswith(":root")
    user = own if subject.user_arn is None else f"{own} and user_arn = {literal(subject.user_arn)}"
    result = f"{own} and control_id like 'root-%'" if is_root else user
    credential = ""
    if subject.created is not None:
        day = literal(subject.created.replace("T", " "))
        credential = " and starts_with(strftime({}, '%Y-%m-%d %H:%M:%S'), " + day + ")"
    of_key, of_result = (credential.format(name) for name in ("created_at", "credential_created_at"))

    def read(sql: str) -> list[Record]:
        return records(run(sql))

    organization = f"organization_id = {literal(subject.organization_id)}"
    seen_in = "account_history" if subject.user_arn is None else "credential_report_history"
    sections: dict[str, object] = {
        "name": subject.name,
        "organization_id": subject.organization_id,
        "account_id": subject.account_id,
        "account_name": subject.account_name,
        "user_name": subject.user_name,
        "user_arn": subject.user_arn,
        "account": read(
            "select account_state, ou_path, owner, outcome, error_code, error_message, user_count, "
            f"report_generated_at, snapshot_date from account_history where {own} order by snapshot_date desc limit 1"
        )[0],
        "seen": read(
            "select min(snapshot_date) as first, max(snapshot_date) as last, count(*) as snapshots, "
            f"(select max(snapshot_date) from snapshots_history where {organization}) as newest_snapshot "
            f"from {seen_in} where {user}"
        )[0],
        "collection": _spans(
            read(f"select snapshot_date, outcome from account_history where {own} order by snapshot_date")
        ),
        "credentials": read(
            f"select user_name, credential_type, max_by(created_at, snapshot_date) as created_at, "
            "max_by(is_active, snapshot_date) as is_active, max_by(last_used_at, snapshot_date) as last_used_at, "
            "max_by(last_used_service, snapshot_date) as last_used_service, "
            "max_by(last_used_region, snapshot_date) as last_used_region, max_by(age_days, snapshot_date) as age_days, "
            "max_by(idle_days, snapshot_date) as idle_days, max_by(mfa_active, snapshot_date) as mfa_active, "
            "min(snapshot_date) as first_seen, max(snapshot_date) as last_seen "
            f"from credentials_history where {user}{of_key} group by user_arn, user_name, credential_type, ordinal, "
            "case when credential_type <> 'password' then created_at end "
            "order by last_seen desc, user_name, credential_type, created_at"
        ),
        "results": read(
            f"select status, severity, control_id, {_CREDENTIAL}, reason, failing_since, finding_id "
            f"from control_results where {result}{of_result} "
            f"order by {_STATUS_ORDER}, severity_rank, control_id, user_name, credential_created_at"
        ),
        "failures": read(
            f"select control_id, {_CREDENTIAL}, min(snapshot_date) as first_failed, max(snapshot_date) as last_failed, "
            f"count(*) as snapshots, finding_id from findings_history where {result}{of_result} "
            f"group by control_id, {_CREDENTIAL}, finding_id "
            "order by last_failed desc, first_failed, control_id, user_name"
        ),
        "changes": read(
            "select snapshot_date, change_type, user_name, credential_type, credential_created_at, changed_at, "
            f"previous_snapshot_date from credential_changes_history where {user}{of_result} "
            "order by snapshot_date desc, change_type, user_name"
        ),
    }
    if "exceptions" in shipped_views().by_name:
        sections["exceptions"] = read(
            "select exception_id, state, control_id, owner, approved_by, reason, ticket, expires_on from exceptions "
            f"where exception_id in (select exception_id from control_results where {result}{of_result}) "
            "order by expires_on, exception_id"
        )
    return sections


def _spans(rows: list[Record]) -> list[Record]:
    """The outcome of each day, with days in a row of the same outcome as one span; the newest first."""
    spans = []
    for outcome, days in groupby(rows, lambda row: row["outcome"]):
        dates = [row["snapshot_date"] for row in days]
        spans.append({"first": dates[0], "last": dates[-1], "snapshots": len(dates), "outcome": outcome})
    return spans[::-1]
