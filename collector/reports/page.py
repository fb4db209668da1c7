"""A report as one HTML page, which loads nothing and runs nothing but its own script.

The policy in its head allows the style and the script by their hashes and nothing else, so that the browser itself
stops whatever a name in the data would load or run. The template escapes every value, and the script writes text only.
Every text is `printable`: a bidirectional override in a name could show another name.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from collector import __version__
from collector.outcome import Outcome
from collector.process.streams import printable
from collector.reports.charts import histogram, sparkline, stacked
from collector.reports.data import (
    MOST_CHANGES,
    MOST_INACTIVE,
    idle_time_ends,
    key_age_ends,
    rotation_limits,
    unused_limits,
)
from collector.reports.exceptions import MOST_ACCEPTANCES, by_state
from collector.reports.links import CONSOLES, console_link
from collector.reports.payload import columns_of, compressed
from collector.reports.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.reports.data import ReportData
    from collector.reports.records import Account, AccountStanding, Control, Root, Standing

SEVERITIES = ("critical", "high", "medium", "low")
# What a reader without JavaScript sees of the list, and of what to do first.
STATIC_FINDINGS = 200
TOP_FINDINGS = 5

_MFA_CONTROLS = ("console-mfa", "root-mfa")
_COVERED = {outcome.value for outcome in Outcome if outcome.is_covered}
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Accounts whose collection ended in the same way."""

    outcome: Outcome  # How it ended.
    denied_by_type: str | None  # The kind of policy that denied a call.
    denied_by_arn: str | None  # That policy.
    accounts: list[Account]  # The accounts.

    @property
    def is_known(self) -> bool:
        """Whether their users are known."""
        return self.outcome.is_covered

    @property
    def example(self) -> Account | None:
        """One whose error AWS or credlake put into words."""
        return next((account for account in self.accounts if account.error_message), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A control with what is known of it now, what was known before, and its trend."""

    control: Control
    now: Standing  # Its numbers in the newest snapshot.
    before: Standing | None  # Its numbers in the snapshot before.
    trend: list[Standing]  # Its numbers on each day.


@dataclass(frozen=True, slots=True, kw_only=True)
class OuStanding:
    """A control in the accounts that are directly in an OU."""

    path: str  # The OU.
    accounts: int  # Its ACTIVE accounts.
    accounts_unknown: int  # Those of them with an unknown result.
    pass_count: int  # Results that pass.
    fail_count: int  # Results that fail.
    excepted_count: int  # Results that fail, and that an exception covers.


def _printable(value: object) -> object:
    return printable(value) if type(value) is str else value  # Markup is ours.


def render(data: ReportData, *, language: str = "en", access_portal: str | None = None) -> str:
    """The page.

    Args:
        data: what it shows.
        language: `en` or `ja`.
        access_portal: the URL of the access portal through which the links to the AWS console lead; None for none.
    """
    texts = Texts(language)
    data = _in_language(data, texts)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    style = (_TEMPLATES / "page.css").read_text("utf-8").replace("PAGE_NOTE", _css_text(_page_note(data, texts)))
    style = style.replace("PAGE_WORD", _css_text(texts("page.page_of")))
    script = (_TEMPLATES / "page.js").read_text("utf-8")
    rotation, unused = rotation_limits(data.accounts), unused_limits(data.accounts)
    settings = {
        "language": language,
        "texts": texts.section("script"),
        "severities": {name: texts(f"severity.{name}") for name in SEVERITIES},
        "outcomes": {each.value: texts(f"outcome.{each.value}") for each in Outcome},
        "consoles": CONSOLES,
        "portal": access_portal,
        "lake": data.lake or "LAKE",
    }
    return environment.get_template(
        "page.html"
    ).render(
        t=texts,
        data=data,
        style=Markup(style),  # noqa: S704 -- our own file; the note in it has no character of a name
        style_hash=_hash(style),
        script=Markup(script),  # noqa: S704 -- our own file
        script_hash=_hash(script),
        settings=settings,
        payload=compressed(columns_of(data)),
        groups=_groups(data),
        lines=_lines(data),
        standing_by_control={control_id: data.on(data.days[-1]).get(control_id) for control_id in _MFA_CONTROLS},
        mfa_by_ou=_mfa_by_ou(data),
        severities=SEVERITIES,
        severity_counts=_severity_counts(data, data.days[-1]),
        severity_counts_before=_severity_counts(data, data.previous_day) if data.previous_day else None,
        new_by_severity=_new_by_severity(data),
        control_by_id={control.control_id: control for control in data.controls},
        account_by_id={account.account_id: account for account in data.accounts},
        top=data.findings[:TOP_FINDINGS],
        first=data.findings[:STATIC_FINDINGS],
        inactive=data.inactive[:MOST_INACTIVE],
        inactive_truncated=len(data.inactive) > MOST_INACTIVE,
        has_owners=any(account.owner for account in data.accounts),
        roots=[root for root in data.roots if _is_notable(root)],
        roots_without=sum(root.root_credentials == "none" for root in data.roots),
        acceptance_groups=by_state(data.acceptances[:MOST_ACCEPTANCES]),
        acceptances_truncated=len(data.acceptances) > MOST_ACCEPTANCES,
        most_acceptances=MOST_ACCEPTANCES,
        excepted_count=sum(each.excepted_count for each in data.on(data.days[-1]).values()),
        changes=data.changes[:MOST_CHANGES],
        changes_truncated=len(data.changes) > MOST_CHANGES,
        limits=_limits(data.accounts),
        key_bars=histogram(data.key_ages, key_age_ends(data.accounts), rotation),
        idle_bars=histogram(data.idle_times, idle_time_ends(data.accounts), unused),
        rotation_limits=rotation,
        unused_limits=unused,
        stacked=stacked,
        sparkline=sparkline,
        link=lambda account, user: console_link(account.aws_partition, account.account_id, user, access_portal),
        version=__version__,
    )


def _in_language(data: ReportData, texts: Texts) -> ReportData:
    """The data with what the views write in English in the language of the page."""
    return replace(
        data,
        controls=[texts.control(control) for control in data.controls],
        findings=[replace(each, reason=texts.reason(each.reason_code, each.reason)) for each in data.findings],
        excepted=[replace(each, reason=texts.reason(each.reason_code, each.reason)) for each in data.excepted],
        requirements=[replace(each, relation=texts.sentence("relation", each.relation)) for each in data.requirements],
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _css_text(text: str) -> str:
    """A string of CSS: everything but letters and digits by its number, blanks as well: one ends a number."""
    return '"' + "".join(each if each.isalnum() else f"\\{ord(each):06x}" for each in text) + '"'


def _page_note(data: ReportData, texts: Texts) -> str:
    """What stands on each printed page: the time, and what is unknown."""
    note = texts(
        "page.as_of_short", organization=data.snapshot.organization_id, time=texts.time(data.snapshot.snapshot_at)
    )
    unknown = data.active - data.known
    return f"{note}. {texts('known.banner', n=unknown)}" if unknown else note


def _groups(data: ReportData) -> list[Group]:
    """The accounts by outcome and denying policy: what is not known first, then by size; inactive accounts last."""
    found: dict[tuple[str, str | None, str | None], list[Account]] = {}
    for account in data.accounts:
        # Of an account that is known, only its password policy or summary was denied.
        denied = (None, None) if account.outcome in _COVERED else (account.denied_by_type, account.denied_by_arn)
        found.setdefault((account.outcome, *denied), []).append(account)
    groups = [
        Group(outcome=Outcome(outcome), denied_by_type=kind, denied_by_arn=arn, accounts=accounts)
        for (outcome, kind, arn), accounts in found.items()
    ]
    place = {Outcome.SKIPPED_STATE: 3, Outcome.COLLECTED: 2, Outcome.PARTIAL: 1}
    return sorted(groups, key=lambda group: (place.get(group.outcome, 0), -len(group.accounts), group.outcome))


def _lines(data: ReportData) -> list[Line]:
    now, before = data.on(data.days[-1]), data.on(data.previous_day)
    trend: dict[str, list[Standing]] = {}
    for standing in data.trend:
        trend.setdefault(standing.control_id, []).append(standing)
    return [
        Line(control=each, now=now[each.control_id], before=before.get(each.control_id), trend=trend[each.control_id])
        for each in data.controls
        if each.control_id in now
    ]


def _mfa_by_ou(data: ReportData) -> list[OuStanding]:
    """The users with a password in each OU, directly in it: first where the most have no MFA."""
    paths = {account.account_id: account.ou_path for account in data.accounts}
    found: dict[str, list[AccountStanding]] = {}
    for each in data.standings:
        if each.control_id == "console-mfa":
            found.setdefault(paths[each.account_id], []).append(each)
    ous = [
        OuStanding(
            path=path,
            accounts=len(standings),
            accounts_unknown=sum(each.unknown_count > 0 for each in standings),
            pass_count=sum(each.pass_count for each in standings),
            fail_count=sum(each.fail_count for each in standings),
            excepted_count=sum(each.excepted_count for each in standings),
        )
        for path, standings in found.items()
    ]
    return sorted(ous, key=lambda ou: (-ou.fail_count, -ou.accounts_unknown, ou.path))


def _severity_counts(data: ReportData, day: str | None) -> dict[str, int]:
    standings = data.on(day)
    counts: Counter[str] = Counter()
    for control in data.controls:
        if control.control_id in standings:
            counts[control.severity] += standings[control.control_id].fail_count
    return {severity: counts[severity] for severity in SEVERITIES}


def _new_by_severity(data: ReportData) -> Counter[str]:
    severities = {control.control_id: control.severity for control in data.controls}
    return Counter(severities[each.control_id] for each in data.findings if each.finding_id in data.new_findings)


def _is_notable(root: Root) -> bool:
    return root.root_credentials not in {"none", "unknown"} or bool(root.last_used_at) or bool(root.summary_differs)


def _limits(accounts: Iterable[Account]) -> list[tuple[tuple[int, int, int, int, int, int], int]]:
    """Each set of limits in force, with the number of its accounts, the most frequent first."""
    counts = Counter(
        (
            each.limit_access_key_rotation_days,
            each.limit_access_key_unused_days,
            each.limit_password_unused_days,
            each.limit_password_length,
            each.limit_password_reuse,
            each.limit_root_use_days,
        )
        for each in accounts
    )
    return counts.most_common()
