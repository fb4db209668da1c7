"""A lake of three accounts on two days: one in each of two OUs is known, and one was not collected."""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import UTC, datetime
from functools import cache

import pytest

from collector.query.duckdb import LocalLake
from collector.reports.data import read_report
from collector.reports.page import render
from collector.reports.scope import Scope
from tests.athena_queries.conftest import Rows
from tests.fixtures.small_lakes import ORGANIZATION, publish, write_snapshot

ALPHA, BETA, GAMMA, CALLER = "111111111111", "222222222222", "333333333333", "999900001111"
# User names that a page must show as text, each as it is: markup, a formula, other directions, long ones, CJK.
NAMES = (
    "<script>document.title = 'ran'</script>",
    "</script><svg onload=alert(1)>",
    "=HYPERLINK(1)",
    "abc\u202egpj.exe",
    "x" * 64,
    "山田太郎",
    "a&amp;b",
    "${7*7}{{ 7*7 }}",
)
HOSTILE = '<img src=x onerror="alert(1)">'
DENIED = (
    f"User: arn:aws:sts::{CALLER}:assumed-role/collector/run is not authorized to perform: sts:AssumeRole on "
    f"arn:aws:iam::{GAMMA}:role/credlake-reader"
)

# One that has ended, one that is about to end and covers a result, and two that cover nothing. The second names the
# account of the collector.
EXCEPTIONS = {
    "EX-ended": {
        "control_id": "access-key-rotation",
        "account": ALPHA,
        "user": "old-*",
        "approved_by": "ciso-alpha",
        "expires_on": "2026-11-20",
    },
    "EX-beta": {
        "control_id": "access-key-rotation",
        "account": BETA,
        "user": "svc-legacy",
        "owner": "team-beta",
        "approved_by": "ciso-beta",
        "reason": f"Moves to {CALLER} <b>soon</b>.",
        "ticket": "SEC-7",
        "expires_on": "2026-12-10",
    },
    "EX-deep": {"control_id": "password-length", "ou": "Root/Test/Deep", "expires_on": "2027-06-30"},
    "EX-all": {"ou": "Root", "user": "nobody-*", "expires_on": "2027-06-30"},
}


def pytest_collection_modifyitems(config, items):
    """Leave out the tests that need a browser, unless they are selected by their marker."""
    if "browser" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", name="lake")
def _lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("reports") / "lake"
    root.mkdir()
    days = {}
    for day in (22, 23):
        make = Rows(Rows().run_at.replace(day=day))
        accounts = [
            make.account(
                ALPHA, account_name="alpha-prod", ou_id="ou-ab12-prod", ou_path="Root/Prod", owner="pay@example.com"
            ),
            make.account(BETA, account_name="beta</script>", ou_id="ou-ab12-test", ou_path="Root/Test"),
            make.account(
                GAMMA,
                account_name="gamma",
                ou_id="ou-ab12-deep",
                ou_path="Root/Test/Deep",
                outcome="assume_denied",
                error_code="AccessDenied",
                error_message=DENIED,
                denied_by_type="service_control_policy",
                denied_by_arn=f"arn:aws:organizations::{CALLER}:policy/o-abcdefghij/service_control_policy/p-1",
            ),
        ]
        users = [
            make.root(ALPHA, password_enabled=False),
            make.console_user("alice", ALPHA, mfa_active=day == 22),
            make.key_user("old-key", ALPHA, access_key_1_last_rotated=datetime(2025, 9, 1, tzinfo=UTC)),
            make.user("gone", ALPHA),
            make.root(BETA, password_enabled=False),
            *(make.console_user(name, BETA, mfa_active=False) for name in (HOSTILE, *NAMES)),
            make.key_user("svc-legacy", BETA, access_key_1_last_rotated=datetime(2026, 1, 1, tzinfo=UTC)),
        ]
        exceptions = [make.exception(name, **terms) for name, terms in EXCEPTIONS.items()]
        days[f"2026-11-{day}"] = write_snapshot(
            root, ORGANIZATION, f"2026-11-{day}", accounts=accounts, users=users, exceptions=exceptions
        )
    publish(root, ORGANIZATION, days)
    return str(root)


@pytest.fixture(scope="session", name="read")
def _read(lake):
    @cache
    def read(**scope):
        with LocalLake(lake) as local:
            return read_report(
                local.rows,
                lake=lake,
                scope=Scope(**scope),
                published=lambda snapshot: local.snapshots.records[snapshot.organization_id].newest,
            )

    return read


@pytest.fixture(scope="session", name="data")
def _data(read):
    return read()


@pytest.fixture(scope="session", name="page")
def _page(data):
    return render(data)


@pytest.fixture(name="carried", scope="session")
def _carried():
    """What a page carries for its script."""

    def carried(page: str) -> dict:
        [payload] = re.findall(r'<script type="text/plain" id="data">(.*?)</script>', page)
        return json.loads(gzip.decompress(base64.b64decode(payload)))

    return carried
