"""The exceptions of a report: their states, what they cover, and whose reader sees which."""

from __future__ import annotations

import base64

import pytest

from collector.reports.exceptions import AcceptanceState, by_state
from collector.reports.page import render
from tests.reports.conftest import ALPHA, BETA, CALLER, GAMMA


def test_the_exceptions_are_grouped_with_the_most_urgent_first(data):
    groups = {group.state: [each.exception_id for each in group.acceptances] for group in by_state(data.acceptances)}

    assert [*groups] == [AcceptanceState.ENDS_SOON, AcceptanceState.ENDED, AcceptanceState.UNUSED]
    assert [*groups.values()] == [["EX-beta"], ["EX-ended"], ["EX-all", "EX-deep"]]
    counts = {each.exception_id: (each.results_covered, each.results_failing_again) for each in data.acceptances}
    assert counts == {"EX-beta": (1, 0), "EX-ended": (0, 1), "EX-all": (0, 0), "EX-deep": (0, 0)}
    # From 23 Nov, 15:00, to the end of 10 Dec.
    assert [each.ends_in_days for each in data.acceptances if each.exception_id == "EX-beta"] == [17]


def test_what_is_excepted_is_no_finding_and_is_counted_apart(data):
    [excepted] = data.excepted
    standing = data.on("2026-11-23")["access-key-rotation"]

    assert (excepted.account_id, excepted.user_name, excepted.exception_id) == (BETA, "svc-legacy", "EX-beta")
    assert excepted.finding_id not in {each.finding_id for each in data.findings}
    assert (standing.pass_count, standing.fail_count, standing.excepted_count, standing.pass_rate) == (0, 1, 1, 0.0)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"accounts": (ALPHA,)}, ["EX-ended"]),
        ({"owners": ("pay@example.com",)}, ["EX-ended"]),
        ({"accounts": (BETA,)}, ["EX-beta"]),
        ({"ous": ("Root/Test/Deep",)}, ["EX-deep"]),
        ({"ous": ("Root",)}, ["EX-ended", "EX-beta", "EX-all", "EX-deep"]),
    ],
)
def test_a_reader_sees_the_exceptions_of_their_results_and_of_their_accounts_alone(read, scope, expected):
    found = read(**scope)

    assert [each.exception_id for each in found.acceptances] == expected
    assert {each.account_id for each in (*found.excepted, *found.findings)} <= {
        each.account_id for each in found.accounts
    }


def test_the_exceptions_of_every_account_are_the_same_with_and_without_a_scope(read, data):
    hidden = read(ous=("Root",)).acceptances
    assert [(each.exception_id, each.state, each.results_covered) for each in hidden] == [
        (each.exception_id, each.state, each.results_covered) for each in data.acceptances
    ]


def test_what_people_wrote_names_no_account_of_others(read, data):
    [shown] = read(accounts=(BETA,)).acceptances

    assert shown.reason == "Moves to ************ <b>soon</b>."
    assert CALLER in next(each.reason for each in data.acceptances if each.exception_id == "EX-beta")


def test_the_page_names_who_accepted_what_and_until_when(page, carried):
    section = page.partition('<section id="exceptions"')[2].partition("</section>")[0]

    for text in ("About to end", "EX-beta", "ciso-beta", "SEC-7", "10 Dec 2026", "ends in 17 days", "1 covered"):
        assert text in section
    assert "ended 2 days before the run" in section
    assert "&lt;b&gt;soon&lt;/b&gt;" in section
    assert "1 failing result is accepted as an exception" in page
    columns = carried(page)
    assert len(base64.b64decode(columns["excepted"]["id"])) == 16
    assert columns["exceptions"] == ["EX-ended", "EX-beta"]


def test_in_japanese_the_states_and_days_are_too(data):
    section = render(data, language="ja").partition('<section id="exceptions"')[2].partition("</section>")[0]

    for text in ("まもなく終了", "2026年12月10日", "残り 17 日", "未使用"):
        assert text in section


def test_without_exceptions_the_page_says_so(data):
    quiet = type(data)(**{name: getattr(data, name) for name in data.__slots__} | {"acceptances": [], "excepted": []})
    assert "There are no exceptions." in render(quiet)
    assert GAMMA in render(quiet)
