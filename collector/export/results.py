"""The results that are exported as findings, read one batch at a time: a large organization has millions."""
# ruff: noqa: S608 -- the names are ours, and every value is quoted

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING

from collector.query.rows import records
from collector.query.statement import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from collector.query.rows import Run

_CONTROL = ("control_id", "title", "mend")
STATUSES = ("fail", "excepted", "unknown", "pass", "not_applicable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A control, and what it evidences."""

    control_id: str  # Its name.
    title: str  # What should be so, as a sentence.
    remediation: str  # What to do about a failure.
    requirements: tuple[str, ...] = ()  # The requirements that say exactly the same, with framework and version.
    standards: tuple[str, ...] = ()  # Their frameworks, with version.


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row of `control_results`, and the partition of its account. Times are UTC, without a time zone."""

    organization_id: str  # Whose it is.
    snapshot_date: str  # Its day, YYYY-MM-DD.
    snapshot_at: datetime  # When the run started.
    run_id: str  # The run.
    account_id: str  # Where: 12 digits.
    account_name: str | None  # Its name in Organizations.
    ou_id: str | None  # The OU that it is in.
    ou_path: str | None  # The names of its OUs, from the root down.
    control_id: str  # What was evaluated.
    severity: str  # `critical`, `high`, `medium` or `low`.
    user_name: str | None  # Whose credential it is; None where it is about the account.
    user_arn: str | None  # That user.
    credential_type: str | None  # `password`, `access_key` or `signing_certificate`.
    slot: int | None  # 1 or 2, of a key or certificate.
    credential_created_at: datetime | None  # When it was created.
    status: str  # One of `STATUSES`.
    reason: str  # Why, as a sentence.
    measured_days: int | None  # What was compared,
    limit_days: int | None  # and with which limit.
    failing_since: datetime | None  # Since when it fails, where the report shows it.
    finding_id: str  # The same on every day.
    report_generated_at: datetime | None  # The time from which ages are counted; None where there is no report.
    aws_partition: str | None = field(metadata={"sql": "account.aws_partition"})  # `aws`, `aws-cn`, …
    # Views of earlier versions have none of these.
    reason_code: str | None = None  # The kind of the reason.
    exception_id: str | None = None  # The exception that covers it.
    excepted_until: datetime | None = None  # When that ends.
    owner: str | None = None  # Who answers for the account.


def results(run: Run, columns: Collection[str], statuses: Collection[str] = STATUSES) -> Iterator[Result]:
    """The results of the newest snapshot of each organization.

    Args:
        run: runs a select and returns its rows.
        columns: the columns of `control_results` in this version.
        statuses: only results with one of these.

    Raises:
        CredlakeError: the query failed, at once or while rows are read.
    """
    names = [each.name for each in fields(Result) if each.default is MISSING or each.name in columns]
    selected = {each.name: each.metadata.get("sql", f"results.{each.name}") for each in fields(Result)}
    outputs = ", ".join(f"{selected[name]} as {name}" for name in names)
    rows = run(
        f"select {outputs} from control_results as results left join account "
        "on account.organization_id = results.organization_id and account.account_id = results.account_id "
        f"where results.status in ({', '.join(map(literal, statuses))})"
    )
    for batch in rows.batches:
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield Result(**dict(zip(names, values, strict=True)))


def controls(run: Run) -> Mapping[str, Control]:
    """Every control by its name."""
    exact: dict[str, list[tuple[str, str]]] = {}
    sql = (
        "select control_id, framework, version, requirement from control_frameworks where relation = 'exact' "
        "order by framework, version, requirement"
    )
    for control, framework, version, requirement in records(run, lambda *row: row, sql):
        exact.setdefault(control, []).append((f"{framework} {version}", requirement))
    return {
        control: Control(
            control_id=control,
            title=title,
            remediation=remediation,
            requirements=tuple(f"{standard} {requirement}" for standard, requirement in exact.get(control, ())),
            standards=tuple(dict.fromkeys(standard for standard, _ in exact.get(control, ()))),
        )
        for control, title, remediation in records(run, lambda *row: row, f"select {', '.join(_CONTROL)} from controls")
    }
