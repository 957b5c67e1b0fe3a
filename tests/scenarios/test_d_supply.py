"""Supply that does not come as it was said: dates, promises and open purchase-order lines are right each time."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.policy import Law, Policy
from domain.review import Review, ReviewRequest
from domain.working_days import next_working_day
from starter.commands.review import reviewed
from store import catalog, queue
from store.supply_tables import InboundRow
from tests.shop import PRICE, SKU, Books, Shop

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
TOGETHER: dict[str, Any] = {"fulfilment": "together"}


async def today(shop: Shop) -> date:
    return (await shop.now()).date()


async def a_monday(shop: Shop, weeks: int) -> date:
    """So many weeks ahead, and some days: whatever the day on which the test runs, no date falls on a weekend by chance."""
    day = await today(shop)
    return day + timedelta(days=7 - day.weekday()) + weeks * WEEK


def eta(ships: date) -> date:
    """The supplier's date for what is to ship on that day: packed the day after it arrived."""
    return ships - DAY


def promised(shop: Shop) -> dict[str, date | None]:
    """What the queue command shows; those who hold all they need wait for no date any more."""
    places = shop.database.read(queue.queue, SKU).places
    return {one.order_id: one.promised_on for one in places if one.backordered}


def outstanding(shop: Shop) -> dict[str, int]:
    """The purchase-order lines, and what is still to come of them."""

    def rows(session: Session) -> dict[str, int]:
        lines = session.scalars(select(InboundRow).order_by(InboundRow.inbound_id))
        return {line.inbound_id: 0 if line.cancelled else line.quantity for line in lines}

    return shop.database.read(rows)


async def review(shop: Shop) -> Review:
    with shop.env.auto_time_skipping_disabled():
        return await reviewed(shop.client, ReviewRequest())


async def two_orders_wait(shop: Shop, first: date, second: date) -> None:
    """100 waits for the five units of PO-1, 101 for the five of PO-2."""
    await shop.announce("PO-1", 5, eta(first))
    await shop.announce("PO-2", 5, eta(second))
    for order_id in ("100", "101"):
        await shop.place(order_id, 5, **TOGETHER)
    await shop.heard("100", "101")
    assert promised(shop) == {"100": first, "101": second}


async def test_d9_supply_that_comes_short_keeps_the_date_until_the_rest_is_called_off(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    first, second = await a_monday(shop, 1), await a_monday(shop, 3)
    await two_orders_wait(shop, first, second)

    await shop.receive(3, inbound_id="PO-1")
    await shop.heard("100", "101")
    assert outstanding(shop) == {"PO-1": 2, "PO-2": 5}
    assert promised(shop) == {"100": first, "101": second}
    assert shop.books("100") == Books(allocated=3, backordered=2)
    await shop.announce("PO-1", 0, eta(first))
    await shop.heard("100", "101")

    assert outstanding(shop) == {"PO-1": 0, "PO-2": 5}
    assert promised(shop) == {"100": second, "101": None}
    assert [shop.status(order_id).promised_on for order_id in ("100", "101")] == [second, None]
    assert await shop.atp() is None
    assert shop.told("100") == shop.told("101") == ["confirmation", "promise_moved"]
    assert "not known any more" in shop.letters("101")[1]["Subject"]
    await shop.receive(5)
    await shop.ended("100")
    assert outstanding(shop) == {"PO-1": 0, "PO-2": 0}
    assert shop.books("100") == Books(shipped=5, charged=5 * PRICE)
    assert shop.books("101") == Books(allocated=3, backordered=2)
    assert shop.findings() == []


async def test_d9_supply_that_comes_over_leaves_nothing_outstanding_and_the_next_line_as_it_was(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    first, second = await a_monday(shop, 1), await a_monday(shop, 3)
    await two_orders_wait(shop, first, second)

    outcome = await shop.receive(8)
    await shop.ended("100")
    await shop.heard("101")

    assert (outcome.handed_out, outcome.left_over) == (8, 0)
    assert outstanding(shop) == {"PO-1": 0, "PO-2": 5}
    assert promised(shop) == {"101": second}
    assert shop.books("101") == Books(allocated=3, backordered=2)
    assert (await shop.atp(3), await shop.atp(4)) == (second, None)
    assert shop.told("101") == ["confirmation"]
    await shop.receive(9, inbound_id="PO-2")
    await shop.ended("101")
    assert outstanding(shop) == {"PO-1": 0, "PO-2": 0}
    assert shop.database.read(queue.queue, SKU).available == 7
    for order_id in ("100", "101"):
        assert shop.books(order_id) == Books(shipped=5, charged=5 * PRICE)
        assert shop.told(order_id) == ["confirmation", "shipped"]
    assert shop.findings() == []


async def test_d9_supply_that_comes_in_two_parts_is_expected_for_what_is_left_of_it(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    first, second = await a_monday(shop, 1), await a_monday(shop, 3)
    await two_orders_wait(shop, first, second)

    await shop.receive(2)
    await shop.heard("100", "101")
    assert outstanding(shop) == {"PO-1": 3, "PO-2": 5}
    assert promised(shop) == {"100": first, "101": second}
    assert await shop.atp() is None
    await shop.receive(3)
    await shop.ended("100")

    assert outstanding(shop) == {"PO-1": 0, "PO-2": 5}
    assert promised(shop) == {"101": second}
    await shop.receive(4)
    await shop.receive(1)
    await shop.ended("101")
    assert outstanding(shop) == {"PO-1": 0, "PO-2": 0}
    for order_id in ("100", "101"):
        assert shop.books(order_id) == Books(shipped=5, charged=5 * PRICE)
        assert shop.told(order_id) == ["confirmation", "shipped"]
    assert shop.findings() == []


async def test_d9_supply_that_is_late_without_a_word_gets_a_later_date_and_stays_the_earliest_open_line(
    shop_on_both: Shop,
) -> None:
    """Nothing is known of any supplier: another week is expected of what has not come, and not one day more each day."""
    shop = shop_on_both
    shop.database.write(catalog.load_policy, Policy(delay_rule={"*": Law.NONE}), await shop.now())
    first, second = await a_monday(shop, 0), await a_monday(shop, 5)
    await two_orders_wait(shop, first, second)
    moved = []
    while await today(shop) < eta(first):
        await shop.pass_days(1)
        moved.append((await review(shop)).orders_with_new_dates)
    assert not any(moved)
    assert promised(shop) == {"100": first, "101": second}

    await shop.pass_days(1)
    reviewed_late = await review(shop)
    await shop.heard("100", "101")
    later = next_working_day(eta(first) + WEEK + DAY)
    assert reviewed_late.orders_with_new_dates == 1
    assert promised(shop) == {"100": later, "101": second}
    assert shop.status("100").promised_on == later
    assert await shop.atp() is None
    for _ in range(3):
        await shop.pass_days(1)
        assert (await review(shop)).orders_with_new_dates == 0

    await shop.receive(5)
    await shop.ended("100")
    assert outstanding(shop) == {"PO-1": 0, "PO-2": 5}
    assert promised(shop) == {"101": second}
    assert shop.books("100") == Books(shipped=5, charged=5 * PRICE)
    assert shop.told("100").count("promise_moved") == 1
    assert "promise_moved" not in shop.told("101")
    assert shop.findings() == []


async def test_d9_a_date_that_has_passed_is_promised_to_nobody(shop_on_both: Shop) -> None:
    """Not before the day's review either: what should have come by now can come today, not yesterday."""
    shop = shop_on_both
    shop.database.write(catalog.load_policy, Policy(handling_days=0), await shop.now())
    monday = await a_monday(shop, 0)
    await shop.announce("PO-1", 5, monday)
    while await today(shop) < monday:
        await shop.pass_days(1)
        await review(shop)
    assert await shop.atp(2) == monday

    await shop.pass_days(1)
    quoted = await shop.atp(2)
    decision = await shop.place("100", 2)
    await shop.heard("100")

    assert quoted == decision.promised_on
    assert quoted is None or quoted >= await today(shop)
    assert promised(shop) == {"100": quoted}


async def test_d9_supply_that_is_cancelled_gives_its_orders_the_next_date_or_none(shop_on_both: Shop) -> None:
    shop = shop_on_both
    first, second = await a_monday(shop, 1), await a_monday(shop, 3)
    await two_orders_wait(shop, first, second)

    await shop.announce("PO-1", 0, None, cancelled=True)
    await shop.heard("100", "101")
    assert outstanding(shop) == {"PO-1": 0, "PO-2": 5}
    assert promised(shop) == {"100": second, "101": None}
    assert await shop.atp() is None
    await shop.receive(1)
    await shop.heard("100", "101")
    assert outstanding(shop) == {"PO-1": 0, "PO-2": 4}
    await shop.announce("PO-1", 5, eta(second))
    await shop.heard("100", "101")

    assert outstanding(shop) == {"PO-1": 5, "PO-2": 4}
    assert promised(shop) == {"100": second, "101": second}
    assert [shop.status(order_id).promised_on for order_id in ("100", "101")] == [second, second]
    assert shop.told("100") == ["confirmation", "promise_moved"]
    assert shop.told("101") == ["confirmation", "promise_moved", "promise_moved"]
    await shop.receive(9)
    for order_id in ("100", "101"):
        await shop.ended(order_id)
        assert shop.books(order_id) == Books(shipped=5, charged=5 * PRICE)
    assert shop.findings() == []


async def test_d9_the_earliest_open_line_is_that_of_the_earliest_date_as_it_is_now(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    first, second, third = await a_monday(shop, 1), await a_monday(shop, 3), await a_monday(shop, 5)
    await two_orders_wait(shop, first, second)

    await shop.announce("PO-1", 5, eta(third))
    await shop.receive(5)
    await shop.ended("100")
    await shop.heard("101")

    assert outstanding(shop) == {"PO-1": 5, "PO-2": 0}
    assert promised(shop) == {"101": third}
    assert (await shop.atp(), shop.status("101").promised_on) == (None, third)
    assert shop.told("101") == ["confirmation", "promise_moved"]
    await shop.announce("PO-3", 2, eta(second))
    await shop.receive(3)
    await shop.heard("101")
    assert outstanding(shop) == {"PO-1": 5, "PO-2": 0, "PO-3": 0}
    assert (promised(shop), await shop.atp(3)) == ({"101": third}, third)
    assert shop.findings() == []
