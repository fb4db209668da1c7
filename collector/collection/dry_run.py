"""`collect --dry-run`: which accounts a run would collect. Calls Organizations, and no account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.collection.pipeline import skipped
from collector.collection.run import open_discovery

if TYPE_CHECKING:
    from collector.collection.gateway import Gateway
    from collector.settings.model import Settings


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """One account of the organization."""

    account_id: str
    name: str | None
    state: str
    ou_path: str
    # Why it would not be collected; None: it would be.
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    organization_id: str
    # All accounts, by OU path and account id.
    accounts: tuple[PlannedAccount, ...]


async def plan_run(settings: Settings, gateway: Gateway) -> Plan:
    """List the accounts as a run would, with the same errors."""
    discovery, _ = await open_discovery(settings, gateway)
    try:
        organization_id, accounts = await discovery.first_page()
        planned = []
        async for account in discovery.selected(accounts):
            placed = await discovery.placed(account)
            answers = skipped(placed, discovery.selection.why_left_out(placed))
            planned.append(
                PlannedAccount(
                    placed.account_id,
                    placed.name,
                    placed.state,
                    placed.location.ou_path,
                    answers.error_message if answers else None,
                )
            )
    finally:
        discovery.close()
    return Plan(organization_id, tuple(sorted(planned, key=lambda account: (account.ou_path, account.account_id))))
