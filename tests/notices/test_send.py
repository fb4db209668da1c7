"""One notice for each owner and channel, at most once, and no row of another owner in it."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime

import pytest

from collector.lake.local_store import LocalStore
from collector.notices.channels import Channel, Channels
from collector.notices.compare import Notified
from collector.notices.ledger import Ledger
from collector.notices.send import Notices
from collector.settings.model import Settings
from tests.notices.conftest import ONE, TWO, Box, account, result

OWNERS, FINDINGS = 200, 20_000


def _rows(*names, owner="blue", account_id=ONE):
    return [account(account_id, owner=owner), *(result(each, owner=owner, account_id=account_id) for each in names)]


@pytest.fixture(name="stored")
def _stored(lake):
    """The one object under `notices/`."""

    def stored():
        [file] = (lake / "notices" / "o-abcdefghij").glob("*.json")
        return json.loads(file.read_text())

    return stored


def test_each_channel_gets_a_notice_once(fill, send, stored):
    run, slack, mail = fill(20, _rows("alice")), Box("SLACK"), Box("MAIL")

    assert send(run, slack, mail) == [("blue", "SLACK", "sent"), ("blue", "MAIL", "sent")]
    assert send(run, slack, mail) == [("blue", "SLACK", "nothing_new"), ("blue", "MAIL", "nothing_new")]
    assert (len(slack.got), len(mail.got)) == (1, 1)
    assert {name: each["status"] for name, each in stored()["channels"].items()} == {"SLACK": "sent", "MAIL": "sent"}
    assert stored()["owner"] == "blue"


def test_a_channel_that_failed_is_tried_again_and_the_others_are_not_repeated(fill, send, stored):
    run, slack, mail = fill(20, _rows("alice")), Box("SLACK"), Box("MAIL", problem="It is down.")

    assert send(run, slack, mail) == [("blue", "SLACK", "sent"), ("blue", "MAIL", "failed")]
    assert stored()["channels"]["MAIL"]["status"] == "failed"
    mail.problem = None
    assert send(run, slack, mail) == [("blue", "SLACK", "nothing_new"), ("blue", "MAIL", "sent")]
    assert (len(slack.got), len(mail.got)) == (1, 1)


def test_a_channel_that_failed_gets_everything_since_its_last_notice(fill, send):
    mail = Box("MAIL")
    send(fill(20, _rows("alice")), mail)
    mail.problem = "It is down."
    send(fill(21, _rows("alice", "bob")), mail)
    mail.problem = None
    send(fill(22, _rows("alice", "bob", "carol")), mail)

    last = mail.got[-1].changes
    assert (last.since, {row.user_name for row in last.new}) == ("2026-11-20", {"bob", "carol"})


def test_a_snapshot_that_is_older_than_what_a_channel_knows_sends_nothing(fill, send, lake):
    run, box = fill(20, _rows("alice")), Box("SLACK")
    ledger = Ledger(LocalStore(lake), "o-abcdefghij")
    later = Notified(snapshot_date="2026-11-21", run_id="202621")
    ledger.write(ledger.read("blue"), "SLACK", status="sent", notified=later, now=datetime.now(UTC))

    assert send(run, box) == [("blue", "SLACK", "nothing_new")]
    assert box.got == []
    assert send(fill(22, _rows("alice")), box) == [("blue", "SLACK", "sent")]


def test_a_bug_of_a_service_is_a_failure_that_shows_nothing(fill, lake):
    lake.mkdir()

    def raises(_notice):
        raise ValueError("slack://SECRET")

    channels = Channels((Channel("SLACK", raises),), {})
    [found] = Notices(run=fill(20, _rows("alice")), settings=Settings(lake=str(lake)), channels=channels).send()
    assert found.status == "failed"
    assert "SECRET" not in found.problem


def test_what_was_begun_and_not_finished_is_not_repeated(fill, lake):
    """A process that is killed while it sends cannot tell whether the notice arrived."""
    lake.mkdir()

    class KilledError(BaseException):
        pass

    def killed(_notice):
        raise KilledError

    run, settings = fill(20, _rows("alice")), Settings(lake=str(lake))
    with pytest.raises(KilledError):
        list(Notices(run=run, settings=settings, channels=Channels((Channel("SLACK", killed),), {})).send())
    box = Box("SLACK")
    [found] = Notices(run=run, settings=settings, channels=Channels((box.channel,), {})).send()
    assert (found.status, box.got) == ("unconfirmed", [])
    [found] = Notices(
        run=fill(21, _rows("alice", "bob")), settings=settings, channels=Channels((box.channel,), {})
    ).send()
    assert (found.status, [row.user_name for row in box.got[0].changes.new]) == ("sent", ["bob"])


def test_of_two_commands_at_once_one_sends(fill, send, lake, monkeypatch):
    """The other writes its claim between this one's reading and its own claim."""
    run, box = fill(20, _rows("alice")), Box("SLACK")
    replace_object, others = LocalStore.replace, []

    def late(store, key, content, *, expected):
        if not others:
            others.append(True)
            lake.rmdir()
            others.extend(send(run, box))
        return replace_object(store, key, content, expected=expected)

    monkeypatch.setattr(LocalStore, "replace", late)
    assert send(run, box) == [("blue", "SLACK", "nothing_new")]
    assert others == [True, ("blue", "SLACK", "sent")]
    assert len(box.got) == 1


def test_an_owner_with_a_channel_of_its_own_is_told_there_and_nowhere_else(fill, lake):
    lake.mkdir()
    default, own = Box("DEFAULT"), Box("OWN")

    rows = [*_rows("alice"), *_rows("bob", owner="red", account_id=TWO)]
    channels = Channels((default.channel,), {"red": (own.channel,)})
    notices = Notices(run=fill(20, rows), settings=Settings(lake=str(lake)), channels=channels)
    assert [(each.owner, each.channel) for each in notices.send()] == [("blue", "DEFAULT"), ("red", "OWN")]


def test_nothing_is_sent_after_the_time_is_over(fill, lake):
    lake.mkdir()
    box = Box("SLACK")
    notices = Notices(
        run=fill(20, _rows("alice")), settings=Settings(lake=str(lake)), channels=Channels((box.channel,), {})
    )
    assert list(notices.send(is_late=lambda: True)) == []
    assert len(list(notices.send())) == 1


def test_a_preview_sends_and_writes_nothing(fill, lake):
    lake.mkdir()
    box = Box("SLACK")
    settings = Settings(lake=str(lake))
    run = fill(20, _rows("alice"))
    [(name, notice)] = Notices(run=run, settings=settings, channels=Channels((box.channel,), {})).preview()
    assert (name, [row.user_name for row in notice.changes.new]) == ("SLACK", ["alice"])
    [(name, _)] = Notices(run=run, settings=settings, channels=Channels((), {})).preview()
    assert (name, box.got, list(lake.iterdir())) == ("", [], [])


def test_with_since_the_first_notice_says_what_changed_since_then(fill, send):
    fill(20, _rows("alice"))
    box = Box("SLACK")
    send(fill(21, _rows("alice", "bob")), box, since="2026-11-20")
    [notice] = box.got
    assert (notice.changes.is_first, [row.user_name for row in notice.changes.new]) == (False, ["bob"])


def _large():
    """200 owners of two accounts each; the last is none. Users are named after their owner."""
    for number in range(OWNERS):
        owner = f"owner-{number:03}" if number < OWNERS - 1 else ""
        for half in (1, 2):
            place = {"owner": owner, "account_id": f"{number:06}00000{half}", "account_name": f"name-{number:03}"}
            yield account(**place)
            for user in range(FINDINGS // OWNERS // 2):
                yield result(f"id-{number}-{half}-{user}", user_name=f"user-{number:03}-{user}", **place)


def test_no_row_of_another_owner_is_in_a_notice_and_each_gets_one(fill, send, monkeypatch):
    # That each of 400 writes is on disk is tested elsewhere.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    shuffled = sorted(_large(), key=hash)
    run, box = fill(20, shuffled), Box("SLACK")
    assert [status for _, _, status in send(run, box)] == ["sent"] * OWNERS
    assert sum(notice.changes.failing for notice in box.got) == FINDINGS
    assert len({notice.changes.owner for notice in box.got}) == OWNERS
    for notice in box.got:
        number = (notice.changes.owner or f"owner-{OWNERS - 1}")[-3:]
        every = f"{notice.subject}{notice.markdown()}{notice.plain()}{notice.json_text()}"
        assert {found[1] for found in re.finditer(r"(?:owner|user|name)-(\d{3})", every)} == {number}
        assert {found[1] for found in re.finditer(r"\b000(\d{3})00000\d\b", every)} == {number}
    assert [status for _, _, status in send(run, box)] == ["nothing_new"] * OWNERS
    assert len(box.got) == OWNERS
