"""Our own figures among the metrics: asked of the books every few seconds, the same by every worker.

Each worker asks for itself, and says the same: a chart takes the largest of them, not their sum.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from temporalio.common import MetricMeter

from domain.status import Status
from store import gauges
from store.database import Database
from store.gauges import Concerns, OpenOrders
from worker.settings import Settings
from worker.upkeep import Trouble, beside, kind, pause, real_time

logger = logging.getLogger("worker.gauges")

EVERY_SECONDS = 15
MOST_OF_THE_TIME = 0.05
"""A database that takes long to answer is asked more seldom: a worker has it busy for a twentieth at the most."""

SETTLED_SECONDS = 60
"""Rows are numbered when they are written and seen when their transaction ends, which none puts off for so long."""
ROWS_AT_ONCE = 1_000_000
"""More are not written meanwhile: what lies further back is settled also for a worker that begins just now."""

HANDED_OUT: Final = "backorder_units_handed_out"
NAMES: Final = {
    "backorder_open_orders": "Current backorders by status: accepted, not ended, with a unit that has not left.",
    "backorder_open_value_minor": "Value by currency, in minor units, of their units neither shipped nor cancelled.",
    "backorder_units_waiting": "Their units neither shipped nor cancelled.",
    "backorder_oldest_order_seconds": "Age of the oldest of them; 0 when there is none.",
    "backorder_holds": "Orders that do not go on, by why: payment_hold, address_hold, held.",
    "backorder_notices_failed": "E-mails that no mailbox took.",
    "backorder_outbox_pending": "Events that wait to be sent to the order system.",
    "backorder_outbox_lag_seconds": "Age of the oldest of them; 0 when there is none.",
    "backorder_outbox_dead": "Events that are given up.",
    "backorder_unrung_bells": "Orders that have yet to hear of a change of their stock or promise.",
    "backorder_figures_read_at_seconds": "When these figures were last read, as Unix time.",
}
_OPEN = tuple(status.value for status in Status if status.open)


@asynccontextmanager
async def figures(
    settings: Settings,
    meter: MetricMeter,
    database: Database,
    clock: Callable[[], datetime] = real_time,
    seconds: float = EVERY_SECONDS,
) -> AsyncIterator[None]:
    """Keep the gauges true for as long as the block lasts, where somebody may ask for them."""
    if settings.metrics_address is None:
        yield
        return
    reader = Gauges(meter, database, clock, sends=settings.webhook_url is not None)

    async def work(stop: asyncio.Event) -> None:
        while not stop.is_set():
            begun = time.monotonic()
            await reader.read()
            took = time.monotonic() - begun
            await pause(stop, max(seconds, took / MOST_OF_THE_TIME))

    async with beside("reading the figures", work):
        yield


@dataclass
class Gauges:
    """Sets each to what the books say; what there is no more of falls to 0.

    Of the outbox nothing is said unless it `sends`: events that nobody wants are late for nobody.
    """

    meter: MetricMeter
    database: Database
    clock: Callable[[], datetime]
    sends: bool = True
    _currencies: set[str] = field(default_factory=set)
    _books: Trouble = field(default_factory=lambda: Trouble("the figures", "the database", logger))

    def __post_init__(self) -> None:
        self._set = {name: self.meter.create_gauge(name, text) for name, text in NAMES.items()}
        self._given = HandedOut(self.meter, self.database)

    async def read(self) -> None:
        """Ask once; while the database is away they stay, and `…_read_at_seconds` shows how old they are."""
        try:
            await self._read()
        except SQLAlchemyError as error:
            self._books.seen(kind(error))
        else:
            self._books.seen(None)

    async def _read(self) -> None:
        open_orders = await self.database.aread(gauges.open_orders)
        concerns = await self.database.aread(gauges.concerns)
        await self._given.read()
        now = self.clock()
        self._show_open(open_orders, now)
        self._each("backorder_holds", "kind", concerns.holds)
        self._one("backorder_notices_failed", concerns.notices_failed)
        if self.sends:
            await self._show_outbox(concerns, now)
        self._one("backorder_unrung_bells", concerns.unrung_bells)
        self._one("backorder_figures_read_at_seconds", int(now.timestamp()))

    def _show_open(self, found: list[OpenOrders], now: datetime) -> None:
        self._currencies |= {one.currency for one in found}
        orders, value = dict.fromkeys(_OPEN, 0), dict.fromkeys(self._currencies, 0)
        for one in found:
            orders[one.status] += one.orders
            value[one.currency] += one.value_minor
        self._each("backorder_open_orders", "status", orders)
        self._each("backorder_open_value_minor", "currency", value)
        self._one("backorder_units_waiting", sum(one.units for one in found))
        oldest = min((one.oldest for one in found), default=None)
        self._one("backorder_oldest_order_seconds", _age(oldest, now))

    async def _show_outbox(self, concerns: Concerns, now: datetime) -> None:
        since = await self.database.aread(gauges.oldest_event)
        self._one("backorder_outbox_pending", concerns.outbox_pending)
        self._one("backorder_outbox_dead", concerns.outbox_dead)
        self._one("backorder_outbox_lag_seconds", _age(since, now))

    def _one(self, name: str, value: int) -> None:
        self._set[name].set(value)

    def _each(self, name: str, label: str, values: Mapping[str, int]) -> None:
        for of, value in values.items():
            self._set[name].set(value, {label: of})


def _age(since: datetime | None, now: datetime) -> int:
    return 0 if since is None else max(0, int((now - since).total_seconds()))


class HandedOut:
    """Units that queues were given, since the first order: the ledger's own sum, whichever worker handed them out.

    So a worker that begins anew counts nothing twice and misses nothing. The whole ledger is read once, at the
    start; then only the rows of the last minute, and in the first minute the last million.

    Books that were restored from a copy may hold less than was told: the count stays, and goes on with what is handed
    out from then on.
    """

    def __init__(
        self, meter: MetricMeter, database: Database, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._counter = meter.create_counter(
            HANDED_OUT, "Units that queues were given, since the first order."
        )
        self._database, self._tick = database, tick
        self._told = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()
        self._after = self._before = self._latest = 0

    async def read(self) -> None:
        latest = await self._database.aread(gauges.latest_row)
        total = await self._total(latest)
        if latest < self._latest or total < self._told:
            self._begin_anew()
            total = self._told = await self._total(latest)
        self._counter.add(total - self._told)
        self._told, self._latest = total, latest

    async def _total(self, latest: int) -> int:
        now = self._tick()
        settled = self._after if self._marks else max(0, latest - ROWS_AT_ONCE)
        while self._marks and now - self._marks[0][0] >= SETTLED_SECONDS:
            settled = self._marks.popleft()[1]
        found = await self._database.aread(gauges.given, self._after, settled)
        total = self._before + found.units
        self._before, self._after = self._before + found.settled, settled
        self._marks.append((now, latest))
        return total
