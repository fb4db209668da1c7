"""The logs: plain lines for a person, JSON for a machine."""

from __future__ import annotations

import json

import pytest
import structlog

from collector.process.logs import set_up_logs

HOSTILE = "a\x1b[2Jb\u202e"


@pytest.fixture(autouse=True)
def _settings_of_structlog():
    yield
    structlog.reset_defaults()


def test_what_aws_says_steers_no_terminal(capsys):
    set_up_logs(for_person=True)
    structlog.get_logger().warning("account.tags_unknown", error_code=HOSTILE, tried=2)
    line = capsys.readouterr().err
    assert "error_code=a\ufffd[2Jb\ufffd" in line
    assert "tried=2" in line


def test_for_a_machine_the_text_is_kept(capsys):
    set_up_logs(for_person=False)
    structlog.get_logger().warning("account.tags_unknown", error_code=HOSTILE)
    assert json.loads(capsys.readouterr().err)["error_code"] == HOSTILE
