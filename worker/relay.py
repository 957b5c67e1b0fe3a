"""The relay: sends the events that the books hold to the order system, beside the worker and on the real clock."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from domain.events import next_try
from gateways.oms_webhook import NotTaken, OmsWebhook
from store import outbox
from store.database import Database
from store.outbox import Due

logger = logging.getLogger("worker.relay")

STREAMS_AT_ONCE = 20
IDLE_SECONDS = 1
UNSET_SECONDS = 3600

Clock = Callable[[], datetime]


def real_time() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def relay(
    database: Database, webhook: OmsWebhook | None, clock: Clock = real_time
) -> AsyncIterator[None]:
    """Send events for as long as the block lasts; what is under way at its end is finished.

    Without a webhook, events that are a day old are set aside: one that is set later hears of the last day only.
    """
    stop = asyncio.Event()
    work = (
        _without(database, clock, stop) if webhook is None else _Relay(database, webhook, clock, stop).run()
    )
    running = asyncio.create_task(work)
    try:
        yield
    finally:
        stop.set()
        await running


async def _without(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await database.awrite(outbox.set_aside, clock())
        except SQLAlchemyError as error:
            logger.warning("old events are set aside later: %s", _named(error))
        await _pause(stop, UNSET_SECONDS)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _named(error: Exception) -> str:
    """Its kind alone: the rest may name what a log must not."""
    return type(getattr(error, "orig", None) or error).__name__


@dataclass
class _Trouble:
    """Said once when it begins, and once when it is over."""

    of: str
    met: bool = False

    def seen(self, why: str | None) -> None:
        if why and not self.met:
            logger.warning("events wait; %s: %s", self.of, why)
        elif self.met and not why:
            logger.info("events go on; %s answers again", self.of)
        self.met = why is not None


@dataclass
class _Relay:
    database: Database
    webhook: OmsWebhook
    clock: Clock
    stop: asyncio.Event
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _receiver: _Trouble = field(default_factory=lambda: _Trouble("the order system's webhook"))
    _books: _Trouble = field(default_factory=lambda: _Trouble("the database"))

    async def run(self) -> None:
        stopped = asyncio.create_task(self.stop.wait())
        while not self.stop.is_set():
            free = STREAMS_AT_ONCE - len(self._under_way)
            claimed = await self._claimed(free)
            for event in claimed:
                self._begin(event)
            if len(claimed) == free:  # there may be more, once one of them is through
                await asyncio.wait({*self._under_way, stopped}, return_when=asyncio.FIRST_COMPLETED)
            else:
                await _pause(self.stop, IDLE_SECONDS)
        await asyncio.gather(*self._under_way)

    async def _claimed(self, most: int) -> list[Due]:
        try:
            claimed = await self.database.awrite(outbox.claim, self.clock(), most)
        except SQLAlchemyError as error:
            self._books.seen(_named(error))
            return []
        self._books.seen(None)
        return claimed

    def _begin(self, event: Due) -> None:
        task = asyncio.create_task(self._carry(event))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _carry(self, first: Due) -> None:
        """Send a stream's events one after another, for as long as they arrive."""
        event: Due | None = first
        try:
            while event is not None and not self.stop.is_set():
                event = await self._send(event)
            if event is not None:
                await self.database.awrite(outbox.give_back, event)
        except SQLAlchemyError as error:  # once its lease is over it is sent again
            self._books.seen(_named(error))
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
