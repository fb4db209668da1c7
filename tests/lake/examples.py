"""Runs, records and files as the tests of the lake write them down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq

from collector.evidence import AccountEvidence, RunEvidence
from collector.lake.layout import snapshot_folder
from collector.lake.publication import publish
from collector.lake.record import AccountCounts, PublishedFile, PublishedSnapshot, WrittenSnapshot
from collector.lake.writer import SnapshotWriter
from collector.outcome import Outcome
from tests.lake.reports import report

ORGANIZATION = "o-abcdefghij"
OTHER_ORGANIZATION = "o-zzzzzzzzzz"
DAY = "2026-11-23"
RUN = "20261123T152200Z-1a2b3c4d"
STARTED = datetime(2026, 11, 23, 15, 22, 0, 123456, tzinfo=UTC)
FINISHED = STARTED + timedelta(minutes=2)


def counts(covered: int, active: int) -> AccountCounts:
    return AccountCounts(
        total=active,
        active=active,
        covered=covered,
        by_outcome={"collected": covered, "assume_denied": active - covered},
    )


def files(organization_id: str, day: str, run_id: str) -> tuple[PublishedFile, ...]:
    folder = snapshot_folder(organization_id, day, run_id)
    return (
        PublishedFile(path=f"{folder}/accounts.parquet", record_type="account", rows=2, bytes=10, sha256="a" * 64),
        PublishedFile(path=f"{folder}/users-00000.parquet", record_type="user", rows=3, bytes=20, sha256="b" * 64),
    )


def run_id_of(day: str, number: int = 0) -> str:
    return f"{day.replace('-', '')}T010203Z-{number:08x}"


def written(
    covered: int, active: int, *, day: str = DAY, number: int = 0, organization_id: str = ORGANIZATION
) -> WrittenSnapshot:
    run_id = run_id_of(day, number)
    return WrittenSnapshot(
        organization_id=organization_id,
        snapshot_date=day,
        run_id=run_id,
        run_started_at=STARTED,
        run_finished_at=FINISHED,
        accounts=counts(covered, active),
        users=3,
        columns={"account": 54, "user": 32},
        files=files(organization_id, day, run_id),
    )


def snapshot(covered: int, active: int, *, day: str = DAY, number: int = 1) -> PublishedSnapshot:
    return written(covered, active, day=day, number=number).published(FINISHED)


def run_evidence(**changes) -> RunEvidence:
    return replace(
        RunEvidence(
            organization_id=ORGANIZATION,
            run_id=RUN,
            started_at=STARTED,
            inventory_source="organizations",
            settings={"role_name": "CredentialReportReader"},
            versions={"credlake": "0.1.0"},
        ),
        **changes,
    )


def account_evidence(account_id: str, **changes) -> AccountEvidence:
    """An ACTIVE account whose report was fetched, with a policy and a summary."""
    return replace(
        AccountEvidence(
            account={
                "Id": account_id,
                "Arn": f"arn:aws:organizations::999900001111:account/o-abcdefghij/{account_id}",
                "Email": f"aws+{account_id}@example.com",
                "Name": f"account-{account_id[-3:]}",
                "State": "ACTIVE",
                "JoinedTimestamp": "2024-05-06T07:08:09.123456Z",
            },
            account_id=account_id,
            account_state="ACTIVE",
            aws_partition="aws",
            ou_id="ou-ab12-11111111",
            ou_path="Root/Workloads/Prod",
            outcome=Outcome.COLLECTED,
            attempts=5,
            started_at=STARTED + timedelta(seconds=1),
            finished_at=STARTED + timedelta(seconds=4),
            report_generated_at=datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC),
            password_policy_state="custom",
            password_policy={
                "MinimumPasswordLength": 14,
                "RequireSymbols": True,
                "RequireNumbers": True,
                "RequireUppercaseCharacters": False,
                "RequireLowercaseCharacters": True,
                "AllowUsersToChangePassword": True,
                "ExpirePasswords": True,
                "MaxPasswordAge": 90,
                "PasswordReusePrevention": 24,
                "HardExpiry": False,
            },
            summary={"Users": 2, "UsersQuota": 5000, "MFADevices": 1, "MFADevicesInUse": 1, "AccountMFAEnabled": 0},
        ),
        **changes,
    )


def denied_evidence(account_id: str, **changes) -> AccountEvidence:
    """An ACTIVE account whose role could not be assumed."""
    return account_evidence(
        account_id,
        **{
            "outcome": Outcome.ASSUME_DENIED,
            "error_code": "AccessDenied",
            "error_message": "User is not authorized to perform: sts:AssumeRole",
            "attempts": 1,
            "report_generated_at": None,
            "password_policy_state": "unknown",
            "password_policy": None,
            "password_policy_error": "not asked: the role could not be assumed",
            "summary": None,
            "summary_error": "not asked: the role could not be assumed",
        }
        | changes,
    )


def some_accounts() -> list[tuple[AccountEvidence, bytes | None]]:
    """Six accounts, in no order: two collected, one of them with two users, and one of each way to fail."""
    return [
        (account_evidence("333333333333"), report("333333333333", "carol")),
        (denied_evidence("222222222222"), None),
        (account_evidence("444444444444"), b"<html>Service Unavailable</html>"),
        (account_evidence("111111111111"), report("111111111111", "alice", "bob")),
        (account_evidence("555555555555"), report("999999999999", "mallory")),
        (denied_evidence("666666666666", account_state="SUSPENDED", outcome=Outcome.SKIPPED_STATE), None),
    ]


def write(store, scratch, accounts, *, run=None, finished_at=FINISHED) -> WrittenSnapshot:
    with SnapshotWriter(store, run or run_evidence(), scratch) as writer:
        for evidence, content in accounts:
            writer.add(evidence, content)
        return writer.finish(finished_at)


def run_of(day: str, number: int = 0, **changes) -> RunEvidence:
    started_at = datetime.fromisoformat(f"{day}T01:02:03+00:00")
    return run_evidence(run_id=run_id_of(day, number), started_at=started_at, **changes)


def collect(store, scratch, accounts, *, run=None, replace=False) -> WrittenSnapshot:
    """Write a run and publish it."""
    written = write(store, scratch, accounts, run=run)
    publish(store, written, now=lambda: FINISHED, replace=replace)
    return written


def rows_of(store, scratch, files, record_type) -> list[dict]:
    """All rows of that kind, in the order of account and user."""
    found = [
        row
        for file in files
        if file.record_type == record_type
        for row in pq.read_table(store.fetch(file.path, scratch), partitioning=None).to_pylist()
    ]
    return sorted(found, key=lambda row: (row["account_id"], row.get("user_arn", "")))
