"""`credlake views deploy` for a reader that leaves."""

from __future__ import annotations

import io
import os
import sys
from unittest.mock import Mock

import pytest

from collector.cli.views import deploy_views
from collector.process import streams
from collector.views import deploy
from collector.views.deploy import DeploymentPlan, Step


def test_views_are_deployed_to_the_last_when_the_reader_leaves(monkeypatch):
    queries = Mock()
    steps = tuple(Step("create", name, "new", f"create {name}") for name in ("account", "findings", "snapshots"))
    monkeypatch.setattr(deploy, "plan_views", lambda *_, **__: DeploymentPlan(steps))
    monkeypatch.setattr(deploy, "client", Mock())
    monkeypatch.setattr(deploy, "DeployedViews", Mock())
    monkeypatch.setattr(deploy, "AthenaQueries", lambda **_: queries)
    reads, writes = os.pipe()
    os.close(reads)
    with io.TextIOWrapper(io.BufferedWriter(streams._Delivered(writes, "wb"))) as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        deploy_views()

    assert [call.args for call in queries.run.call_args_list] == [(step.statement,) for step in steps]


@pytest.mark.parametrize("name", ["credential_changes", "credential_changes_history"])
def test_a_view_is_described_with_the_values_of_its_columns(credlake, name):
    ended = credlake("views", "describe", name)
    rows = dict(line.split("\t", 1) for line in ended.out.splitlines())
    assert ended.code == 0
    assert rows["snapshot_at"].startswith("timestamp(3)\tWhen the run started")
    assert "`key_created`" in rows["change_type"]


def test_2_for_a_view_that_cannot_be_described_with_the_one_that_was_meant(credlake):
    ended = credlake("views", "describe", "finding")
    assert ended.code == 2
    assert ended.said[0].endswith("Did you mean findings or findings_history?")
