"""Every view and its twin: valid in Trino's grammar and by the lint, with existing columns of plain types."""

from __future__ import annotations

import pytest

from collector.views.files import shipped_views
from tests.fixtures.trino_syntax import trino_problems
from tools.trino.annotation import AnnotatedViews
from tools.trino.view_files import output_types, source_views
from tools.view_lint import OUTPUT_TYPES, view_problems

VIEWS = source_views()


@pytest.fixture(scope="module")
def annotated():
    return AnnotatedViews(VIEWS)


@pytest.mark.parametrize(
    ("name", "statement"), shipped_views().athena_statements("credlake"), ids=list(shipped_views().by_name)
)
def test_the_statement_is_valid_trino_with_known_functions_and_types(name, statement):
    assert trino_problems(statement) == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_file_has_no_problems(annotated, view):
    assert view_problems(view, annotated) == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_every_column_exists_and_both_twins_return_the_same_plain_types(annotated, view):
    expected = output_types(view)
    assert set(expected.values()) <= OUTPUT_TYPES
    for name in view.names:
        inferred = {column: kind.lower() for column, kind in annotated.columns(name).items()}
        # sqlglot omits the precision of a column that comes from another view.
        assert {c: "timestamp(3)" if kind == "timestamp" else kind for c, kind in inferred.items()} == expected
