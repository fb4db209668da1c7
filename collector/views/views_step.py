"""The views of a database brought in step with ours, by statements on Athena."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from collector.aws.athena import AthenaQueries
from collector.aws.clients import client
from collector.views.deploy import DeployedViews
from collector.views.plan import carry_out, plan_deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_log = structlog.get_logger()


def bring_views_in_step(
    statements: Sequence[tuple[str, str]],
    columns: Mapping[str, Sequence[str]],
    *,
    database: str,
    workgroup: str,
    is_late: Callable[[], bool],
) -> str:
    """Create, replace and drop what differs; most often nothing does. What was done, in a sentence.

    Args:
        statements: every view's name and statement, each after those that it reads.
        columns: what each view puts out.
        database: the Glue database.
        workgroup: the Athena workgroup.
        is_late: whether it is time to stop; the next run goes on there, and every view is whole meanwhile.

    Raises:
        CredlakeError: a view could not be deployed, or a name is taken.
    """
    views = DeployedViews(client("glue"), database)
    plan = plan_deployment(statements, views.held(), database=database, columns_of=columns.__getitem__)
    if not plan.changes:
        return plan.summary()
    queries = AthenaQueries(database=database, workgroup=workgroup)
    left = len(plan.changes)
    steps = carry_out(plan, run=queries.run, mark=views.mark)
    while left and not is_late():
        _log.info("view.deployed", view=next(steps).name)
        left -= 1
    if left:
        return f"{plan.summary()}; {left} of {len(plan.changes)} left to the next run, for want of time"
    return plan.summary()
