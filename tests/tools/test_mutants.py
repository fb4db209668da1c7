"""The mutants of tools/mutants.toml can be made: their text is where they say."""

from __future__ import annotations

from tools.mutate import declared, misplaced


def test_every_mutant_occurs_once_and_its_tests_exist():
    assert misplaced(declared()) == []


def test_every_view_with_a_rule_and_every_rule_of_publication_has_mutants():
    changed = {mutant.file for mutant in declared()}
    assert {
        f"athena_queries/results/{kind}_results.sql" for kind in ("account", "root", "user", "credential", "missing")
    } <= changed
    assert "collector/lake/publish.py" in changed
