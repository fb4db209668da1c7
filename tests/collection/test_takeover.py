"""`collect --retry-failed`: what the day's snapshot covers is taken over, the rest is collected."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from datetime import UTC, datetime

import pytest

from collector.discovery.limits import LimitRules
from collector.errors import CredlakeError, LakeError, NotPublishedError
from collector.lake.local_store import LocalStore
from collector.lake.rebuild import rebuild
from collector.lake.verify import verify
from collector.limits import Limits
from collector.simulator import AccountState, RoleSpec, Simulator, UserSpec, faults
from tests.fixtures.published import accounts_of, newest, record_of, users_of
from tests.fixtures.runs import collect, member, organization

ID = "o-aa111bb222"
USERS = (UserSpec("someone", member(1).joined_at),)
FAILED_FIRST = organization(
    member(1, users=USERS),
    member(2, faults=(faults.UNPARSABLE_VALUE,)),
    member(3, faults=(faults.ROLE_MISSING,), users=USERS),
    member(4, faults=(faults.HTML_PAGE,)),
    member(5, state=AccountState.SUSPENDED),
    member(6),
    member(7),
)
# 3 and 4 are repaired; 6 is closed, 7 has left, 8 is new. What failed to be read of 2 is not read again.
REPAIRED = organization(
    member(1, users=(), name="renamed"),
    member(2),
    member(3, users=USERS),
    member(4),
    member(5, state=AccountState.SUSPENDED),
    member(6, state=AccountState.CLOSED),
    member(8, users=USERS),
)
PREFIX = "10000000000"


def next_second():
    """Run ids sort by the second in which a run started."""
    time.sleep(1.0 - time.time() % 1)


@pytest.fixture(name="first")
def _first(lake):
    """The snapshot of a run in which two accounts failed."""
    with Simulator(FAILED_FIRST) as server:
        first = collect(server, lake).result
    next_second()
    return first


def called_members(server):
    return {account for account, _ in server.calls.by_account if account.startswith("1")}


def evidence_of(lake, run_id):
    lines = gzip.decompress((lake / "raw" / ID / run_id / "accounts.jsonl.gz").read_bytes()).splitlines()
    return {line["account_id"]: line for line in map(json.loads, lines)}


def test_only_what_failed_and_what_is_new_is_collected(lake, first, tmp_path):
    before = accounts_of(lake)
    limits = LimitRules(default=Limits(password_length=20))
    with Simulator(REPAIRED) as server:
        retried = collect(server, lake, retry_failed=True, limits=limits).result
        called = called_members(server)

    after = accounts_of(lake)
    assert called == {PREFIX + number for number in "348"}
    assert {account: row["outcome"] for account, row in after.items()} == {
        "000000000001": "collected",
        PREFIX + "1": "collected",
        PREFIX + "2": "partial",
        PREFIX + "3": "collected",
        PREFIX + "4": "collected",
        PREFIX + "5": "skipped_state",
        PREFIX + "6": "skipped_state",
        PREFIX + "8": "collected",
    }
    assert (retried.taken_over, retried.collected_now) == (3, 3)
    # What AWS returned is that of the first run; names and limits are those of this one.
    for column in ("report_generated_at", "started_at", "attempts", "raw_sha256", "users", "error_message"):
        assert after[PREFIX + "2"][column] == before[PREFIX + "2"][column]
    assert [row["user_name"] for row in users_of(lake)[PREFIX + "1"]] == ["<root_account>", "someone"]
    assert after[PREFIX + "1"]["account_name"] == "renamed"
    assert {row["limit_password_length"] for row in after.values()} == {20}
    assert newest(lake)["run_id"] == retried.run.run_id > first.run.run_id

    assert list(verify(LocalStore(lake), tmp_path)) == []
    tables = accounts_of(lake), users_of(lake)
    now = datetime.now(UTC)
    rebuild(LocalStore(lake), ID, f"{now:%Y-%m-%d}", tmp_path, now=lambda: now, randomness=b"abcd")
    assert (accounts_of(lake), users_of(lake)) == tables
    assert list(verify(LocalStore(lake), tmp_path)) == []


def test_the_new_run_holds_its_own_copy_of_each_report_with_hash_and_origin(lake, first):
    with Simulator(REPAIRED) as server:
        second = collect(server, lake, retry_failed=True).result
    raw = lake / "raw" / ID
    old, new = (evidence_of(lake, run.run.run_id) for run in (first, second))

    assert {account: line["origin_run_id"] for account, line in new.items() if line["raw_sha256"]} == {
        "000000000001": first.run.run_id,
        PREFIX + "1": first.run.run_id,
        PREFIX + "2": first.run.run_id,
        PREFIX + "3": None,
        PREFIX + "4": None,
        PREFIX + "8": None,
    }
    stored = (raw / second.run.run_id / f"{PREFIX}1.csv.gz").read_bytes()
    assert gzip.decompress(stored) == gzip.decompress((raw / first.run.run_id / f"{PREFIX}1.csv.gz").read_bytes())
    assert new[PREFIX + "1"]["stored_sha256"] == hashlib.sha256(stored).hexdigest()
    assert new[PREFIX + "1"]["raw_sha256"] == old[PREFIX + "1"]["raw_sha256"]


def test_the_origin_is_the_run_that_collected_however_often_it_is_taken_over(lake, first):
    still_failing = organization(*(member(n, faults=(faults.ROLE_MISSING,) if n == 3 else ()) for n in range(1, 8)))
    with Simulator(still_failing) as server:
        second = collect(server, lake, retry_failed=True).result
        next_second()
        third = collect(server, lake, retry_failed=True).result

    lines = evidence_of(lake, third.run.run_id)
    assert lines[PREFIX + "1"]["origin_run_id"] == first.run.run_id
    assert lines[PREFIX + "4"]["origin_run_id"] == second.run.run_id
    assert lines[PREFIX + "3"]["origin_run_id"] is None


def test_an_interrupted_retry_is_resumed_as_one(lake, first):
    record = (lake / "catalog" / f"{ID}.json").read_bytes()
    with Simulator(REPAIRED) as server:
        retried = collect(server, lake, retry_failed=True).result.run.run_id
        # As if it had died before its end.
        (lake / "catalog" / f"{ID}.json").write_bytes(record)
        for name in ("run.json", "accounts.jsonl.gz", f"{PREFIX}1.csv.gz", f"{PREFIX}3.csv.gz"):
            (lake / "raw" / ID / retried / name).unlink()
        server.reset_calls()
        resumed = collect(server, lake, resume=True).result
        called = called_members(server)

    assert newest(lake)["run_id"] == resumed.run.run_id == retried
    assert called == {PREFIX + "3"}
    assert (resumed.taken_over, resumed.collected_now) == (3, 3)


def test_an_account_is_retried_with_the_role_that_the_accounts_file_of_the_first_run_named(lake, tmp_path):
    file = tmp_path / "accounts.csv"
    file.write_text(f"account_id,role_arn\n{PREFIX}1,\n{PREFIX}3,arn:aws:iam::{PREFIX}3:role/special\n")
    role = (RoleSpec("special"),)
    with Simulator(organization(member(1), member(3, roles=role, faults=(faults.ROLE_MISSING,)))) as server:
        collect(server, lake, accounts_file=str(file), organization_id=ID)
    next_second()
    with Simulator(organization(member(1), member(3, roles=role))) as server:
        collect(server, lake, retry_failed=True)

    assert accounts_of(lake)[PREFIX + "3"]["outcome"] == "collected"


def test_a_retry_that_covers_less_is_not_published(lake, first):
    """Three of the covered accounts are closed by now, and their number counts."""
    before = record_of(lake)
    states = {n: AccountState.ACTIVE if n in {3, 4, 5} else AccountState.CLOSED for n in range(1, 8)}
    worse = organization(*(member(n, state=state, faults=(faults.ROLE_MISSING,)) for n, state in states.items()))
    with Simulator(worse) as server, pytest.raises(NotPublishedError, match="1 of 4 active accounts"):
        collect(server, lake, retry_failed=True)

    assert record_of(lake) == before


def test_errors_without_a_snapshot_and_where_nothing_failed(lake):
    with Simulator(organization(member(1), member(2, faults=(faults.UNPARSABLE_VALUE,)))) as server:
        with pytest.raises(CredlakeError, match=rf"{ID} has no snapshot of \d{{4}}-\d\d-\d\d \(UTC\) yet") as caught:
            collect(server, lake, retry_failed=True)
        assert caught.value.exit_code == 3
        first = collect(server, lake).result
        server.reset_calls()
        with pytest.raises(CredlakeError, match=rf"no account failed in .* run {first.run.run_id} \(1 partial"):
            collect(server, lake, retry_failed=True)
        assert "sts:AssumeRole" not in server.calls.by_operation
    assert len(list((lake / "raw" / ID).iterdir())) == 1


@pytest.mark.parametrize(("name", "why"), [("accounts.jsonl.gz", "SHA-256"), (f"{PREFIX}1.csv.gz", "SHA-256")])
def test_nothing_is_taken_over_from_a_run_that_was_altered(lake, first, name, why):
    path = lake / "raw" / ID / first.run.run_id / name
    content = bytearray(path.read_bytes())
    content[9] ^= 1  # The system in the head of a gzip, which no reader checks.
    path.write_bytes(content)

    with Simulator(REPAIRED) as server, pytest.raises(LakeError, match=rf"{name}: .*{why}.* without --retry-failed"):
        collect(server, lake, retry_failed=True)
