"""`credlake notify`: exit codes, what is printed, and what is never printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.athena_queries.conftest import Rows

REPOSITORY = Path(__file__).parents[2]
ONE = "111111111111"
SECRET = "T0KEN-OF-A-CHANNEL"
# Nothing listens there.
CLOSED = f"json://127.0.0.1:1/{SECRET}"


@pytest.fixture(name="lake")
def _lake(make_lake):
    days = {}
    for day in (22, 23):
        make = Rows(Rows().run_at.replace(day=day))
        days[f"2026-11-{day}"] = {
            "accounts": [make.account(ONE, account_name="pay\x1b[2J", owner="blue")],
            "users": [
                make.root(ONE, password_enabled=False),
                make.console_user("alice", ONE, mfa_active=False),
                make.console_user("bob", ONE, mfa_active=day == 22),
            ],
        }
    return make_lake(days)


def test_a_dry_run_prints_what_would_be_sent_and_needs_no_channel(credlake, lake):
    ended = credlake("notify", "--lake", lake, "--dry-run")
    assert ended.code == 0
    assert "Subject: credlake 23 Nov 2026: blue: 2 findings" in ended.out
    assert "**To fix first**" in ended.out
    assert "\x1b" not in ended.out
    plain = credlake("notify", "--lake", lake, "--dry-run", "--format", "text", "--language", "ja").out
    assert "優先して対応するもの\n" in plain


def test_a_dry_run_since_a_day_prints_what_changed_as_json(credlake, lake):
    ended = credlake("notify", "--lake", lake, "--dry-run", "--since", "2026-11-22", "--format", "json")
    [notice] = json.loads(ended.out)
    assert [(each["change"], each["user_name"], each["account_name"]) for each in notice["findings"]] == [
        ("new", "bob", "pay\x1b[2J")
    ]
    assert (notice["owner"], notice["since"]) == ("blue", "2026-11-22")
    nothing = credlake("notify", "--lake", lake, "--dry-run", "--since", "2026-11-23")
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing new" in nothing.err


def test_a_notice_is_sent_once_and_ends_with_0(credlake, lake, webhook):
    port, got = webhook
    environment = {"CREDLAKE_NOTIFY_URLS": f"json://127.0.0.1:{port}/{SECRET}"}
    first = credlake("notify", "--lake", lake, environment=environment)
    second = credlake("notify", "--lake", lake, environment=environment)

    assert (first.code, second.code, len(got)) == (0, 0, 1)
    assert "Notices sent: 1, failed: 0." in first.err
    assert "There is nothing new." in second.err
    assert SECRET not in first.err + second.err


def test_a_channel_that_fails_ends_with_1_and_shows_no_url(credlake, lake):
    ended = credlake("notify", "--lake", lake, "--verbose", environment={"CREDLAKE_NOTIFY_URLS": CLOSED})
    assert ended.code == 1
    assert "CREDLAKE_NOTIFY_URLS 1 (JSON): the notice was not delivered" in ended.err
    assert "Notices sent: 0, failed: 1. The next call tries them again." in ended.err
    assert SECRET not in ended.out + ended.err


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        ([], {}, "No channel given"),
        ([], {"CREDLAKE_NOTIFY_URLS": f"{CLOSED} nosuch://{SECRET}"}, "CREDLAKE_NOTIFY_URLS 2: is not the URL"),
        (["--notify-topic", "credlake"], {}, "--notify-topic: Must be the ARN of an SNS topic."),
        (["--notify-days", "0"], {}, "Must be from 1 to 366."),
        (["--notify-urls-file", "/nosuch"], {}, "cannot be read"),
        (["--dry-run", "--format", "yaml"], {}, "Unknown format 'yaml'"),
        (["--format", "json"], {"CREDLAKE_NOTIFY_URLS": CLOSED}, "of --dry-run only"),
        (["--dry-run", "--language", "fr"], {}, "--language: Must be en or ja."),
        (["--dry-run", "--since", "yesterday"], {}, "not a date"),
        (["--dry-run", "--organization-id", "o-nosuch"], {}, "the lake holds o-abcdefghij"),
    ],
)
def test_wrong_usage_ends_with_2(credlake, lake, flags, environment, expected):
    ended = credlake("notify", "--lake", lake, *flags, environment=environment)
    assert (ended.code, expected in ended.err) == (2, True), ended.err
    assert SECRET not in ended.out + ended.err


def test_urls_in_a_settings_file_are_refused_and_not_shown(credlake, lake, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text(f'notify_urls = "{CLOSED}"\n')
    ended = credlake("notify", "--lake", lake, "--config", file)
    assert ended.code == 2
    assert "notify_urls: set the variable CREDLAKE_NOTIFY_URLS instead" in ended.err
    file.write_text(f'[notify]\ndefault = "{CLOSED}"\n[notify.owners]\nblue = []\n')
    ended = credlake("notify", "--lake", lake, "--config", file)
    assert ended.code == 2
    assert "notify.default: Must be the name of an environment variable" in ended.err
    assert SECRET not in ended.err


def test_a_lake_without_a_snapshot_ends_with_3_and_says_what_to_run(credlake, tmp_path):
    (tmp_path / "empty").mkdir()
    ended = credlake("notify", "--lake", tmp_path / "empty", "--dry-run")
    assert ended.code == 3
    assert "credlake collect" in ended.err


def test_an_owner_of_the_settings_that_owns_nothing_is_named(credlake, lake, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('[notify.owners]\nblu = "CHAT"\n')
    environment = {"CREDLAKE_NOTIFY_URLS": CLOSED, "CHAT": CLOSED}
    ended = credlake("notify", "--lake", lake, "--config", file, environment=environment)
    assert "[notify.owners] names blu, who owns no account of the newest snapshot." in ended.err


def test_what_was_sent_disturbs_no_other_command(credlake, tmp_path):
    lake = tmp_path / "lake"
    report = next((REPOSITORY / "docs" / "examples").glob("status_reports_*.csv"))
    assert credlake("read", report, "--lake", lake).code in {0, 1}
    assert credlake("notify", "--lake", lake, environment={"CREDLAKE_NOTIFY_URLS": CLOSED}).code == 1
    assert list((lake / "notices").rglob("no-owner.json"))
    assert credlake("verify", "--lake", lake).code == 0
    [record] = (lake / "catalog").glob("*.json")
    assert credlake("rebuild", "--lake", lake, "--date", json.loads(record.read_text())["latest"]).code == 0
    assert credlake("verify", "--lake", lake).code == 0
    assert credlake("query", "--lake", lake, "findings").code == 0
