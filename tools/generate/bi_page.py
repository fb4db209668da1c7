"""`docs/bi.md`: every view as QuickSight takes it, and the query of its data set. Rendered from the view files. Pure.

QuickSight turns Athena's booleans into integers and leaves maps out (facts F8). A data-set query therefore says both
itself: a boolean is 1 or 0, a map is its JSON text, cut where QuickSight would cut it, and a snapshot's date is also a
date. Rules of row-level security match text exactly, so `account_id` and `ou_id` are passed on as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from collector.query.annotation import Names
from collector.views.files import shipped_views

if TYPE_CHECKING:
    from collections.abc import Iterable

# Folders and views that are steps on the way to others: nobody charts them.
_STEPS = frozenset({"judgements"})
_STEP_VIEWS = frozenset(
    {"account_changes", "key_changes", "report_pairs", "report_rows", "root_use_changes", "user_changes"}
)

# A field of QuickSight holds no more characters (facts F8).
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
# Texts that AWS or a tag may make longer than a field; the rest are names, ids and sentences of ours.
_LONG_TEXTS = frozenset({"error_message", "password_policy_error", "summary_error"})
_SNAPSHOT_DATE = "snapshot_date"
_SNAPSHOT_DAY = "snapshot_day"
RULE_COLUMNS = ("account_id", "ou_id")


class DataSet(NamedTuple):
    """One data set: its view, its query, its columns with QuickSight's types, and the columns that rules can limit."""

    view: str
    sql: str
    columns: dict[str, str]
    rule_columns: tuple[str, ...]


def data_sets() -> list[DataSet]:
    """A data set for each view that answers a question, in the order of their names."""
    names = Names(shipped_views())
    wanted = [
        view.name
        for view in shipped_views().values()
        if view.path.parent.name not in _STEPS and view.name not in _STEP_VIEWS
    ]
    return [_data_set(name, _trino_types(names.columns(name))) for name in sorted(wanted)]


def bi_page() -> str:
    """The page, as Markdown."""
    sets = data_sets()
    return "\n".join([_INTRODUCTION, _overview(sets), _RULES, *(_section(found) for found in sets)])


def _trino_types(columns: dict[str, str]) -> dict[str, str]:
    """Types as Trino writes them: sqlglot uses capitals, and leaves out the precision of a timestamp nobody cast."""
    lower = {name: kind.lower() for name, kind in columns.items()}
    return {name: "timestamp(3)" if kind == "timestamp" else kind for name, kind in lower.items()}


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
        f"| [`{found.view}`](#{found.view}) | {len(found.columns)} | {_told(found.rule_columns)} |" for found in sets
    ]
    return "\n".join(lines) + "\n"


def _told(rule_columns: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in rule_columns) or "nothing: it is about the organization or the controls"


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


_INTRODUCTION = """# Data sets for QuickSight

<!-- Generated from athena_queries/ by `make generate`. Do not edit. -->

Each view is one data set: an Athena data source in the workgroup of the lake, and the query below as its custom SQL.
A view's `_history` twin has the same columns: for a chart over time write `findings_history` instead of `findings`.
A query that adds nothing to its view can be left out: choose the view as the table.

What the queries change, and why:

- **Booleans are 1, 0 or null.** QuickSight makes integers of them in any case; said in the query, the type is the same
  in SPICE and in direct queries, and null stays null. Average it for a share, and mind that null is *unknown*.
- **Maps are JSON text.** QuickSight skips columns of a map type. `parseJson({tags}, "$.team")` in a calculated field
  reads one entry.
- **Long texts end after 2,047 characters**, the most that a field holds.
- **`snapshot_day`** is `snapshot_date` as a date, for axes and date filters; `snapshot_date` stays text.
- Timestamps are UTC. Rates are between 0 and 1, and null where nothing could be judged: a blank, not zero.

Import (SPICE) suits the current views: they are small and change once a run. Refresh once a day, some time after the
run. The histories suit direct queries with a filter on `snapshot_date`, or an incremental refresh by `snapshot_day`.
"""

_RULES = """
## Who sees which rows

Row-level security needs the Enterprise edition. A rules data set names for each user or group the values that they
may see; ours are `account_id` and `ou_id`. Both are text, and neither is ever null in our views (`ou_id` is `unknown`
where it cannot be had), because a rule hides rows whose value is null. Account names and OU paths are no keys: names
change, and a comma in one would split it.

```text
UserARN,GroupARN,account_id,ou_id
arn:aws:quicksight:us-east-1:111111111111:user/default/auditor,,,
arn:aws:quicksight:us-east-1:111111111111:user/default/payments-lead,,"222222222222,333333333333",
,arn:aws:quicksight:us-east-1:111111111111:group/default/workloads-leads,,"ou-ab12-11111111,ou-ab12-22222222"
```

- Every column of the rules is text. A user without a line sees **no** rows; a line that names a user or group and
  nothing else lets them see **all**; a line with nothing in it is passed over.
- What is in one line must hold together; of several lines for a user or their groups, any suffices.
- Several values stand in one field with commas between them, the whole in double quotes. Matching is exact: case and
  blanks count, and leading zeros of an account id, too.
- An OU stands for its direct members. To allow a subtree, list all OUs below it:

  ```sql
  select distinct ou_id
  from account
  where ou_path = 'Root/Workloads' or ou_path like 'Root/Workloads/%'
  ```

- At most 999 lines for a user with their groups. Owners of a data set see everything.
- Create the rules data set with `UseAs: RLS_RULES` (it cannot be changed later), and put it on every data set that has
  the columns, with `FormatVersion: VERSION_2` and `PermissionPolicy: GRANT_ACCESS`. `ou_scorecard` has no `account_id`
  and takes rules of `ou_id` alone.
- Data sets without either column show the whole organization: share them with those who may see it.

## The data sets
"""
