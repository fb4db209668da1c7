"""The sentences of the views in Japanese: every kind is known, and no value is lost."""

from __future__ import annotations

import csv
import re
from string import Formatter

import pytest

from collector.outcome import Outcome
from collector.reports.catalog import catalog, reasons
from collector.reports.texts import Texts
from tests.athena_queries.test_reasons import SENTENCES
from tools.trino.view_files import QUERIES

FORMS = {f"{section}.{name}": form for section, names in reasons().items() for name, form in names.items()}


def test_every_reason_code_has_a_sentence_in_both_languages():
    assert {code: form["en"] for code, form in reasons()["reason"].items()} == SENTENCES
    assert [code for code, form in reasons()["reason"].items() if not form["ja"]] == []


@pytest.mark.parametrize("key", FORMS)
def test_a_sentence_has_the_same_values_in_each_language(key):
    values = [{name for _, name, _, _ in Formatter().parse(FORMS[key][each]) if name} for each in ("en", "ja")]

    # Only the verb of the English sentence: Japanese has no plural.
    assert values[0] - {"were"} == values[1]


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (
            "key_too_old",
            "Created 455 days before the report: beyond the limit of 90 days.",
            "レポートの 455 日前に作成: 上限の 90 日を超えています。",
        ),
        (
            "key_young",
            "Created after the report: within the limit of 1 day.",
            "レポートの生成後に作成: 上限の 1 日以内です。",
        ),
        (
            "root_used_lately",
            "Root was last used 1 hour before the report: within the last day.",
            "ルートユーザーの最終使用はレポートの 1 時間前: 直近 1 日以内です。",
        ),
        (
            "root_credentials",
            "Root has a password and an access key and a signing certificate.",
            "ルートユーザーにパスワード、アクセスキー、署名証明書があります。",
        ),
        (
            "value_missing",
            "Cannot be evaluated: mfa_active is unparsed.",
            "評価できません: mfa_active が解釈できない値です (unparsed)。",
        ),
        (
            "report_not_collected",
            "The report was not collected: assume_denied (AccessDenied).",
            "レポートを収集できませんでした: ロールの引き受けが拒否された (AccessDenied)。",
        ),
        (
            "password_length",
            "The minimum password length is not set; 14 required.",
            "パスワードの最小文字数: 未設定（必要な値: 14）。",  # noqa: RUF001 -- as Japanese writes them
        ),
        (
            "root_without_mfa",
            (
                "Root has credentials and no MFA device. The account summary, which is fresher than the report, "
                "shows MFA. Excepted by break-glass-1 until the end of 2026-11-30."
            ),
            (
                "ルートユーザーに認証情報がありますが、MFA デバイスがありません。"
                "レポートより新しいアカウント概要では、MFA が設定されています。"
                "例外 break-glass-1 により 2026年11月30日の終わりまで許容されています。"
            ),
        ),
        (
            "two_active_keys",
            "Both access keys are active. Exception keys-7 ended at the end of 2026-11-01.",
            "アクセスキーが 2 つとも有効です。例外 keys-7 は 2026年11月1日の終わりに終了しました。",
        ),
    ],
)
def test_a_reason_keeps_its_values(code, reason, expected):
    assert Texts("ja").reason(code, reason) == expected
    assert Texts("en").reason(code, reason) == reason


@pytest.mark.parametrize("reason", ["A sentence of a later version.", "Root has {0.__class__} %s {{day}}.", ""])
def test_a_sentence_that_is_not_declared_stays_as_it_is(reason):
    assert Texts("ja").reason("root_credentials_of_tomorrow", reason) == reason
    assert Texts("ja").reason(None, reason) == reason


def test_a_value_with_braces_stays_text():
    reason = "The report was not collected: failed ({0.__class__} {n})."
    assert Texts("ja").reason("report_not_collected", reason).endswith(" ({0.__class__} {n})。")


def test_every_way_a_collection_ends_and_every_word_of_the_views_is_translated():
    coverage = re.findall(r"'([A-Z][^']+\.)'", _view("collection_coverage", "case outcome", "as reason"))
    assert len(coverage) >= len(Outcome)
    words = re.findall(r"'(?: and )?([a-z ]+)'", _view("root_posture", "as outcome,", "as root_credentials"))
    assert {"none", "inactive", "no root user", "password", "signing certificate"} <= {*words}
    rows = csv.DictReader((QUERIES / "reference" / "control_frameworks.csv").read_text("utf-8").splitlines())
    relations = {row["relation"] for row in rows} - {"exact"}

    texts = [("coverage", each) for each in coverage] + [("relation", each) for each in relations]
    texts += [("root_credentials", each) for each in words if each.strip(" ") not in {"", "and"}]
    assert [(section, each) for section, each in texts if Texts("ja").sentence(section, each) == each] == []


def test_every_status_has_a_text():
    assert set(catalog()["status"]) == {"pass", "fail", "unknown", "not_applicable", "excepted"}


def _view(name: str, start: str, end: str) -> str:
    """The part of a view between two texts."""
    [path] = QUERIES.rglob(f"{name}.sql")
    return path.read_text("utf-8").partition(start)[2].partition(end)[0]
