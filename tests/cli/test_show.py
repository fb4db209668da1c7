"""`credlake show`: one account, user or key over time."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len

from collector.cli import show_result
from tests.athena_queries.conftest import Rows
from tests.fixtures.small_lakes import ORGANIZATION, publish, write_snapshot

ALPHA, BETA = "111111111111", "222222222222"
HOSTILE = "\x1b[31m\u202egone"
ALICE = f"arn:aws:iam::{ALPHA}:user/team/alice"


@pytest.fixture(scope="module", name="people")
def _people(tmp_path_factory):
    root = tmp_path_factory.mktemp("show") / "lake"
    root.mkdir()
    days = {}
    for day in (22, 23):
        make = Rows(Rows().run_at.replace(day=day))
        accounts = [make.account(ALPHA, account_name="alpha-prod"), make.account(BETA, account_name=HOSTILE)]
        key = {"access_key_1_active": True, "access_key_1_last_rotated": datetime(2025, 9, 1, 8, tzinfo=UTC)}
        users = [
            make.root(ALPHA, password_enabled=True),
            make.console_user("alice", ALPHA, mfa_active=day == 22, **(key if day == 22 else {})),
            make.user("bob", ALPHA),
            make.user("bob", BETA),
            *([make.user("left", ALPHA)] if day == 22 else []),
        ]
        days[f"2026-11-{day}"] = write_snapshot(root, ORGANIZATION, f"2026-11-{day}", accounts=accounts, users=users)
    publish(root, ORGANIZATION, days)
    return str(root)


@pytest.fixture(name="shown")
def _shown(credlake, people):
    def shown(name, *words):
        ended = credlake("show", name, "--lake", people, "--format", "json", *words)
        assert (ended.code, ended.said) == (0, [])
        return json.loads(ended.out)

    return shown


@pytest.mark.parametrize("name", ["alice", ALICE, f"{ALPHA}/alice", "alpha-prod/alice"])
def test_a_user_over_time(shown, name):
    found = shown(name)

    assert (found["name"], found["user_arn"]) == (f"{ALPHA}/alice", ALICE)
    assert found["seen"] == {
        "first": "2026-11-22",
        "last": "2026-11-23",
        "snapshots": 2,
        "newest_snapshot": "2026-11-23",
    }
    assert [(row["credential_type"], row["first_seen"], row["last_seen"]) for row in found["credentials"]] == [
        ("password", "2026-11-22", "2026-11-23"),
        ("access_key", "2026-11-22", "2026-11-22"),
    ]
    assert [(row["control_id"], row["reason"]) for row in found["results"] if row["status"] == "fail"] == [
        ("console-mfa", "The user has a password and no MFA device.")
    ]
    assert {row["control_id"]: row["last_failed"] for row in found["failures"]}["access-key-rotation"] == "2026-11-22"
    assert [row["change_type"] for row in found["changes"]] == ["key_gone", "mfa_removed"]


def test_a_key_by_the_day_of_its_creation(shown):
    found = shown("alpha-prod/alice/2025-09-01")

    assert [row["created_at"] for row in found["credentials"]] == ["2025-09-01T08:00:00Z"]
    assert {row["credential_created_at"] for row in found["failures"]} == {"2025-09-01T08:00:00Z"}
    assert [row["change_type"] for row in found["changes"]] == ["key_gone"]


@pytest.mark.parametrize("name", ["alpha-prod/root", f"arn:aws:iam::{ALPHA}:root"])
def test_what_fails_about_root_is_shown_with_it(shown, name):
    results = shown(name)["results"]

    assert {row["control_id"] for row in results if row["status"] == "fail"} >= {"root-mfa", "root-no-credentials"}
    assert all(row["control_id"].startswith("root-") for row in results)


def test_an_account_with_all_its_users(shown):
    found = shown("alpha-prod")

    assert (found["name"], found["user_arn"], found["account"]["outcome"]) == (ALPHA, None, "collected")
    assert found["collection"] == [
        {"first": "2026-11-22", "last": "2026-11-23", "snapshots": 2, "outcome": "collected"}
    ]
    assert {row["user_name"] for row in found["credentials"]} == {"<root_account>", "alice"}
    assert {row["user_name"] for row in found["changes"]} >= {"alice", "left"}


@pytest.mark.parametrize("width", [80, 120])
def test_the_text_fits_and_no_name_steers_the_terminal(credlake, people, monkeypatch, width):
    monkeypatch.setattr(show_result, "_WIDTH_WITHOUT_TERMINAL", width)
    texts = [credlake("show", name, "--lake", people).out for name in (BETA, "alpha-prod", "left")]

    assert max(cell_len(line) for text in texts for line in text.splitlines()) <= width
    assert texts[0].startswith(f"Account {BETA} (\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}gone)\n")
    assert "\x1b" not in "".join(texts)
    assert "not in the newest, 2026-11-23" in texts[2]
    assert "console-mfa" in texts[1]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bob", f"2 accounts or users are named bob. Choose one:\ncredlake:   {ALPHA}/bob (alpha-prod)"),
        ("alpha-prd", "No account or user of any snapshot is named alpha-prd. Did you mean alpha-prod?"),
        ("alpha-prod/alcie", "Account alpha-prod has no user alcie in any snapshot. Did you mean alice?"),
        ("o'x--\x1b", "No account or user of any snapshot is named o'x--\N{REPLACEMENT CHARACTER}."),
        ("AKIAIOSFODNN7EXAMPLE", "A credential report has no key IDs."),
    ],
)
def test_2_where_a_name_means_nothing_or_several_things(credlake, people, name, message):
    ended = credlake("show", name, "--lake", people)

    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


def test_3_and_what_to_run_where_the_lake_has_no_snapshot(credlake, lake):
    (lake / "catalog").mkdir(parents=True)
    ended = credlake("show", "alice", "--lake", lake)

    assert ended.code == 3
    assert f"Create one with `credlake collect --lake {lake}`." in ended.err
