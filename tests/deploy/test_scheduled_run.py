"""What surrounds the scheduled run: its time, its notice, and the views that it brings in step."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime

import pytest

from collector.collection.result import AccountResult, RunResult
from collector.errors import CredlakeError, UsageFaultsError
from collector.evidence import RunEvidence
from collector.outcome import Outcome
from collector.scheduled.handler import handle
from collector.scheduled.job import Job, with_deadline
from collector.scheduled.notice import notice_of
from collector.settings.model import Settings
from collector.views import views_step
from collector.views.plan import HeldTable, marks


class _Context:
    def __init__(self, seconds):
        self.seconds = seconds

    def get_remaining_time_in_millis(self):
        return self.seconds * 1000


def _result(*told):
    run = RunEvidence(
        organization_id="o-aa111bb222",
        run_id="20261123T050000Z-0a0b0c0d",
        started_at=datetime(2026, 11, 23, 5, tzinfo=UTC),
        inventory_source="organizations",
    )
    return RunResult(run=run, counts=Counter(one.outcome for one in told), needs_attention=list(told))


def _denied(number):
    return AccountResult(f"{number:012d}", "name", Outcome.ASSUME_DENIED, "AccessDenied", "is not authorized")


def _job(**settings):
    return Job(settings=Settings(**settings), run=lambda work: work)


def test_a_minute_is_kept_for_publishing(monkeypatch):
    deadlines = []
    monkeypatch.setenv("CREDLAKE_LAKE", "s3://credlake")
    monkeypatch.setattr(Job, "do", lambda job, **_: deadlines.append(job.settings.deadline) or {})
    handle({}, _Context(900))
    assert deadlines == [840]


def test_a_function_with_no_more_than_that_minute_refuses_to_begin():
    with pytest.raises(UsageFaultsError, match="900 s"):
        handle({}, _Context(60))


def test_an_earlier_deadline_of_the_settings_stays():
    assert with_deadline(_job(deadline=30), 840).settings.deadline == 30


def test_a_command_that_is_not_known_is_refused():
    with pytest.raises(UsageFaultsError, match="'colect'"):
        handle({"command": "colect"}, _Context(900))


def test_a_run_that_has_nowhere_to_write_says_what_to_mount(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not-there"))
    with pytest.raises(CredlakeError, match="mount one at /tmp"):
        _job(lake=str(tmp_path)).do()


def test_nothing_is_sent_when_every_account_was_collected():
    assert notice_of(_result()) is None


def test_a_notice_names_the_account_the_reason_and_the_next_step():
    notice = notice_of(_result(_denied(1)))
    assert notice.subject == "credlake 2026-11-23: 1 accounts not collected in full, NOT published"
    assert "000000000001  assume_denied  AccessDenied: is not authorized" in notice.text.splitlines()
    assert "Is the role deployed in this account" in notice.text


def test_a_notice_of_a_whole_organization_fits_into_a_message():
    notice = notice_of(_result(*(_denied(number) for number in range(50_000))))
    assert len(notice.text.encode()) < 262_144
    assert "and 49900 more: query the view collection_coverage" in notice.text


class _Catalogue:
    """A Glue database and an Athena workgroup that hold what was made in them."""

    def __init__(self):
        self.tables = {}

    def held(self):
        return self.tables

    def run(self, sql):
        name = sql.split('"')[3]
        self.tables[name] = HeldTable(name, is_view=True, columns=("a",), text=sql, parameters={})

    def mark(self, name, statement):
        held = self.tables[name]
        parameters = marks(statement, held.text)
        self.tables[name] = HeldTable(name, is_view=True, columns=("a",), text=held.text, parameters=parameters)


@pytest.fixture(name="catalogue")
def _catalogue(monkeypatch):
    catalogue = _Catalogue()
    monkeypatch.setattr(views_step, "client", lambda _service: None)
    monkeypatch.setattr(views_step, "DeployedViews", lambda _glue, _database: catalogue)
    monkeypatch.setattr(views_step, "AthenaQueries", lambda **_: catalogue)
    return catalogue


_STATEMENTS = tuple((name, f'create or replace view "d"."{name}" as\nselect 1 as a') for name in ("one", "two"))


def _bring(late=()):
    answers = iter(late)
    return views_step.bring_views_in_step(
        _STATEMENTS,
        {"one": ("a",), "two": ("a",)},
        database="d",
        workgroup="w",
        is_late=lambda: next(answers, False),
    )


def test_views_are_made_once(catalogue):
    assert _bring() == "2 views: 2 created"
    assert catalogue.tables.keys() == {"one", "two"}
    assert _bring() == "2 views: 2 kept"


def test_views_for_which_no_time_is_left_are_made_by_the_next_run(catalogue):
    assert _bring(late=(False, True)) == "2 views: 2 created; 1 of 2 left to the next run, for want of time"
    assert catalogue.tables.keys() == {"one"}
    assert _bring() == "2 views: 1 created, 1 kept"
