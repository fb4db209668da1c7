"""An interrupted run is resumed: its reports are used, the rest is collected, and nothing is overwritten."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from collector.collection.resume import (
    InterruptedRun,
    begin_run,
    find_interrupted_run,
)
from collector.errors import LakeError, NotPublishedError
from collector.lake.layout import evidence_key, report_key, run_key
from collector.lake.publish import publish
from collector.lake.rebuild import rebuild
from collector.lake.verify import verify
from collector.lake.writer import SnapshotWriter
from tests.fixtures.examples import (
    FINISHED,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    RUN,
    STARTED,
    account_evidence,
    collect,
    denied_evidence,
    rows_of,
    run_evidence,
    some_accounts,
    write,
)
from tests.fixtures.reports import report

LATER = STARTED + timedelta(hours=8)
DAY_BEFORE = STARTED - timedelta(days=1)


def now():
    return LATER


def interrupt(store, scratch, accounts):
    """A run that began, took these accounts, and then died."""
    begin_run(store, run_evidence())
    writer = SnapshotWriter(store, run_evidence(), scratch)
    for evidence, content in accounts:
        writer.add(evidence, content)
    writer.abort()


def found(store):
    return find_interrupted_run(store, ORGANIZATION, not_before=DAY_BEFORE)


def resume(store, scratch, accounts):
    """Resume the run as `collect --resume` does; the written snapshot, and the accounts that were collected again."""
    cut = found(store)
    collected_again = []
    with SnapshotWriter(store, cut.run, scratch, folder=cut.fresh_folder()) as writer:
        for evidence, content in accounts:
            if evidence.account_id in cut.reported:
                kept, kept_content, stored_sha256 = cut.kept_report(evidence.account_id)
                writer.add(kept, kept_content, stored_sha256=stored_sha256)
            else:
                collected_again.append(evidence.account_id)
                writer.add(evidence, content)
        return writer.finish(LATER), collected_again


def test_only_accounts_without_a_report_are_collected_again_and_the_run_keeps_its_day(store, scratch):
    accounts = [
        (account_evidence("111111111111"), report("111111111111", "alice")),
        (denied_evidence("222222222222"), None),
        (account_evidence("333333333333"), report("333333333333", "carol")),
    ]
    interrupt(store, scratch, accounts[:2])
    later = [(evidence, report(evidence.account_id, "collected-later")) for evidence, _ in accounts]
    later[1] = (account_evidence("222222222222"), report("222222222222", "collected-later"))

    written, collected_again = resume(store, scratch, later)
    record = publish(store, written, now=now)

    assert collected_again == ["222222222222", "333333333333"]
    assert (record.latest, record.newest.run_id, record.newest.run_started_at.hour) == ("2026-11-23", RUN, 15)
    users = rows_of(store, scratch, record.newest.files, "user")
    assert [(row["account_id"], row["user_name"]) for row in users if not row["is_root"]] == [
        ("111111111111", "alice"),
        ("222222222222", "collected-later"),
        ("333333333333", "collected-later"),
    ]
    assert list(verify(store, scratch)) == []


def test_the_evidence_of_a_report_is_restored(store, scratch):
    evidence = account_evidence("111111111111", attempts=7)
    interrupt(store, scratch, [(evidence, report("111111111111", "alice"))])

    kept, content, _ = found(store).kept_report("111111111111")

    assert content == report("111111111111", "alice")
    assert kept.report_generated_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert (kept.attempts, kept.summary) == (7, evidence.summary)
    assert kept.password_policy == evidence.password_policy


def test_a_resumed_run_gives_the_tables_of_an_uninterrupted_run(store, scratch, tmp_path):
    from collector.lake.local_store import LocalStore  # noqa: PLC0415  # only here

    whole = collect(LocalStore(tmp_path / "other"), scratch, some_accounts())
    interrupt(store, scratch, some_accounts()[:3])
    resumed, _ = resume(store, scratch, some_accounts())

    assert [(file.sha256, file.rows) for file in resumed.files] == [(file.sha256, file.rows) for file in whole.files]


def test_a_report_that_is_there_is_used_even_if_it_is_malformed_or_of_another_account(store, scratch):
    interrupt(store, scratch, some_accounts())

    _, collected_again = resume(store, scratch, some_accounts())

    # These have no report; 444444444444's is HTML, 555555555555's is another account's.
    assert collected_again == ["222222222222", "666666666666"]


def test_a_run_can_be_interrupted_and_resumed_again(store, scratch):
    accounts = some_accounts()
    interrupt(store, scratch, accounts[:1])
    cut = found(store)
    writer = SnapshotWriter(store, cut.run, scratch, folder=cut.fresh_folder())
    kept, content, stored_sha256 = cut.kept_report("333333333333")
    writer.add(kept, content, stored_sha256=stored_sha256)
    writer.add(*accounts[3])
    writer.abort()

    assert found(store).reported == {"111111111111", "333333333333"}
    written, collected_again = resume(store, scratch, accounts)
    assert collected_again == ["222222222222", "444444444444", "555555555555", "666666666666"]
    publish(store, written, now=now)
    assert list(verify(store, scratch)) == []


@pytest.mark.parametrize("missing", ["tables and publication", "run.json too"])
def test_a_run_with_all_outcomes_is_finished_without_calling_any_account(store, scratch, lake, missing):
    begin_run(store, run_evidence())
    with SnapshotWriter(store, run_evidence(), scratch) as writer:
        for evidence, content in some_accounts():
            writer.add(evidence, content)
        first = writer.finish(FINISHED)
    if missing == "run.json too":
        (lake / run_key(ORGANIZATION, RUN)).unlink()

    cut = found(store)
    written = cut.write_tables(scratch, finished_at=LATER)
    record = publish(store, written, now=now)

    assert cut.is_complete
    assert written.run_finished_at == (LATER if missing == "run.json too" else FINISHED)
    assert written.accounts == first.accounts
    assert re.fullmatch(f"{RUN}-rebuild-[0-9a-f]{{8}}", written.files[0].path.split("/")[-2])
    assert record.newest.run_id == RUN
    assert found(store) is None
    assert list(verify(store, scratch)) == []


def test_a_run_that_the_rules_refused_is_refused_again_for_the_same_reason(store, scratch):
    better = run_evidence(run_id="20261123T000000Z-00000001", started_at=STARTED - timedelta(hours=15))
    collect(store, scratch, [(account_evidence("111111111111"), report("111111111111"))], run=better)
    begin_run(store, run_evidence())
    with pytest.raises(NotPublishedError):
        collect(
            store,
            scratch,
            [(account_evidence("111111111111"), report("111111111111")), (denied_evidence("2" * 12), None)],
        )

    written = found(store).write_tables(scratch, finished_at=LATER)
    with pytest.raises(NotPublishedError, match="1 of 2 active accounts"):
        publish(store, written, now=now)


def test_there_is_nothing_to_resume_after_a_publication_nor_in_an_empty_lake(store, scratch):
    assert found(store) is None

    begin_run(store, run_evidence())
    assert found(store) == InterruptedRun(store=store, run=run_evidence(), reported=frozenset(), is_complete=False)
    collect(store, scratch, some_accounts())
    assert found(store) is None

    rebuild(store, ORGANIZATION, "2026-11-23", scratch, now=now, randomness=b"abcd")
    assert found(store) is None


def test_only_the_newest_run_is_resumed_and_none_that_is_too_old_or_of_another_organization(store):
    begin_run(store, run_evidence())
    newer = run_evidence(run_id="20261123T232200Z-00000001", started_at=LATER)
    begin_run(store, newer)

    assert found(store).run == newer
    assert find_interrupted_run(store, ORGANIZATION, not_before=LATER + timedelta(seconds=1)) is None
    assert find_interrupted_run(store, OTHER_ORGANIZATION, not_before=DAY_BEFORE) is None


def test_a_run_that_kept_nothing_does_not_hide_an_older_one_that_did(store, scratch):
    interrupt(store, scratch, some_accounts())
    begin_run(store, run_evidence(run_id="20261123T232200Z-00000001", started_at=LATER))

    assert found(store).run == run_evidence()
    assert found(store).reported
    assert find_interrupted_run(store, ORGANIZATION, not_before=STARTED + timedelta(seconds=1)).reported == frozenset()


def test_a_run_that_cannot_be_resumed_does_not_hide_an_older_one_that_can(store, scratch):
    interrupt(store, scratch, some_accounts())
    files = run_evidence(run_id="20261123T232200Z-00000001", started_at=LATER)
    write(store, scratch, some_accounts(), run=files)

    assert found(store).run == run_evidence()


def test_a_run_before_a_published_one_is_not_resumed(store, scratch):
    interrupt(store, scratch, some_accounts())
    newer = run_evidence(run_id="20261123T200000Z-00000001", started_at=STARTED + timedelta(hours=5))
    collect(store, scratch, some_accounts(), run=newer)
    refused = run_evidence(run_id="20261123T232200Z-00000001", started_at=LATER)
    begin_run(store, refused)

    assert found(store) == InterruptedRun(store=store, run=refused, reported=frozenset(), is_complete=False)


def test_a_report_without_the_evidence_of_its_collection_is_an_error(store, scratch):
    interrupt(store, scratch, [(account_evidence("111111111111"), report("111111111111", "alice"))])
    other = run_evidence(run_id="20261123T232200Z-00000001")
    stored = store.read(report_key(ORGANIZATION, RUN, "111111111111"))
    store.put(report_key(ORGANIZATION, other.run_id, "222222222222"), stored)

    interrupted = InterruptedRun(store=store, run=other, reported=frozenset({"222222222222"}), is_complete=False)

    with pytest.raises(LakeError, match=r"222222222222\.csv\.gz holds a report without .* Start a new run, without"):
        interrupted.kept_report("222222222222")


CUT = """
import os, sys
from pathlib import Path
from collector.lake.local_store import LocalStore
from collector.collection.resume import begin_run
from collector.lake.writer import SnapshotWriter
from tests.fixtures.examples import account_evidence, run_evidence
from tests.fixtures.reports import report

store = LocalStore(Path(sys.argv[1]))
begin_run(store, run_evidence())
writer = SnapshotWriter(store, run_evidence(), Path(sys.argv[2]))
for number in range(40):
    account = f"{number:012d}"
    writer.add(account_evidence(account), report(account, "before"))
    print(account, flush=True)
"""


def test_after_a_kill_every_report_in_the_lake_is_used_and_no_account_is_left_out(store, scratch, lake):
    command = [sys.executable, "-c", CUT, str(lake), str(scratch)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = [process.stdout.readline().strip() for _ in range(11)]
        process.kill()
        told += process.stdout.read().split()

    accounts = [f"{number:012d}" for number in range(40)]
    written, collected_again = resume(
        store, scratch, [(account_evidence(name), report(name, "after")) for name in accounts]
    )

    assert len(told) < 40
    assert set(told) <= set(accounts) - set(collected_again)
    users = [row for row in rows_of(store, scratch, written.files, "user") if not row["is_root"]]
    assert [row["user_name"] for row in users] == [
        "after" if name in collected_again else "before" for name in accounts
    ]
    assert store.names("catalog") == []
    assert store.size(evidence_key(ORGANIZATION, RUN)) is not None
