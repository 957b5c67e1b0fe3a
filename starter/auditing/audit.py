"""An audit: everything that must hold, asked; repaired where that was wished; and asked again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.audit import Finding, Kind, Mend, NotMended, Repair
from gateways.payment import PaymentProvider
from starter.auditing import around, workflows
from starter.auditing.repairing import Repairing
from starter.auditing.showing import Showing
from starter.auditing.temporal import Temporal
from starter.client import Backorders
from starter.errors import Refusal
from store.audit import unrung_bells
from store.audit_books import of_books
from store.database import Database

_PAUSES = (0.5, 1, 2, 4, 8)
"""Seconds between looks at what was repaired: a workflow needs a moment to look, and to end."""

_OF_PROVIDER = {Kind.PROVIDER, Kind.PROVIDER_AWAY}
_LATE = (Kind.LATE, None, None)
_FEW = 20
"""So few orders may lose their workflow in one accident, however many there are."""


@dataclass(frozen=True)
class Seen:
    """What one look found; `unchecked`: what this Temporal can't say."""

    findings: tuple[Finding, ...]
    open_orders: int
    unrung_bells: int
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audited:
    """What was found, what was done about it, and what is left; `failed`: what was tried in vain."""

    found: Seen
    repairs: tuple[Repair, ...]
    left: Seen
    failed: tuple[NotMended, ...] = ()


@dataclass(frozen=True)
class Audit:
    doors: Backorders
    database: Database
    provider: PaymentProvider
    webhook: bool
    time_zone: str
    showing: Showing
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def look(self) -> Seen:
        """Ask everything, and change nothing."""
        with self.showing.counting("Reading the provider's books"):
            theirs = await around.of_provider(self.database, self.provider, self.clock())
        return await self._look(theirs)

    async def repair(self, by: str, *, sure: bool = False) -> AsyncIterator[Repair | NotMended | Audited]:
        """Each repair as it is made, or why it failed; at the end what came of all of them.

        Raises:
            Refusal: no order at all has a workflow here, and nobody is `sure` that this is the right Temporal.
        """
        found = await self.look()
        if not sure:
            _be_the_right_temporal(found)
        repairs: list[Repair] = []
        failed: list[NotMended] = []
        repairing = Repairing(self.doors, self.database, self.time_zone, by, self.showing)
        async for tried in repairing.all(found.findings):
            if isinstance(tried, Repair):
                repairs.append(tried)
            else:
                failed.append(tried)
            yield tried
        left = await self._look_again(found, repairs) if repairs else found
        yield Audited(found, tuple(repairs), left, tuple(failed))

    async def _look_again(self, found: Seen, repairs: list[Repair]) -> Seen:
        """The provider's books were not touched; all else is asked once more, until what was mended shows it."""
        theirs = [finding for finding in found.findings if finding.kind in _OF_PROVIDER]
        mended = {(repair.kind, repair.order_id, repair.key) for repair in repairs}
        if any(repair.repair is Mend.RESEND for repair in repairs):
            mended.add(_LATE)  # what is sent again is old, and late until it is there
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            left = await self._look(theirs)
            if not any((one.kind, one.order_id, one.key) in mended for one in left.findings):
                break
        return left

    async def _look(self, of_provider: list[Finding]) -> Seen:
        temporal, now = Temporal(self.doors.client), self.clock()
        opened = await workflows.open_orders(self.database, self.showing)
        with self.showing.counting("Reading the books"):
            findings = await self.database.aread(of_books)
        compared = workflows.compared(self.database, temporal, opened, self.showing, now)
        findings += [one async for one in compared]
        findings += [one async for one in around.of_changes(self.database, temporal)]
        findings += [one async for one in around.of_temporal(temporal)]
        findings += await self.database.aread(around.of_messages, now, webhook=self.webhook)
        bells = await self.database.aread(unrung_bells)
        return Seen((*findings, *of_provider), len(opened), bells, tuple(temporal.unchecked))


def _be_the_right_temporal(found: Seen) -> None:
    """Started in a second Temporal, every order would be worked on twice."""
    missing = sum(one.kind is Kind.MISSING for one in found.findings)
    if missing > _FEW and missing * 2 > found.open_orders:
        raise Refusal(
            "NoWorkflows",
            f"{missing} of {found.open_orders} open orders have no workflow: is this the right Temporal? "
            "`--repair --yes` starts them all",
        )
