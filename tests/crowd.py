"""Orders of all kinds at once, whose customers ask again until they are answered; and what became of each."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.changes import AddressChange, PaymentMethod
from domain.decision import Decision, Refusal
from domain.status import Status
from starter import errors
from starter.errors import OutOfReach
from store import audit, orders
from tests.live import MINI, LiveShop
from tests.scenarios.wishes import changed
from tests.shop import SKU, line

T = TypeVar("T")

DECLINED_WITHIN = 600


@dataclass(frozen=True)
class Sort:
    """How an order is placed, and what its customer does afterwards."""

    units: int = 2
    minis: int = 0
    wish: str = ""
    placed: dict[str, Any] = field(default_factory=dict)


REFUSED = {"timing": "at_order", "method": "pm_card_chargeDeclined"}

SORTS = (
    Sort(3),
    Sort(2, minis=1, placed={"fulfilment": "together"}),
    Sort(2, minis=2, placed={"timing": "at_order"}),
    Sort(3, wish="cancel one", placed={"timing": "at_order"}),
    Sort(2, wish="cancel"),
    Sort(2, placed=REFUSED),
    Sort(2, wish="another card", placed={"method": "pm_card_chargeDeclined"}),
    Sort(1, placed={"timing": "at_order", "method": "pm_card_timeoutAfterCharge"}),
    Sort(2, wish="another address"),
    Sort(4, wish="cancel one", placed={"fulfilment": "together"}),
)


async def persistently(call: Callable[[], Awaitable[T]]) -> T:
    """What an order system does: the same call again until it is answered."""
    while True:
        try:
            return await call()
        except OutOfReach:
            await asyncio.sleep(0.5)


async def _seen(look: Callable[[], Awaitable[bool]], what: str, limit: float) -> None:
    """Looked for seldom: many look, and the shop needs the machine."""
    try:
        async with asyncio.timeout(limit):
            while not await look():  # noqa: ASYNC110 - the database rings no bell here
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {limit:g} s") from None


@dataclass
class Crowd:
    """`size` orders, placed one after another within `seconds` while their units arrive in pieces."""

    shop: LiveShop
    size: int
    seconds: float
    seed: str
    pieces: int = 12
    decisions: dict[str, Decision] = field(default_factory=dict)
    cancelled: Counter[str] = field(default_factory=Counter)
    """Units that the answers to cancellations named."""
    too_late: Counter[str] = field(default_factory=Counter)
    """How often an order was not placed in time, and placed again."""

    @property
    def order_ids(self) -> list[str]:
        return [f"c-{number:03}" for number in range(self.size)]

    def sort(self, order_id: str) -> Sort:
        return SORTS[int(order_id.removeprefix("c-")) % len(SORTS)]

    async def live(self) -> None:
        """Until every customer has been answered and all the units are there; then it is the orders' turn."""
        drawn = random.Random(self.seed)  # noqa: S311 - no secret
        moments = sorted(drawn.uniform(0, self.seconds * 0.8) for _ in range(self.size))
        lives = [
            self._life(order_id, at, drawn.uniform(0, self.seconds * 0.3))
            for order_id, at in zip(self.order_ids, moments, strict=True)
        ]
        await asyncio.gather(*lives, self._receipts())

    def wanted(self, sku: str) -> int:
        """Units of all orders, also of those that are cancelled or refused: enough for everybody."""
        sorts = [self.sort(order_id) for order_id in self.order_ids]
        return sum(one.minis if sku == MINI else one.units for one in sorts)

    async def _receipts(self) -> None:
        for piece in range(self.pieces):
            await asyncio.sleep(self.seconds / self.pieces)
            units = {sku: _share(self.wanted(sku), piece, self.pieces) for sku in (SKU, MINI)}
            named = {sku: count for sku, count in units.items() if count}
            await persistently(lambda: self.shop.doors.receive(f"R-{piece}", named))  # noqa: B023

    async def _life(self, order_id: str, at: float, thinks: float) -> None:
        await asyncio.sleep(at)
        decision = await self._placed(order_id)
        self.decisions[order_id] = decision
        if decision.accepted:
            await asyncio.sleep(thinks)
            await self._wish(order_id)

    async def _placed(self, order_id: str) -> Decision:
        """An order that was not placed in time was refused as a whole, and is placed again."""
        sort = self.sort(order_id)
        lines = [line(SKU, sort.units)] + ([line(MINI, sort.minis)] if sort.minis else [])
        order = await self.shop.order(order_id, lines=lines, **sort.placed)
        while True:
            decision = await persistently(lambda: self.shop.doors.place(order))
            if [reason.code for reason in decision.reasons] != [Refusal.UNAVAILABLE]:
                return decision
            self.too_late[order_id] += 1
            await asyncio.sleep(0.5)

    async def _wish(self, order_id: str) -> None:
        doors = self.shop.doors
        match self.sort(order_id).wish:
            case "cancel" | "cancel one" as wish:
                lines = (CancelledLine(sku=SKU, quantity=1),) if wish == "cancel one" else None
                wished = Cancellation(
                    cancellation_id=f"w-{order_id}", reason=Reason.CHANGED_MIND, lines=lines
                )
                answer = await persistently(lambda: doors.cancel(order_id, wished))
                self.cancelled[order_id] = answer.units_cancelled
            case "another card":
                await _seen(lambda: self._holds(order_id), f"{order_id} is declined", DECLINED_WITHIN)
                new = PaymentMethod(method="pm_card_visa")
                await persistently(lambda: doors.change_payment_method(order_id, new))
            case "another address":
                await self._moves(order_id, changed(street="1 Other Street"))

    async def _moves(self, order_id: str, address: AddressChange) -> None:
        """Unless it was sent already."""
        with suppress(errors.Refusal):
            await persistently(lambda: self.shop.doors.change_address(order_id, address))

    async def _holds(self, order_id: str) -> bool:
        return (await self.shop.database.aread(orders.state, order_id)).status is Status.PAYMENT_HOLD

    async def ended(self, limit: float) -> None:
        """Every order, and what was told of it."""
        await _seen(self._none_is_open, "every order ends", limit)
        await _seen(self._none_runs, "no workflow runs", limit)

    async def _none_is_open(self) -> bool:
        return not await self.shop.database.aread(audit.should_run)

    async def _none_runs(self) -> bool:
        return (await self.shop.client.count_workflows("ExecutionStatus = 'Running'")).count == 0


def _share(total: int, piece: int, pieces: int) -> int:
    """All the pieces together are the total."""
    return total * (piece + 1) // pieces - total * piece // pieces
