"""The relay: sends the events that the books hold to the order system, beside the worker and on the real clock."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from domain.events import next_try
from gateways.oms_webhook import NotTaken, OmsWebhook
from store import outbox
from store.database import Database
from store.outbox import Due
from worker.upkeep import Trouble, beside, kind, pause, real_time

logger = logging.getLogger("worker.relay")

STREAMS_AT_ONCE = 20
IDLE_SECONDS = 1
UNSET_SECONDS = 3600

Clock = Callable[[], datetime]


@asynccontextmanager
async def relay(
    database: Database, webhook: OmsWebhook | None, clock: Clock = real_time
) -> AsyncIterator[None]:
    """Send events for as long as the block lasts; what is under way at its end is finished.

    Without a webhook, events that are a day old are set aside: one that is set later hears of the last day only.
    """
    work = _SetAside(database, clock).run if webhook is None else _Relay(database, webhook, clock).run
    async with beside("sending events", work):
        yield


@dataclass(frozen=True)
class _SetAside:
    database: Database
    clock: Clock

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.database.awrite(outbox.set_aside, self.clock())
            except SQLAlchemyError as error:
                logger.warning("old events are set aside later: %s", kind(error))
            await pause(stop, UNSET_SECONDS)


@dataclass
class _Relay:
    database: Database
    webhook: OmsWebhook
    clock: Clock
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _receiver: Trouble = field(
        default_factory=lambda: Trouble("events", "the order system's webhook", logger)
    )
    _books: Trouble = field(default_factory=lambda: Trouble("events", "the database", logger))

    async def run(self, stop: asyncio.Event) -> None:
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._round(stop, stopped)
            await asyncio.gather(*self._under_way)
        finally:
            stopped.cancel()

    async def _round(self, stop: asyncio.Event, stopped: "asyncio.Task[bool]") -> None:
        free = STREAMS_AT_ONCE - len(self._under_way)
        claimed = await self._claimed(free)
        for event in claimed:
            self._begin(event, stop)
        if len(claimed) == free:  # there may be more, once one of them is through
            await asyncio.wait({*self._under_way, stopped}, return_when=asyncio.FIRST_COMPLETED)
        else:
            await pause(stop, IDLE_SECONDS)

    async def _claimed(self, most: int) -> list[Due]:
        try:
            claimed = await self.database.awrite(outbox.claim, self.clock(), most)
        except SQLAlchemyError as error:
            self._books.seen(kind(error))
            return []
        self._books.seen(None)
        return claimed

    def _begin(self, event: Due, stop: asyncio.Event) -> None:
        task = asyncio.create_task(self._carry(event, stop))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _carry(self, first: Due, stop: asyncio.Event) -> None:
        """Send a stream's events one after another, for as long as they arrive."""
        event: Due | None = first
        try:
            while event is not None and not stop.is_set():
                event = await self._send(event)
            if event is not None:
                await self.database.awrite(outbox.give_back, event)
        except SQLAlchemyError as error:  # once its lease is over it is sent again
            self._books.seen(kind(error))
        except Exception:
            logger.exception("event %s can't be sent", first.event_id)

    async def _send(self, event: Due) -> Due | None:
        """What its stream has to send next, if anything may go now."""
        refused = await self.webhook.send(event.event_id, event.body, self.clock())
        if refused is None:
            self._receiver.seen(None)
            return await self.database.awrite(outbox.delivered, event, self.clock())
        return await self._failed(event, refused)

    async def _failed(self, event: Due, refused: NotTaken) -> Due | None:
        now = self.clock()
        again = None if refused.gone else next_try(event.attempts + 1, now)
        if again is None:
            logger.warning("event %s is given up: %s", event.event_id, refused.why)
        else:
            self._receiver.seen(refused.why)
        return await self.database.awrite(outbox.failed, event, refused.why, again, now)
