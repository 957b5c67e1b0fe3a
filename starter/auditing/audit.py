"""An audit: everything that must hold, asked; repaired where that was wished; and asked again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from domain.audit import Finding, Kind, Repair
from gateways.payment import PaymentProvider
from starter.auditing import around, workflows
from starter.auditing.repairing import Repairing
from starter.auditing.showing import Showing
from starter.auditing.temporal import Temporal
from starter.client import Backorders
from store.audit import unrung_bells
from store.audit_books import of_books
from store.database import Database

_PAUSES = (0.5, 1, 2, 4, 8)
"""Seconds between looks at what was repaired: a workflow needs a moment to look, and to end."""

_OF_PROVIDER = {Kind.PROVIDER, Kind.PROVIDER_AWAY}


@dataclass(frozen=True)
class Seen:
    """What one look found; `unchecked`: what this Temporal can't say."""

    findings: tuple[Finding, ...]
    open_orders: int
    unrung_bells: int
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audited:
    """What was found, what was done about it, and what is left."""

    found: Seen
    repairs: tuple[Repair, ...]
    left: Seen


@dataclass(frozen=True)
class Audit:
    doors: Backorders
    database: Database
    provider: PaymentProvider
    webhook: bool
    time_zone: str
    showing: Showing

    async def look(self) -> Seen:
        """Ask everything, and change nothing."""
        with self.showing.counting("Reading the provider's books"):
            theirs = await around.of_provider(self.database, self.provider)
        return await self._look(theirs)

    async def repair(self, by: str) -> AsyncIterator[Repair | Audited]:
        """Each repair as it is made; at the end what came of all of them."""
        found = await self.look()
        repairs: list[Repair] = []
        repairing = Repairing(self.doors, self.database, self.time_zone, by, self.showing)
        async for repair in repairing.all(found.findings):
            repairs.append(repair)
            yield repair
        yield Audited(found, tuple(repairs), await self._look_again(found, repairs) if repairs else found)

    async def _look_again(self, found: Seen, repairs: list[Repair]) -> Seen:
        """The provider's books were not touched; all else is asked once more, until what was mended shows it."""
        theirs = [finding for finding in found.findings if finding.kind in _OF_PROVIDER]
        mended = {(repair.kind, repair.order_id, repair.key) for repair in repairs}
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            left = await self._look(theirs)
            if not any((one.kind, one.order_id, one.key) in mended for one in left.findings):
                break
        return left

    async def _look(self, of_provider: list[Finding]) -> Seen:
        temporal = Temporal(self.doors.client)
        opened = await workflows.open_orders(self.database, self.showing)
        with self.showing.counting("Reading the books"):
            findings = await self.database.aread(of_books)
        findings += [one async for one in workflows.compared(self.database, temporal, opened, self.showing)]
        findings += [one async for one in around.of_changes(self.database, temporal)]
        findings += [one async for one in around.of_temporal(temporal)]
        findings += await self.database.aread(around.of_messages, webhook=self.webhook)
        bells = await self.database.aread(unrung_bells)
        return Seen((*findings, *of_provider), len(opened), bells, tuple(temporal.unchecked))
