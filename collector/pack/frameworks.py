"""The frameworks that an evidence pack can be restricted to, by the names that people type: `pci-4.0.1`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from collector.errors import UsageError
from collector.query.statement import literal, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.rows import Run

_OTHER = re.compile(r"[^a-z0-9.]+")
# Words that a short name does without.
_LEFT_OUT = frozenset({"aws", "dss", "foundations", "cspm", "unversioned"})


class Framework(NamedTuple):
    """A version of a benchmark, as `control_frameworks` has it."""

    framework: str  # Its name, such as `PCI DSS`.
    version: str  # Its version, or `unversioned`.

    @property
    def name(self) -> str:
        """What people type: `pci-4.0.1`, `cis-7.0`, `nist-800-53-r5`."""
        words = _OTHER.sub(" ", f"{self.framework} {self.version}".lower()).split()
        return "-".join(word for word in words if word not in _LEFT_OUT)

    @property
    def condition(self) -> str:
        """The condition for its rows in `control_frameworks`."""
        return f"(framework = {literal(self.framework)} and version = {literal(self.version)})"


def chosen(run: Run, names: Sequence[str]) -> list[Framework]:
    """The frameworks of these names; all of them if none is named.

    Raises:
        UsageError: an unknown name.
    """
    rows = run("select distinct framework, version from control_frameworks order by framework, version")
    known = {
        framework.name: framework
        for batch in rows.batches
        for framework in map(Framework._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))
    }
    problems = [
        f"Unknown framework {name!r}: use {', '.join(known)}.{suggestion(name, known)}"
        for name in names
        if name.lower() not in known
    ]
    if problems:
        raise UsageError(problems)
    return [known[name.lower()] for name in dict.fromkeys(names)] or list(known.values())
