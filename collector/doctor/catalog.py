"""The looks at what questions are asked through: Glue, Lake Formation, the Athena workgroup, the views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.aws import describe as ask
from collector.aws.athena import AthenaQueries
from collector.aws.lake_clients import glue_client
from collector.catalog.sync import sync_catalog
from collector.doctor import grants_judgement, query_judgement
from collector.doctor.finding import Finding, fine
from collector.doctor.look import Look, looked
from collector.lake.layout import SNAPSHOTS
from collector.lake.open import open_store
from collector.lake.record import read_record
from collector.views.deploy import DeployedViews
from collector.views.plan import plan_deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from types_boto3_glue.type_defs import DatabaseTypeDef

# Made and removed again. One that is left behind, where a doctor was cut off, is replaced by the next.
_PROBE = "credlake_doctor_probe"


@dataclass(frozen=True, slots=True)
class Views:
    """The views of this version for one database: names with statements, and columns by name.

    `are_made_by_run`: whoever is asked makes them after its next run, as the function does.
    """

    statements: Sequence[tuple[str, str]]
    columns: Mapping[str, Sequence[str]]
    are_made_by_run: bool = False


@dataclass(frozen=True, kw_only=True)
class CatalogueLooks:
    """What to look at, and as whom. No workgroup: Athena is not looked at."""

    lake: str
    organization_id: str | None
    database: str
    workgroup: str | None
    caller_arn: str
    views_of: Callable[[str], Views]

    def findings(self) -> Iterator[Finding]:
        """Everything, as it is found."""
        yield from self._glue()
        if self.workgroup is not None:
            yield from self._athena(self.workgroup)
        yield from looked("views", self.database, self._views)

    def _glue(self) -> Iterator[Finding]:
        with Look("glue database", self.database) as look:
            found = ask.glue_database(self.database)
            look.found(query_judgement.judge_database(self.database, found))
            if found is not None:
                look.found(*self._tables())
        yield from look.findings
        if look.findings[0].mend is None:
            yield from looked("lake formation", self.database, lambda: self._run_grants(found))
            if self.organization_id is not None:
                yield from self._level(self.organization_id)
            yield from self._reader_grants()

    def _tables(self) -> Iterator[Finding]:
        location = f"{self.lake.rstrip('/')}/{SNAPSHOTS}/"
        for table in query_judgement.tables():
            yield from query_judgement.judge_table(table, location, ask.glue_table(self.database, table.name))

    def _level(self, organization_id: str) -> Iterator[Finding]:
        """Bring Glue level with the record, as a run does first: what is behind is mended by being looked at."""
        with Look("glue partitions", self.database) as look:
            store = open_store(self.lake)
            if read_record(store, organization_id).record is not None:
                changes = sync_catalog(store, organization_id, database=self.database)
                look.found(query_judgement.judge_level(self.database, changes))
        yield from look.findings

    def _run_grants(self, found: DatabaseTypeDef | None) -> Finding:
        if found is None or not grants_judgement.is_ruled(found):
            return grants_judgement.left_to_iam(self.database)
        grants = ask.lake_formation_grants({"Database": {"Name": self.database}})
        return grants_judgement.judge_run_grants(self.database, self.caller_arn, grants)

    def _reader_grants(self) -> Iterator[Finding]:
        for table in query_judgement.tables():
            with Look("lake formation", table.name) as look:
                found = ask.glue_table(self.database, table.name)
                if found is not None and found.get("IsRegisteredWithLakeFormation"):
                    grants = ask.lake_formation_grants({"Table": {"DatabaseName": self.database, "Name": table.name}})
                    look.found(grants_judgement.judge_reader_grants(self.database, table.name, self.caller_arn, grants))
            yield from look.findings

    def _athena(self, workgroup: str) -> Iterator[Finding]:
        with Look("athena workgroup", workgroup) as look:
            look.found(*query_judgement.judge_workgroup(workgroup, ask.workgroup(workgroup)))
        yield from look.findings
        yield from looked("athena view", workgroup, lambda: self._probe(workgroup))

    def _probe(self, workgroup: str) -> Finding:
        """Make a view and remove it: Glue, the results' place and its key are refused only when they are used."""
        queries = AthenaQueries(database=self.database, workgroup=workgroup)
        queries.run(f'create or replace view "{self.database}"."{_PROBE}" as\nselect 1 as looked')
        queries.run(f'drop view if exists "{self.database}"."{_PROBE}"')
        return fine("athena view", workgroup, f"one could be made in {self.database}, and removed")

    def _views(self) -> Finding:
        views = self.views_of(self.database)
        plan = plan_deployment(
            views.statements,
            DeployedViews(glue_client(), self.database).held(),
            database=self.database,
            columns_of=views.columns.__getitem__,
        )
        return query_judgement.judge_views(self.database, plan, are_made_by_run=views.are_made_by_run)
