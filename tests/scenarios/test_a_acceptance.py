"""Which orders are accepted: each reason against one, and quotes that give the same answer and store nothing."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio.service import RPCError, RPCStatusCode

import starter.errors
from domain.decision import Decision, DecisionOutcome, Refusal
from domain.notices import Kind
from domain.order import Order
from domain.policy import Acceptance, Policy, Targets
from domain.status import Status
from domain.suppliers import Suppliers
from domain.working_days import next_working_day
from store import catalog, queue
from store.base import Base
from store.door_tables import QuoteRow
from tests.shop import PRICE, SKU, Books, Shop, line

MINI = "WIDGET-MINI"


def ships_on(eta: date) -> date:
    """Packed the day after it arrived."""
    return next_working_day(eta + timedelta(days=1))


async def days_ahead(shop: Shop, days: int) -> date:
    return (await shop.now()).date() + timedelta(days=days)


async def place_for(shop: Shop, customer_id: str, order_id: str, units: int, **fields: Any) -> Decision:
    order = await shop.order(order_id, units, **fields)
    customer = order.customer.model_copy(update={"customer_id": customer_id})
    return await shop.doors.place(order.model_copy(update={"customer": customer}))


def reasons(decision: Decision) -> Sequence[tuple[str | None, Refusal]]:
    return [(reason.sku, reason.code) for reason in decision.reasons]


async def check_rejected(shop: Shop, decision: Decision, *why: Refusal) -> None:
    """It is rejected for this alone, holds no stock, owes nothing, and only its record is left."""
    assert decision.outcome is DecisionOutcome.REJECTED
    assert reasons(decision) == [(SKU, one) for one in why]
    await check_only_a_record_is_left(shop, decision)


async def check_only_a_record_is_left(shop: Shop, decision: Decision) -> None:
    order_id = decision.order_id
    outcome = await shop.ended(order_id)
    state = shop.state(order_id)
    assert (outcome.status, state.status) == (Status.REJECTED, Status.REJECTED)
    assert state.decision == decision
    assert all(reason.message for reason in decision.reasons)
    assert (state.lines, state.promised_on, decision.backordered) == ((), None, False)
    assert sum(one.allocated + one.backordered for one in decision.lines) == 0
    assert shop.books(order_id) == Books()
    assert shop.payments.books(order_id) == []
    assert (shop.told(order_id), shop.letters(order_id)) == ([], [])
    assert order_id not in [one.order_id for sku in (SKU, MINI) for one in waiting(shop, sku).places]
    assert shop.findings() == []


def waiting(shop: Shop, sku: str = SKU) -> queue.SkuQueue:
    return shop.database.read(queue.queue, sku)


async def delivers(shop: Shop, supplier: str, days_late: Sequence[int]) -> None:
    """A supplier's history: each delivery so many days after its date."""
    day = await days_ahead(shop, -60)
    deliveries = [
        {"inbound_id": f"{supplier}-{number}", "eta": day, "received_on": day + timedelta(days=late)}
        for number, late in enumerate(days_late)
    ]
    loaded = Suppliers.model_validate({"suppliers": [{"supplier": supplier, "deliveries": deliveries}]})
    await shop.knows(loaded)


async def test_a9_a_discontinued_product_takes_no_new_backorders(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.receive(3)
    await shop.discontinue()

    beyond = await shop.place("100", 4)
    within = await shop.place("101", 3)
    await shop.ended("101")

    await check_rejected(shop, beyond, Refusal.DISCONTINUED)
    assert within.outcome is DecisionOutcome.IN_STOCK
    assert shop.books("101") == Books(shipped=3, charged=3 * PRICE)


async def test_a9_no_known_date_is_a_reason_where_the_policy_wants_one(shop_on_both: Shop) -> None:
    shop = shop_on_both
    policy = Policy(acceptance=Acceptance(needs_known_eta=True))
    shop.database.write(catalog.load_policy, policy, datetime.now(UTC))
    await shop.sells(MINI, needs_known_eta=False)
    await shop.announce("PO-1", 2, eta := await days_ahead(shop, 10))

    covered = await shop.place("100", 2)
    uncovered = await shop.place("101", 1)
    unasked = await shop.place("102", lines=[line(MINI, 1)])

    assert (covered.outcome, covered.promised_on) == (DecisionOutcome.BACKORDERED, ships_on(eta))
    await check_rejected(shop, uncovered, Refusal.NO_KNOWN_DATE)
    assert (unasked.outcome, unasked.promised_on) == (DecisionOutcome.BACKORDERED, None)
    assert shop.books("100") == Books(backordered=2)


async def test_a9_too_long_a_wait_is_a_reason(shop_on_both: Shop) -> None:
    shop = shop_on_both
    first, second = await days_ahead(shop, 10), await days_ahead(shop, 20)
    await shop.sells(max_wait_days=(ships_on(first) - await days_ahead(shop, 0)).days)
    await shop.announce("PO-1", 2, first)
    await shop.announce("PO-2", 2, second)

    at_the_limit = await shop.place("100", 2)
    beyond = await shop.place("101", 1, timing="at_order")

    assert at_the_limit.promised_on == ships_on(first)
    await check_rejected(shop, beyond, Refusal.WAIT_TOO_LONG)
    assert shop.books("100") == Books(backordered=2)


async def test_a9_a_poor_supplier_is_a_reason(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.sells(min_supplier_on_time=0.5)
    await delivers(shop, "Acme", [0, 9])
    await delivers(shop, "Tardy", [0, 9, 9])
    await shop.announce("PO-1", 2, await days_ahead(shop, 10), supplier="Acme")
    await shop.announce("PO-2", 2, await days_ahead(shop, 40), supplier="Tardy")

    good_enough = await shop.place("100", 2)
    poor = await shop.place("101", 2)
    await shop.announce("PO-3", 4, await days_ahead(shop, 70), supplier="nobody knows")
    unknown = await shop.place("102", 5)

    assert good_enough.outcome is DecisionOutcome.BACKORDERED
    await check_rejected(shop, poor, Refusal.SUPPLIER_UNRELIABLE)
    assert unknown.outcome is DecisionOutcome.BACKORDERED
    assert (shop.books("100"), shop.books("102")) == (Books(backordered=2), Books(backordered=5))


async def test_a9_a_likely_cancellation_is_a_reason(shop_on_both: Shop) -> None:
    """Expected of the next: (cancelled + 10 · 20 %) ÷ (ended + 10), so one of two 0.25, and two of three 0.31."""
    shop = shop_on_both
    await shop.sells(max_expected_cancel_rate=0.25)
    for order_id in ("99", "100", "101"):
        await shop.place(order_id)
    await shop.receive(1)
    await shop.ended("99")
    await shop.cancel("100")
    await shop.ended("100")

    one_of_two = await shop.place("102")
    await shop.cancel("101")
    await shop.ended("101")
    two_of_three = await shop.place("103")
    other_product = await shop.place("104", lines=[line(MINI, 1)])

    assert one_of_two.outcome is DecisionOutcome.BACKORDERED
    await check_rejected(shop, two_of_three, Refusal.CANCELLATION_LIKELY)
    assert other_product.outcome is DecisionOutcome.BACKORDERED


async def test_a9_where_no_cancellation_may_be_likely_one_is_too_many(shop_on_both: Shop) -> None:
    shop = shop_on_both
    policy = Policy(targets=Targets(cancel_rate=0))
    shop.database.write(catalog.load_policy, policy, datetime.now(UTC))
    await shop.sells(max_expected_cancel_rate=0)

    before_any = await shop.place("100")
    await shop.cancel("100")
    await shop.ended("100")
    after_one = await shop.place("101")

    assert before_any.outcome is DecisionOutcome.BACKORDERED
    await check_rejected(shop, after_one, Refusal.CANCELLATION_LIKELY)


async def test_a9_too_many_per_customer_counts_the_customers_other_open_orders(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.sells(max_units_per_customer=4)
    await place_for(shop, "C-7", "100", 4)
    await shop.receive(1)
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    await shop.cancel("100", lines={SKU: 1})

    fills_up = await place_for(shop, "C-7", "101", 2)
    one_more = await place_for(shop, "C-7", "102", 1)
    another = await place_for(shop, "C-8", "103", 4)
    await shop.cancel("101")
    await shop.ended("101")
    again = await place_for(shop, "C-7", "104", 2)
    await place_for(shop, "C-7", "105", 1, lines=[line(MINI, 9)])

    accepted = [decision.outcome for decision in (fills_up, another, again)]
    assert accepted == [DecisionOutcome.BACKORDERED] * 3
    await check_rejected(shop, one_more, Refusal.CUSTOMER_LIMIT)
    assert shop.books("100") == Books(backordered=2, shipped=1, cancelled=1, charged=PRICE)
    assert shop.books("105") == Books(backordered=9)


async def test_a9_orders_of_one_customer_at_once_do_not_pass_the_limit_together(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.sells(max_units_per_customer=3, max_backordered_units=100)

    decisions = await asyncio.gather(*(place_for(shop, "C-7", f"10{number}", 1) for number in range(8)))

    accepted = [decision for decision in decisions if decision.accepted]
    assert len(accepted) == 3
    for rejected in (decision for decision in decisions if not decision.accepted):
        await check_rejected(shop, rejected, Refusal.CUSTOMER_LIMIT)
    assert waiting(shop).waiting_units == 3


async def test_a9_the_products_cap_is_a_reason(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.sells(max_backordered_units=5)
    await shop.place("100", 3)

    beyond = await shop.place("101", 3)
    vip = await shop.place("102", 3, tier="vip")
    up_to_it = await shop.place("103", 2)
    await shop.receive(1)
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    freed = await shop.place("104", 1)

    await check_rejected(shop, beyond, Refusal.PRODUCT_CAP)
    await check_rejected(shop, vip, Refusal.PRODUCT_CAP)
    assert up_to_it.outcome is freed.outcome is DecisionOutcome.BACKORDERED
    assert waiting(shop).waiting_units == 5


async def test_a9_backorders_switched_off_are_a_reason(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.sells(accepts_backorders=False)
    await shop.receive(3)

    beyond = await shop.place("100", 4)
    within = await shop.place("101", 3)
    await shop.ended("101")

    await check_rejected(shop, beyond, Refusal.BACKORDERS_OFF)
    assert within.outcome is DecisionOutcome.IN_STOCK
    assert shop.books("101") == Books(shipped=3, charged=3 * PRICE)


async def test_a9_one_refused_line_rejects_the_order_with_every_reason_of_every_line(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await shop.sells(SKU, accepts_backorders=False, needs_known_eta=True, max_units_per_customer=2)
    await shop.sells(MINI, max_backordered_units=1)
    await shop.sells("GADGET")
    await shop.sells("LAST-YEARS", max_wait_days=10)
    await shop.receive(2)
    await shop.receive(9, "GADGET")
    await shop.announce("PO-1", 9, await days_ahead(shop, 30), "LAST-YEARS")
    await shop.discontinue("LAST-YEARS")
    wanted = [line(SKU, 3), line("GADGET", 5), line("NOBODY", 1), line(MINI, 2), line("LAST-YEARS", 1)]

    decision = await shop.place("100", lines=wanted, timing="at_order")
    in_stock = await shop.place("101", lines=[line(SKU, 2), line("GADGET", 9)])
    await shop.ended("101")
    again = await shop.place("100", lines=[line(MINI, 1)])

    assert set(reasons(decision)) == {
        (SKU, Refusal.BACKORDERS_OFF),
        (SKU, Refusal.NO_KNOWN_DATE),
        (SKU, Refusal.CUSTOMER_LIMIT),
        ("NOBODY", Refusal.UNKNOWN_SKU),
        (MINI, Refusal.PRODUCT_CAP),
        ("LAST-YEARS", Refusal.DISCONTINUED),
        ("LAST-YEARS", Refusal.WAIT_TOO_LONG),
    }
    assert len(decision.reasons) == 7
    assert decision.outcome is DecisionOutcome.REJECTED
    assert in_stock.outcome is DecisionOutcome.IN_STOCK
    assert shop.books("101") == Books(shipped=11, charged=11 * PRICE)
    assert again.outcome is DecisionOutcome.BACKORDERED
    assert shop.books("100") == Books(backordered=1)
    assert shop.findings() == []


async def test_a9_a_line_that_stock_covers_is_refused_for_nothing_and_holds_nothing_when_another_is(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    for sku in (SKU, MINI):
        await shop.sells(sku, accepts_backorders=False, max_units_per_customer=1, needs_known_eta=True)
    await shop.receive(2)

    decision = await shop.place("100", lines=[line(SKU, 2), line(MINI, 1)], timing="at_order")

    assert {sku for sku, _ in reasons(decision)} == {MINI}
    await check_only_a_record_is_left(shop, decision)
    assert waiting(shop).available == 2


# Quotes.


def everything(shop: Shop) -> dict[str, list[str]]:
    """All tables, row by row, but that of what was asked for: a quote is demand, and that alone is kept of it."""

    def rows(session: Session) -> dict[str, list[str]]:
        tables = (one for one in Base.metadata.sorted_tables if one is not QuoteRow.__table__)
        return {one.name: sorted(repr(row) for row in session.execute(select(one))) for one in tables}

    return shop.database.read(rows)


def asked_for(shop: Shop, order_id: str) -> set[tuple[str, str, int, int]]:
    """What is kept of an order's quote: products, answers, units beyond stock and their value."""

    def rows(session: Session) -> set[tuple[str, str, int, int]]:
        kept = session.scalars(select(QuoteRow).where(QuoteRow.order_id == order_id))
        return {(row.sku, row.outcome, row.units, row.value_minor) for row in kept}

    return shop.database.read(rows)


async def quoted_and_placed(shop: Shop, order: Order) -> Decision:
    """The decision of the order, which its quote gave a second before.

    The quote left nothing of stock, orders, queues, money or its customer anywhere, but that it was asked for.
    """
    before = everything(shop)
    quoted = await shop.doors.quote(order)
    assert everything(shop) == before
    assert {sku for sku, *_ in asked_for(shop, order.order_id)} == {*order.skus}
    assert not await runs(shop, order.order_id)
    assert shop.payments.books(order.order_id) == []

    await shop.env.sleep(timedelta(seconds=1))
    decided = await shop.doors.place(order)
    assert quoted == decided
    return decided


async def runs(shop: Shop, order_id: str) -> bool:
    try:
        await shop.handle(order_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def test_a15_a_quote_gives_the_decision_that_placing_gives_and_stores_nothing(
    shop_on_both: Shop,
) -> None:
    shop = shop_on_both
    await shop.sells(max_units_per_customer=5)
    await shop.receive(2)
    await shop.announce("PO-1", 4, eta := await days_ahead(shop, 10))
    told: dict[str, Decision] = {}

    told["in stock"] = await quoted_and_placed(shop, await shop.order("100", 2, timing="at_order"))
    await shop.ended("100")
    told["with a date"] = await quoted_and_placed(shop, await shop.order("101", 3))
    await shop.heard("101")
    told["without one"] = await quoted_and_placed(shop, await shop.order("102", 2, fulfilment="ask"))
    await shop.heard("102")
    told["rejected"] = await quoted_and_placed(shop, await shop.order("103", 6))
    await shop.ended("103")
    two = [line(SKU, 1), line(MINI, 1)]
    told["of two lines"] = await quoted_and_placed(shop, await shop.order("104", lines=two))

    assert {what: (one.outcome, one.promised_on) for what, one in told.items()} == {
        "in stock": (DecisionOutcome.IN_STOCK, None),
        "with a date": (DecisionOutcome.BACKORDERED, ships_on(eta)),
        "without one": (DecisionOutcome.BACKORDERED, None),
        "rejected": (DecisionOutcome.REJECTED, None),
        "of two lines": (DecisionOutcome.BACKORDERED, None),
    }
    assert [told[what].queue_ahead_units for what in ("with a date", "without one")] == [0, 3]
    assert asked_for(shop, "100") == {(SKU, "in_stock", 0, 0)}
    assert asked_for(shop, "103") == {(SKU, "rejected", 6, 6 * PRICE)}
    assert asked_for(shop, "104") == {(SKU, "backordered", 1, PRICE), (MINI, "backordered", 1, PRICE)}
    assert set(QuoteRow.__table__.c.keys()) == {
        *("order_id", "sku", "units", "value_minor", "currency", "outcome", "asked_at")
    }, "of whom nothing is kept"
    assert shop.findings() == []


async def test_a15_a_quote_for_a_vip_takes_no_unit_and_no_date_from_those_behind(shop_on_both: Shop) -> None:
    """Held by nobody: what lies with a standard order is a VIP's to take, and a quote does not take it."""
    shop = shop_on_both
    await shop.receive(2)
    await shop.announce("PO-1", 3, eta := await days_ahead(shop, 10))
    await shop.place("100", 5, fulfilment="together")
    await shop.heard("100")

    held = shop.state("100").lines
    asked = await shop.order("vip", 3, tier="vip", fulfilment="together")
    for _ in range(3):
        assert (await shop.doors.quote(asked)).promised_on == ships_on(eta)
    assert shop.state("100").lines == held
    vip = await quoted_and_placed(shop, asked)
    await shop.heard("100", "vip")

    assert (vip.outcome, vip.promised_on) == (DecisionOutcome.BACKORDERED, ships_on(eta))
    assert (vip.lines[0].allocated, vip.lines[0].backordered, vip.queue_ahead_units) == (2, 1, 0)
    assert shop.books("100") == Books(backordered=5)
    assert shop.told("100") == ["confirmation", "promise_moved"]
    assert shop.findings() == []


async def test_a15_a_quote_refuses_what_placing_refuses_and_in_the_same_words(shop_on_both: Shop) -> None:
    shop = shop_on_both
    await shop.place("100", 2)
    other = await shop.order("100", 3)

    with pytest.raises(starter.errors.Refusal) as placed:
        await shop.doors.place(other)
    with pytest.raises(starter.errors.Refusal) as quoted:
        await shop.doors.quote(other)

    assert (quoted.value.code, str(quoted.value)) == (placed.value.code, str(placed.value))
    assert quoted.value.code == "OrderBodyChanged"
    assert shop.books("100") == Books(backordered=2)
