"""The message: bounded, complete in its counts, and harmless whatever users and AWS wrote."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace
from datetime import datetime

import pytest

from collector.notices.message import Notice
from collector.notices.shown import code, plain, sentence
from collector.reports.texts import catalog
from tests.notices.conftest import HOSTILE, ONE, TWO, account, changes, result, unread


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_mentions_anybody_links_or_steers(text):
    for shown in (plain(text), code(text), sentence(text)):
        assert not set(shown) & {"<", ">", "\n", "\r", "\x1b", "\x07", "\u202e", "\u2028", "\u2066"}
        assert "://" not in shown
        assert "](" not in shown
        assert "@everyone" not in shown
        assert "@here" not in shown
    assert code(text).count("`") == 2


def test_ordinary_texts_stay_as_they_are():
    for text in ("alice@example.com", "svc-backup_01+x=,.", "山田太郎", "Root/Workloads", "a & b"):
        assert plain(text) == text
    assert sentence("The user has a password and no MFA device.") == "The user has a password and no MFA device."
    assert len(plain("x" * 500)) == 120


@pytest.mark.parametrize("text", HOSTILE)
def test_a_notice_with_hostile_names_is_harmless_in_every_form(text):
    row = result(
        "id", user_name=text, account_name=text, reason=f"Exception {text} ended.", exception_id=text, owner=text
    )
    accounts = [account(account_name=text, owner=text), unread(TWO, account_name=text, owner=text)]
    notice = Notice(changes([*accounts, row], owner=text))
    for shown in (notice.subject, notice.markdown(), notice.plain()):
        assert not set(shown) & {"<", ">", "\x1b", "\x07", "\u202e", "\u2028", "\u2066"}
        assert "@everyone" not in shown
        assert "@here" not in shown
        assert "://" not in shown
        assert "\n# " not in shown
    assert "\n" not in notice.subject
    assert json.loads(notice.json_text())["findings"][0]["user_name"] == text


@pytest.mark.parametrize("owner", ["$(touch hit)", "`touch hit`", "'; touch hit; '", "o'neill", '"; touch hit; "'])
def test_the_query_for_the_rest_can_be_pasted_into_a_shell(tmp_path, owner):
    notice = Notice(changes([account(owner=owner), result("alice", owner=owner)], owner=owner))
    command = notice.plain().rpartition("All of them: ")[2].strip()
    name, verb, sql = shlex.split(command)
    assert (name, verb) == ("credlake", "query")
    subprocess.run(["sh", "-c", command.replace("credlake", "true", 1)], cwd=tmp_path, check=True)
    assert not list(tmp_path.iterdir())
    assert sql.startswith("select * from findings where owner = '")


def test_the_first_notice_is_a_summary_and_not_thousands_of_lines():
    rows = [result(f"user-{number}") for number in range(5_000)]
    text = Notice(changes([account(), *rows])).markdown()
    assert len(text.splitlines()) < 40
    assert "high 5,000" in text
    assert "`console-mfa` 5,000" in text
    assert "… and 4,990 more" in text
    assert "credlake query" in text


def test_a_later_notice_lists_the_first_rows_and_counts_the_rest():
    new = [result(f"user-{number}") for number in range(50)]
    text = Notice(changes([account()], [account(), *new])).plain()
    assert "50 new" in text
    assert text.count("\n- high console-mfa user-") == 20
    assert "… and 30 more" in text


@pytest.mark.parametrize("longest", [1_000, 2_000, 4_000])
def test_a_channel_for_short_messages_gets_fewer_rows(longest):
    new = [result(f"user-{number}", reason="why " * 40) for number in range(50)]
    notice = Notice(changes([account()], [account(), *new]))
    assert len(notice.markdown(longest)) <= longest
    assert "not every line is here" in notice.markdown(longest)
    assert "50 new" in notice.markdown(longest)


def test_denials_of_one_cause_are_told_once():
    policy = "arn:aws:organizations::999900001111:policy/o-abcdefghij/service_control_policy/p-ab12cd34"
    denied = [
        unread(f"{number:012}", account_name=None, denied_by_type="service_control_policy", denied_by_arn=policy)
        for number in range(143)
    ]
    text = Notice(changes([*denied, unread(ONE, outcome="throttled")])).plain()
    [line] = [line for line in text.splitlines() if "p-ab12cd34" in line]
    assert line.startswith("- The role was denied (denied by: Service control policy p-ab12cd34), 143 accounts: ")
    assert "and 133 more" in line
    assert text.count("The role was denied") == 1
    assert "999900001111" not in text, "the management account is nobody's business"


def test_every_kind_of_change_is_in_the_subject_and_the_text():
    notified = [
        account(),
        result("stays", control_id="root-mfa", severity="low", severity_rank=4),
        result("goes"),
        result("back"),
        unread(TWO),
    ]
    gone = [
        account(),
        result("stays", control_id="root-mfa", severity="low", severity_rank=4),
        result("goes"),
        unread(TWO),
    ]
    until = datetime(2026, 11, 25)  # noqa: DTZ001 -- as the views return it
    now = [
        unread(),
        account(TWO),
        account("333333333333"),
        *(
            replace(row, account_id="333333333333")
            for row in (
                result("stays", control_id="root-mfa", severity="critical", severity_rank=1),
                result("back"),
                result("new"),
                result("again", exception_id="EX-1", excepted_until=until),
                result("ends", exception_id="EX-2", excepted_until=until, status="excepted"),
                result(
                    "soon", control_id="password-unused", status="pass", limit_days=45, measured_seconds=40 * 86_400
                ),
            )
        ),
    ]
    every = [
        replace(row, account_id="333333333333") if hasattr(row, "finding_id") else row for row in (*notified, *gone)
    ]
    split = len(notified)
    first = [*every[:split], account("333333333333")]
    second = [*every[split:], account("333333333333")]
    notice = Notice(changes(first, second, now))
    expected = (
        "credlake 22 Nov 2026: accounts without an owner: 1 new, 1 worse, 1 reopened, 1 failing again after an "
        "exception, 1 about to fail, 1 exception about to end, 1 account unreadable, 1 account readable again, 1 fixed"
    )
    assert notice.subject == expected
    text = notice.markdown()
    assert "(fails in 5 days)" in text
    assert "`EX-2`: ends on 24 Nov 2026; 1 result is excepted until then" in text
    assert "`console-mfa` `pay` (333333333333): 1" in text
    kinds = {each["finding_id"]: each["change"] for each in notice.as_json()["findings"]}
    assert kinds == {
        "new": "new",
        "stays": "worse",
        "back": "reopened",
        "again": "exception_ended",
        "soon": "due",
        f"lost-{ONE}": "unreadable",
        f"lost-{TWO}": "fixed",
        "goes": "fixed",
    }
    japanese = Notice(notice.changes, "ja").markdown()
    for name, entry in catalog()["notice"].items():
        if name in kinds.values():
            assert entry["ja"].format(n=1) in japanese


def test_a_notice_in_japanese_has_its_reasons_in_japanese():
    notice = Notice(changes([account()], [account(), result("alice")]), "ja")
    assert "MFA デバイス" in notice.markdown()
    assert "The user has" not in notice.markdown()
    assert notice.as_json()["findings"][0]["reason"] == "The user has a password and no MFA device."


def test_json_has_a_stable_label_for_each_finding_and_its_length_is_bounded():
    rows = [result(f"{number:032x}") for number in range(1_500)]
    found = json.loads(Notice(changes([account()], [account(), *rows])).json_text())
    assert (len(found["findings"]), found["findings_left_out"], found["version"]) == (1_000, 500, 1)
    assert len({each["finding_id"] for each in found["findings"]}) == 1_000
