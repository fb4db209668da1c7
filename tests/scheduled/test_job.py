"""The scheduled run: its deadline, its scratch folder, and the deployment of the views."""

from __future__ import annotations

import tempfile

import pytest

from collector.errors import CredlakeError, UsageError
from collector.scheduled import job as job_module
from collector.scheduled.handler import handle
from collector.scheduled.job import Job, with_deadline
from collector.settings.model import Settings


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


def test_the_views_are_deployed_with_the_settings_of_the_run(monkeypatch):
    deployments = []

    def deploy(plan, **settings):
        settings.pop("done")
        deployments.append((plan, settings.pop("is_late")(), settings))

    monkeypatch.setattr(job_module, "plan_views", lambda *_, database: database)
    monkeypatch.setattr(job_module, "deploy_views", deploy)
    job = _job(lake="s3://lake", database="db", workgroup="group", output_location="s3://results/")
    job._deploy_views(ends_at=0)
    settings = {"database": "db", "workgroup": "group", "output_location": "s3://results/"}
    assert deployments == [("db", True, settings)]
    _job(lake="s3://lake", database="db")._deploy_views(ends_at=0)
    assert len(deployments) == 1, "without a workgroup there is nothing to deploy with"
