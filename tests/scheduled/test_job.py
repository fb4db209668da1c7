"""The scheduled run: its deadline, its scratch folder, and the deployment of the views."""

from __future__ import annotations

import tempfile

import pytest

from collector.errors import CredlakeError, UsageError
from collector.scheduled.handler import handle
from collector.scheduled.job import Job, with_deadline
from collector.settings.model import Settings
from collector.views import views_step
from collector.views.plan import HeldTable, marks


class _Context:
    def __init__(self, seconds):
        self.seconds = seconds

    def get_remaining_time_in_millis(self):
        return self.seconds * 1000


def _job(**settings):
    return Job(settings=Settings(**settings), run=lambda work: work)


def test_a_minute_is_kept_for_publishing(monkeypatch):
    deadlines = []
    monkeypatch.setenv("CREDLAKE_LAKE", "s3://credlake")
    monkeypatch.setattr(Job, "do", lambda job, **_: deadlines.append(job.settings.deadline) or {})
    handle({}, _Context(900))
    assert deadlines == [840]


def test_a_function_with_no_more_than_that_minute_refuses_to_begin():
    with pytest.raises(UsageError, match="900 s"):
        handle({}, _Context(60))


def test_an_earlier_deadline_of_the_settings_stays():
    assert with_deadline(_job(deadline=30), 840).settings.deadline == 30


def test_a_command_that_is_not_known_is_refused():
    with pytest.raises(UsageError, match="'colect'"):
        handle({"command": "colect"}, _Context(900))


def test_a_run_that_has_nowhere_to_write_says_what_to_mount(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not-there"))
    with pytest.raises(CredlakeError, match="mount one at /tmp"):
        _job(lake=str(tmp_path)).do()


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
