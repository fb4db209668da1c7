"""`credlake rebuild` and `credlake verify` from the outside: which snapshot is meant, and how it is told."""

from __future__ import annotations

import shutil

import pytest

from collector.discovery.accounts import LAKE_ORGANIZATION_ID_FORM
from collector.simulator import OrganizationSpec, Simulator
from tests.fixtures.published import newest, record_of
from tests.fixtures.runs import MANAGEMENT, collect, member, organization

OTHER = "o-bb222cc333"


@pytest.fixture(name="once", scope="module")
def _once(tmp_path_factory):
    lake = tmp_path_factory.mktemp("once") / "lake"
    with Simulator(organization(member(1))) as server:
        collect(server, lake)
    return lake


@pytest.fixture(name="collected")
def _collected(once, lake):
    shutil.copytree(once, lake)
    return lake


@pytest.mark.parametrize(
    "date", ["20261124", "2026-W48-2", "2026-2-1", "2026-02-30", "2026-11-24T00:00:00", "today", ""]
)
def test_2_for_what_is_no_date_of_a_snapshot(credlake, collected, date):
    ended = credlake("rebuild", "--lake", collected, "--date", date)

    assert ended.code == 2
    assert ended.said == [f"credlake: --date {date}: not a date; write YYYY-MM-DD."]


def test_2_with_every_fault_of_the_flags_at_once(credlake, collected):
    ended = credlake("rebuild", "--lake", collected, "--date", "today", "--organization-id", "../..")

    assert ended.code == 2
    assert ended.said == [
        "credlake: --date today: not a date; write YYYY-MM-DD.",
        f"credlake: --organization-id ../..: not {LAKE_ORGANIZATION_ID_FORM}.",
    ]


def test_2_where_verify_is_to_look_at_what_is_no_organization(credlake, collected):
    ended = credlake("verify", "--lake", collected, "--organization-id", "My_Team")

    assert ended.code == 2
    assert ended.said == [f"credlake: --organization-id My_Team: not {LAKE_ORGANIZATION_ID_FORM}."]


def test_3_for_a_day_of_which_there_is_no_run(credlake, collected):
    ended = credlake("rebuild", "--lake", collected, "--date", "2020-01-01")

    assert ended.code == 3
    assert "Nothing can be rebuilt for o-aa111bb222 on 2020-01-01: there is no run of that day" in ended.said[0]


def test_without_a_record_the_one_organization_of_the_raw_zone_is_rebuilt(credlake, collected):
    before = record_of(collected)
    shutil.rmtree(collected / "catalog")

    ended = credlake("rebuild", "--lake", collected, "--date", before["latest"])

    assert (ended.code, ended.said) == (0, [])
    assert f"Rebuilt o-aa111bb222, {before['latest']}" in ended.out
    assert newest(collected)["run_id"] == before["snapshots"][before["latest"]]["run_id"]
    assert credlake("verify", "--lake", collected).code == 0


def test_2_where_no_record_is_left_and_the_raw_zone_holds_several(credlake, collected):
    day = record_of(collected)["latest"]
    shutil.rmtree(collected / "catalog")
    (collected / "raw" / OTHER / "20261124T000000Z-00000000").mkdir(parents=True)
    (collected / "raw" / "lost+found").mkdir()

    ended = credlake("rebuild", "--lake", collected, "--date", day)
    named = credlake("rebuild", "--lake", collected, "--date", day, "--organization-id", "o-aa111bb222")

    assert (ended.code, named.code) == (2, 0)
    assert ended.said == [
        f"credlake: The lake holds several organizations (o-aa111bb222, {OTHER}): choose with --organization-id."
    ]


def test_2_where_several_organizations_are_published(credlake, collected):
    other = OrganizationSpec(organization(member(1)).accounts, MANAGEMENT, organization_id=OTHER)
    with Simulator(other) as server:
        collect(server, collected)

    ended = credlake("rebuild", "--lake", collected, "--date", record_of(collected)["latest"])

    assert ended.code == 2
    assert f"The lake holds several organizations (o-aa111bb222, {OTHER}): " in ended.said[0]


def test_3_where_the_lake_holds_nothing_to_rebuild_from(credlake, lake):
    lake.mkdir()

    ended = credlake("rebuild", "--lake", lake, "--date", "2026-11-24")

    assert ended.code == 3
    assert ended.said == [
        f"credlake: The lake {lake} holds no run of any organization, so nothing can be rebuilt from it."
    ]
