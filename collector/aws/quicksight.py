"""A refresh of a QuickSight data set."""

from __future__ import annotations

from collector.aws.clients import client
from collector.aws.errors import Ignoring, translated


def start_refresh(account_id: str, data_set_id: str, ingestion_id: str) -> None:
    """Start a full refresh of a data set of the account. It goes on after the call; a second call changes nothing.

    Raises:
        CallFault: QuickSight does not start it.
    """
    with Ignoring("ResourceExistsException"), translated("quicksight:CreateIngestion"):
        client("quicksight").create_ingestion(
            AwsAccountId=account_id, DataSetId=data_set_id, IngestionId=ingestion_id, IngestionType="FULL_REFRESH"
        )
