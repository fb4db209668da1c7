"""The only sheet of the dashboard: coverage, findings, age of keys, MFA, root and the trend.

It shows the numbers of the page of `credlake report`, under the page's names.
"""

from __future__ import annotations

from collector.reports.charts import AGE_ENDS
from collector.reports.texts import Texts

_TEXTS = Texts("en")


def definition(data_sets: list[dict[str, object]]) -> dict[str, object]:
    """The dashboard's definition, with the declarations of its data sets."""
    return {
        "DataSetIdentifierDeclarations": data_sets,
        "CalculatedFields": _calculated_fields(),
        "FilterGroups": _filter_groups(),
        "Sheets": [_sheet()],
    }


def _sheet() -> dict[str, object]:
    """The sheet with its visuals."""
    return {
        "SheetId": "posture",
        "Name": "Posture",
        "Visuals": [
            _kpi("covered", "Active accounts that are known", "collection_coverage", "is_covered"),
            _bars("outcomes", _TEXTS("coverage.caption"), "collection_coverage", "outcome", "account_id"),
            _bars("severity", "What fails, by severity", "findings", "severity", "finding_id"),
            _bars("place", "What fails, by OU and severity", "findings", "ou_path", "finding_id", colour="severity"),
            _bars("key-age", _TEXTS("age.keys"), "credentials", "key_age", "user_arn"),
            _bars("mfa", "Users with a password, no MFA, by OU", "console_users_without_mfa", "ou_path", "finding_id"),
            _bars("root", "Root users, by what root has", "root_posture", "root_credentials", "account_id"),
            _trend(),
        ],
    }


def _calculated_fields() -> list[dict[str, str]]:
    """Age classes of active keys: the page's, without the limits. Other rows have null, and are filtered out."""
    classes = "".join(f"{{age_days}} <= {end}, '{_age_class(end)}', " for end in AGE_ENDS)
    # A comparison with null is not true.
    last = f"{{age_days}} > {AGE_ENDS[-1]}, '{_TEXTS('age.longer')}', '{_TEXTS('age.unknown')}'"
    expression = f"ifelse({{credential_type}} = 'access_key' AND {{is_active}} = 1, ifelse({classes}{last}), NULL)"
    return [{"DataSetIdentifier": "credentials", "Name": "key_age", "Expression": expression}]


def _age_class(end: int) -> str:
    years, rest = divmod(end, 365)
    return _TEXTS("age.years", n=years) if years > 1 and not rest else _TEXTS("age.up_to", n=end)


def _filter_groups() -> list[dict[str, object]]:
    """Key ages count only keys, coverage only accounts in scope."""
    return [
        _filter(
            "keys-alone",
            ["key-age"],
            {
                "CategoryFilter": {
                    "FilterId": "keys-alone",
                    "Column": _column("credentials", "key_age"),
                    "Configuration": {
                        # QuickSight requires exactly one of values, parameter and select-all.
                        "FilterListConfiguration": {
                            "MatchOperator": "CONTAINS",
                            "SelectAllOptions": "FILTER_ALL_VALUES",
                            "NullOption": "NON_NULLS_ONLY",
                        }
                    },
                }
            },
        ),
        _filter(
            "scope-alone",
            ["covered"],
            {
                "NumericEqualityFilter": {
                    "FilterId": "scope-alone",
                    "Column": _column("collection_coverage", "is_in_scope"),
                    "Value": 1,
                    "MatchOperator": "EQUALS",
                    "NullOption": "NON_NULLS_ONLY",
                }
            },
        ),
    ]


def _filter(name: str, visuals: list[str], one: dict[str, object]) -> dict[str, object]:
    scope = {"SheetId": "posture", "Scope": "SELECTED_VISUALS", "VisualIds": visuals}
    return {
        "FilterGroupId": name,
        "CrossDataset": "SINGLE_DATASET",
        "Filters": [one],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [scope]}},
    }


def _kpi(visual: str, title: str, data_set: str, column: str) -> dict[str, object]:
    value = {
        "NumericalMeasureField": {
            "FieldId": f"{visual}-value",
            "Column": _column(data_set, column),
            "AggregationFunction": {"SimpleNumericalAggregation": "AVERAGE"},
            "FormatConfiguration": {"FormatConfiguration": {"PercentageDisplayFormatConfiguration": {}}},
        }
    }
    return {"KPIVisual": _visual(visual, title, {"FieldWells": {"Values": [value]}})}


def _bars(
    visual: str, title: str, data_set: str, category: str, counted: str, *, colour: str | None = None
) -> dict[str, object]:
    wells: dict[str, object] = {
        "Category": [_dimension(f"{visual}-category", data_set, category)],
        "Values": [
            {
                "CategoricalMeasureField": {
                    "FieldId": f"{visual}-value",
                    "Column": _column(data_set, counted),
                    "AggregationFunction": "COUNT",
                }
            }
        ],
    }
    if colour is not None:
        wells["Colors"] = [_dimension(f"{visual}-colour", data_set, colour)]
    configuration: dict[str, object] = {
        "FieldWells": {"BarChartAggregatedFieldWells": wells},
        "Orientation": "HORIZONTAL",
        "BarsArrangement": "CLUSTERED" if colour is None else "STACKED",
    }
    return {"BarChartVisual": _visual(visual, title, configuration)}


def _trend() -> dict[str, object]:
    wells = {
        "Category": [
            {
                "DateDimensionField": {
                    "FieldId": "trend-day",
                    "Column": _column("organization_trend", "snapshot_day"),
                    "DateGranularity": "DAY",
                }
            }
        ],
        "Values": [
            {
                "NumericalMeasureField": {
                    "FieldId": "trend-value",
                    "Column": _column("organization_trend", "fail_count"),
                    "AggregationFunction": {"SimpleNumericalAggregation": "SUM"},
                }
            }
        ],
        "Colors": [_dimension("trend-colour", "organization_trend", "control_id")],
    }
    configuration: dict[str, object] = {"FieldWells": {"LineChartAggregatedFieldWells": wells}, "Type": "LINE"}
    return {"LineChartVisual": _visual("trend", "What fails over time, by control", configuration)}


def _visual(visual: str, title: str, configuration: dict[str, object]) -> dict[str, object]:
    shown = {"Visibility": "VISIBLE", "FormatText": {"PlainText": title}}
    return {"VisualId": visual, "Title": shown, "ChartConfiguration": configuration}


def _dimension(field: str, data_set: str, column: str) -> dict[str, object]:
    return {"CategoricalDimensionField": {"FieldId": field, "Column": _column(data_set, column)}}


def _column(data_set: str, column: str) -> dict[str, str]:
    return {"DataSetIdentifier": data_set, "ColumnName": column}
