"""What `credlake views deploy` does: the views of a database brought in step with ours, told one by one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from collector.aws.athena import AthenaQueries
from collector.aws.clients import client
from collector.process.streams import may_be_lost
from collector.query.annotation import Names
from collector.views.deploy import DeployedViews
from collector.views.files import athena_statements, shipped_views
from collector.views.plan import carry_out, plan_deployment

if TYPE_CHECKING:
    from collector.settings.model import Settings


def deploy(settings: Settings, *, dry_run: bool) -> None:
    """Do what has to be done, or print it.

    Raises:
        CredlakeError: a view could not be deployed, or its name is taken; what was done by then stays and is whole.
    """
    names = Names(shipped_views())
    views = DeployedViews(client("glue"), settings.database)
    plan = plan_deployment(
        athena_statements(shipped_views(), settings.database),
        views.held(),
        database=settings.database,
        columns_of=lambda name: tuple(names.columns(name)),
    )
    if dry_run:
        _say(plan.sql(), end="")
    else:
        queries = AthenaQueries(
            database=settings.database, workgroup=settings.workgroup, output_location=settings.output_location
        )
        for step in carry_out(plan, run=queries.run, mark=views.mark):
            # Nobody reading on is no reason to leave the views half deployed.
            with may_be_lost():
                _say(f"{step.action} {step.name}: {step.reason}")
    print(plan.summary() + (" (nothing was run)" if dry_run else ""), file=sys.stderr)  # noqa: T201 -- the command's own words


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)  # noqa: T201 -- the command's own words
