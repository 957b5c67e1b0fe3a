"""Stock under stress: queues, deals and receipts through the application, on both databases."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.decision import DecisionOutcome, Refusal
from domain.notices import Kind
from domain.report import Status as Report
from store.stock_tables import BellRow, InventoryChangeRow
from tests.shop import PRICE, SKU, Books, Shop, eventually, line
from workflows.messages import inventory_workflow_id

MINI = "WIDGET-MINI"


def both(units: int = 1) -> list[dict[str, Any]]:
    """Lines of both products, the later SKU first."""
    return [line(SKU, units), line(MINI, units)]


async def _seen(shop: Shop, order_id: str, **units: int) -> Report:
    """What the order's own workflow says of its first line, once it says so."""

    async def look() -> Report | None:
        report = await shop.handle(order_id).query("status", result_type=Report)
        said = {name: getattr(report.lines[0], name) for name in units} if report.lines else {}
        return report if said == units else None

    report: Report = await eventually(look, f"order {order_id} says {units}")
    return report


async def test_b2_cutting_an_order_in_the_middle_promotes_nobody_when_there_is_no_stock(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    for order_id, units in (("100", 1), ("101", 2), ("102", 1)):
        await shop.place(order_id, units)

    await shop.cancel("101", lines={SKU: 1})
    await shop.until("101", lambda order: order.told(Kind.CANCELLED))

    assert shop.books("100") == shop.books("102") == Books(backordered=1)
    assert shop.books("101") == Books(backordered=1, cancelled=1)
    places = [shop.status(order_id).lines[0].queue_position for order_id in ("100", "101", "102")]
    assert places == [1, 2, 3]
    await shop.receive(2)
    await shop.ended("100")
    await shop.ended("101")
    assert shop.books("102") == Books(backordered=1)
    assert shop.findings() == []


async def test_b3_of_twenty_orders_at_once_the_ten_first_in_line_hold_the_ten_units(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await shop.receive(10)
    now = await shop.now()
    mixed = [(7 * number) % 20 for number in range(20)]

    async def place(number: int) -> None:
        at = now - timedelta(minutes=20 - number)
        await shop.place(f"{number:02}", lines=both(), fulfilment="together", placed_at=at)

    placing = asyncio.gather(*(place(number) for number in mixed))
    while not placing.done():
        assert await asyncio.to_thread(shop.findings) == []
    await placing

    in_line = [f"{number:02}" for number in range(20)]
    held = [shop.state(order_id).allocated_units for order_id in in_line]
    assert held == [1] * 10 + [0] * 10
    await shop.receive(20, MINI)
    for order_id in in_line[:10]:
        await shop.ended(order_id)
        assert shop.books(order_id) == Books(shipped=2, charged=2 * PRICE)
    for order_id in in_line[10:]:
        await _seen(shop, order_id, allocated=0, backordered=1)
        assert shop.books(order_id) == Books(backordered=1, allocated=1)
    assert shop.findings() == []


async def test_b4_orders_that_arrive_during_a_receipt_do_not_overtake_the_head_of_the_queue(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    now = await shop.now()
    await shop.place("head", 5, placed_at=now - timedelta(days=9))

    await asyncio.gather(
        shop.place("low", 3, placed_at=now - timedelta(seconds=5)),
        shop.receive(5),
        shop.place("vip", 2, tier="vip"),
        shop.place("late", 1),
    )
    await shop.ended("head")

    assert shop.books("head") == Books(shipped=5, charged=5 * PRICE)
    assert shop.books("vip") == Books(backordered=2)
    assert shop.books("low") == Books(backordered=3)
    assert shop.books("late") == Books(backordered=1)
    assert shop.findings() == []


async def test_b4_a_vip_takes_the_unclaimed_units_of_those_behind_it_and_they_hear_of_it(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    now = await shop.now()
    await shop.place("100", 3, fulfilment="together", placed_at=now - timedelta(days=2))
    await shop.place("101", 3, fulfilment="together", placed_at=now - timedelta(days=1))
    await shop.receive(2)
    await _seen(shop, "100", allocated=2, backordered=1)

    decision = await shop.place("vip", 2, tier="vip")
    await shop.ended("vip")

    assert decision.outcome is DecisionOutcome.IN_STOCK
    await _seen(shop, "100", allocated=0, backordered=3)
    assert shop.books("vip") == Books(shipped=2, charged=2 * PRICE)
    assert shop.books("100") == shop.books("101") == Books(backordered=3)
    await shop.receive(3)
    await shop.ended("100")
    assert shop.books("100") == Books(shipped=3, charged=3 * PRICE)
    assert shop.findings() == []


async def test_b5_an_order_that_is_rejected_or_not_paid_for_holds_no_stock(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.receive(2)

    unknown = await shop.place("unknown", lines=[line(SKU, 2), line("NOBODY", 1)])
    declined = await shop.place("declined", 2, timing="at_order", method="pm_card_chargeDeclined")
    paid = await shop.place("paid", 2)
    for order_id in ("unknown", "declined", "paid"):
        await shop.ended(order_id)

    assert [reason.code for reason in unknown.reasons] == [Refusal.UNKNOWN_SKU]
    assert [reason.code for reason in declined.reasons] == [Refusal.PAYMENT_DECLINED]
    assert paid.outcome is DecisionOutcome.IN_STOCK
    assert shop.books("unknown") == Books()
    assert shop.books("declined") == Books(cancelled=2)
    assert shop.books("paid") == Books(shipped=2, charged=2 * PRICE)
    assert shop.told("unknown") == shop.told("declined") == []
    assert shop.findings() == []


async def test_b6_a_negative_adjustment_takes_from_the_last_in_line_and_never_from_a_parcel(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    now = await shop.now()
    for days_ago, order_id in ((3, "100"), (2, "101")):
        await shop.place(
            order_id, lines=both(2), fulfilment="together", placed_at=now - timedelta(days=days_ago)
        )
    await shop.place("unpaid", 1, placed_at=now - timedelta(days=9), method="pm_card_chargeDeclined")
    await shop.receive(5)
    await shop.until("unpaid", lambda order: order.told(Kind.PAYMENT_PROBLEM))
    await _seen(shop, "101", allocated=2)

    covered = await shop.adjust(-3)
    await _seen(shop, "101", allocated=0, backordered=2)
    await _seen(shop, "100", allocated=1, backordered=1)
    uncovered = await shop.adjust(-9)
    await _seen(shop, "100", allocated=0, backordered=2)

    assert (covered.uncovered, set(covered.orders)) == (0, {"100", "101"})
    assert (uncovered.uncovered, uncovered.orders) == (8, ("100",))
    assert shop.books("unpaid") == Books(claimed=1)
    places = [shop.status(order_id).lines[0].queue_position for order_id in ("100", "101")]
    assert places == [1, 2]
    assert shop.findings() == []


async def test_b7_orders_for_two_scarce_products_complete_in_turn_also_when_a_vip_enters(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    now = await shop.now()
    mirrored = {"100": both(), "101": both()[::-1]}
    await asyncio.gather(
        *(
            shop.place(order_id, lines=lines, fulfilment="together", placed_at=now - timedelta(days=days_ago))
            for days_ago, (order_id, lines) in zip((2, 1), mirrored.items(), strict=True)
        )
    )
    await shop.receive(1)
    await _seen(shop, "100", allocated=1)
    await shop.place("vip", lines=both(), fulfilment="together", tier="vip")
    await _seen(shop, "100", allocated=0)

    for first in ("vip", "100", "101"):
        waiting = [order_id for order_id in ("vip", "100", "101") if shop.books(order_id).shipped == 0]
        assert waiting[0] == first
        await asyncio.gather(shop.receive(1), shop.receive(1, MINI))
        await shop.ended(first)
        assert shop.books(first) == Books(shipped=2, charged=2 * PRICE)
        assert [shop.books(order_id).shipped for order_id in waiting[1:]] == [0] * len(waiting[1:])

    assert shop.findings() == []


@pytest.mark.slow
async def test_b10_one_receipt_reaches_a_thousand_waiting_orders(shop: Shop) -> None:
    order_ids = [f"{number:04}" for number in range(1000)]
    for start in range(0, 1000, 50):
        await asyncio.gather(
            *(shop.place(one, lines=both(), fulfilment="together") for one in order_ids[start : start + 50])
        )

    outcome = await shop.receive(1000, change_id="R-1")
    for order_id in order_ids:
        await _seen(shop, order_id, allocated=1, backordered=0)

    assert (outcome.handed_out, outcome.orders_reached, outcome.left_over) == (1000, 1000, 0)
    assert all(shop.books(order_id) == Books(backordered=1, allocated=1) for order_id in order_ids)
    handles = [shop.handle(order_id) for order_id in order_ids]
    handles.append(shop.client.get_workflow_handle(inventory_workflow_id("R-1")))
    lengths = [(await handle.describe()).history_length for handle in handles]
    assert max(lengths) < 2000
    assert shop.database.read(_receipts_and_bells) == (1, 1000, 0)
    assert shop.findings() == []


def _receipts_and_bells(session: Session) -> tuple[int, int, int]:
    """Receipts, bells rung, and bells not rung or rung at nobody's."""
    answered = BellRow.rung_at.is_not(None) & ~BellRow.unreachable
    receipts, rung, lost = (
        session.scalar(question) or 0
        for question in (
            select(func.count()).select_from(InventoryChangeRow),
            select(func.count()).select_from(BellRow).where(answered),
            select(func.count()).select_from(BellRow).where(~answered),
        )
    )
    return receipts, rung, lost
