"""A lake with results of most statuses, and single results with the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collector.export.results import Control, Result, controls, results
from collector.query.duckdb import LocalLake
from collector.views.files import shipped_views
from tests.athena_queries.conftest import Rows
from tests.fixtures.small_lakes import ORGANIZATION, publish, write_snapshot

PAY, LOST = "111111111111", "222222222222"
HOSTILE = "\x1b[2J</script>\n\u202e支払い" * 600


@pytest.fixture(scope="session", name="lake")
def _lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("export") / "lake"
    root.mkdir()
    days = {}
    for day in (22, 23):
        make = Rows(Rows().run_at.replace(day=day))
        accounts = [
            make.account(PAY, account_name=HOSTILE, ou_path=f"Root/{HOSTILE}", tags=[("team", "pay")]),
            make.account(LOST, outcome="assume_denied", error_code="AccessDenied", error_message=HOSTILE),
        ]
        users = [
            make.root(PAY, access_key_1_active=True),
            make.console_user("alice", PAY, mfa_active=False),
            make.key_user("old-key", PAY, access_key_1_last_rotated=datetime(2025, 9, 1, 1, 2, 3, 456000, tzinfo=UTC)),
        ]
        days[f"2026-11-{day}"] = write_snapshot(root, ORGANIZATION, f"2026-11-{day}", accounts=accounts, users=users)
    publish(root, ORGANIZATION, days)
    return str(root)


@pytest.fixture(scope="session", name="read")
def _read(lake):
    """The results of the lake and its controls; one failure is also there as an accepted one."""
    with LocalLake(lake) as local:
        found = list(results(local.rows, shipped_views().by_name["control_results"].columns))
        every = controls(local.rows)
    failing = next(each for each in found if each.status == "fail" and each.user_name == "old-key")
    until = datetime(2026, 12, 31)  # noqa: DTZ001 -- times of the views have no time zone
    accepted = replace(
        failing,
        status="excepted",
        exception_id="E-1",
        excepted_until=until,
        owner="team-pay",
        reason_code="key_too_old",
    )
    return [*found, accepted], every


@pytest.fixture(name="result")
def _result(read) -> Result:
    """A finding about a user's key."""
    return next(each for each in read[0] if each.status == "fail" and each.user_name == "old-key")


@pytest.fixture(name="control")
def _control(read, result) -> Control:
    return read[1][result.control_id]
