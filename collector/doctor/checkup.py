"""The doctor's round, from the caller to the views; a look that fails is a finding, and hinders no other."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.aws import describe as ask
from collector.collection.dry_run import plan_run
from collector.collection.engine import utc_now
from collector.doctor import host as host_judgement
from collector.doctor.accounts import examine_accounts, sampled
from collector.doctor.bucket import look_at_lake
from collector.doctor.catalog import CatalogueLooks
from collector.doctor.finding import Finding, failed, fine
from collector.doctor.look import looked
from collector.doctor.topic_judgement import judge_topic
from collector.errors import CallFault, CredlakeError, explain_no_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from collector.aws.clients import Identity
    from collector.collection.gateway import Gateway
    from collector.doctor.catalog import Views
    from collector.settings.model import Settings


@dataclass(kw_only=True)
class Examination:
    """What to look at. `sample` accounts by chance, all where it is None. No workgroup or topic: it is not looked at.

    `views_of` gives the views for a database; it is called only where the database is there.
    """

    settings: Settings
    gateway: Gateway
    sample: int | None = None
    topic_arn: str | None = None
    views_of: Callable[[str], Views]
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep
    organization_id: str | None = field(default=None, init=False)

    def findings(self) -> Iterator[Finding]:
        """Everything that was looked at, as it is found.

        Raises:
            CredlakeError: there is no caller, so nothing can be looked at.
        """
        try:
            identity = self.gateway.identity()
        except CallFault as error:
            raise explain_no_identity(error) from error
        yield fine("caller", identity.account_id, identity.arn)
        yield from self._host()
        yield from self._organization(identity)
        lake, database = self.settings.lake, self.settings.glue_database
        if lake is not None:
            yield from look_at_lake(lake, kms_key=self.settings.kms_key, organization_id=self.organization_id)
            if lake.startswith("s3://") and database is not None:
                yield from CatalogueLooks(
                    lake=lake,
                    organization_id=self.organization_id,
                    database=database,
                    workgroup=self.settings.workgroup,
                    caller_arn=identity.arn,
                    views_of=self.views_of,
                ).findings()
        if (topic := self.topic_arn) is not None:
            yield from looked("topic", topic, lambda: judge_topic(topic, ask.topic_attributes(topic)))

    def _host(self) -> Iterator[Finding]:
        yield from host_judgement.judge_versions(ask.versions())
        yield from looked("clock", "this machine", lambda: host_judgement.judge_clock(ask.clock_skew(self.now())))

    def _organization(self, identity: Identity) -> Iterator[Finding]:
        try:
            plan = asyncio.run(plan_run(self.settings, self.gateway))
        except CredlakeError as error:
            yield failed("organization", "organizations", error)
            return
        self.organization_id = plan.organization_id
        asked = [account.account_id for account in plan.accounts if account.why_not is None]
        yield fine(
            "organization", plan.organization_id, f"{len(asked)} of {len(plan.accounts)} accounts would be asked"
        )
        yield from examine_accounts(
            sampled(asked, self.sample),
            self.gateway.account_calls(identity, "doctor"),
            concurrency=self.settings.concurrency,
            sleep=self.sleep,
        )
