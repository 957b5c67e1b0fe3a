"""Promises: which date an order is given, who is told when it moves, and what becomes of a product without a future."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from typing import Any

from domain import metrics
from domain.cancellation import Reason
from domain.decision import Decision, DecisionOutcome, Refusal
from domain.metrics import Current
from domain.notices import Kind
from domain.policy import Acceptance, Law, Policy
from domain.review import ReviewRequest
from domain.status import Status
from domain.suppliers import Suppliers
from domain.working_days import next_working_day
from starter.commands.review import reviewed
from store import catalog, queue
from store import metrics as sums
from tests.shop import PRICE, SKU, Books, Shop, line

MINI = "WIDGET-MINI"
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


def ships_on(arrives: date) -> date:
    return next_working_day(arrives + DAY)


def promised(shop: Shop, sku: str = SKU) -> dict[str, date | None]:
    """What the queue command shows."""
    return {one.order_id: one.promised_on for one in shop.database.read(queue.queue, sku).places}


def told_dates(shop: Shop, *order_ids: str) -> list[date | None]:
    """What the status command shows."""
    return [shop.status(order_id).promised_on for order_id in order_ids]


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def written(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def refused(decision: Decision) -> Sequence[Refusal]:
    assert (decision.outcome is DecisionOutcome.REJECTED) == bool(decision.reasons)
    return [reason.code for reason in decision.reasons]


async def delivered(shop: Shop, *histories: tuple[str, int, int]) -> None:
    """What suppliers did lately: each so many deliveries, all so many days late."""
    due = await today(shop) - timedelta(days=40)
    loaded = [
        {
            "supplier": supplier,
            "deliveries": [
                {"inbound_id": f"{supplier}-{number}", "eta": due, "received_on": due + timedelta(days=late)}
                for number in range(count)
            ],
        }
        for supplier, count, late in histories
    ]
    known = Suppliers.model_validate({"suppliers": loaded})
    await shop.knows(known)


async def until(shop: Shop, day: date, hour: int = 0, minute: int = 0) -> None:
    """Time passes in steps, so that each moment is lived through."""
    moment = datetime.combine(day, time(hour, minute), (await shop.now()).tzinfo)
    while (left := moment - await shop.now()) > timedelta(0):
        await shop.env.sleep(min(left, timedelta(hours=12)))


async def review(shop: Shop) -> None:
    with shop.env.auto_time_skipping_disabled():
        await reviewed(shop.client, ReviewRequest())


async def no_law(shop: Shop) -> None:
    """What is told and done is the promise's business alone."""
    shop.database.write(catalog.load_policy, Policy(delay_rule={"*": Law.NONE}), await shop.now())


# D1: available to promise.


async def test_d1_each_in_the_queue_is_promised_the_supply_that_covers_all_ahead_and_itself(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    first, second = await a_monday(shop, 1), await a_monday(shop, 3)
    await shop.receive(1)
    await shop.announce("PO-2", 10, eta(second))
    await shop.announce("PO-1", 5, eta(first))

    units = {"100": 3, "101": 3, "102": 1, "103": 9, "104": 1}
    decisions = [await shop.place(order_id, count, **TOGETHER) for order_id, count in units.items()]
    await shop.heard(*units)

    dates = [first, first, second, second, None]
    assert [decision.promised_on for decision in decisions] == dates
    assert [decision.queue_ahead_units for decision in decisions] == [0, 2, 5, 6, 15]
    assert list(promised(shop).values()) == told_dates(shop, *units) == dates
    assert await shop.atp() is None
    assert f"Expected ship date: {written(second)}" in text(shop.letters("103")[0])
    assert "No date is known yet" in text(shop.letters("104")[0])

    await shop.receive(5)
    await shop.receive(10)
    for order_id in ("100", "101", "102", "103"):
        await shop.ended(order_id)
        assert shop.books(order_id) == Books(shipped=units[order_id], charged=units[order_id] * PRICE)
        assert shop.told(order_id) == ["confirmation", "shipped"]
    assert shop.books("104") == Books(backordered=1)
    assert shop.told("104") == ["confirmation"]
    assert shop.findings() == []


async def test_d1_an_order_that_enters_ahead_takes_the_earlier_date_and_gives_it_back_when_cancelled(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    first, second = await a_monday(shop, 1), await a_monday(shop, 3)
    await shop.announce("PO-1", 5, eta(first))
    await shop.announce("PO-2", 5, eta(second))
    await shop.place("100", 2)
    await shop.place("101", 3)
    await shop.place("102", 1)
    await shop.heard("100", "101", "102")

    vip = await shop.place("vip", 2, tier="vip")
    await shop.heard("100", "101", "102")
    assert vip.promised_on == first
    assert promised(shop) == {"vip": first, "100": first, "101": second, "102": second}
    await shop.cancel("vip")
    await shop.ended("vip")
    await shop.heard("100", "101", "102")

    assert promised(shop) == {"100": first, "101": first, "102": second}
    assert told_dates(shop, "100", "101", "102") == [first, first, second]
    assert shop.told("101") == ["confirmation", "promise_moved", "promise_moved"]
    assert "ships later" in text(shop.letters("101")[1])
    assert "ships earlier" in text(shop.letters("101")[2])
    assert shop.told("100") == shop.told("102") == ["confirmation"]
    assert shop.books("vip") == Books(cancelled=2)
    assert shop.findings() == []


async def test_d1_each_suppliers_usual_lateness_is_added_to_its_date(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await delivered(shop, ("Punctual", 300, 0), ("Tardy", 40, 4))
    due = eta(await a_monday(shop, 2))
    await shop.announce("PO-1", 2, due, supplier="Tardy")
    await shop.announce("PO-2", 2, due, supplier="Punctual")

    decisions = [await shop.place(order_id, 2) for order_id in ("100", "101")]
    beyond = await shop.place("102", 1)

    assert [one.promised_on for one in decisions] == [ships_on(due), ships_on(due + timedelta(days=4))]
    assert beyond.promised_on is None


async def test_d1_a_history_that_is_loaded_holds_for_promises_from_then_on(shop_on_both: Shop) -> None:
    """Also for supply that was announced before, and before the next review."""
    shop = shop_on_both
    due = eta(await a_monday(shop, 2))
    await shop.announce("PO-1", 2, due, supplier="Tardy")

    await delivered(shop, ("Tardy", 40, 4))
    decision = await shop.place("100", 2)

    assert decision.promised_on == ships_on(due + timedelta(days=4))


async def test_d1_lateness_is_learned_from_what_came_and_of_a_new_supplier_from_all_others(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await shop.announce("PO-1", 4, await today(shop) + DAY, supplier="Acme")
    await shop.pass_days(6)
    await shop.receive(4, inbound_id="PO-1")
    await shop.place("100", 4)
    await shop.ended("100")
    due = eta(await a_monday(shop, 2))
    await shop.announce("PO-2", 1, due, supplier="Acme")
    await shop.announce("PO-3", 1, due + 2 * WEEK, supplier="Newcomer")
    assert await shop.atp() == ships_on(due)

    await review(shop)

    assert await shop.atp() == ships_on(due + timedelta(days=5))
    assert await shop.atp(2) == ships_on(due + 2 * WEEK + timedelta(days=5))
    assert await shop.atp(3) is None
    assert shop.findings() == []


# D2: a purchase order slips.


def figures(shop: Shop, day: date) -> Current:
    return metrics.current(shop.database.read(sums.waiting, day), day, "UTC")


async def test_d2_a_slip_is_told_once_to_those_whose_promise_moves_by_more_than_the_tolerance(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    soon = ships_on(await today(shop) + timedelta(days=4))
    second, third = await a_monday(shop, 3), await a_monday(shop, 6)
    units = {"100": 2, "101": 3, "102": 5, "103": 5, "104": 1}
    await shop.announce("PO-1", 5, await today(shop) + timedelta(days=4))
    await shop.announce("PO-2", 10, eta(second))
    for order_id, count in units.items():
        await shop.place(order_id, count)
    await shop.heard(*units)
    assert list(promised(shop).values()) == [soon, soon, second, second, None]
    assert figures(shop, await today(shop)).expected_within_7_days == 5 / 16

    slipped = await shop.announce("PO-1", 5, eta(third))
    await shop.heard(*units)

    dates = [second, second, second, third, None]
    assert list(promised(shop).values()) == told_dates(shop, *units) == dates
    assert {one.order_id: one.promised_on for one in shop.database.read(queue.listing)} == promised(shop)
    assert figures(shop, await today(shop)).expected_within_7_days == 0
    assert slipped.orders_reached == 3
    for order_id, was, now in (("100", soon, second), ("101", soon, second), ("103", second, third)):
        assert shop.told(order_id) == ["confirmation", "promise_moved"]
        letter = shop.letters(order_id)[1]
        assert written(now) in letter["Subject"]
        assert f"on {written(now)}, later than we told you before ({written(was)})" in text(letter)
    await shop.receive(10, inbound_id="PO-2")
    for order_id in ("100", "101", "102"):
        await shop.ended(order_id)
        assert shop.books(order_id) == Books(shipped=units[order_id], charged=units[order_id] * PRICE)
    assert shop.told("102") == ["confirmation", "shipped"]
    assert shop.told("103") == ["confirmation", "promise_moved"]
    assert shop.told("104") == ["confirmation"]
    assert shop.findings() == []


async def test_d2_slips_within_the_tolerance_are_silent_until_they_add_up(shop_on_both: Shop) -> None:
    shop = shop_on_both
    monday = await a_monday(shop, 2)
    thursday, friday = monday + timedelta(days=3), monday + timedelta(days=4)
    await shop.announce("PO-1", 3, eta(monday))
    await shop.place("100", 2)
    await shop.heard("100")

    await shop.announce("PO-1", 3, eta(thursday))
    await shop.heard("100")
    assert (promised(shop), told_dates(shop, "100")) == ({"100": thursday}, [monday])
    assert shop.told("100") == ["confirmation"]
    await shop.announce("PO-1", 3, eta(friday))
    await shop.heard("100")
    assert (promised(shop), told_dates(shop, "100")) == ({"100": friday}, [friday])
    assert shop.told("100") == ["confirmation", "promise_moved"]
    await shop.announce("PO-1", 3, eta(friday))
    await shop.announce("PO-1", 9, eta(friday - DAY))
    await shop.heard("100")

    await shop.receive(2)
    await shop.ended("100")
    assert shop.told("100") == ["confirmation", "promise_moved", "shipped"]
    assert shop.state("100").original_promised_on == monday
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_d2_an_earlier_date_is_told_at_once_too(shop_on_both: Shop) -> None:
    shop = shop_on_both
    late, early = await a_monday(shop, 4), await a_monday(shop, 2)
    await shop.announce("PO-1", 2, eta(late))
    await shop.place("100", 2)
    await shop.heard("100")

    await shop.announce("PO-1", 2, eta(early))
    await shop.heard("100")

    assert shop.told("100") == ["confirmation", "promise_moved"]
    assert "Good news" in text(shop.letters("100")[1])
    assert written(early) in shop.letters("100")[1]["Subject"]
    assert promised(shop) == {"100": early}
    assert told_dates(shop, "100") == [early]
    assert shop.state("100").original_promised_on == late


async def test_d2_an_order_of_two_products_is_promised_when_the_last_of_them_ships(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    first, second, third = await a_monday(shop, 1), await a_monday(shop, 2), await a_monday(shop, 3)
    await shop.announce("PO-1", 1, eta(first))
    await shop.announce("PO-2", 1, eta(second), MINI)
    both = await shop.place("100", lines=[line(SKU, 1), line(MINI, 1)], **TOGETHER)
    await shop.heard("100")
    assert both.promised_on == second

    await shop.announce("PO-1", 1, eta(second))
    await shop.heard("100")
    assert shop.told("100") == ["confirmation"]
    await shop.announce("PO-1", 1, eta(third))
    await shop.heard("100")

    assert shop.told("100") == ["confirmation", "promise_moved"]
    assert told_dates(shop, "100") == [third]
    await shop.receive(1)
    await shop.heard("100")

    assert shop.told("100") == ["confirmation", "promise_moved", "promise_moved"]
    assert told_dates(shop, "100") == [second]
    await shop.receive(1, MINI)
    await shop.ended("100")
    assert shop.told("100") == ["confirmation", "promise_moved", "promise_moved", "shipped"]
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_d2_a_promise_that_an_import_states_and_supply_does_not_keep_is_told_before_its_day(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    stated, supplied = await a_monday(shop, 1), await a_monday(shop, 3)
    await shop.announce("PO-1", 2, eta(supplied))
    long_ago = await shop.now() - timedelta(days=40)

    imported = await shop.place("100", 2, placed_at=long_ago, promised_on=str(stated))
    await shop.heard("100")
    assert imported.promised_on == stated
    await until(shop, stated - timedelta(days=3), hour=12)
    await shop.heard("100")

    assert told_dates(shop, "100") == [supplied]
    assert any(written(supplied) in text(letter) for letter in shop.letters("100"))
    await shop.receive(2)
    await shop.ended("100")
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


# D7: discontinued.


async def test_d7_what_supply_still_covers_is_kept_and_ships_and_the_others_are_told_and_cancelled(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await shop.announce("PO-1", 5, eta(await a_monday(shop, 2)))
    units = {"100": 2, "101": 3, "102": 4, "103": 1}
    for order_id, count in units.items():
        await shop.place(order_id, count, timing="at_order")
    await shop.heard(*units)

    await shop.discontinue()
    for order_id in ("102", "103"):
        await shop.ended(order_id)
    late = await shop.place("104", 1)
    await shop.heard("100", "101")

    for order_id in ("102", "103"):
        assert shop.books(order_id) == Books(cancelled=units[order_id], charged=0)
        assert [one.reason for one in shop.state(order_id).cancellations] == [Reason.DISCONTINUED]
        assert shop.told(order_id) == ["confirmation", "cancelled", "refunded"]
        assert "Reason: No longer made" in text(shop.letters(order_id)[1])
    assert refused(late) == [Refusal.DISCONTINUED]
    await shop.receive(5)
    for order_id in ("100", "101"):
        await shop.ended(order_id)
        assert shop.books(order_id) == Books(shipped=units[order_id], charged=units[order_id] * PRICE)
        assert shop.told(order_id) == ["confirmation", "shipped"]
    assert shop.findings() == []


async def test_d7_supply_that_is_called_off_afterwards_ends_the_orders_that_it_covered(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    first, second = await a_monday(shop, 2), await a_monday(shop, 4)
    await shop.announce("PO-1", 2, eta(first))
    await shop.announce("PO-2", 2, eta(second))
    await shop.place("100", 2)
    await shop.place("101", 2)
    await shop.discontinue()
    await shop.heard("100", "101")
    assert promised(shop) == {"100": first, "101": second}

    await shop.announce("PO-1", 0, None, cancelled=True)
    await shop.ended("101")
    await shop.heard("100")

    assert shop.books("101") == Books(cancelled=2)
    assert shop.told("101") == ["confirmation", "cancelled"]
    assert promised(shop) == {"100": second}
    assert shop.told("100") == ["confirmation", "promise_moved"]
    await shop.receive(2)
    await shop.ended("100")
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.findings() == []


async def test_d7_supply_that_comes_short_ends_only_the_units_that_it_lacks(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.announce("PO-1", 3, eta(await a_monday(shop, 2)))
    await shop.place("100", 3)
    await shop.discontinue()
    await shop.receive(2, inbound_id="PO-1")
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    await shop.heard("100")
    assert shop.books("100") == Books(backordered=1, shipped=2, charged=2 * PRICE)

    await shop.announce("PO-1", 0, None, cancelled=True)
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=1, shipped=2, charged=2 * PRICE)
    assert shop.told("100") == ["confirmation", "shipped", "cancelled"]
    assert [(one.reason, one.units) for one in shop.state("100").cancellations] == [(Reason.DISCONTINUED, 1)]
    assert shop.findings() == []


async def test_d7_an_order_of_two_products_loses_only_the_discontinued_one(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.place("100", lines=[line(SKU, 2), line(MINI, 1)], **TOGETHER)
    await shop.heard("100")

    await shop.discontinue(MINI)
    await shop.until("100", lambda order: order.told(Kind.CANCELLED))
    await shop.receive(2)
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=1, shipped=2, charged=2 * PRICE)
    assert shop.told("100") == ["confirmation", "cancelled", "shipped"]
    assert [(one.reason, one.units) for one in shop.state("100").cancellations] == [(Reason.DISCONTINUED, 1)]
    assert shop.findings() == []


async def test_d7_units_that_are_here_ship_though_the_rest_of_the_line_never_comes(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await shop.receive(3)
    await shop.place("100", 5, **TOGETHER)
    await shop.heard("100")

    await shop.discontinue()
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=2, shipped=3, charged=3 * PRICE)
    assert shop.findings() == []


async def test_d7_supply_that_covers_a_line_in_part_still_goes_to_those_who_wait(shop_on_both: Shop) -> None:
    """Two units are to come, four and two are waited for: whoever gets them, nobody throws them away."""
    shop = shop_on_both
    await shop.announce("PO-1", 2, eta(await a_monday(shop, 2)))
    await shop.place("100", 4)
    await shop.place("101", 2)
    await shop.heard("100", "101")

    await shop.discontinue()
    await shop.until("100", lambda order: order.cancelled_units > 0)
    await shop.heard()
    await shop.receive(2)

    await shop.until("100", lambda order: order.ended_at is not None)
    await shop.until("101", lambda order: order.ended_at is not None)
    assert shop.books("100").shipped + shop.books("101").shipped == 2
    assert shop.books("100").cancelled + shop.books("101").cancelled == 4
    assert shop.findings() == []


async def test_d7_a_usual_restock_is_no_date_of_a_discontinued_product(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.sells(usual_restock_days=10)
    waits = await shop.place("100", 2)
    await shop.heard("100")
    assert waits.promised_on is not None

    await shop.discontinue()
    await shop.ended("100")

    assert shop.books("100") == Books(cancelled=2)
    assert shop.told("100") == ["confirmation", "cancelled"]
    assert [one.reason for one in shop.state("100").cancellations] == [Reason.DISCONTINUED]


# D8: dates without a purchase order, pre-orders, seasons, special requests.


async def test_d8_a_date_comes_from_the_usual_restock_where_no_supply_is_announced(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    policy = Policy(acceptance=Acceptance(needs_known_eta=True))
    shop.database.write(catalog.load_policy, policy, await shop.now())
    await shop.sells(usual_restock_days=20)
    usual = ships_on(await today(shop) + timedelta(days=20))

    unannounced = await shop.place("100", 2)
    await shop.announce("PO-1", 3, eta(first := await a_monday(shop, 1)))
    await shop.heard("100")
    covered = await shop.place("101", 1)
    beyond = await shop.place("102", 1)
    await shop.heard("101", "102")

    assert [one.promised_on for one in (unannounced, covered, beyond)] == [usual, first, usual]
    assert promised(shop) == {"100": first, "101": first, "102": usual}
    assert shop.told("100") == ["confirmation", "promise_moved"]
    assert shop.told("101") == shop.told("102") == ["confirmation"]
    assert shop.findings() == []


async def test_d8_nothing_ships_before_the_release_though_stock_is_there_and_it_ships_on_that_day(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await no_law(shop)
    release = await a_monday(shop, 1)
    await shop.sells(release_on=release)
    await shop.receive(3)

    pre_ordered = await shop.place("100", 3)
    beyond_stock = await shop.place("101", 1)
    await shop.heard("100", "101")
    await until(shop, release - DAY, hour=23, minute=59)
    await shop.heard("100")
    before = shop.books("100")
    await shop.env.sleep(timedelta(minutes=2))
    await shop.ended("100")

    assert [one.promised_on for one in (pre_ordered, beyond_stock)] == [release, release]
    assert (before, shop.labels("101")) == (Books(allocated=3), 0)
    assert shop.books("100") == Books(shipped=3, charged=3 * PRICE)
    (parcel,) = shop.state("100").parcels
    assert parcel.shipped_at is not None
    assert parcel.shipped_at.date() == release
    assert shop.state("100").promised_on == release
    assert "promise_moved" not in shop.told("100")
    assert shop.books("101") == Books(backordered=1)
    assert shop.findings() == []


async def test_d8_a_release_that_is_put_off_moves_the_promise_of_those_whose_units_are_here(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await no_law(shop)
    release, later = await a_monday(shop, 1), await a_monday(shop, 3)
    await shop.sells(release_on=release)
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.heard("100")

    await shop.sells(release_on=later)
    await review(shop)
    await shop.heard("100")

    assert told_dates(shop, "100") == [later]
    assert shop.told("100") == ["confirmation", "promise_moved"]


async def test_d8_nothing_ships_before_a_release_that_is_put_off(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await no_law(shop)
    release, later = await a_monday(shop, 1), await a_monday(shop, 3)
    await shop.sells(release_on=release)
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.heard("100")

    await shop.sells(release_on=later)
    await review(shop)
    await until(shop, later - DAY, hour=23, minute=59)
    assert shop.books("100") == Books(allocated=2)
    await until(shop, later, minute=1)
    await shop.ended("100")

    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.findings() == []


async def test_d8_a_release_that_is_set_holds_for_orders_from_then_on(shop_on_both: Shop) -> None:
    """Also for those that supply covers which was announced before, and before the next review."""
    shop = shop_on_both
    release = await a_monday(shop, 3)
    await shop.announce("PO-1", 2, eta(await a_monday(shop, 1)))

    await shop.sells(release_on=release)
    decision = await shop.place("100", 2)

    assert decision.promised_on == release


async def test_d8_what_is_released_ships_ahead_of_what_is_not(shop_on_both: Shop) -> None:
    shop = shop_on_both
    release = await a_monday(shop, 1)
    await shop.sells(SKU, release_on=release)
    await shop.receive(1)
    await shop.receive(2, MINI)
    two = [line(SKU, 1), line(MINI, 1)]

    split = await shop.place("100", lines=two, fulfilment="split", shipping_minor=490)
    released = await shop.place("101", lines=[line(MINI, 1)])
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    await shop.ended("101")
    assert shop.books("100") == Books(allocated=1, shipped=1, charged=PRICE + 490)
    await until(shop, release, minute=1)
    await shop.ended("100")

    assert (split.promised_on, released.promised_on) == (release, None)
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE + 490)
    assert shop.told("100") == ["confirmation", "shipped", "shipped"]
    assert shop.findings() == []


async def test_d8_a_release_that_is_put_off_moves_the_promise_of_those_who_wait(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await no_law(shop)
    release, later = await a_monday(shop, 1), await a_monday(shop, 3)
    await shop.sells(release_on=release)
    await shop.announce("PO-1", 2, await today(shop) + DAY)
    await shop.place("100", 2)
    await shop.place("101", 1)
    await shop.heard("100", "101")
    assert promised(shop) == {"100": release, "101": release}

    await shop.sells(release_on=later)
    await review(shop)
    await shop.heard("100", "101")

    assert promised(shop) == {"100": later, "101": later}
    assert told_dates(shop, "100", "101") == [later, later]
    assert shop.told("100") == shop.told("101") == ["confirmation", "promise_moved"]


async def test_d8_a_usual_date_that_has_passed_is_given_anew_and_told(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await no_law(shop)
    await shop.sells(usual_restock_days=20)
    decision = await shop.place("100", 2)
    await shop.heard("100")
    usual = ships_on(await today(shop) + timedelta(days=20))
    assert decision.promised_on == usual

    await until(shop, usual, hour=12)
    await review(shop)
    await shop.heard("100")
    assert promised(shop) == {"100": usual}
    await until(shop, usual + DAY, hour=12)
    await review(shop)
    await shop.heard("100")

    anew = ships_on(await today(shop) + timedelta(days=20))
    assert promised(shop) == {"100": anew}
    assert told_dates(shop, "100") == [anew]
    assert shop.told("100").count("promise_moved") == 1
    await shop.receive(2)
    await shop.ended("100")
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_d8_supply_that_comes_before_the_release_waits_for_it_and_later_supply_does_not(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    release, later = await a_monday(shop, 3), await a_monday(shop, 5)
    await shop.sells(release_on=release)
    await shop.announce("PO-1", 2, eta(await a_monday(shop, 1)))
    await shop.announce("PO-2", 2, eta(later))

    decisions = [await shop.place(order_id, 2) for order_id in ("100", "101")]

    assert [one.promised_on for one in decisions] == [release, later]
    await shop.receive(2)
    await shop.heard("100")
    assert shop.books("100") == Books(allocated=2)
    assert shop.told("100") == ["confirmation"]


async def test_d8_a_season_bounds_what_is_ordered_beyond_stock(shop_on_both: Shop) -> None:
    shop = shop_on_both
    opens, closes = await today(shop) + timedelta(days=2), await today(shop) + timedelta(days=4)
    await shop.sells(accept_from=opens, accept_until=closes)
    await shop.receive(1)

    in_stock = await shop.place("in-stock", 1)
    answers = {}
    for day in range(1, 7):
        answers[day] = refused(await shop.place(f"day-{day}", 2))
        await shop.pass_days(1)

    off_season = [Refusal.OUT_OF_SEASON]
    assert answers == {1: off_season, 2: off_season, 3: [], 4: [], 5: [], 6: off_season}
    assert in_stock.outcome is DecisionOutcome.IN_STOCK
    assert shop.books("in-stock") == Books(shipped=1, charged=PRICE)
    assert [shop.books(f"day-{day}") for day in (3, 4, 5)] == [Books(backordered=2)] * 3
    assert shop.findings() == []


async def test_d8_a_special_request_waives_the_known_date_and_nothing_else(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.sells(needs_known_eta=True, max_backordered_units=2, accept_until=await today(shop))

    plain = await shop.place("100", 2)
    asked_for = await shop.place("101", 2, special_request=True)
    beyond_the_cap = await shop.place("102", 1, special_request=True)
    await shop.pass_days(1)
    after_the_season = await shop.place("103", 1, special_request=True)

    assert refused(plain) == [Refusal.NO_KNOWN_DATE]
    assert (asked_for.outcome, asked_for.promised_on) == (DecisionOutcome.BACKORDERED, None)
    assert refused(beyond_the_cap) == [Refusal.PRODUCT_CAP]
    assert refused(after_the_season) == [Refusal.OUT_OF_SEASON, Refusal.PRODUCT_CAP]
    assert shop.state("101").status is Status.WAITING
    await shop.receive(2)
    await shop.ended("101")
    assert shop.books("101") == Books(shipped=2, charged=2 * PRICE)
    assert shop.told("101") == ["confirmation", "shipped"]
