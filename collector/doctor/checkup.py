"""All checks of the doctor, from the caller to the views. A check that fails does not prevent the others."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.aws import describe
from collector.collection.dry_run import plan_run
from collector.collection.engine import utc_now
from collector.doctor.accounts import check_accounts, sample_accounts
from collector.doctor.bucket import check_lake
from collector.doctor.catalog import CatalogChecks
from collector.doctor.finding import Finding, error_reported, ok, run_check
from collector.doctor.host import check_clock, check_topic, check_versions
from collector.errors import CallFault, CredlakeError, explain_no_identity
from collector.lake.layout import is_on_s3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from collector.aws.clients import Identity
    from collector.collection.gateway import Gateway
    from collector.doctor.catalog import Views
    from collector.settings.model import Settings


@dataclass(kw_only=True)
class Checkup:
    """What to check."""

    settings: Settings
    # Calls AWS as the caller and in the accounts, as a run does.
    gateway: Gateway
    # How many accounts to check, chosen at random; None: all.
    sample: int | None = None
    # The SNS topic of the notices; None: it is not checked.
    topic_arn: str | None = None
    # The views that a Glue database should have.
    views_of: Callable[[str], Views]
    # The host's clock, in UTC.
    now: Callable[[], datetime] = utc_now
    # Waits so many seconds between two tries of a call.
    sleep: Callable[[float], None] = time.sleep
    # Known once the organization was listed.
    organization_id: str | None = field(default=None, init=False)

    def findings(self) -> Iterator[Finding]:
        """Make the checks, one after the other.

        Raises:
            CredlakeError: there are no valid credentials, so nothing can be checked.
        """
        try:
            identity = self.gateway.identity()
        except CallFault as error:
            raise explain_no_identity(error) from error
        yield ok("caller", identity.account_id, identity.arn)
        yield from check_versions(describe.versions())
        yield from run_check("clock", "this machine", lambda: check_clock(describe.clock_skew(self.now())))
        yield from self._check_organization(identity)
        lake, database = self.settings.lake, self.settings.glue_database
        if lake is not None:
            yield from check_lake(lake, kms_key=self.settings.kms_key, organization_id=self.organization_id)
            if is_on_s3(lake) and database is not None:
                yield from CatalogChecks(
                    lake=lake,
                    organization_id=self.organization_id,
                    database=database,
                    workgroup=self.settings.workgroup,
                    caller_arn=identity.arn,
                    views_of=self.views_of,
                ).findings()
        if (topic := self.topic_arn) is not None:
            yield from run_check("topic", topic, lambda: check_topic(topic, describe.topic_attributes(topic)))

    def _check_organization(self, identity: Identity) -> Iterator[Finding]:
        try:
            plan = asyncio.run(plan_run(self.settings, self.gateway))
        except CredlakeError as error:
            yield error_reported("organization", "organizations", error)
            return
        self.organization_id = plan.organization_id
        selected = [account.account_id for account in plan.accounts if account.why_not is None]
        message = f"a run would collect {len(selected)} of {len(plan.accounts)} accounts"
        yield ok("organization", plan.organization_id, message)
        yield from check_accounts(
            sample_accounts(selected, self.sample),
            self.gateway.account_calls(identity, "doctor"),
            concurrency=self.settings.concurrency,
            sleep=self.sleep,
        )
