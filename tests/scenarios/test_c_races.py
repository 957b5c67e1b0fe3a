"""A cancellation that races with shipping: cancelled and uncharged, or shipped and charged; never both, never neither."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.cancellation import CancellationOutcome, CancelResult
from domain.status import Status
from store.database import Database
from tests.gates import Gates
from tests.scenarios.wishes import WAYS, ask
from tests.shop import PRICE, Books, Shop, World, open_shop
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


@pytest.fixture
def gates() -> Gates:
    return Gates()


@pytest.fixture
async def gated(sqlite_database: Database, tmp_path: Path, gates: Gates, world: World) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path, around=gates.around, world=world) as opened:
        yield opened


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
