"""How the resources and QuickSight's own objects are called."""

from __future__ import annotations

from typing import Any


def named(name: str, logical: str) -> dict[str, Any]:
    """Account, id and name of a data source or data set."""
    kind = "DataSourceId" if logical == "Source" else "DataSetId"
    return {"AwsAccountId": {"Ref": "AWS::AccountId"}, kind: identifier(logical), "Name": name}


def identifier(logical: str) -> dict[str, str]:
    """The id of the resource of that logical name."""
    return {"Fn::Sub": f"credlake-${{DatabaseName}}-{logical.lower()}"}


def logical_name(view: str) -> str:
    """`root_posture` → `RootPosture`."""
    return view.title().replace("_", "")
