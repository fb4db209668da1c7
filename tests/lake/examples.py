"""Runs, records and files as the tests of the lake write them down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collector.lake.layout import snapshot_folder
from collector.lake.record import AccountCounts, PublishedFile, PublishedSnapshot, WrittenSnapshot

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
