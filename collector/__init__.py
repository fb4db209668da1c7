"""credlake: the IAM credential report of every account of an AWS Organization, as a data lake.

The modules in the order of the data:

list the accounts (`discovery`) → assume a role in each (`aws.credentials`) → have AWS generate the report and fetch it
(`collection.engine`, `aws.iam`) → parse it (`report`) → write it (`lake.writer`) → publish it (`lake.publish`) → query
it (`query`). `collection.run` is one run from start to end; `schema` is the data model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.python import OpenLake as OpenLake
    from collector.python import open_lake as open_lake

__all__ = ["OpenLake", "__version__", "open_lake"]

__version__ = "0.2.0"


def __getattr__(name: str) -> object:
    """The Python API (`collector.python`), which is loaded when it is used: a collection needs neither."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module("collector.python"), name)
