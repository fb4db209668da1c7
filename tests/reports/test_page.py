"""The page: what it shows, and that no name in it can do anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC
from html.parser import HTMLParser

import pytest

from collector.process.streams import printable
from collector.reports.links import console_link
from collector.reports.page import render
from tests.reports.conftest import ALPHA, BETA, CALLER, GAMMA, HOSTILE, NAMES

HOME = "&destination=https%3A%2F%2Fconsole.aws.amazon.com%2Fiam%2Fhome%23%2Fhome"


class Elements(HTMLParser):
    """The elements of a page, and what is within its style and scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.raw: list[tuple[dict, str]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag, attributes = self.found[-1] if self.found else ("", {})
        if tag in {"script", "style"}:
            self.raw.append((attributes, data))


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else(page):
    [policy] = [a["content"] for tag, a in Elements(page).found if a.get("http-equiv") == "Content-Security-Policy"]
    hashes = re.findall(r"'sha256-(.*?)'", policy)
    style, script = (text for attributes, text in Elements(page).raw if not attributes.get("type") and text.strip())

    assert re.sub("sha256-.*?'", "X'", policy) == (
        "default-src 'none'; style-src 'X'; script-src 'X'; base-uri 'none'; form-action 'none'"
    )
    assert hashes == [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]


def test_the_page_loads_nothing(page):
    loading = [(tag, a) for tag, a in Elements(page).found if tag in {"link", "img", "iframe", "object"} or "src" in a]
    assert loading == []
    assert not re.search(r"@import|url\((?!#hatch\))", page)


def test_names_stay_text(page, carried):
    elements = Elements(page)

    assert "onerror" not in {name for _, attributes in elements.found for name in attributes}
    assert [tag for tag, _ in elements.found].count("script") == 3
    assert {HOSTILE, *map(printable, NAMES)} <= {*carried(page)["users"]}
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page + json.dumps(carried(page), ensure_ascii=False)
    assert "beta</script>" not in page


def test_the_page_of_some_accounts_holds_nothing_of_others(read, carried):
    page = render(read(accounts=(GAMMA,)))
    everything = page + json.dumps(carried(page))

    assert GAMMA in everything
    assert "EX-deep" in everything
    for name in (
        ALPHA,
        BETA,
        CALLER,
        "alpha-prod",
        "beta",
        "alice",
        "old-key",
        "pay@example.com",
        "Root/Prod",
        "EX-beta",
        "EX-ended",
        "EX-all",
        "ciso-",
        "svc-legacy",
        HOSTILE,
        *NAMES,
    ):
        assert name not in everything


def test_accounts_that_are_not_known_are_in_the_first_words(page):
    banner = page.index("1 account could not be read. Nothing on this page describes it.")

    assert banner < page.index("<main>")
    assert "2 of 3 active accounts are known (66.7\N{NO-BREAK SPACE}%)" in page
    assert "Service control policy" in page


def test_where_nothing_fails_the_page_names_the_accounts_that_it_knows(read):
    data = read(accounts=(ALPHA,))
    quiet = type(data)(**{name: getattr(data, name) for name in data.__slots__} | {"findings": [], "trend": []})

    assert "Nothing fails in the 1 of 1 accounts that are known." in render(quiet)


def test_every_row_is_carried_for_the_script(page, data, carried):
    columns = carried(page)

    ids = re.findall(".{32}", base64.b64decode(columns["findings"]["id"]).hex())

    assert ids == [each.finding_id for each in data.findings]
    assert {len(column) for name, column in columns["findings"].items() if name not in {"id", "new"}} == {len(ids)}
    assert columns["accounts"]["id"] == [ALPHA, BETA, GAMMA]
    assert [ids[row] for row in columns["findings"]["new"]] == list(data.new_findings)


def test_the_begin_of_each_finding_is_carried(page, data, carried):
    columns = carried(page)["findings"]
    bases = [(0, created, used) for created, used in zip(columns["created"], columns["used"], strict=True)]
    starts = [
        since and base[place] + since
        for base, place, since in zip(bases, columns["since_from"], columns["since"], strict=True)
    ]
    expected = [each.failing_since and each.failing_since.replace(tzinfo=UTC).timestamp() for each in data.findings]

    assert starts == expected
    assert {*columns["since_from"]} == {0, 1}


def test_without_script_there_are_coverage_controls_and_findings(page, data):
    text = page.partition("<dialog")[0]

    assert "The role was denied" in text
    assert "Console users have MFA" in text
    assert [f'id="finding={each.finding_id}"' in text for each in data.findings] == [True] * len(data.findings)


def test_the_same_lake_gives_the_same_page(read, page):
    assert render(read()) == page


def test_a_japanese_page_is_marked_as_one_and_written_in_it(data, carried):
    page = render(data, language="ja")

    assert '<html lang="ja">' in page
    assert "2026年11月23日 15:00 UTC 時点" in page
    assert "コンソールを使用するユーザーに MFA がある" in page
    assert "Console users have MFA" not in page
    reasons = carried(page)["reasons"]
    assert "ユーザーにパスワードがありますが、MFA デバイスがありません。" in reasons
    assert [each for each in reasons if re.search(" [a-z]{4}", each)] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("aws", ALPHA, "a/b c", None), "https://console.aws.amazon.com/iam/home#/users/details/a%2Fb%20c"),
        (("aws-cn", ALPHA, "<root_account>", None), "https://console.amazonaws.cn/iam/home#/home"),
        (("aws-unheard-of", ALPHA, "alice", None), None),
        (
            ("aws", ALPHA, None, "https://d-1.awsapps.com/start/"),
            f"https://d-1.awsapps.com/start/#/console?account_id={ALPHA}{HOME}",
        ),
        (
            ("aws", ALPHA, None, "https://d-1.awsapps.com/start?role_name=Auditor"),
            f"https://d-1.awsapps.com/start/#/console?account_id={ALPHA}&role_name=Auditor{HOME}",
        ),
    ],
)
def test_links_lead_to_the_console_of_the_partition_and_through_the_portal(arguments, expected):
    assert console_link(*arguments) == expected


def test_mfa_is_counted_with_what_is_unknown_and_by_ou(page):
    section = page.partition('<section id="mfa"')[2].partition("</section>")[0]

    # alice, and nine users in the other account; a third account is unknown.
    assert "0 of 10 users with a password have MFA (0.0\N{NO-BREAK SPACE}%)." in section
    assert "It is unknown in 1 account." in section
    assert "No root user of a known account has a password or an active access key." in section
    assert re.findall(r'<a href="#ou=[^"]*">(.*?)</a>', section) == ["Root/Test", "Root/Prod", "Root/Test/Deep"]
