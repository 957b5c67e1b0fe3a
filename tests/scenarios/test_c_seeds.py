"""C4: many random races and mishaps at once, before the label and before the hand-over."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from temporalio.service import RPCError, RPCStatusCode

from domain.cancellation import CancelResult
from domain.errors import UnknownOrder
from domain.outcome import Outcome
from domain.parcel import ParcelStage
from domain.policy import Policy, ShippedWhen
from domain.status import Status
from store.database import Database
from tests.gates import OUTAGES_END, Gates
from tests.scenarios.wishes import WAYS, Update, send
from tests.shop import PRICE, SKU, Shop, World, open_shop, sandboxes

T = TypeVar("T")

SEEDS = range(60)
STEPS = (
    "authorise",
    "capture",
    "charge",
    "void",
    "refund",
    "rates",
    "buy",
    "void label",
    "find label",
    "find payment",
)
OUTAGES = (0, 0, 1, 3, 12)
"""How many calls in a row a step is out for; the longest outlasts an activity's retries, so that its order rests."""


def dice_of(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - seeds, not secrets


class Luck:
    """Each order's own bad luck: steps that fail before or after they act, and one that is out for a while."""

    def __init__(self) -> None:
        self._dice: dict[str, Random] = {}
        self._out: dict[str, tuple[str, int]] = {}

    def __call__(self, order_id: str, step: str) -> str | None:
        if order_id not in self._dice:
            self._dice[order_id] = dice = dice_of(f"luck of {order_id}")
            self._out[order_id] = dice.choice(STEPS), dice.choice(OUTAGES)
        out, times = self._out[order_id]
        if step == out and times:
            self._out[order_id] = out, times - 1
            return "lost"
        return self._dice[order_id].choices((None, "lost", "unanswered"), (8, 1, 1))[0]


async def _race(shop: Shop, seed: int) -> tuple[str, list[Update]]:
    """An order, and one or two wishes to cancel it at moments and in ways of the seed's choice."""
    dice, order_id = dice_of(str(seed)), f"seed-{seed}"
    timing, fulfilment = (
        dice.choice(("at_shipment", "at_shipment", "at_order")),
        dice.choice(("split", "together")),
    )
    updates = []
    await shop.place(order_id, dice.randint(1, 4), timing=timing, fulfilment=fulfilment)
    await asyncio.sleep(dice.choice((0, dice.uniform(0, 0.3), dice.uniform(0, 2))))
    for number in range(dice.choice((1, 1, 2))):
        lines = [{"sku": SKU, "quantity": 1}] if dice.random() < 0.5 else None
        wish = {"cancellation_id": f"{order_id}-{number}", "lines": lines}
        updates.append(await _wish_unless_ended(shop, order_id, dice.choice(WAYS), wish))
        await asyncio.sleep(dice.uniform(0, 0.2))
    return order_id, [update for update in updates if update]


async def _wish_unless_ended(shop: Shop, order_id: str, way: str, wish: dict[str, Any]) -> Update | None:
    try:
        return await send(shop, order_id, way, wish)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


async def _while_time_passes(shop: Shop, act: Coroutine[Any, Any, T]) -> T:
    """Nobody waits for a retry by the clock on the wall; time stands while any step is being made."""
    task = asyncio.create_task(act)
    while not task.done():
        await shop.env.sleep(timedelta(seconds=5))
        await asyncio.sleep(0.05)
    return await task


async def _all_raced(shop: Shop) -> dict[str, list[Update]]:
    """Stock for some, then for all of them, in the middle of their cancellations."""
    await shop.receive(60)
    races = asyncio.gather(*(_race(shop, seed) for seed in SEEDS))
    await asyncio.sleep(1)
    await shop.receive(400)
    return dict(await races)


async def _all_ended(shop: Shop, order_ids: Iterable[str]) -> None:
    for order_id in order_ids:
        await shop.until(order_id, lambda order: order.ended_at is not None)


async def _hand_over_all(shop: Shop) -> None:
    """The warehouse walks past again and again, and takes some of what stands ready."""
    dice = dice_of("warehouse")
    while True:
        for seed in SEEDS:
            with suppress(UnknownOrder):
                await _hand_over(shop, f"seed-{seed}", dice)
        await asyncio.sleep(0.1)


async def _hand_over(shop: Shop, order_id: str, dice: Random) -> None:
    state = shop.state(order_id)
    for parcel in state.parcels:
        if parcel.stage is ParcelStage.READY and dice.random() < 0.3:
            with suppress(RPCError):
                await shop.handle(order_id).signal("parcel_handed_over", parcel.number)


@pytest.mark.slow
async def test_c4_sixty_random_races_and_mishaps_leave_no_order_both_cancelled_and_charged(
    sqlite_database: Database, tmp_path: Path, world: World
) -> None:
    """At the sandbox a parcel has shipped with its label, at the fakes of real providers once it is handed over."""
    shipped_when = ShippedWhen.LABEL if world is sandboxes else ShippedWhen.HANDED_OVER
    gates, policy = Gates(Luck()), Policy(shipped_when=shipped_when)
    async with open_shop(
        sqlite_database, tmp_path, around=gates.around, world=world, policy=policy, **OUTAGES_END
    ) as shop:
        warehouse = asyncio.create_task(_hand_over_all(shop))
        raced = await _while_time_passes(shop, _all_raced(shop))
        await _while_time_passes(shop, _all_ended(shop, raced))
        warehouse.cancel()
        ends = {order_id: await shop.ended(order_id) for order_id in raced}

        for order_id, end in ends.items():
            _check_conserved(shop, order_id, end)
        assert any(_undone(shop, order_id) for order_id in ends), "no cancellation met a parcel: no race"
        for update in chain.from_iterable(raced.values()):
            assert (await update.result()).outcome in CancelResult
        assert {end.status for end in ends.values()} >= {Status.CANCELLED, Status.COMPLETED}
        assert shop.findings() == []


def _undone(shop: Shop, order_id: str) -> bool:
    return any(parcel.stage is ParcelStage.UNDONE for parcel in shop.state(order_id).parcels)


def _check_conserved(shop: Shop, order_id: str, end: Outcome) -> None:
    books = shop.books(order_id)
    rejected = end.status is Status.REJECTED
    assert books.backordered == books.allocated == books.claimed == 0, order_id
    assert rejected or books.shipped + books.cancelled == end.units_ordered, order_id
    assert books.charged == books.shipped * PRICE == end.charged_minor - end.refunded_minor, order_id
    assert shop.differences(order_id) == [], order_id
    assert shop.labels(order_id) == end.parcels, order_id
    assert (end.parcels > 0) == (books.shipped > 0), order_id
    told = shop.told(order_id)
    assert told.count("shipped") == end.parcels, order_id
    assert ("cancelled" in told) == (books.cancelled > 0 and not rejected), order_id
    notices = [(notice.kind, notice.occasion) for notice in shop.state(order_id).notices]
    assert len(notices) == len(set(notices)), order_id
