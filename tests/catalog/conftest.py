from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest

from collector.lake.publish import publish
from collector.lake.s3_store import S3Store
from tests.fixtures.examples import written


@pytest.fixture(scope="session", name="s3")
def _s3(moto):
    client = moto.client()
    client.create_bucket(Bucket="lakes-in-glue")
    return client


@pytest.fixture(name="store")
def _store(s3):
    return S3Store(f"s3://lakes-in-glue/{secrets.token_hex(6)}", s3)


@pytest.fixture(name="glue")
def _glue(moto):
    return moto.client("glue", attempts=1)


@pytest.fixture(name="database")
def _database():
    """The name of a database that is not there yet."""
    return f"credlake_{secrets.token_hex(4)}"


@pytest.fixture(name="publish_day")
def _publish_day(store):
    def publish_day(day, number=1):
        now = datetime(2026, 12, 1, tzinfo=UTC)
        return publish(store, written(5, 5, day=day, number=number), now=lambda: now, replace=True)

    return publish_day
