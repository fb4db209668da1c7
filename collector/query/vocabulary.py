"""Which of Athena's SQL the local engine answers, declared once: what is not named here is refused. Pure.

A deny list would have to know every difference between the two engines; this list has to know what is the same, and
`tests/query/corpus.json` holds a question for each entry that could be doubted.
"""

from __future__ import annotations

from sqlglot import exp

# Functions by Trino's own names. Syntax that only looks like a function (cast, extract, …) is under SYNTAX.
FUNCTIONS = frozenset(
    {
        # over many rows
        *("count", "count_if", "sum", "avg", "min", "max", "max_by", "min_by", "bool_and", "bool_or", "every"),
        *("any_value", "arbitrary", "array_agg", "approx_distinct", "grouping"),
        *("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"),
        # over a window
        *("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"),
        *("lag", "lead", "first_value", "last_value", "nth_value"),
        # choice
        *("if", "coalesce", "nullif", "greatest", "least"),
        # numbers
        *("abs", "ceil", "ceiling", "floor", "round", "mod", "sign", "sqrt", "power"),
        # text
        *("lower", "upper", "length", "substr", "substring", "strpos", "replace", "concat", "concat_ws", "starts_with"),
        *("split", "split_part", "lpad", "rpad", "regexp_like", "regexp_extract", "regexp_replace"),
        *("md5", "sha256", "to_hex", "to_utf8"),
        # instants
        *("date_diff", "date_add", "date_trunc", "date", "date_format", "date_parse", "last_day_of_month"),
        *("year", "quarter", "month", "week", "week_of_year", "day", "day_of_month", "day_of_week", "dow"),
        *("day_of_year", "doy", "hour", "minute", "second", "to_unixtime", "from_unixtime"),
        *("from_iso8601_date", "from_iso8601_timestamp", "now"),
        # maps and arrays
        *("element_at", "cardinality", "map_keys", "map_values", "contains", "array_join", "array_distinct", "row"),
    }
)

# What sqlglot reads by rules of its own, before it looks for a function's name; Trino knows these.
SYNTAX = frozenset(
    {"cast", "try_cast", "extract", "position", "listagg", "max_by", "min_by", "substring", "if", "ceil", "floor"}
)

# Nodes that are neither functions nor names: the grammar of a select.
NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.Values, exp.Tuple, exp.With, exp.CTE),
        *(exp.From, exp.Join, exp.Table, exp.TableAlias, exp.Lateral, exp.Unnest, exp.Where, exp.Having, exp.Group),
        *(exp.GroupingSets, exp.Rollup, exp.Cube, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct),
        *(exp.Star, exp.Column, exp.Identifier, exp.Alias, exp.Paren, exp.Literal, exp.Boolean, exp.Null, exp.Var),
        *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ),
        *(exp.NullSafeNEQ, exp.Is, exp.In, exp.Between, exp.Like, exp.Escape, exp.Exists, exp.Case, exp.If),
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe, exp.Interval, exp.Bracket),
        *(exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam, exp.Extract, exp.GroupConcat, exp.StrPosition),
        *(exp.Filter, exp.Window, exp.WindowSpec, exp.IgnoreNulls, exp.RespectNulls, exp.Array),
        *(exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp, exp.ArgMax, exp.ArgMin, exp.Substring),
        *(exp.Ceil, exp.Floor),
    }
)

# The types that a cast may name. Each means the same in both engines.
CAST_TARGETS = frozenset(
    {
        *("varchar", "boolean", "tinyint", "smallint", "int", "integer", "bigint", "double", "date"),
        *("timestamp", "timestamp(3)", "timestamp with time zone", "timestamp(3) with time zone"),
        *("map(varchar, varchar)", "array(varchar)"),
    }
)

# Units of time, by what takes them.
INTERVAL_UNITS = frozenset({"SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"})
UNITS = INTERVAL_UNITS | {"MILLISECOND", "WEEK", "QUARTER"}
EXTRACT_FIELDS = UNITS - {"MILLISECOND"} | {"DAY_OF_MONTH", "DAY_OF_YEAR", "DOY"}
TIME_OF_DAY_UNITS = frozenset({"MILLISECOND", "SECOND", "MINUTE", "HOUR"})

# The signs of date_format and date_parse that both engines read alike, as sqlglot hands them on (strftime's).
FORMAT_SIGNS = frozenset("YmdHMSyj%")

# What to write instead of the things that are most likely to be tried.
INSTEAD: dict[str, str] = {
    "at_timezone": "instants are UTC here; leave the zone to whoever shows them",
    "with_timezone": "instants are UTC here; leave the zone to whoever shows them",
    "format_datetime": "write date_format(x, '%Y-%m-%d')",
    "parse_datetime": "write date_parse(x, '%Y-%m-%d')",
    "to_iso8601": "write date_format(x, '%Y-%m-%dT%H:%i:%s') || 'Z'",
    "format": "join text with ||",
    "approx_percentile": "it approximates, and each engine differently",
    "json_value": "the lake holds no JSON; of a map take element_at(m, 'key')",
    "json_extract": "the lake holds no JSON; of a map take element_at(m, 'key')",
    "json_extract_scalar": "the lake holds no JSON; of a map take element_at(m, 'key')",
    "array_max": "take max(x) over the rows",
    "any_match": "select from the rows themselves",
    "filter": "an aggregate takes `filter (where …)`",
    "map_agg": "select the two columns themselves",
    "histogram": "write count(*) with group by",
    "typeof": "`credlake views show` names the types",
    "try": "write try_cast, nullif or coalesce",
    "trim": "what counts as a blank differs; compare with a pattern, or take replace(x, ' ', '')",
    "current_user": "the report's column is user_name",
    "user": "the report's column is user_name",
    "date_sub": "write date_add('day', -1, x) or x - interval '1' day",
    "datediff": "write date_diff('day', a, b)",
    "ifnull": "write coalesce(a, b)",
    "len": "write length(x)",
    "string_agg": "write listagg(x, ',') within group (order by x)",
    "group_concat": "write listagg(x, ',') within group (order by x)",
    "arg_max": "write max_by(x, y)",
    "arg_min": "write min_by(x, y)",
    "strftime": "write date_format(x, '%Y-%m-%d')",
    "epoch": "write to_unixtime(x)",
    "countif": "write count_if(x)",
    "reverse": "letters of several signs come out otherwise",
}
