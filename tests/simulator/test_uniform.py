"""The organization of the benchmarks."""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, datetime

import pytest

from collector.simulator.report import write_report
from collector.simulator.uniform import uniform_organization

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def rows(spec):
    return list(csv.DictReader(io.StringIO(write_report(spec, "aws").decode())))


def test_a_uniform_organization_has_as_many_accounts_and_users_as_requested():
    spec = uniform_organization(200, 50, now=NOON)

    assert len(spec.accounts) == 200
    for place in (0, 137):
        found = rows(spec.accounts[place])
        assert len(found) == 51
        assert {row["arn"].split(":")[4] for row in found} == {spec.accounts[place].account_id}
        assert spec.accounts[place].summary_overrides["Users"] == 50
    assert not [a for a in spec.accounts if a.faults]


def test_a_uniform_organization_is_cheap_to_create_and_to_write():
    began = time.process_time()
    spec = uniform_organization(4000, 50, now=NOON)
    size = sum(len(write_report(a, "aws")) for a in spec.accounts)
    elapsed = time.process_time() - began

    assert size > 4000 * 50 * 150
    assert elapsed < 2


def test_an_organization_without_accounts_is_refused():
    with pytest.raises(ValueError, match="0 accounts"):
        uniform_organization(0, 5)
