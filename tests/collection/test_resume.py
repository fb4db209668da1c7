"""After `--resume` the accounts that need attention are those of a run that was never interrupted."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from operator import attrgetter

import pytest

from collector.errors import NotPublishedError
from collector.lake.local_store import LocalStore
from collector.lake.rebuild import rebuild
from collector.scheduled.reporting import notice_of
from collector.simulator import AccountState, CallerSpec, Simulator, faults
from tests.fixtures.published import accounts_of
from tests.fixtures.runs import MANAGEMENT, collect, member, organization

FAULTS = (
    (),
    (faults.UNPARSABLE_VALUE,),
    (faults.HTML_PAGE,),
    (faults.WRONG_ACCOUNT,),
    (faults.POLICY_DENIED,),
    (faults.NO_ROOT_ROW, faults.POLICY_DENIED),
    (faults.GARBAGE, faults.POLICY_DENIED),
    (faults.ROLE_MISSING,),
)
# Two accounts of each kind: of a run interrupted half way, one report is kept and the other is fetched again.
ORGANIZATION = organization(
    *(member(10 + number, faults=given) for number, given in enumerate(FAULTS)),
    *(member(20 + number, faults=given) for number, given in enumerate(FAULTS)),
    member(90, state=AccountState.SUSPENDED),
)
# (account, outcome, error code, whether the password policy is listed as unreadable). The policy of an account whose
# users are not published concerns nobody.
NEED_ATTENTION = [
    ("100000000011", "partial", "PartialReport", False),
    ("100000000012", "malformed_report", "MalformedReport", False),
    ("100000000013", "wrong_account", "WrongAccount", False),
    ("100000000014", "collected", None, True),
    ("100000000015", "partial", "PartialReport", True),
    ("100000000016", "malformed_report", "MalformedReport", False),
    ("100000000017", "assume_denied", "AccessDenied", False),
    ("100000000021", "partial", "PartialReport", False),
    ("100000000022", "malformed_report", "MalformedReport", False),
    ("100000000023", "wrong_account", "WrongAccount", False),
    ("100000000024", "collected", None, True),
    ("100000000025", "partial", "PartialReport", True),
    ("100000000026", "malformed_report", "MalformedReport", False),
    ("100000000027", "assume_denied", "AccessDenied", False),
]

TWO_OF_THREE = organization(member(1), member(2, faults=(faults.ROLE_MISSING,)))


def listed(result):
    """The list in the order of account ids; accounts finish in any order."""
    return sorted(result.needs_attention, key=attrgetter("account_id"))


def interrupt(lake, *missing):
    """Leave the lake as a run that died before its publication does, without these files of its raw folder too."""
    shutil.rmtree(lake / "catalog")
    shutil.rmtree(lake / "snapshots")
    (raw,) = (lake / "raw" / "o-aa111bb222").iterdir()
    for pattern in missing:
        for file in raw.glob(pattern):
            file.unlink()


@pytest.mark.parametrize(
    ("missing", "fetched"),
    [
        ((), 0),
        (("run.json",), 0),
        # Management and seven of the second half; the eighth of each half has no report, and its role is refused again.
        (("run.json", "accounts.jsonl.gz", "10000000002?.csv.gz", "000000000001.csv.gz"), 8),
    ],
    ids=["before publication", "before run.json", "half way"],
)
def test_a_resumed_run_lists_the_accounts_that_an_uninterrupted_one_does(lake, missing, fetched):
    with Simulator(ORGANIZATION) as server:
        whole = collect(server, lake).result
        interrupt(lake, *missing)
        server.reset_calls()
        resumed = collect(server, lake, resume=True).result
        calls = server.calls.by_operation

    assert calls.get("iam:GetCredentialReport", 0) == fetched
    assert [
        (one.account_id, str(one.outcome), one.error_code, one.password_policy_error is not None)
        for one in listed(resumed)
    ] == NEED_ATTENTION
    rows = accounts_of(lake)
    assert [(one.name, str(one.outcome), one.error_code, one.error_message) for one in listed(resumed)] == [
        tuple(rows[one.account_id][column] for column in ("account_name", "outcome", "error_code", "error_message"))
        for one in listed(resumed)
    ]
    assert listed(resumed) == listed(whole)
    assert resumed.counts == whole.counts
    assert not resumed.is_complete
    assert notice_of(resumed) == notice_of(whole)
    assert "14 of 18 accounts were not collected in full." in notice_of(resumed).text.splitlines()


@pytest.mark.parametrize("missing", [(), ("run.json", "accounts.jsonl.gz", "100000000001.csv.gz")])
def test_a_resumed_run_in_which_all_was_collected_is_complete(lake, missing):
    with Simulator(organization(member(1), member(2))) as server:
        collect(server, lake)
        interrupt(lake, *missing)
        resumed = collect(server, lake, resume=True).result

    assert (resumed.counts, resumed.needs_attention, resumed.is_complete) == ({"collected": 3}, [], True)
    assert notice_of(resumed) is None


@pytest.mark.parametrize("missing", [(), ("run.json", "accounts.jsonl.gz", "100000000001.csv.gz")])
def test_a_resumed_run_counts_the_accounts_whose_tags_could_not_be_read(lake, missing):
    caller = CallerSpec(MANAGEMENT, denied_actions=frozenset({"organizations:ListTagsForResource"}))
    with Simulator(organization(member(1), member(2), caller=caller)) as server:
        whole = collect(server, lake, tags=True).result
        interrupt(lake, *missing)
        resumed = collect(server, lake, tags=True, resume=True).result

    assert (whole.untagged, whole.is_complete) == (3, False)
    assert (resumed.untagged, resumed.is_complete) == (3, False)


@pytest.mark.parametrize("how", ["resume", "rebuild"])
def test_a_run_below_its_own_floor_is_not_published_later_either(lake, tmp_path, how):
    day = datetime.now(UTC)

    def publish_later():
        if how == "resume":
            return collect(server, lake, resume=True, min_coverage=0.5)
        store = LocalStore(lake)
        return rebuild(store, "o-aa111bb222", f"{day:%Y-%m-%d}", tmp_path, now=lambda: day, randomness=b"abcd")

    with Simulator(TWO_OF_THREE) as server:
        with pytest.raises(NotPublishedError):
            collect(server, lake, min_coverage=0.95)
        with pytest.raises(NotPublishedError, match=r"less than --min-coverage 0\.95"):
            publish_later()

    assert not list((lake / "catalog").glob("*.json"))


def test_a_higher_floor_holds_for_a_resumed_run(lake):
    with Simulator(TWO_OF_THREE) as server:
        collect(server, lake, min_coverage=0.5)
        interrupt(lake)
        with pytest.raises(NotPublishedError, match=r"less than --min-coverage 0\.95"):
            collect(server, lake, resume=True, min_coverage=0.95)
