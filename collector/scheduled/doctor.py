"""The doctor, run by the function or the container with the role that collects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.collection.gateway import Gateway
from collector.doctor.catalog import Views
from collector.doctor.checkup import Checkup
from collector.doctor.finding import Status, is_healthy
from collector.errors import UsageError
from collector.scheduled.notice import TOPIC
from collector.settings.sources import read_settings
from collector.views.files import shipped_views

if TYPE_CHECKING:
    from collections.abc import Mapping

# Checking all accounts of a large organization takes longer than a person waits for an answer.
_SAMPLE = 50


def examine(environment: Mapping[str, str], event: Mapping[str, Any]) -> dict[str, Any]:
    """The findings, those that are not OK first. The event may set the `sample` of accounts; null checks all.

    Raises:
        CredlakeError: the settings are wrong, or there are no valid credentials.
    """
    settings = read_settings({}, environment, directory=Path.cwd())
    sample = event.get("sample", _SAMPLE)
    if sample is not None and not (isinstance(sample, int) and sample > 0):
        raise UsageError([f"sample {sample!r}: is not a number of accounts above 0."])
    checkup = Checkup(
        settings=settings,
        gateway=Gateway(settings),
        sample=sample,
        topic_arn=environment.get(TOPIC) or None,
        views_of=_views_of,
    )
    findings = list(checkup.findings())
    return {
        "is_healthy": is_healthy(findings),
        "findings": [finding.as_json() for finding in sorted(findings, key=lambda one: one.status is Status.OK)],
    }


def _views_of(database: str) -> Views:
    return Views(shipped_views().athena_statements(database), shipped_views().columns(), deployed_by_run=True)
