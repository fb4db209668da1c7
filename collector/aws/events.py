"""One event on an EventBridge bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from collector.aws.clients import client
from collector.aws.errors import translated
from collector.errors import CallFault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "credlake"


def put_event(bus: str, detail_type: str, detail: Mapping[str, object]) -> None:
    """Put an event with the source `credlake` on a bus, which is given by name or ARN.

    Raises:
        CallFault: the call failed, or EventBridge rejected the event, which it reports in a successful answer.
    """
    operation = "events:PutEvents"
    with translated(operation):
        answer = client("events").put_events(
            Entries=[{"Source": SOURCE, "DetailType": detail_type, "Detail": json.dumps(detail), "EventBusName": bus}]
        )
        rejected = next((entry for entry in answer["Entries"] if "ErrorCode" in entry), None)
    if rejected is not None:
        raise CallFault(FaultKind.OTHER, rejected["ErrorCode"], rejected.get("ErrorMessage", ""), operation)
