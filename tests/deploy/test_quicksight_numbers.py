"""The dashboard of deploy/quicksight.yaml shows the numbers of the report's page, under its names.

Each visual is computed in DuckDB from its definition: the query of its data set, the calculated fields, the filters.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections import Counter

import pytest
import sqlglot

from collector.query.duckdb import LocalLake
from collector.reports.data import read_report
from collector.reports.page import render
from collector.reports.scope import Scope
from tests.athena_queries.conftest import Rows
from tests.deploy.quicksight_stack import query, within
from tests.deploy.test_quicksight_dashboard import DECLARED, DEFINITION, as_case
from tests.fixtures.small_lakes import ORGANIZATION, publish, write_snapshot

A, B, CLOSED, DENIED, EXCLUDED = (f"{number}" * 12 for number in range(1, 6))
(SHEET,) = DEFINITION["Sheets"]
VISUALS = {one["VisualId"]: one for visual in SHEET["Visuals"] for one in visual.values()}
# Days; 90 and 365 are the ends of bars, and one key has no readable date.
AGES = (0, 30, 31, 90, 91, 365, 366, 730, 1825, 1826, None)


@pytest.fixture(scope="module", name="lake")
def _lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    days = {}
    for day in (22, 23):
        make = Rows(Rows().run_at.replace(day=day))
        accounts = [
            make.account(A, ou_path="Root/Prod"),
            make.account(B, ou_path="Root/Test", outcome="partial"),
            make.account(CLOSED, ou_path="Root/Old", account_state="SUSPENDED", outcome="skipped_state"),
            make.account(DENIED, ou_path="Root/Test", outcome="assume_denied", error_code="AccessDenied"),
            make.account(EXCLUDED, ou_path="Root/Test", outcome="excluded"),
        ]
        keys = [
            make.key_user(f"key-{age}", A, access_key_1_last_rotated=None if age is None else make.ago(days=age))
            for age in AGES
        ]
        users = [
            *keys,
            make.key_user("off", A, access_key_1_active=False, access_key_1_last_rotated=make.ago(days=400)),
            make.root(A, password_enabled=True, mfa_active=False),
            make.root(B, password_enabled=False),
            *(make.console_user(name, A, mfa_active=day == 22) for name in ("alice", "bob", "accepted")),
            make.console_user("carol", B, mfa_active=False),
        ]
        accepted = make.exception("EX-1", control_id="console-mfa", account=A, user="accepted", expires_on="2026-12-31")
        date = f"2026-11-{day}"
        days[date] = write_snapshot(root, ORGANIZATION, date, accounts=accounts, users=users, exceptions=[accepted])
    publish(root, ORGANIZATION, days)
    with LocalLake(str(root)) as lake:
        lake.connection.execute("create macro json_format(value) as cast(value as varchar)")
        yield lake


@pytest.fixture(scope="module", name="page")
def _page(lake):
    """The page of `credlake report`, as HTML."""
    return render(read_report(lake.rows, lake="lake", scope=Scope()))


@pytest.fixture(scope="module", name="carried")
def _carried(page):
    """The data that the page embeds."""
    (payload,) = re.findall(r'<script type="text/plain" id="data">(.*?)</script>', page)
    return json.loads(gzip.decompress(base64.b64decode(payload)))


@pytest.fixture(name="shown")
def _shown(lake):
    """Computes a visual: its values by category, or by category and colour; a single value by ()."""

    def shown(visual_id):
        (name,) = set(within(VISUALS[visual_id], "DataSetIdentifier"))
        sql = lake._definitions.prepare(query(DECLARED[name])["SqlQuery"].replace('"credlake".', ""))
        calculated = "".join(
            f", {_as_sql(one['Expression'])} as {one['Name']}"
            for one in DEFINITION["CalculatedFields"]
            if one["DataSetIdentifier"] == name
        )
        kept = " and ".join(["true", *_filters(visual_id)])
        (wells,) = VISUALS[visual_id]["ChartConfiguration"]["FieldWells"].values()
        if isinstance(wells, list):
            wells = {"Values": wells}
        groups = [
            column["Column"]["ColumnName"]
            for well in ("Category", "Colors")
            for field in wells.get(well, [])
            for column in field.values()
        ]
        (value,) = (one for field in wells["Values"] for one in field.values())
        function = value["AggregationFunction"]
        how = function if isinstance(function, str) else function["SimpleNumericalAggregation"]
        measure = f"{ {'COUNT': 'count', 'SUM': 'sum', 'AVERAGE': 'avg'}[how] }({value['Column']['ColumnName']})"
        found = lake.connection.execute(
            f"select {', '.join([*groups, measure])} from (select *{calculated} from ({sql}) as a) as b "  # noqa: S608
            f"where {kept} group by all"
        ).fetchall()
        return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in found}

    return shown


def _as_sql(expression):
    return sqlglot.parse_one(re.sub(r"\{(\w+)\}", r"\1", expression)).transform(as_case).sql("duckdb")


def _filters(visual_id):
    for group in DEFINITION["FilterGroups"]:
        if visual_id in next(within(group, "VisualIds")):
            for one in within(group, "NumericEqualityFilter"):
                yield f"{one['Column']['ColumnName']} = {one['Value']}"
            for one in within(group, "CategoryFilter"):
                yield f"{one['Column']['ColumnName']} is not null"


def _title(visual_id):
    return VISUALS[visual_id]["Title"]["FormatText"]["PlainText"]


def _text(page):
    """The page's text, without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_as_many_accounts_are_known(shown, page):
    known, active = 2, 4
    assert f"{known} of {active} active accounts are known" in _text(page)
    assert _title("covered") == "Active accounts that are known"
    assert shown("covered") == {(): known / active}


def test_as_many_accounts_ended_in_each_way(shown, page, carried):
    assert _title("outcomes") in _text(page)
    words = carried["outcomes"]
    assert shown("outcomes") == Counter(words[place] for place in carried["accounts"]["outcome"])
    assert shown("outcomes")["skipped_state"] == 1


def test_as_much_fails_by_severity(shown, page, carried):
    by_severity = Counter(carried["controls"][place]["severity"] for place in carried["findings"]["control"])
    assert shown("severity") == by_severity
    for severity, count in by_severity.items():
        assert f"{count} {severity}" in _text(page)
    assert _title("severity").startswith("What fails")
    assert "What fails" in _text(page)


def test_as_much_fails_in_each_ou(shown, carried):
    findings = carried["findings"]
    ous = [carried["ous"][carried["accounts"]["ou"][place]] for place in findings["account"]]
    severities = [carried["controls"][place]["severity"] for place in findings["control"]]
    assert shown("place") == Counter(zip(ous, severities, strict=True))


def test_as_many_keys_are_in_each_class_of_age(shown, page):
    (table,) = (one for one in re.findall(r"<table.*?</table>", page, re.DOTALL) if _title("key-age") in one)
    bars = re.findall(r'<th scope="row">(.*?)</th>.*?<td class="number"[^>]*>([\d,]+)</td>', table, re.DOTALL)
    # The name of a bar at the limit is followed by a note.
    named = {" ".join(name.partition("<span")[0].split()): int(count) for name, count in bars}
    assert shown("key-age") == {name: count for name, count in named.items() if count}
    assert named == {
        "up to 30 days": 2,
        "up to 60 days": 1,
        "up to 90 days": 1,
        "up to 180 days": 1,
        "up to 365 days": 1,
        "up to 2 years": 2,
        "up to 5 years": 1,
        "longer": 1,
        "unknown": 1,
    }


def test_as_many_users_have_a_password_and_no_mfa(shown, carried):
    scores = carried["scores"]
    expected = Counter()
    for account, control, fails in zip(scores["account"], scores["control"], scores["fail"], strict=True):
        if carried["controls"][control]["id"] == "console-mfa":
            expected[carried["ous"][carried["accounts"]["ou"][account]]] += fails
    # The accepted one is not counted.
    assert +expected == shown("mfa") == {"Root/Prod": 2, "Root/Test": 1}


def test_as_many_root_users_have_credentials(shown, page):
    found = shown("root")
    assert found["password"] == 1
    assert f"In {found['none']} of the 2 known accounts the root user has no credentials" in _text(page)
    assert "Root has" in _text(page)


def test_as_much_failed_on_each_day(shown, carried):
    by_day = Counter()
    for (day, _), fails in shown("trend").items():
        by_day[f"{day:%Y-%m-%d}"] += fails
    history = carried["accounts"]["history"]
    assert by_day == {day: sum(account[place] or 0 for account in history) for place, day in enumerate(carried["days"])}
    assert len(by_day) == 2
    now = {control: fails for (day, control), fails in shown("trend").items() if f"{day:%d}" == "23"}
    fails = Counter(carried["controls"][place]["id"] for place in carried["findings"]["control"])
    assert Counter(now) == fails
