"""What the deployment tells the scheduled run, beside the settings that `credlake collect` knows too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.errors import UsageFaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping

KMS_KEY = "LAKE_KMS_KEY"
DATABASE = "GLUE_DATABASE"
WORKGROUP = "ATHENA_WORKGROUP"
TOPIC = "NOTICE_TOPIC_ARN"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around the lake. None: there is none, and nothing is done with it."""

    kms_key: str | None = None
    database: str | None = None
    workgroup: str | None = None
    topic_arn: str | None = None


def read_surroundings(environment: Mapping[str, str]) -> Surroundings:
    """The surroundings from the environment; an empty variable is one that is not there.

    Raises:
        UsageFaultsError: a workgroup without a database, whose views it could make.
    """
    found = Surroundings(*(environment.get(name) or None for name in (KMS_KEY, DATABASE, WORKGROUP, TOPIC)))
    if found.workgroup is not None and found.database is None:
        raise UsageFaultsError([f"{WORKGROUP} is given and {DATABASE} is not: the views are made in a database."])
    return found
