"""What `credlake query` writes on a folder, and where."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collector.errors import CredlakeError, UsageError
from collector.query.choice import Choice
from collector.query.duckdb import QueryLimits
from collector.query.formats import plain_values
from collector.query.rows import query_error
from collector.query.run import MAXIMUM_ROWS, TERMINAL_ROWS, run_query

DAY = "2026-11-22"
NOW = datetime(2026, 11, 22, 13, 11, 12, tzinfo=UTC)
USED = datetime(2026, 9, 11, 13, 14, 52, tzinfo=UTC)
USED_MILLISECONDS = datetime(2026, 9, 11, 13, 14, 52, 120000, tzinfo=UTC)
QUERY = "select user_name, password_enabled, password_last_used, null_reasons from credential_report order by 1"
USERS = [
    {
        "user_name": "bob",
        "password_enabled": True,
        "password_last_used": USED,
        "null_reasons": [("mfa_active", "unparsed")],
    },
    {"user_name": 'a,"b"', "password_last_used": USED_MILLISECONDS},
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def lake(make_lake):
    return make_lake({DAY: {"accounts": [{"account_name": "pay", "users": 7}], "users": USERS}})


def query(lake: str, text: str, *, out: io.StringIO | None = None, **options) -> tuple[str, str]:
    out = out if out is not None else io.StringIO()
    err = io.StringIO()
    run_query(lake, text, out_stream=out, err_stream=err, now=NOW, **options)
    return out.getvalue(), err.getvalue()


def plain(text: str) -> str:
    """The text without colors."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_json_is_one_array_of_objects_with_utc_instants_and_maps_as_objects(lake):
    out, _ = query(lake, QUERY, format="json")
    assert json.loads(out) == [
        {
            "user_name": 'a,"b"',
            "password_enabled": None,
            "password_last_used": "2026-09-11T13:14:52.120Z",
            "null_reasons": {},
        },
        {
            "user_name": "bob",
            "password_enabled": True,
            "password_last_used": "2026-09-11T13:14:52Z",
            "null_reasons": {"mfa_active": "unparsed"},
        },
    ]


def test_json_without_rows_is_an_empty_array(lake):
    assert query(lake, "select user_name from credential_report where user_name = 'x'", format="json")[0] == "[]\n"


def test_numbers_stay_numbers_in_json(lake):
    out, _ = query(
        lake, "select users, count(*) as n, sum(users) as s, 1e0 / 4 as q from account group by 1", format="json"
    )
    assert out == '[\n{"users":7,"n":1,"s":7,"q":0.25}\n]\n'


def test_nan_and_infinity_are_text_in_json():
    assert plain_values(pa.array([0.5, math.nan, math.inf, -math.inf, None])) == [
        *(0.5, "NaN", "Infinity", "-Infinity"),
        None,
    ]


def test_csv_quotes_where_needed_and_has_empty_nulls_and_maps_as_json(lake):
    out, _ = query(lake, QUERY, format="csv")
    assert out.splitlines()[0] == "user_name,password_enabled,password_last_used,null_reasons"
    assert list(csv.reader(io.StringIO(out)))[1:] == [
        ['a,"b"', "", "2026-09-11T13:14:52.120Z", "{}"],
        ["bob", "true", "2026-09-11T13:14:52Z", '{"mfa_active":"unparsed"}'],
    ]


def test_csv_without_rows_has_its_header(lake):
    assert query(lake, "select user_name from credential_report where is_root", format="csv")[0] == "user_name\n"


def test_parquet_has_the_types_of_the_lake(lake, tmp_path):
    target = tmp_path / "rows.parquet"
    out, _ = query(lake, QUERY, format="parquet", output=target)
    assert out == ""
    table = pq.read_table(target)
    assert table.schema.field("password_last_used").type == pa.timestamp("ms", tz="UTC")
    assert table.schema.field("null_reasons").type.equals(pa.map_(pa.string(), pa.string()))
    assert table.column("password_last_used").to_pylist() == [USED_MILLISECONDS, USED]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["rows.parquet"]


def test_parquet_is_not_written_to_a_terminal(lake):
    with pytest.raises(UsageError, match="--output FILE"):
        query(lake, QUERY, format="parquet", out=Terminal())


def test_a_symbolic_link_is_kept_and_its_file_is_replaced(lake, tmp_path):
    file, link = tmp_path / "rows.csv", tmp_path / "link.csv"
    file.write_text("old")
    link.symlink_to(file)

    query(lake, "select user_name from credential_report order by 1", format="csv", output=link)

    assert link.is_symlink()
    assert file.read_text() == 'user_name\n"a,""b"""\nbob\n'


@pytest.mark.parametrize("format_name", ["csv", "parquet"])
def test_a_device_or_pipe_receives_the_rows_and_is_not_replaced(lake, tmp_path, format_name):
    """`--output /dev/stdout` or /dev/null: root could replace it with a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        query(lake, "select user_name from credential_report order by 1", format=format_name, output=pipe)
        received = read.result(30)

    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.glob("*pipe*")] == ["pipe"]
    if format_name == "csv":
        assert received == b'user_name\n"a,""b"""\nbob\n'
    else:
        assert pq.read_table(io.BytesIO(received)).column("user_name").to_pylist() == ['a,"b"', "bob"]


def test_a_folder_as_output_is_an_error(lake, tmp_path):
    with pytest.raises(CredlakeError, match=r"could not be written: Is a directory\."):
        query(lake, "account", format="csv", output=tmp_path)


def test_a_query_that_fails_leaves_the_old_file_unchanged(lake, tmp_path):
    target = tmp_path / "rows.json"
    target.write_text("old")
    with pytest.raises(CredlakeError, match=r"Could not convert string 'pay' to INT32.*try_cast") as caught:
        query(lake, "select cast(account_name as integer) from account", format="json", output=target)
    assert caught.value.exit_code == 3
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["rows.json"]


def test_a_query_that_fails_at_once_writes_nothing(lake):
    out = io.StringIO()
    for name in ("json", "csv"):
        with pytest.raises(CredlakeError):
            query(lake, "select cast(account_name as integer) from account", format=name, out=out)
    assert out.getvalue() == ""


def test_a_table_that_is_too_wide_is_one_block_a_row(lake):
    narrow, _ = query(lake, "select account_name, users from account", out=Terminal())
    assert plain(narrow).splitlines()[-1] == "pay           7    "
    wide = plain(query(lake, "select * from account", out=Terminal())[0])
    assert "row 1" in wide
    assert "            account_name  pay\n" in wide
    assert max(len(line) for line in wide.splitlines()) <= 200


def test_a_table_in_a_file_is_as_wide_as_it_needs_to_be(lake):
    out, _ = query(lake, "account")
    assert len({len(line) for line in out.splitlines()}) == 1
    assert "inventory_source" in out


def test_a_table_is_limited_and_says_so(lake):
    out, err = query(lake, f"from range({MAXIMUM_ROWS + 1})")
    assert len(out.splitlines()) == MAXIMUM_ROWS + 2
    assert f"{MAXIMUM_ROWS} of {MAXIMUM_ROWS + 1} rows. For all: --all." in err
    whole, silent = query(lake, f"from range({MAXIMUM_ROWS + 1})", choice=Choice(is_everything=True))
    assert len(whole.splitlines()) == MAXIMUM_ROWS + 3
    assert "For all" not in silent


def test_a_terminal_shows_the_main_columns_and_the_first_rows_of_a_view_and_how_to_see_the_rest(make_lake):
    accounts = [{"account_id": f"{number:012}", "account_name": f"a{number}"} for number in range(TERMINAL_ROWS + 10)]
    lake = make_lake({DAY: {"accounts": accounts}})
    out, err = query(lake, "account", out=Terminal())
    assert re.search(r"account_id +account_name +ou_path +outcome +user_count +error_code", plain(out))
    assert plain(out).count("0000000000") == TERMINAL_ROWS
    assert f"{TERMINAL_ROWS} of {TERMINAL_ROWS + 10} rows and 6 of " in err
    assert "--all" in err
    assert plain(query(lake, "account", out=Terminal(), choice=Choice(limit=60))[0]).count("0000000000") == 60
    chosen = query(lake, "account", out=Terminal(), choice=Choice(columns=("account_name", "tags"), limit=2))
    assert [line.split() for line in plain(chosen[0]).splitlines()[::2]] == [["account_name", "tags"], ["a0", "{}"]]
    every, _ = query(lake, "account", out=Terminal(), choice=Choice(is_everything=True))
    assert "joined_at" in every
    assert plain(every).count("account_id ") == TERMINAL_ROWS + 10


def test_a_terminal_shows_every_column_of_a_statement(lake):
    out, _ = query(lake, "select * from account", out=Terminal())
    assert "inventory_source" in out


def test_columns_and_rows_are_chosen_in_every_format(lake, tmp_path):
    choice = Choice(columns=("mfa_active", "user_name"), limit=1)
    out, err = query(lake, "credential_report", format="csv", choice=choice)
    assert out == "mfa_active,user_name\n,bob\n"
    assert (
        query(lake, "select user_name from credential_report", format="csv", choice=Choice(limit=0))[0] == "user_name\n"
    )
    assert "For all" not in err
    with pytest.raises(UsageError, match=r"--columns: the result has no column 'user_nam'\. Did you mean user_name"):
        query(lake, "credential_report", choice=Choice(columns=("user_nam",)))


@pytest.mark.parametrize(("name", "begins"), [("k.csv", b"users\n"), ("k.JSON", b"[\n{"), ("k.parquet", b"PAR1")])
def test_the_name_of_the_file_sets_its_format(lake, tmp_path, name, begins):
    query(lake, "select users from account", output=tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_file_whose_name_sets_no_known_format_is_refused(lake, tmp_path):
    with pytest.raises(UsageError, match=r"ends in no known format\. Add --format: table, csv"):
        query(lake, "account", output=tmp_path / "keys.xml")
    query(lake, "select users from account", output=tmp_path / "keys.xml", format="csv")
    assert (tmp_path / "keys.xml").read_text() == "users\n7\n"


@pytest.mark.parametrize("place", ["keys.csv", "catalog/o-org0000001.json", "raw/x/keys.csv"])
def test_nothing_is_written_into_a_lake(lake, place):
    (Path(lake) / "raw").mkdir(exist_ok=True)
    with pytest.raises(UsageError, match="that is within a lake"):
        query(lake, "account", output=Path(lake) / place, format="csv")


def test_an_empty_table_is_reported(lake):
    assert "No rows." in query(lake, "select 1 as x from account where false")[1]


def test_text_cannot_control_the_terminal(make_lake):
    path = make_lake({DAY: {"accounts": [{"account_name": "\x1b[2Jpay\u202e", "ou_path": "[red]x[/red]"}]}})
    out, _ = query(path, "select account_name, ou_path from account", out=Terminal())
    assert "\ufffd[2Jpay\ufffd" in out
    assert "[red]x[/red]" in out


def test_stderr_shows_the_snapshot_with_its_age_and_coverage(lake):
    expected = (
        "o-abcdefghij: snapshot 2026-11-22, 3 hours old; coverage 50.0% (1 of 2 ACTIVE accounts); "
        "1 snapshot in the lake"
    )
    assert query(lake, "account", format="json")[1] == expected + "\n"


def test_findings_by_name_are_ordered_by_rank(make_lake):
    key = {"access_key_1_active": True, "access_key_1_last_used_date": NOW}
    users = [
        {"user_name": "old", "user_arn": "arn:old", "access_key_1_last_rotated": datetime(2025, 1, 1, tzinfo=UTC)},
        {"user_name": "older", "user_arn": "arn:older", "access_key_1_last_rotated": datetime(2024, 1, 1, tzinfo=UTC)},
    ]
    account = {
        "account_state": "ACTIVE",
        "outcome": "collected",
        "password_policy_state": "default",
        "limit_access_key_rotation_days": 90,
    }
    path = make_lake({DAY: {"accounts": [account], "users": [{**key, **user} for user in users]}})
    found = json.loads(query(path, "findings", format="json")[0])
    assert [row["finding_rank"] for row in found] == sorted(row["finding_rank"] for row in found)
    names = [row["user_name"] for row in found if row["control_id"] == "access-key-rotation"]
    assert names == ["older", "old"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("findngs", r"Unknown view 'findngs'.* Did you mean findings"),
        ("stale-access-keys", r"Unknown view 'stale-access-keys'.* Did you mean stale_access_keys"),
        (
            'select 1 from account where outcome = "partial"',
            r'"partial" not found.* Text stands in single quotes: \'partial\'\.',
        ),
        ("select * from acount", r"Table with name acount does not exist! Did you mean account\?"),
        ("select account_nam from account", r'"account_nam" not found in FROM clause! Did you mean account_name'),
        ("select a.account_nam from account a", r'a column named "account_nam"\. Did you mean account_name'),
        ("select date_difff(1)", r'date_difff does not exist!\nDid you mean "date_diff"'),
        ("select users from credlake.account", r"have no database: use the name alone"),
        ("", "The query is empty"),
        (" ; ", "The query is empty"),
        ("-- nothing", "The query is empty"),
        ("/* nothing */ -- at all", "The query is empty"),
        ("select 1; select 2", "2 statements: run one at a time"),
        ("select (1", 'Parser Error: syntax error at or near "1"\nLINE 1: select \\(1\n'),
        ("select 'a", "Parser Error: unterminated string literal"),
        ("select '\udcff'", "not valid UTF-8"),
        (f"select {'+'.join(['1'] * 10_000)}", "nested too deeply"),
        (f"select {'[' * 70}1{']' * 70}", "nested too deeply"),
        (f"select {'{x:' * 900}1{'}' * 900}", "nested too deeply"),
        ("copy account to '/tmp/x'", r"`copy …` does more than read, and `credlake query` only reads"),
    ],
)
def test_a_wrong_query_is_a_usage_error_with_the_reason(lake, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        query(lake, text, format="json")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("format_name", ["table", "csv", "json", "parquet"])
@pytest.mark.parametrize(
    "sql",
    [
        f"select {'(' * 900}1{')' * 900}",
        f"select {'[' * 60}1{']' * 60}",
        f"select {'case when true then ' * 500}1{' end' * 500}",
        f"select users in ({','.join(map(str, range(10_000)))}) from account",  # noqa: S608 -- numbers
    ],
)
def test_a_query_that_is_nested_or_long_is_answered(lake, tmp_path, sql, format_name):
    query(lake, sql, format=format_name, output=tmp_path / "rows")
    assert (tmp_path / "rows").stat().st_size > 0


@pytest.mark.parametrize(
    ("limits", "sql", "message"),
    [
        ({"time_limit": 0.2}, "select count(*) from range(1000000000000) t(i) where i % 7 = 0", "0.2 s.*--time-limit"),
        ({"memory_limit": "60MB"}, "select list(i) from range(100000000) t(i)", "--memory-limit"),
        (
            {"memory_limit": "60MB", "disk_limit": "5MB"},
            "select count(*) from (select distinct i::varchar || repeat('x', 40) from range(3000000) t(i))",
            "--disk-limit",
        ),
    ],
)
def test_a_limit_that_ends_a_query_is_named(lake, limits, sql, message):
    with pytest.raises(CredlakeError, match=message) as caught:
        query(lake, sql, limits=QueryLimits(**limits))
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("sql", ["select * from acount", "select * from '/etc/passwd'"])
def test_an_unknown_table_suggests_no_internal_table(lake, sql):
    with pytest.raises(UsageError) as caught:
        query(lake, sql)
    assert "pg_" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("select * from '/x.csv'", "disabled by configuration. A query can read the lake's own tables"),
        ("select cast('x' as integer)", "to INT32. try_cast returns null"),
    ],
)
def test_a_hint_is_a_sentence_of_its_own(lake, text, sentences):
    with pytest.raises(CredlakeError) as caught:
        query(lake, text)
    assert sentences in caught.value.message


def test_a_full_disk_for_temporary_files_is_not_reported_as_damage():
    error = duckdb.IOException('IO Error: Could not write all bytes to file "/tmp/x": wanted=9 wrote=5')
    assert "TMPDIR" in query_error(error).message
    assert "credlake verify" in query_error(duckdb.IOException('IO Error: Cannot open file "x"')).message


def test_a_message_of_duckdb_has_no_tabs(lake):
    with pytest.raises(UsageError, match="Candidate functions") as caught:
        query(lake, "select * from arrow_scan(1)")
    assert "\t" not in caught.value.message


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select median(users) as m, quantile_cont(users, 0.9) as p from account", [{"m": 7.0, "p": 7.0}]),
        ("select users / 2 as half, users // 2 as whole from account", [{"half": 3.5, "whole": 3}]),
        ("""select '{"a": {"b": 1}}'->>'$.a.b' as b from account""", [{"b": "1"}]),
        ("select list_transform([1, 2], lambda x: x + 1) as x", [{"x": [2, 3]}]),
        (
            "select timestamp '2026-01-01 00:00:00' at time zone 'America/New_York' as t",
            [{"t": "2026-01-01T05:00:00Z"}],
        ),
        ("from account select account_name", [{"account_name": "pay"}]),
        ("select trim(' x ') as x, 'A' ilike 'a' as y", [{"x": "x", "y": True}]),
        ("pivot (select account_name, users from account) on account_name using sum(users)", [{"pay": 7}]),
        ("WITH Big AS (SELECT Users AS n FROM Account A WHERE A.USERS > 5) SELECT N FROM big", [{"n": 7}]),
        ("with account as (select users + 1 as u from account) select u from account", [{"u": 8}]),
        ("select tags['team'] as team, cardinality(tags) as n from account", [{"team": None, "n": 0}]),
        ("select count(*) as n from query_table('account')", [{"n": 1}]),
        ("(select 1 as x)", [{"x": 1}]),
        ("/* mine */ values (1)", [{"col0": 1}]),
    ],
)
def test_sql_is_in_duckdbs_dialect(lake, sql, expected):
    assert json.loads(query(lake, sql, format="json")[0]) == expected


def test_describe_summarize_and_show_work(lake):
    described = json.loads(query(lake, "describe account", format="json")[0])
    assert described[0]["column_name"] == "organization_id"
    summarized = json.loads(query(lake, "summarize account", format="json")[0])
    assert {row["column_name"]: row["max"] for row in summarized}["users"] == "7"
    shown = {row["name"] for row in json.loads(query(lake, "show tables", format="json")[0])}
    assert {"account", "findings", "findings_history", "snapshot_record"} <= shown


def test_columns_with_the_same_name_are_numbered(lake):
    sql = "select 1 as a, 2 as a, 3 as a_1"
    assert json.loads(query(lake, sql, format="json")[0]) == [{"a": 1, "a_1": 2, "a_1_1": 3}]
    assert query(lake, sql, format="csv")[0] == "a,a_1,a_1_1\n1,2,3\n"
    joined = "select a.account_name, b.account_name from account a, account b"
    assert json.loads(query(lake, joined, format="json")[0]) == [{"account_name": "pay", "account_name_1": "pay"}]


def test_the_order_is_kept_over_many_batches(lake):
    out, _ = query(lake, "select hash(range) as h from range(300_000) order by h desc", format="csv")
    numbers = [int(line) for line in out.splitlines()[1:]]
    assert len(numbers) == 300_000
    assert numbers == sorted(numbers, reverse=True)


def test_an_unknown_format_is_an_error(lake):
    with pytest.raises(
        UsageError, match=r"Unknown format 'jsn': use table, csv, json, parquet or xlsx\. Did you mean json\?"
    ):
        query(lake, "account", format="jsn")


def test_a_large_result_is_written_in_pieces(lake):
    counter = _Counter()
    run_query(
        lake,
        "select range % 10 as a, lpad('x', 100, 'y') as b from range(100_000)",
        format="csv",
        out_stream=counter,
        err_stream=io.StringIO(),
    )
    assert counter.written == len("a,b\n") + 100_000 * len("0," + "y" * 99 + "x\n")
    assert counter.largest < 5_000_000


class _Counter(io.StringIO):
    written = 0
    largest = 0

    def write(self, text: str) -> int:
        self.written += len(text)
        self.largest = max(self.largest, len(text))
        return len(text)
