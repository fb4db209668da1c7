"""All checks of the doctor, from the caller to the views. A check that fails does not prevent the others.

The functions from `check_clock` on are pure: they evaluate one answer each.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from collector.aws import clients, describe
from collector.collection.engine import utc_now
from collector.collection.run import account_calls, plan_run
from collector.discovery.accounts import ACCOUNT_ID
from collector.discovery.accounts_file import read_accounts_file
from collector.doctor.accounts import check_accounts, sample_accounts
from collector.doctor.bucket import check_lake
from collector.doctor.catalog import CatalogChecks
from collector.doctor.finding import Finding, Status, describe_fault, error_reported, fail, not_checked, ok, run_check
from collector.errors import CallFault, CredlakeError, UsageError, explain_no_identity
from collector.exceptions.file import read_exceptions
from collector.lake.layout import is_on_s3

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from collector.aws.clients import Identity
    from collector.discovery.accounts import Account
    from collector.settings.model import Settings

# AWS refuses a request whose signature is more than five minutes off.
_REFUSED_SECONDS = 300.0
# The id of a run and the date of its snapshot are taken from this clock.
_WRONG_SECONDS = 60.0

# What a run calls to locate accounts, the last one only where Organizations does not send `Paths`.
_OU_ACTIONS = (
    *("organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent"),
    *("organizations:DescribeOrganizationalUnit", "organizations:ListAccountsForParent"),
)

# Older versions of botocore silently drop `State` and `Paths` from the answers of Organizations.
_OLDEST = {"botocore": (1, 40, 27), "pyarrow": (20,)}


def findings_of(
    settings: Settings, *, sample: int | None, topic_arn: str | None = None, deployed_by_run: bool = False
) -> Iterator[Finding]:
    """Make the checks, one after the other.

    Args:
        settings: of the run that is to be made.
        sample: how many accounts to check, chosen at random; None: all.
        topic_arn: the SNS topic of the notices; None: it is not checked.
        deployed_by_run: whether a scheduled run deploys the views; otherwise the user has to.

    Raises:
        CredlakeError: there are no valid credentials, so nothing can be checked.
    """
    with clients.while_a_person_waits():
        yield from _findings(settings, sample, topic_arn, deployed_by_run=deployed_by_run)


def _findings(
    settings: Settings, sample: int | None, topic_arn: str | None, *, deployed_by_run: bool
) -> Iterator[Finding]:
    try:
        identity = describe.repeated(clients.identity)
    except CallFault as error:
        raise explain_no_identity(error) from error
    yield ok("caller", identity.account_id, identity.arn)
    yield from check_versions(describe.versions())
    yield from run_check("clock", "this machine", lambda: check_clock(describe.clock_skew(utc_now)))
    if settings.exceptions is not None:
        yield from check_exceptions(settings.exceptions, settings.max_exception_days)
    organization_id = yield from _check_organization(settings, identity, sample)
    lake, database = settings.lake, settings.glue_database
    if lake is None:
        yield not_checked("lake", "none", "no lake is given", "Set --lake.")
    else:
        yield from check_lake(
            lake, kms_key=settings.kms_key, raw_lock=settings.raw_lock, organization_id=organization_id
        )
        if is_on_s3(lake) and database is not None:
            yield from CatalogChecks(
                lake=lake,
                organization_id=organization_id,
                database=database,
                workgroup=settings.workgroup,
                output_location=settings.output_location,
                caller_arn=identity.arn,
                deployed_by_run=deployed_by_run,
            ).findings()
    for arn in filter(None, dict.fromkeys((topic_arn, *settings.notify_topic))):
        yield from run_check("topic", arn, partial(_read_topic, arn))


def _check_organization(
    settings: Settings, identity: Identity, sample: int | None
) -> Generator[Finding, None, str | None]:
    """Check the list of accounts and the accounts; returns the organization's id, None where it is not known."""
    try:
        # The exceptions file has a check of its own.
        plan = asyncio.run(plan_run(replace(settings, retry_failed=False, exceptions=None)))
    except CredlakeError as error:
        yield error_reported("organization", "organizations", error)
        return None
    organization_id, planned = plan.organization_id, plan.accounts
    selected = [account.account_id for account, why_not in planned if why_not is None]
    found = f"a run would collect {len(selected)} of {len(planned)} accounts"
    if settings.accounts_file is None and ACCOUNT_ID.fullmatch(organization_id):
        found = "a run would collect this account alone, with the caller's own credentials"
    yield ok("organization", organization_id, found)
    yield from check_settings(plan.warnings)
    if not ACCOUNT_ID.fullmatch(organization_id):
        yield check_ous([account for account, _ in planned], plan.ou_faults)
    yield from _check_accounts_file(settings, identity)
    chosen = sample_accounts(selected, sample)
    role_arns = {account.account_id: account.role_arn for account, _ in planned if account.role_arn}

    def evaluate() -> Iterator[Finding]:
        calls = account_calls(settings, identity, "doctor", role_arns)
        return check_accounts(
            chosen,
            calls,
            partition=identity.partition,
            concurrency=settings.concurrency or calls.connections(),
            sleep=time.sleep,
            out_of=len(selected),
        )

    yield from run_check("account", f"{len(chosen)} of {len(planned)}", evaluate)
    return organization_id


def _check_accounts_file(settings: Settings, identity: Identity) -> Iterator[Finding]:
    """Yield a finding for everything in the accounts file that cannot be read; the listing has read the file before."""
    if settings.accounts_file is not None:
        for sentence in read_accounts_file(Path(settings.accounts_file), partition=identity.partition).unread:
            remediation = "A run ignores it, and reports it too: correct the file, or remove it."
            yield Finding("accounts file", settings.accounts_file, Status.UNKNOWN, sentence, remediation)


def check_exceptions(path: str, max_days: int) -> Iterator[Finding]:
    """Yield a finding for each problem of the exceptions file: a run would not start."""
    try:
        exceptions = read_exceptions(path, today=utc_now().date(), max_days=max_days)
    except UsageError as error:
        for problem in error.problems:
            found = problem.removeprefix(f"--exceptions {path}").lstrip(":, ")
            yield fail("exceptions file", path, found, "No run starts with it: correct it.")
    else:
        yield ok("exceptions file", path, f"can be read; its exceptions: {len(exceptions)}")


def check_settings(warnings: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each rule that matches no account; the arguments are sentences that begin with the rule."""
    for warning in warnings:
        rule, _, message = warning.partition(": ")
        yield fail("settings", rule, message, "It has no effect: correct it, or remove it from the settings.")


def check_ous(accounts: Sequence[Account], faults: Sequence[CallFault]) -> Finding:
    """Evaluate where a run would locate the accounts, and the calls that failed while they were located."""
    unknown = [account.account_id for account in accounts if not account.location.ou_names]
    if not unknown:
        return ok("organizational units", f"{len(accounts)} accounts", "their OUs and the names of these can be read")
    reasons = "; ".join(dict.fromkeys(map(describe_fault, faults))) or "the list of accounts does not contain it."
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    message = f"the OU path of {unknown[0]}{more} cannot be read, so it is `unknown` in the lake: {reasons}"
    fix = f"Grant {', '.join(_OU_ACTIONS)} to the caller; or give ou_path in the accounts file."
    return fail("organizational units", f"{len(unknown)} of {len(accounts)} accounts", message, fix)


def check_clock(skew_seconds: float) -> Finding:
    """Evaluate how many seconds the clock is ahead of AWS's; negative where it is behind."""
    off = abs(skew_seconds)
    if off <= _WRONG_SECONDS:
        return ok("clock", "this machine", f"is within {_WRONG_SECONDS:.0f} s of AWS's clock")
    direction = "ahead of" if skew_seconds > 0 else "behind"
    effect = "AWS refuses its requests" if off > _REFUSED_SECONDS else "a snapshot may get the wrong date"
    message = f"is {off:.0f} s {direction} AWS's clock; {effect}"
    return fail("clock", "this machine", message, "Set the clock and synchronize it (NTP).")


def check_versions(versions: Mapping[str, str]) -> Iterator[Finding]:
    """Evaluate the versions of the libraries, by name."""
    for name, version in versions.items():
        oldest = _OLDEST.get(name)
        if oldest is None or _numbers(version) >= oldest:
            yield ok("version", name, version)
        else:
            needed = ".".join(map(str, oldest))
            yield fail("version", name, f"{version} is too old: {needed} is required", f"Install {name}>={needed}.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in takewhile(str.isdigit, version.split(".")))


def _read_topic(topic_arn: str) -> Finding:
    return check_topic(topic_arn, describe.topic_attributes(topic_arn))


def check_topic(topic_arn: str, attributes: Mapping[str, str]) -> Finding:
    """Evaluate GetTopicAttributes' attributes, which give counts as text: whether anyone receives the notices."""
    confirmed, pending = (int(attributes.get(f"Subscriptions{state}", 0)) for state in ("Confirmed", "Pending"))
    if confirmed:
        return ok("topic", topic_arn, f"has {confirmed} confirmed subscriptions")
    subscribe = f"aws sns subscribe --topic-arn {topic_arn} --protocol email --notification-endpoint YOU@EXAMPLE.COM"
    found, fix = (
        ("confirmed subscription", "Confirm the subscription with the link in the e-mail that AWS sent.")
        if pending
        else ("subscription", subscribe)
    )
    return fail("topic", topic_arn, f"has no {found}, so nobody receives alarms and notices", fix)
