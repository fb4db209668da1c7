"""Reports given by hand in place of rendered ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

# What a template holds in place of the account's id.
ACCOUNT_ID_MARK = "@ACCOUNT@"


class ReportSource(Protocol):
    """Gives an account's report without users to render it from."""

    def content(self, account_id: str) -> bytes:
        """The report's bytes."""


@dataclass(frozen=True, slots=True)
class LiteralReport:
    """Exactly these bytes."""

    literal: bytes

    def content(self, account_id: str) -> bytes:  # noqa: ARG002 - the bytes are the same for whoever asks
        """The bytes as they were given."""
        return self.literal


@dataclass(frozen=True, slots=True)
class TemplateReport:
    """One text for many accounts: each gets it with its own id. That is a copy, and far cheaper than rendering."""

    template: str

    def content(self, account_id: str) -> bytes:
        """The template, with the account's id wherever the mark stands."""
        return self.template.replace(ACCOUNT_ID_MARK, account_id).encode()
