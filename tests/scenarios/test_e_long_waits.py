"""Long waits: two years of updates and messages, run after run, and nothing is lost where one run follows another."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from domain.cancellation import Cancellation, CancelledLine, CancelResult, Reason
from domain.notices import Kind
from domain.order import Fulfilment
from domain.policy import Law, Policy
from store import catalog
from tests.shop import PRICE, SKU, Books, Shop, eventually

WEEKS = 104
UNITS = 500
MOST_EVENTS = 4_000
ENDLESS = Policy(delay_rule={"*": Law.NONE}, stale_after_days_without_promise=None)
"""Terms that end no wait."""


@pytest.mark.slow
async def test_e6_a_wait_of_two_years_stays_short_run_by_run_and_loses_no_message(shop: Shop) -> None:
    shop.database.write(catalog.load_policy, ENDLESS, await shop.now())
    decision = await shop.place("100", UNITS, fulfilment=Fulfilment.TOGETHER)
    asked: list[str] = []
    for week in range(1, WEEKS + 1):
        await shop.env.sleep(timedelta(days=3))
        if week % 4 == 0:
            asked += await _busy_hour(shop, week)
        await shop.env.sleep(timedelta(days=4))
        await eventually(partial(_updates_are, shop, week), f"update {week}")

    waiting = shop.books("100")
    await shop.receive(UNITS - len(asked))
    outcome = await shop.ended("100")

    assert waiting == Books(backordered=UNITS - len(asked), cancelled=len(asked))
    taken = [(one.cancellation_id, one.units) for one in shop.state("100").cancellations]
    assert sorted(taken) == [(cancellation_id, 1) for cancellation_id in sorted(asked)]
    kinds = (Kind.CONFIRMATION, Kind.UPDATE, Kind.CANCELLED, Kind.SHIPPED)
    assert [_told(shop, kind) for kind in kinds] == [1, WEEKS, len(asked), 1]
    assert len(shop.letters("100")) == len(shop.told("100"))
    kept = UNITS - len(asked)
    assert shop.books("100") == Books(shipped=kept, cancelled=len(asked), charged=kept * PRICE)
    assert (outcome.units_shipped, outcome.units_cancelled, outcome.parcels) == (kept, len(asked), 1)
    assert shop.differences("100") == []
    assert shop.state("100").decision == decision
    lengths = await _run_lengths(shop, "100")
    assert len(lengths) >= 3
    assert max(lengths) < MOST_EVENTS
    assert shop.findings() == []


def _updates_are(shop: Shop, number: int) -> bool:
    return _told(shop, Kind.UPDATE) == number


def _told(shop: Shop, kind: Kind) -> int:
    return shop.told("100").count(kind)


async def _busy_hour(shop: Shop, week: int) -> list[str]:
    """Customers and warehouses all write at once; the ids of the cancellations, one unit each."""
    ids = [f"C-{week:03}-{number}" for number in range(10)]
    handle = shop.handle("100")

    async def cancel(number: int, cancellation_id: str) -> None:
        wish = Cancellation(
            cancellation_id=cancellation_id,
            reason=Reason.PRICE,
            lines=(CancelledLine(sku=SKU, quantity=1),),
        )
        await handle.signal("inventory_received", "a rumour")
        if number % 2:
            await handle.signal("cancel", wish)
        else:
            answer = await shop.doors.cancel("100", wish)
            assert (answer.outcome, answer.units_cancelled) == (CancelResult.CANCELLED, 1)
        await handle.signal("promise_changed", "another rumour")

    await asyncio.gather(*(cancel(number, one) for number, one in enumerate(ids)))
    await shop.until("100", lambda _: set(ids) <= _told_of(shop))
    return ids


def _told_of(shop: Shop) -> set[str]:
    return {notice.occasion for notice in shop.state("100").notices if notice.kind is Kind.CANCELLED}


async def _run_lengths(shop: Shop, order_id: str) -> list[int]:
    """The events of each run of the order's workflow, the last one first."""
    lengths: list[int] = []
    run_id: str | None = (await shop.handle(order_id).describe()).run_id
    while run_id:
        handle = shop.client.get_workflow_handle(f"backorder-{order_id}", run_id=run_id)
        events = (await handle.fetch_history()).events
        lengths.append(len(events))
        run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return lengths
