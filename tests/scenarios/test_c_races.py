"""A cancellation that races with shipping: cancelled and uncharged, or shipped and charged; never both, never neither."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from datetime import timedelta
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from temporalio.client import WorkflowUpdateHandle, WorkflowUpdateStage
from temporalio.service import RPCError, RPCStatusCode

from domain.cancellation import CancellationOutcome, CancelResult
from domain.outcome import Outcome
from domain.parcel import ParcelStage
from domain.status import Status
from store.database import Database
from tests.gates import OUTAGES_END, Gates
from tests.shop import PRICE, SKU, Books, Shop, World, open_shop
from worker.wiring import running_worker
from workflows.messages import BACKORDER, TASK_QUEUE, backorder_workflow_id

UNDOABLE = ("before claim", "after claim", "before authorise", "after authorise")
TOO_LATE = (
    "before rates",
    "after rates",
    "before buy",
    "after buy",
    "before capture",
    "after capture",
    "before confirmation",
    "before shipped",
    "after shipped",
)
WAYS = ("signal", "update", "native")

Update = WorkflowUpdateHandle[CancellationOutcome]
T = TypeVar("T")


@pytest.fixture
def gates() -> Gates:
    return Gates()


@pytest.fixture
async def gated(sqlite_database: Database, tmp_path: Path, gates: Gates, world: World) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path, around=gates.around, world=world) as opened:
        yield opened


async def ask(shop: Shop, order_id: str, way: str, units: int | None = None) -> Update | None:
    lines = [{"sku": SKU, "quantity": units}] if units else None
    wish = {"cancellation_id": f"wish-{order_id}", "reason": "changed_mind", "lines": lines}
    return await send(shop, order_id, way, wish)


async def send(shop: Shop, order_id: str, way: str, wish: dict[str, Any]) -> Update | None:
    """Have Temporal take the wish to cancel; an update's handle, to ask for the answer later."""
    handle = shop.handle(order_id)
    if way == "native":
        await handle.cancel()
    elif way == "signal":
        await handle.signal("cancel", wish)
    else:
        return await handle.start_update(
            "request_cancellation",
            wish,
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            result_type=CancellationOutcome,
        )
    return None


async def cancelled_at(shop: Shop, gates: Gates, place: str, way: str, units: int | None = None) -> str:
    """An order of two units that is asked to cancel while it stands at `place`; its id, once it has ended."""
    order_id = "-".join((*place.split(), way, str(units or "all")))
    door = gates.close(order_id, place)
    await shop.place(order_id, 2)
    await door.arrived()
    update = await ask(shop, order_id, way, units)
    door.open()
    if update is not None:
        answer: CancellationOutcome = await update.result()
        assert (answer.outcome is CancelResult.TOO_LATE) == (place in TOO_LATE)
    await shop.ended(order_id)
    return order_id


def check(shop: Shop, order_id: str, expected: Books) -> None:
    assert shop.books(order_id) == expected, order_id
    assert shop.differences(order_id) == [], order_id
    assert shop.labels(order_id) == (1 if expected.shipped else 0), order_id
    told = shop.told(order_id)
    assert len(told) == len(set(told)), order_id
    assert ("shipped" in told, "cancelled" in told) == (expected.shipped > 0, expected.cancelled > 0)


@pytest.mark.slow
async def test_c4_a_cancellation_at_any_step_cancels_before_the_label_and_comes_too_late_after(
    gated: Shop, gates: Gates
) -> None:
    await gated.receive(500)

    for way in WAYS:
        whole = await asyncio.gather(
            *(cancelled_at(gated, gates, place, way) for place in (*UNDOABLE, *TOO_LATE))
        )
        for order_id in whole[: len(UNDOABLE)]:
            check(gated, order_id, Books(cancelled=2))
        for order_id in whole[len(UNDOABLE) :]:
            check(gated, order_id, Books(shipped=2, charged=2 * PRICE))

    assert gated.findings() == []


@pytest.mark.slow
async def test_c4_a_partial_cancellation_at_any_step_charges_exactly_what_ships(
    gated: Shop, gates: Gates
) -> None:
    await gated.receive(500)

    for way in ("signal", "update"):
        part = await asyncio.gather(
            *(cancelled_at(gated, gates, place, way, 1) for place in (*UNDOABLE, *TOO_LATE))
        )
        for order_id in part[: len(UNDOABLE)]:
            check(gated, order_id, Books(cancelled=1, shipped=1, charged=PRICE))
        for order_id in part[len(UNDOABLE) :]:
            check(gated, order_id, Books(shipped=2, charged=2 * PRICE))

    assert gated.findings() == []


async def test_c4_a_cancelled_orders_units_go_to_the_next_while_its_authorisation_is_let_go(
    gated: Shop, gates: Gates
) -> None:
    door = gates.close("100", "before void")
    standing = gates.close("100", "after authorise")
    await gated.receive(2)
    await gated.place("100", 2)
    await standing.arrived()
    await gated.place("101", 2)
    update = await ask(gated, "100", "update")
    standing.open()
    assert update is not None
    await update.result()

    await gated.ended("101")
    check(gated, "101", Books(shipped=2, charged=2 * PRICE))
    await door.arrived()
    await ask(gated, "100", "native")
    door.open()
    await gated.ended("100")

    check(gated, "100", Books(cancelled=2))
    assert [entry.kind for entry in gated.payments.books("100")] == ["authorise", "void"]
    assert gated.findings() == []


async def test_c0_temporals_cancel_before_the_first_task_leaves_nothing_behind(
    sqlite_database: Database, tmp_path: Path, world: World
) -> None:
    async with open_shop(sqlite_database, tmp_path, working=False, world=world) as shop:
        ids = ("shipment", "at-order")
        for order_id in ids:
            timing = "at_order" if order_id == "at-order" else "at_shipment"
            order = await shop.order(order_id, 2, timing=timing)
            handle = await shop.client.start_workflow(
                BACKORDER, order, id=backorder_workflow_id(order_id), task_queue=TASK_QUEUE
            )
            await handle.cancel()

        async with running_worker(shop.client, shop.parts):
            for order_id in ids:
                assert (await shop.ended(order_id)).status is Status.CANCELLED

        for order_id in ids:
            check(shop, order_id, Books(cancelled=2))
        assert [entry.kind for entry in shop.payments.books("at-order")] == ["charge", "refund"]
        assert shop.findings() == []


async def test_c0_temporals_cancel_while_money_moves_for_an_order_paid_at_order(
    gated: Shop, gates: Gates
) -> None:
    places = ("before charge", "after charge", "before confirmation", "before refund", "after refund")

    async def cancelled(place: str) -> str:
        order_id = place.replace(" ", "-")
        door = gates.close(order_id, place)
        placing = asyncio.create_task(gated.place(order_id, 2, timing="at_order"))
        if place.endswith("refund"):
            await placing
            await ask(gated, order_id, "signal")
        await door.arrived()
        await ask(gated, order_id, "native")
        door.open()
        await placing
        await gated.ended(order_id)
        return order_id

    for order_id in await asyncio.gather(*map(cancelled, places)):
        assert gated.books(order_id) == Books(cancelled=2), order_id
        assert gated.differences(order_id) == []
        assert [entry.kind for entry in gated.payments.books(order_id)] == ["charge", "refund"]
        assert gated.told(order_id) == ["confirmation", "cancelled", "refunded"]
    assert gated.findings() == []


SEEDS = range(60)
STEPS = ("authorise", "capture", "charge", "void", "refund", "rates", "buy", "find label", "find payment")
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


@pytest.mark.slow
async def test_c4_sixty_random_races_and_mishaps_leave_no_order_both_cancelled_and_charged(
    sqlite_database: Database, tmp_path: Path, world: World
) -> None:
    gates = Gates(Luck())
    async with open_shop(sqlite_database, tmp_path, around=gates.around, world=world, **OUTAGES_END) as shop:
        raced = await _while_time_passes(shop, _all_raced(shop))
        await _while_time_passes(shop, _all_ended(shop, raced))
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
