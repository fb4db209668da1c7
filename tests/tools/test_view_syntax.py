"""Every view file and its twin, whatever they answer: Trino's grammar, our lint, real columns, plain types."""

from __future__ import annotations

import pytest
from trino_query_parser import parse_statement
from trino_sql_validator import validate

from collector.views.files import shipped_views
from tools.trino.annotation import AnnotatedViews
from tools.trino.view_files import output_types, source_views
from tools.view_lint import OUTPUT_TYPES, view_faults

VIEWS = source_views()


@pytest.fixture(scope="module")
def annotated():
    return AnnotatedViews(VIEWS)


@pytest.mark.parametrize(
    ("name", "statement"), shipped_views().athena_statements("credlake"), ids=list(shipped_views().by_name)
)
def test_trino_reads_the_statement_and_knows_every_function_and_type_in_it(name, statement):
    parse_statement(statement)  # raises
    result = validate(statement)
    assert (result.valid, result.error, list(result.warnings)) == (True, None, [])


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_file_keeps_to_what_both_engines_read_alike(annotated, view):
    assert view_faults(view, annotated) == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_every_column_exists_and_both_twins_put_out_the_same_ones_of_plain_types(annotated, view):
    expected = output_types(view)
    assert set(expected.values()) <= OUTPUT_TYPES
    for name in view.names:
        inferred = {column: kind.lower() for column, kind in annotated.columns(name).items()}
        # sqlglot leaves out the precision where a column is passed on from another view.
        assert {c: "timestamp(3)" if kind == "timestamp" else kind for c, kind in inferred.items()} == expected
