"""Ringing: each bell of a cause becomes a signal."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.model import Instant, Model
from store import bells
from store.bells import Bell
from store.database import Database

AT_ONCE = 500
"""Signals on their way: few would wait in line behind what the first of them have set going."""

_PAGE = 1_000


class Ring(Model):
    cause: str
    at: Instant


@dataclass(frozen=True)
class Bells:
    database: Database
    client: Client
    workflow_id: Callable[[str], str]

    @activity.defn
    async def ring_bells(self, ring: Ring) -> int:
        """Signal each order whose stock or promise the cause changed; how many were reached."""
        reached = 0
        async for rung in self.ring(ring):
            reached += rung
            # Without details: a worker that lacks the key to read them would give the step up for good.
            activity.heartbeat()
        return reached

    async def ring(self, ring: Ring) -> AsyncIterator[int]:
        """The same page by page: how many were reached each time."""
        while page := await self.database.aread(bells.unrung, ring.cause, _PAGE):
            there = await self._ring_all(page)
            rung = [bell.id for bell, reachable in zip(page, there, strict=True) if reachable]
            gone = [bell.id for bell, reachable in zip(page, there, strict=True) if not reachable]
            await self.database.awrite(bells.mark_rung, rung, ring.at, gone)
            yield len(rung)

    async def _ring_all(self, page: list[Bell]) -> list[bool]:
        lines = asyncio.Semaphore(AT_ONCE)

        async def ring(bell: Bell) -> bool:
            async with lines:
                return await self._ring(bell)

        return await asyncio.gather(*(ring(bell) for bell in page))

    async def _ring(self, bell: Bell) -> bool:
        """False when its workflow is no more, which stops none of the others."""
        handle = self.client.get_workflow_handle(self.workflow_id(bell.order_id))
        try:
            await handle.signal(bell.signal, bell.cause)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True
