"""The outcomes, and what derives from them."""

from __future__ import annotations

import pickle

from collector.outcome import Outcome

# Outcome → in scope, covered, needs attention; the names are stable (docs/versioning.md).
EXPECTED = {
    "collected": (True, True, False),
    "partial": (True, True, True),
    "skipped_state": (False, False, False),
    "excluded": (False, False, False),
    "assume_denied": (True, False, True),
    "report_denied": (True, False, True),
    "report_timeout": (True, False, True),
    "not_reached": (True, False, True),
    "throttled": (True, False, True),
    "malformed_report": (True, False, True),
    "wrong_account": (True, False, True),
    "failed": (True, False, True),
}


def test_every_outcome_keeps_its_name_and_what_it_counts_for():
    assert {str(o): (o.is_in_scope, o.is_covered, o.needs_attention) for o in Outcome} == EXPECTED


def test_every_outcome_that_needs_attention_has_a_next_step_and_no_other():
    assert {outcome for outcome in Outcome if outcome.next_step} == {o for o in Outcome if o.needs_attention}
    assert all(outcome.meaning.endswith(".") for outcome in Outcome)
    assert all(outcome.next_step.endswith(".") for outcome in Outcome if outcome.next_step)


def test_an_outcome_is_found_by_its_value():
    assert Outcome("throttled") is Outcome.THROTTLED
    assert pickle.loads(pickle.dumps(Outcome.PARTIAL)) is Outcome.PARTIAL  # noqa: S301 -- of our own bytes
