"""How old the newest snapshot is, as a metric: for an alarm about missed runs where runs are more than a week apart.

CloudWatch's alarms look back a week at most, so an alarm on published snapshots cannot distinguish a monthly run
that was missed from one that is not due yet.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.collection.engine import utc_now
from collector.errors import UsageError
from collector.lake.local_store import open_store
from collector.lake.record import read_record
from collector.scheduled.reporting import Metric, print_metrics
from collector.settings.sources import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

AGE = "SnapshotAgeDays"


def measure_age(environment: Mapping[str, str]) -> dict[str, Any]:
    """Print the metric, and return the age in days. Before the first snapshot there is no metric, and it is None.

    Raises:
        UsageError: the settings name no lake or no organization.
        LakeError: the publication record cannot be read.
    """
    settings = read_settings({}, environment, directory=Path.cwd())
    if settings.organization_id is None:
        raise UsageError(["The age of which organization's snapshot? Set CREDLAKE_ORGANIZATION_ID."])
    record = read_record(open_store(settings.required_lake), settings.organization_id).record
    if record is None:
        return {"age_days": None}
    age = (utc_now() - record.newest.published_at) / timedelta(days=1)
    print_metrics([Metric(AGE, "None", age)], settings.database)
    return {"age_days": age}
