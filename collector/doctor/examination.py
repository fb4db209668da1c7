"""The doctor's round, from the caller to the views; a look that fails is a finding, and hinders no other."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from collector.aws import doctor_questions as ask
from collector.aws.deployed_views import DeployedViews
from collector.aws.lake_clients import glue_client
from collector.aws.s3_store import S3Store
from collector.doctor import host_judgement, lake_judgement, query_judgement
from collector.doctor.accounts import examine_accounts, sampled
from collector.doctor.finding import Finding, failed, fine, refused
from collector.engine import utc_now
from collector.errors import CredlakeError
from collector.explanations import explain_no_identity
from collector.faults import CallFault
from collector.lake.layout import SNAPSHOTS
from collector.lake.record_reading import read_record
from collector.lake.store import open_store
from collector.plan import plan_run
from collector.views_deploy import plan_deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from collector.aws.clients import Identity
    from collector.aws.gateway import Gateway
    from collector.lake.store import Store
    from collector.settings import Settings


@dataclass(frozen=True, slots=True)
class Views:
    """The views of this version for one database: names with statements, and columns by name."""

    statements: Sequence[tuple[str, str]]
    columns: Mapping[str, Sequence[str]]


@dataclass(kw_only=True)
class Examination:
    """What to look at. `sample` accounts by chance, all where it is None. No workgroup: it is not looked at.

    `views_of` gives the views for a database; it is called only where the database is there.
    """

    settings: Settings
    gateway: Gateway
    sample: int | None = None
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
        if self.settings.lake is not None:
            yield from self._lake(self.settings.lake)
            if self.settings.lake.startswith("s3://") and self.settings.glue_database is not None:
                yield from self._queries(self.settings.glue_database)

    def _host(self) -> Iterator[Finding]:
        yield from host_judgement.judge_versions(ask.versions())
        with _Look("clock", "this machine") as look:
            look.found(host_judgement.judge_clock(ask.clock_skew(self.now())))
        yield from look.findings

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

    def _lake(self, lake: str) -> Iterator[Finding]:
        try:
            store = open_store(lake, kms_key=self.settings.kms_key)
            store.check_writable()
            yield fine("lake", lake, "can be listed, read and written")
            yield from self._record(store)
        except CredlakeError as error:
            yield failed("lake", lake, error)
            return
        if isinstance(store, S3Store):
            yield from self._bucket(store)
        if self.settings.kms_key is not None:
            with _Look("key", self.settings.kms_key) as look:
                look.found(lake_judgement.judge_key(self.settings.kms_key, ask.key_metadata(self.settings.kms_key)))
            yield from look.findings

    def _record(self, store: Store) -> Iterator[Finding]:
        if self.organization_id is None:
            return
        record = read_record(store, self.organization_id).record
        said = "holds no snapshot yet" if record is None else f"holds {len(record.snapshots)}, newest {record.latest}"
        yield fine("publication record", self.organization_id, said)

    def _bucket(self, store: S3Store) -> Iterator[Finding]:
        bucket, client = store.place.bucket, store.client
        looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
            (
                "bucket versioning",
                lambda: lake_judgement.judge_versioning(bucket, ask.bucket_versioning(client, bucket)),
            ),
            (
                "bucket public access",
                lambda: lake_judgement.judge_public_access(bucket, ask.public_access_block(client, bucket)),
            ),
            (
                "bucket encryption",
                lambda: lake_judgement.judge_encryption(
                    bucket, ask.encryption_rules(client, bucket), self.settings.kms_key
                ),
            ),
            ("bucket region", lambda: lake_judgement.judge_region(bucket, store.bucket_region(), ask.own_region())),
        )
        for check, judged in looks:
            with _Look(check, bucket) as look:
                look.found(judged())
            yield from look.findings

    def _queries(self, database: str) -> Iterator[Finding]:
        with _Look("glue database", database) as look:
            found = ask.glue_database(database)
            look.found(*query_judgement.judge_database(database, found))
            if found is not None:
                look.found(*self._tables(database))
        yield from look.findings
        if self.settings.workgroup is not None:
            with _Look("athena workgroup", self.settings.workgroup) as look:
                look.found(
                    *query_judgement.judge_workgroup(self.settings.workgroup, ask.workgroup(self.settings.workgroup))
                )
            yield from look.findings
        with _Look("views", database) as look:
            views = self.views_of(database)
            plan = plan_deployment(
                views.statements,
                DeployedViews(glue_client(), database).held(),
                database=database,
                columns_of=views.columns.__getitem__,
            )
            look.found(query_judgement.judge_views(database, plan.changes))
        yield from look.findings

    def _tables(self, database: str) -> Iterator[Finding]:
        lake = (self.settings.lake or "").rstrip("/")
        for table in query_judgement.tables():
            yield from query_judgement.judge_table(table, f"{lake}/{SNAPSHOTS}/", ask.glue_table(database, table.name))


class _Look:
    """One look; a call that fails within is a finding of its own."""

    def __init__(self, check: str, subject: str) -> None:
        self._check = check
        self._subject = subject
        self.findings: list[Finding] = []

    def found(self, *findings: Finding) -> None:
        """Take findings."""
        self.findings += findings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, CallFault):
            self.findings.append(refused(self._check, self._subject, error))
        elif isinstance(error, CredlakeError):
            self.findings.append(failed(self._check, self._subject, error))
        else:
            return False
        return True
