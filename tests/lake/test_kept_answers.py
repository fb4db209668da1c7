from __future__ import annotations

import dataclasses

from collector.answers import Answers
from collector.kept_answers import kept_answers
from collector.lake.resumption import KeptReport
from tests.lake.examples import account_evidence


def test_a_resumed_account_answers_what_it_answered_the_first_time():
    evidence = account_evidence("111111111111", attempts=7, summary_error="Throttling", password_policy_error="denied")

    answers = kept_answers(KeptReport(evidence=evidence, report=b"bytes", stored_sha256="ab" * 32))

    # Every field: one that is added to Answers and forgotten here would be lost when a run is resumed.
    assert answers.report == b"bytes"
    for field in dataclasses.fields(Answers):
        if field.name != "report":
            assert getattr(answers, field.name) == getattr(evidence, field.name), field.name
