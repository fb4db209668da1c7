"""The dashboard of deploy/quicksight.yaml: its fields, filters and calculations fit its data sets, and each other."""

from __future__ import annotations

import re

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from tests.deploy.quicksight_stack import PARAMETERS, columns_of, of_kind, query, within

SETS = {one["DataSetId"]: one for one in of_kind("CreateDataSet").values()}
DASHBOARD = of_kind("CreateDashboard")["Dashboard"]
DEFINITION = DASHBOARD["Definition"]
DECLARED = {
    one["Identifier"]: SETS[one["DataSetArn"].rpartition("/")[2]] for one in DEFINITION["DataSetIdentifierDeclarations"]
}
TYPES = {(name, column): kind for name, one in DECLARED.items() for column, kind in columns_of(one).items()}
CALCULATED = {(one["DataSetIdentifier"], one["Name"]): "STRING" for one in DEFINITION["CalculatedFields"]}


def test_a_declared_data_set_queries_the_view_of_its_name():
    assert len(DECLARED) == len(DEFINITION["DataSetIdentifierDeclarations"])
    for name, one in DECLARED.items():
        assert query(one)["SqlQuery"].endswith(f'\nfrom "credlake"."{name}"')


def test_every_declared_data_set_is_shown():
    assert set(within(DEFINITION["Sheets"], "DataSetIdentifier")) == DECLARED.keys()


FIELDS = {
    "CategoricalDimensionField": {"STRING"},
    "CategoricalMeasureField": {"STRING"},
    "CategoryFilter": {"STRING"},
    "DateDimensionField": {"DATETIME"},
    "NumericalMeasureField": {"INTEGER", "DECIMAL"},
    "NumericEqualityFilter": {"INTEGER", "DECIMAL"},
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_uses_a_column_of_its_type(field):
    columns = [one["Column"] for one in within(DEFINITION, field)]
    assert columns
    known = TYPES | CALCULATED
    assert {known[one["DataSetIdentifier"], one["ColumnName"]] for one in columns} <= FIELDS[field]


def test_no_column_is_used_by_anything_else():
    used = sum(len(list(within(DEFINITION, field))) for field in FIELDS)
    assert len(list(within(DEFINITION, "ColumnName"))) == used


def test_fields_and_visuals_have_unique_names():
    for names in (list(within(DEFINITION, "FieldId")), list(within(DEFINITION, "VisualId"))):
        assert len({name.lower() for name in names}) == len(names)


def test_a_filter_is_for_visuals_of_its_data_set():
    (sheet,) = DEFINITION["Sheets"]
    visuals = {one["VisualId"]: one for visual in sheet["Visuals"] for one in visual.values()}
    for group in DEFINITION["FilterGroups"]:
        ((scope,),) = within(group, "SheetVisualScopingConfigurations")
        assert scope["SheetId"] == sheet["SheetId"]
        for name in scope["VisualIds"]:
            assert set(within(visuals[name], "DataSetIdentifier")) == set(within(group, "DataSetIdentifier"))


def test_a_category_filter_selects_its_values_in_exactly_one_way():
    # QuickSight: "Category Filter must define only one of: CategoryValue(s), ParameterName, SelectAllOptions".
    for one in within(DEFINITION, "FilterListConfiguration"):
        assert len(one.keys() & {"CategoryValues", "SelectAllOptions"}) == 1


@pytest.mark.parametrize("field", DEFINITION["CalculatedFields"], ids=lambda field: field["Name"])
def test_a_calculated_field_is_made_of_columns_of_its_data_set(field):
    used = {(field["DataSetIdentifier"], name) for name in re.findall(r"\{(\w+)\}", field["Expression"])}
    assert used
    assert used <= TYPES.keys()
    assert CALCULATED.keys().isdisjoint(TYPES)


def as_case(node):
    """`ifelse(condition, value, …, otherwise)` as SQL has it."""
    if not (isinstance(node, exp.Anonymous) and node.name == "ifelse"):
        return node
    *pairs, otherwise = [one.transform(as_case) for one in node.expressions]
    whole = exp.Case(default=otherwise)
    for condition, value in zip(pairs[::2], pairs[1::2], strict=True):
        whole = whole.when(condition, value)
    return whole


@pytest.mark.parametrize(
    ("credential_type", "is_active", "age_days", "expected"),
    [
        ("'access_key'", "1", "30", "up to 30 days"),
        ("'access_key'", "1", "31", "up to 60 days"),
        ("'access_key'", "1", "365", "up to 365 days"),
        ("'access_key'", "1", "366", "up to 2 years"),
        ("'access_key'", "1", "1825", "up to 5 years"),
        ("'access_key'", "1", "1826", "longer"),
        ("'access_key'", "1", "null", "unknown"),
        ("'access_key'", "0", "400", None),
        ("'access_key'", "null", "400", None),
        ("'password'", "1", "400", None),
    ],
)
def test_an_active_key_is_in_the_class_of_its_age(credential_type, is_active, age_days, expected):
    (field,) = DEFINITION["CalculatedFields"]
    row = {"credential_type": credential_type, "is_active": is_active, "age_days": age_days}
    filled = re.sub(r"\{(\w+)\}", lambda found: row[found[1]], field["Expression"])
    sql = sqlglot.parse_one(filled).transform(as_case).sql("duckdb")
    with duckdb.connect() as connection:
        assert connection.execute(f"select {sql}").fetchone() == (expected,)


def test_permissions_are_those_that_quicksight_grants_to_owners_and_readers():
    reader = ["DescribeDashboard", "ListDashboardVersions", "QueryDashboard"]
    owner = [
        "DeleteDashboard",
        *reader,
        "DescribeDashboardPermissions",
        "UpdateDashboard",
        "UpdateDashboardPermissions",
        "UpdateDashboardPublishedVersion",
    ]
    granted = {
        one["Principal"]: sorted(action.removeprefix("quicksight:") for action in one["Actions"])
        for one in DASHBOARD["Permissions"]
    }
    assert granted == {PARAMETERS["OwnerArn"]: sorted(owner), PARAMETERS["ReaderArn"]: sorted(reader)}
