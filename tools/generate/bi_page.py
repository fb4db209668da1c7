"""`docs/bi.md`: every view as a data set of QuickSight, with its query and types, rendered from the view files.

QuickSight turns Athena's booleans into integers and ignores maps (facts F8). A data-set query therefore converts both
itself: a boolean is 1 or 0, a map is its JSON text, truncated where QuickSight would do so, and a snapshot's date is
also available as a date. Row-level security matches text exactly, so `account_id` and `ou_id` stay unmodified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tools.trino.view_files import output_types, source_views

if TYPE_CHECKING:
    from collections.abc import Iterable

# Intermediate folders and views, which nobody charts.
_STEPS = frozenset({"results"})
_STEP_VIEWS = frozenset(
    {
        *("account_changes", "key_changes", "report_pairs", "report_rows", "root_use_changes", "user_changes"),
        *("exception_terms", "placed_exceptions"),
    }
)

# The most characters that a field of QuickSight holds (facts F8).
_LONGEST_FIELD = 2047

_BOOLEAN = "boolean"
_MAP = "map(varchar, varchar)"
_QUICKSIGHT_TYPES = {
    "varchar": "STRING",
    "integer": "INTEGER",
    "bigint": "INTEGER",
    "double": "DECIMAL",
    "date": "DATETIME",
    "timestamp(3)": "DATETIME",
    _BOOLEAN: "INTEGER",
    _MAP: "STRING",
}
# Texts from AWS, which can be longer than a field; the others are names, ids and our own sentences.
_LONG_TEXTS = frozenset({"error_message", "password_policy_error", "summary_error"})
_SNAPSHOT_DATE = "snapshot_date"
_SNAPSHOT_DAY = "snapshot_day"
RULE_COLUMNS = ("account_id", "ou_id")


class DataSet(NamedTuple):
    """The data set of one view.

    Attributes:
        view: the view's name.
        sql: the query, in Athena's SQL.
        columns: the types in QuickSight, by column.
        rule_columns: the columns that row-level security can use, in the order of `RULE_COLUMNS`.
    """

    view: str
    sql: str
    columns: dict[str, str]
    rule_columns: tuple[str, ...]


def data_sets() -> list[DataSet]:
    """A data set for each view but the intermediate ones, sorted by name."""
    wanted = [
        view
        for _, view in sorted(source_views().items())
        if view.path.parent.name not in _STEPS and view.name not in _STEP_VIEWS
    ]
    return [_data_set(view.name, output_types(view)) for view in wanted]


def bi_page() -> str:
    """The text of `docs/bi.md`."""
    sets = data_sets()
    return "\n".join([_INTRODUCTION, _overview(sets), _RULES, *(_section(found) for found in sets)])


def _data_set(view: str, columns: dict[str, str]) -> DataSet:
    outputs: list[str] = []
    types: dict[str, str] = {}
    for name, kind in columns.items():
        outputs.append(_output(name, kind))
        types[name] = _QUICKSIGHT_TYPES[kind]
        if name == _SNAPSHOT_DATE:
            outputs.append(f"cast({name} as date) as {_SNAPSHOT_DAY}")
            types[_SNAPSHOT_DAY] = "DATETIME"
    sql = "select\n    " + ",\n    ".join(outputs) + f"\nfrom {view}"
    return DataSet(view, sql, types, tuple(name for name in RULE_COLUMNS if name in columns))


def _output(name: str, kind: str) -> str:
    if kind == _BOOLEAN:
        return f"cast({name} as integer) as {name}"
    if kind == _MAP:
        return f"substr(json_format(cast({name} as json)), 1, {_LONGEST_FIELD}) as {name}"
    return f"substr({name}, 1, {_LONGEST_FIELD}) as {name}" if name in _LONG_TEXTS else name


def _overview(sets: Iterable[DataSet]) -> str:
    lines = ["| data set | columns | row-level security by |", "|---|---|---|"]
    lines += [
        f"| [`{found.view}`](#{found.view}) | {len(found.columns)} | {_listed(found.rule_columns)} |" for found in sets
    ]
    return "\n".join(lines) + "\n"


def _listed(rule_columns: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in rule_columns) or "none: it is about the organization or the controls"


def _section(found: DataSet) -> str:
    columns = "\n".join(f"| `{name}` | {kind} |" for name, kind in found.columns.items())
    return f"""### {found.view}

```sql
{found.sql}
```

| column | QuickSight |
|---|---|
{columns}
"""


_INTRODUCTION = """# Data sets for Amazon Quick Sight

<!-- Generated from athena_queries/ by `make generate`. Do not edit. -->

Each view is one data set: an Athena data source in the lake's workgroup, and the query below as its custom SQL.
A view's `_history` twin has the same columns: for a chart over time use `findings_history` instead of `findings`.
If a query selects the view's columns unmodified, you can choose the view as the table instead.

What the queries change, and why:

- **Booleans are 1, 0 or null.** QuickSight converts them to integers anyway. With the conversion in the query, the type
  is the same in SPICE and in direct queries, and null stays null. Average it for a share; null is *unknown*.
- **Maps are JSON text.** QuickSight skips columns of a map type. `parseJson({tags}, "$.team")` in a calculated field
  reads one entry.
- **Long texts are truncated after 2,047 characters**, the most that a field holds.
- **`snapshot_day`** is `snapshot_date` as a date, for axes and date filters; `snapshot_date` stays text.
- Timestamps are UTC. Rates are between 0 and 1, and null where nothing could be evaluated: a blank, not zero.

Import (SPICE) suits the current views: they are small and change once per run. Refresh once a day, some time after the
run. The histories suit direct queries with a filter on `snapshot_date`, or an incremental refresh by `snapshot_day`.
"""

_RULES = """
## Who sees which rows

Row-level security needs the Enterprise edition. A rules data set lists, for each user or group, the values that they
may see; credlake's rules use `account_id` and `ou_id`. Both are text, and neither is ever null in the views (`ou_id` is
`unknown` where it could not be determined), because a rule hides rows whose value is null. Do not use account names or
OU paths in rules: names change, and a comma in a name would split it.

```text
UserARN,GroupARN,account_id,ou_id
arn:aws:quicksight:us-east-1:111111111111:user/default/auditor,,,
arn:aws:quicksight:us-east-1:111111111111:user/default/payments-lead,,"222222222222,333333333333",
,arn:aws:quicksight:us-east-1:111111111111:group/default/workloads-leads,,"ou-ab12-11111111,ou-ab12-22222222"
```

- Every column of the rules is text. A user without a line sees **no** rows. A line with only a user or group lets them
  see **all** rows. An empty line is ignored.
- All conditions of a line must match; if a user and their groups have several lines, one matching line is enough.
- To list several values in a field, separate them with commas and put the field in double quotes. Matching is exact:
  case, spaces and the leading zeros of an account id count.
- The first line must name the four columns in this order (in any case). If it does not, no rule is read, and only
  owners see rows.
- **A field holds at most 2,047 characters.** A longer one fails the whole import, so that no later change of the rules
  arrives. Write at most 150 account ids or 29 OU ids into a field, and as many lines as you need: a user sees the rows
  of all their lines.
- An OU covers its direct members only. To allow a subtree, list all OUs below it. This query (in Athena) returns the
  fields, one for each line of the rules:

  ```sql
  select array_join(array_agg(ou_id), ',') as ou_id
  from (
      select ou_id, row_number() over (order by ou_id) as place
      from account
      where ou_path = 'Root/Workloads' or ou_path like 'Root/Workloads/%'
      group by ou_id
  ) as ous
  group by floor((place - 1) / 29)
  ```

- At most 999 lines per user, including the lines of their groups. Owners of a data set see everything.
- An import that failed shows in QuickSight under the data set `credlake: access rules`, or with
  `aws quicksight list-ingestions --data-set-id credlake-credlake-rules --aws-account-id …`. Until it is repaired, the
  rules before it apply.
- The ARNs of users and groups contain QuickSight's *identity Region*, which may be another one than that of the data
  sets.
- Create the rules data set with `UseAs: RLS_RULES` (it cannot be changed later), and apply it to every data set that
  has the columns, with `FormatVersion: VERSION_2` and `PermissionPolicy: GRANT_ACCESS`. `ou_scorecard` has no
  `account_id`; rules for it can use only `ou_id`.
- Data sets without either column show the whole organization: share them only with those who may see all of it.

## The data sets
"""
