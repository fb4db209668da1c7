"""The controls as data: what is judged, how severe a failure is, by which limit, and which framework asks for it."""

from __future__ import annotations

from tools.generate.controls.control import Control, JudgedPer, Limit, Severity
from tools.generate.controls.declared import CONTROLS
from tools.generate.controls.frameworks import REQUIREMENTS, Relation, Requirement

__all__ = ["CONTROLS", "REQUIREMENTS", "Control", "JudgedPer", "Limit", "Relation", "Requirement", "Severity"]
