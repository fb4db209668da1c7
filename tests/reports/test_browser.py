"""The page in Chromium without a network: what it shows, and that nothing but its own script runs: `make test-page`."""

from __future__ import annotations

import re

import pytest

from collector.process.streams import printable
from collector.reports.links import console_link
from collector.reports.page import render
from tests.fixtures.browser import READY, browser
from tests.reports.conftest import ALPHA, BETA, HOSTILE, NAMES

pytestmark = [
    pytest.mark.browser,
    # playwright's event loop is closed after pytest's own.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
# A role in the setting is part of every link.
PORTAL = "https://d-1234567890.awsapps.com/start?role_name=Auditor"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module", name="chromium")
def _chromium():
    with browser() as started:
        yield started


@pytest.fixture(scope="module", name="files")
def _files(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for language in ("en", "ja"):
        (folder / f"{language}.html").write_text(render(data, language=language), encoding="utf-8")
    (folder / "portal.html").write_text(render(data, access_portal=PORTAL), encoding="utf-8")
    return folder


@pytest.fixture(name="open_page")
def _open_page(chromium, files):
    """Opens the page; it must neither request anything nor report an error."""
    contexts, problems = [], []

    def open_page(fragment="", *, language="en", viewport=WIDE, **options):
        context = chromium.new_context(viewport=viewport, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: None if request.url.startswith("file:") else problems.append(request.url))
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.goto((files / f"{language}.html").as_uri() + fragment)
        if options.get("java_script_enabled", True):
            page.wait_for_selector(READY, state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, language, scheme, viewport):
    page = open_page(language=language, viewport=viewport, color_scheme=scheme)
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    # axe is added by the test, which the page's policy does not restrict.
    violations = axe.run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_axe_finds_nothing_in_a_dialog(open_page):
    page = open_page(f"#account={ALPHA}")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    assert page.inner_text("dialog h2") == "alpha-prod"
    assert [each["id"] for each in axe.run(page).response["violations"]] == []


def test_names_are_shown_as_text(open_page):
    page = open_page()
    page.fill("[name=search]", "mfa")
    shown = page.inner_text("#findings")

    assert [name for name in (HOSTILE, *map(printable, NAMES)) if name not in shown] == []
    assert page.title() == "IAM credentials of o-abcdefghij"
    assert page.evaluate("document.images.length") == 0


def test_search_filters_and_groups_change_the_rows_and_the_count(open_page, data):
    page = open_page()
    count = len(data.findings)
    assert page.inner_text("#count") == f"{count} of {count} findings"

    page.keyboard.press("/")
    page.keyboard.type("old-key alpha")
    assert page.inner_text("#count") == f"1 of {count} findings"
    assert "Created" in page.inner_text("#findings tbody")

    page.fill("[name=search]", "")
    page.select_option("[name=severity]", "high")
    page.select_option("[name=group]", "account")
    assert page.inner_text("#count").startswith("3 groups, ")

    page.click("button[type=reset]")
    page.wait_for_selector(f"#count:text-is('{count} of {count} findings')")


def test_a_header_sorts_the_rows(open_page):
    page = open_page()
    page.click("th[data-sort=since] button")

    assert page.get_attribute("th[data-sort=since]", "aria-sort") == "ascending"
    assert "days" in page.inner_text("#findings tbody tr:first-child td:nth-child(4)")


def test_a_link_opens_its_finding(open_page, data):
    [finding] = [each for each in data.findings if each.user_name == "old-key"]
    page = open_page(f"#finding={finding.finding_id}")

    assert page.inner_text("dialog h2") == "Access keys are rotated in time"
    assert finding.reason in page.inner_text("dialog")
    page.keyboard.press("Escape")
    assert not page.is_visible("dialog")


def test_a_link_to_a_finding_that_is_gone_says_so(open_page):
    assert "no finding with that identifier" in open_page(f"#finding={'0' * 32}").inner_text("dialog")


def test_an_exception_leads_to_what_it_covers_and_to_what_fails_again(open_page):
    page = open_page("#exception=EX-beta")
    assert page.inner_text("#count") == "1 of 1 excepted results"
    row = page.inner_text("#findings tbody tr")
    assert "svc-legacy" in row
    assert "excepted" in row

    page.click("#exceptions >> text=1 fails again")
    assert page.inner_text("#count").startswith("1 of ")
    assert "old-key" in page.inner_text("#findings tbody tr")
    assert "exception ended" in page.inner_text("#findings tbody tr")


def test_a_link_to_an_excepted_result_opens_it(open_page, data):
    page = open_page(f"#finding={data.excepted[0].finding_id}")

    assert "Excepted by EX-beta until the end of 2026-12-10." in page.inner_text("dialog")
    assert "1 excepted result" in open_page(f"#account={BETA}").inner_text("dialog")


def test_the_rows_of_the_script_have_the_links_of_the_page_without_it(open_page, data):
    page = open_page(language="portal")
    found = page.eval_on_selector_all("#findings tbody a[target]", "links => links.map(link => link.href)")

    by_id = {account.account_id: account for account in data.accounts}
    links = [
        (each.user_name, console_link(by_id[each.account_id].aws_partition, each.account_id, each.user_name, PORTAL))
        for each in data.findings
    ]
    # IAM allows no other names (facts F1.5).
    named = [(name, link) for name, link in links if name is None or re.fullmatch(r"[\w+=,.@-]+", name)]
    assert len(named) > 3
    assert [name for name, link in named if link not in found] == []
    assert found[0].startswith("https://d-1234567890.awsapps.com/start/#/console?account_id=")
    assert "&role_name=Auditor&destination=https%3A%2F%2Fconsole.aws.amazon.com%2Fiam%2Fhome%23%2F" in found[0]


def test_an_account_and_an_ou_show_their_users_and_findings(open_page):
    page = open_page(f"#account={BETA}")
    assert page.inner_text("dialog h2") == "beta</script>"
    assert HOSTILE in page.inner_text("dialog")

    page.click("dialog >> text=Root/Test")
    assert page.inner_text("dialog h2") == "Root/Test"
    assert "gamma" in page.inner_text("dialog")


def test_without_script_there_are_coverage_controls_and_findings(open_page, data):
    page = open_page(java_script_enabled=False)

    assert page.is_visible("text=The role was denied")
    assert page.locator("#findings tbody tr").count() == len(data.findings)
    assert not page.is_visible("#filters")


def test_in_print_every_row_is_there_and_counted(open_page, data):
    page = open_page()
    counting = "window.rows = document.querySelectorAll('#findings tbody tr').length"
    page.evaluate(f"addEventListener('beforeprint', () => {{ {counting} }})")
    assert page.pdf().startswith(b"%PDF")

    assert page.evaluate("window.rows") == len(data.findings)
    assert page.inner_text("#printed") == f"{len(data.findings)} rows printed."


def test_a_link_that_was_cut_off_opens_nothing(open_page):
    assert not open_page("#account=%E3%81").is_visible("dialog")
