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
        # Without details: a worker that lacks the key to read them would give the step up for good.
        return sum([reached async for reached in self.ring(ring, activity.heartbeat)])

    async def ring(self, ring: Ring, heard: Callable[[], None] = lambda: None) -> AsyncIterator[int]:
        """The same page by page: how many were reached each time; `heard` after each signal.

        One that fails keeps none of its page from being marked.
        """
        while page := await self.database.aread(bells.unrung, ring.cause, _PAGE):
            there = await self._ring_all(page, heard)
            rung = [bell.id for bell, reached in zip(page, there, strict=True) if reached is True]
            gone = [bell.id for bell, reached in zip(page, there, strict=True) if reached is False]
            await self.database.awrite(bells.mark_rung, rung, ring.at, gone)
            for failure in there:
                if isinstance(failure, BaseException):
                    raise failure
            yield len(rung)

    async def _ring_all(self, page: list[Bell], heard: Callable[[], None]) -> list[bool | BaseException]:
        lines = asyncio.Semaphore(AT_ONCE)

        async def ring(bell: Bell) -> bool:
            async with lines:
                reached = await self._ring(bell)
            heard()
            return reached

        return await asyncio.gather(*(ring(bell) for bell in page), return_exceptions=True)

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
