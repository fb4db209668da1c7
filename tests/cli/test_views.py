"""`credlake views deploy` for a reader that leaves."""

from __future__ import annotations

import io
import os
import sys
from unittest.mock import Mock

from collector.cli.views import deploy_views
from collector.process import streams
from collector.views.plan import Step


def test_views_are_deployed_to_the_last_whoever_reads_on(monkeypatch):
    done = []

    def steps(*_, **__):
        for name in ("account", "findings", "snapshots"):
            done.append(name)
            yield Step("create", name, "it is missing")

    for name in ("aws.clients.client", "views.deploy.DeployedViews", "aws.athena.AthenaQueries"):
        monkeypatch.setattr(f"collector.{name}", Mock())
    plan = Mock(**{"return_value.summary.return_value": "3 created"})
    monkeypatch.setattr("collector.views.plan.plan_deployment", plan)
    monkeypatch.setattr("collector.views.plan.carry_out", steps)
    reads, writes = os.pipe()
    os.close(reads)
    with io.TextIOWrapper(io.BufferedWriter(streams._Delivered(writes, "wb"))) as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        deploy_views()

    assert done == ["account", "findings", "snapshots"]
