"""Imports that libraries try and that no command needs: each costs a tenth of a second or more, and memory."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder


def refuse_unused() -> None:
    """Let such imports fail from now on, as where the libraries are not installed."""
    sys.meta_path.insert(0, _WithoutUnused())


def allow_pandas() -> None:
    """Allow them again, for the command that uses pandas."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _WithoutUnused)]


class _WithoutUnused(MetaPathFinder):
    """Lets imports fail that libraries try, and that no command uses.

    pyarrow imports pandas and numpy where they are installed, only to check whether it was given a Series or an array:
    a third of a second, 60 MB. structlog imports rich to draw tracebacks.
    """

    def find_spec(self, fullname: str, path: object, target: object = None, /) -> None:  # noqa: ARG002 -- the protocol
        """Refuse pandas and numpy, and rich while structlog is being imported."""
        structlog = sys.modules.get("structlog.dev")
        is_for_tracebacks = structlog is not None and not hasattr(structlog, "ConsoleRenderer")
        if fullname in {"pandas", "numpy"} or (fullname == "rich" and is_for_tracebacks):
            raise ModuleNotFoundError(fullname, name=fullname)
