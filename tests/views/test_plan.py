"""Which statements a deployment runs: pure, on literal views."""

from __future__ import annotations

import pytest

from collector.views.deploy import HeldTable, NameTakenError, Step, carry_out, marks, plan_deployment

BASE = ("base", 'create or replace view "db"."base" as\nselect 1 as a, 2 as b')
TOP = ("top", 'create or replace view "db"."top" as\nselect a from "db"."base"')
COLUMNS = {"base": {"a": "integer", "b": "varchar"}, "top": {"a": "integer"}}


def held_view(name, statement, *, text="stored", columns=("a", "b"), parameters=None, **types):
    columns = {column: {"a": "integer", "b": "varchar(3)", **types}.get(column, "varchar") for column in columns}
    marked = marks(statement, text) if parameters is None else parameters
    return {name: HeldTable(name, is_view=True, columns=columns, text=text, parameters=marked)}


def plan(statements, held, **options):
    return plan_deployment(statements, held, database="db", columns_of=COLUMNS.__getitem__, **options)


def done(statements, held):
    return [(step.action, step.name) for step in plan(statements, held).steps]


def test_new_views_are_created_in_the_order_given():
    assert done([BASE, TOP], {}) == [("create", "base"), ("create", "top")]


def test_a_view_that_is_as_we_left_it_is_kept():
    assert done([BASE], held_view(*BASE)) == [("keep", "base")]
    assert plan([BASE], held_view(*BASE)).changes == ()


def test_a_view_whose_file_has_changed_is_replaced():
    held = held_view("base", "create or replace view an older statement")
    assert plan([BASE], held).steps == (Step("replace", "base", "its SQL has changed", BASE[1]),)


def test_a_view_whose_stored_text_was_altered_is_replaced():
    held = held_view(*BASE, text="altered", parameters=marks(BASE[1], "as it was stored"))
    assert plan([BASE], held).steps == (Step("replace", "base", "it was changed by hand", BASE[1]),)


@pytest.mark.parametrize("held", [{"columns": ("a",)}, {"columns": ("b", "a")}, {"columns": ()}, {"a": "varchar"}])
def test_a_marked_view_with_other_columns_than_ours_is_stale_and_replaced(held):
    reason = "its stored columns are not those of its SQL"
    assert plan([BASE], held_view(*BASE, **held)).steps == (Step("replace", "base", reason, BASE[1]),)


def test_everything_is_replaced_if_forced():
    assert plan([BASE], held_view(*BASE), is_forced=True).steps == (Step("replace", "base", "forced", BASE[1]),)


@pytest.mark.parametrize("columns", [("a", "b"), ("a",), ("a", "b", "c")])
def test_an_unmarked_view_with_our_columns_is_what_a_cut_off_deployment_left(columns):
    assert done([BASE], held_view(*BASE, columns=columns, parameters={})) == [("replace", "base")]


@pytest.mark.parametrize("columns", [("x",), ("b", "a"), ()])
def test_an_unmarked_view_with_other_columns_is_somebody_elses(columns):
    with pytest.raises(NameTakenError, match="base"):
        plan([BASE], held_view(*BASE, columns=columns, parameters={}))


def test_every_taken_name_is_told_at_once_and_a_table_is_never_replaced():
    tables = {
        name: HeldTable(name, is_view=False, columns={"a": "integer"}, text="", parameters={})
        for name in ("base", "top")
    }
    with pytest.raises(NameTakenError, match="base, top"):
        plan([BASE, TOP], tables)


def test_a_marked_view_that_no_file_makes_is_dropped_last():
    held = {**held_view("gone", "create or replace view gone"), **held_view("somebodys", "", parameters={})}
    steps = plan([BASE], held).steps
    assert [(step.action, step.name) for step in steps] == [("create", "base"), ("drop", "gone")]
    assert steps[-1].statement == 'drop view if exists "db"."gone"'


def test_tables_are_no_views_of_ours_whatever_their_parameters():
    table = HeldTable("snapshot_record", is_view=False, columns={"a": "integer"}, text="", parameters=marks("x", ""))
    assert done([], {"snapshot_record": table}) == []


def test_the_plan_says_what_changes():
    held = {**held_view(*BASE), **held_view("gone", "x")}
    found = plan([BASE, TOP], held)
    assert found.summary() == "2 views: 1 created, 1 kept, 1 dropped"
    assert found.sql() == (
        f"-- create top: new\n{TOP[1]};\n\n"
        '-- drop gone: no longer part of credlake\ndrop view if exists "db"."gone";\n\n'
    )


def test_a_view_is_marked_after_it_was_made_and_nothing_runs_after_a_failure():
    told = []

    def run(sql):
        if "top" in sql:
            raise OSError(sql)
        told.append(("run", sql))

    steps = carry_out(plan([BASE, TOP], {}), run=run, mark=lambda name, sql: told.append(("mark", name, sql)))
    assert next(steps).name == "base"
    with pytest.raises(OSError, match="top"):
        next(steps)
    assert told == [("run", BASE[1]), ("mark", *BASE)]
