"""The story of a backorder."""

from datetime import timedelta

from domain.cancellation import CancelResult, Reason
from domain.decision import DecisionOutcome
from domain.working_days import next_working_day
from tests.shop import PRICE, SKU, Books, Shop, line

MINI = "WIDGET-MINI"


async def test_a1_fifty_units_go_first_come_first_served(shop: Shop) -> None:
    now = await shop.now()
    for order_id, units, days_ago in (("100", 20, 20), ("101", 20, 19), ("102", 15, 17)):
        await shop.place(order_id, units, placed_at=now - timedelta(days=days_ago))

    outcome = await shop.receive(50)
    await shop.ended("100")
    await shop.ended("101")
    await shop.until("102", lambda order: order.told("shipped"))

    assert outcome.handed_out == 50
    assert outcome.orders == ("100", "101", "102")
    assert shop.books("100") == Books(shipped=20, charged=20 * PRICE)
    assert shop.books("101") == Books(shipped=20, charged=20 * PRICE)
    assert shop.books("102") == Books(backordered=5, shipped=10, charged=10 * PRICE)

    await shop.receive(5)
    await shop.ended("102")

    assert shop.books("102") == Books(shipped=15, charged=15 * PRICE)
    assert shop.findings() == []


async def test_a2_exactly_four_notices_tell_the_story_on_their_days(shop: Shop) -> None:
    await shop.place("100", 1)
    began = (await shop.until("100", lambda order: order.told("confirmation"))).accepted_at
    assert began
    await shop.pass_days(10)
    eta = (await shop.now()).date() + timedelta(days=9)
    await shop.announce("PO-1", 10, eta)
    await shop.pass_days(1)
    await shop.place("101", 1)
    await shop.pass_days(9)

    await shop.receive(10)
    await shop.ended("100")

    days = [(notice.kind, (notice.at - began).days) for notice in shop.state("100").notices]
    assert days == [("confirmation", 0), ("update", 7), ("update", 14), ("shipped", 20)]
    subjects = [str(mail["Subject"]) for mail in shop.letters("100")]
    arriving = f"{eta:%B} {eta.day}, {eta.year}"
    assert subjects == [
        "Order 100 confirmed and on backorder",
        "Order 100: still awaiting inventory",
        f"Order 100: stock arriving {arriving}",
        "Good news: order 100 has shipped",
    ]
    confirmed = _text(shop, "100", 0)
    assert "Status: On Backorder" in confirmed
    assert "No date is known yet" in confirmed
    assert "cancel it at any time before shipment" in confirmed
    assert "Tracking: " in _text(shop, "100", 3)
    assert "Estimated delivery: " in _text(shop, "100", 3)
    promised = next_working_day(eta + timedelta(days=1))
    assert f"Expected ship date: {promised:%B} {promised.day}, {promised.year}" in _text(shop, "101", 0)
    assert shop.findings() == []


def _text(shop: Shop, order_id: str, number: int) -> str:
    part = shop.letters(order_id)[number].get_body(("plain",))
    assert part
    return str(part.get_content())


async def test_a3_split_ships_what_is_there_now_and_the_rest_later(shop: Shop) -> None:
    await shop.receive(3)

    await shop.place("100", 5, fulfilment="split")
    await shop.until("100", lambda order: order.told("shipped"))
    assert shop.books("100") == Books(backordered=2, shipped=3, charged=3 * PRICE)
    await shop.receive(2)
    outcome = await shop.ended("100")

    assert outcome.parcels == 2
    assert shop.books("100") == Books(shipped=5, charged=5 * PRICE)


async def test_a3_together_ships_once_when_all_is_there(shop: Shop) -> None:
    await shop.receive(3)

    await shop.place("100", 5, fulfilment="together")
    await shop.until("100", lambda order: order.told("confirmation"))
    assert shop.books("100") == Books(backordered=2, allocated=3)
    await shop.receive(2)
    outcome = await shop.ended("100")

    assert outcome.parcels == 1
    assert shop.books("100") == Books(shipped=5, charged=5 * PRICE)


async def test_a4_exceptions_move_ahead_by_their_head_start_and_no_further(shop: Shop) -> None:
    now = await shop.now()
    await shop.place("waited-8", placed_at=now - timedelta(days=8))
    await shop.place("waited-1", placed_at=now - timedelta(days=1))
    await shop.place("need-by", placed_at=now, need_by=str((now + timedelta(days=30)).date()))
    await shop.place("wholesale", placed_at=now, tier="wholesale")
    await shop.place("expedited", placed_at=now, expedited=True)
    await shop.place("vip", placed_at=now, tier="vip", expedited=True)
    in_turn = ["waited-8", "vip", "expedited", "wholesale", "need-by", "waited-1"]

    for expected in in_turn:
        outcome = await shop.receive(1)
        await shop.ended(expected)
        assert outcome.orders == (expected,)

    assert all(shop.books(order_id) == Books(shipped=1, charged=PRICE) for order_id in in_turn)
    assert shop.findings() == []


async def test_a5_a_cancelled_order_hands_its_units_to_the_next_in_the_queue(shop: Shop) -> None:
    await shop.place("100", 3, fulfilment="together")
    await shop.place("101", 2)
    await shop.receive(2)
    await shop.until("100", lambda order: order.allocated_units == 2)

    answer = await shop.cancel("100", Reason.TOO_SLOW)
    await shop.ended("100")
    await shop.ended("101")

    assert answer.outcome is CancelResult.CANCELLED
    assert answer.message == "All 3 units cancelled. Your card was not charged."
    assert shop.books("100") == Books(cancelled=3)
    assert shop.books("101") == Books(shipped=2, charged=2 * PRICE)
    assert [one.reason for one in shop.state("100").cancellations] == [Reason.TOO_SLOW]
    assert shop.told("100") == ["confirmation", "cancelled"]
    assert shop.findings() == []


async def test_a5_part_of_an_order_is_cancelled_backordered_units_first(shop: Shop) -> None:
    await shop.place("100", 5, fulfilment="together")
    await shop.receive(2)
    await shop.until("100", lambda order: order.allocated_units == 2)

    answer = await shop.cancel("100", lines={SKU: 3})
    await shop.ended("100")

    assert (answer.outcome, answer.units_cancelled) == (CancelResult.CANCELLED, 3)
    assert shop.books("100") == Books(cancelled=3, shipped=2, charged=2 * PRICE)
    assert shop.findings() == []


async def test_a5_a_signal_cancels_with_a_reason_and_unknown_fields_alone(shop: Shop) -> None:
    await shop.place("100", 3)

    await shop.handle("100").signal("cancel", {"reason": "price", "channel": "phone"})
    outcome = await shop.ended("100")

    assert (outcome.status, outcome.units_cancelled) == ("cancelled", 3)
    assert [one.reason for one in shop.state("100").cancellations] == [Reason.PRICE]
    assert shop.books("100") == Books(cancelled=3)


async def test_a5_temporals_own_cancel_does_the_same(shop: Shop) -> None:
    await shop.place("100", 3)
    await shop.until("100", lambda order: order.told("confirmation"))

    await shop.handle("100").cancel()
    outcome = await shop.ended("100")

    assert (outcome.status, outcome.units_cancelled, outcome.charged_minor) == ("cancelled", 3, 0)
    assert [one.cancellation_id for one in shop.state("100").cancellations] == ["native-100"]
    assert shop.books("100") == Books(cancelled=3)


async def test_a6_after_the_label_it_is_too_late_and_nothing_changes(shop: Shop) -> None:
    await shop.receive(2)
    await shop.place("100", 2)
    await shop.ended("100")
    before = shop.books("100")

    answer = await shop.cancel("100")

    assert answer.outcome is CancelResult.TOO_LATE
    assert (answer.units_cancelled, answer.units_shipped) == (0, 2)
    assert shop.books("100") == before == Books(shipped=2, charged=2 * PRICE)


async def test_a7_payment_at_order_is_charged_once_and_refunded_in_the_right_amount(shop: Shop) -> None:
    await shop.place("100", 5, timing="at_order")
    assert shop.payments.balance("100") == 5 * PRICE

    part = await shop.cancel("100", lines={SKU: 2})
    await shop.until("100", lambda order: order.told("refunded"))
    assert part.refunded_minor == 2 * PRICE
    assert shop.payments.balance("100") == 3 * PRICE
    await shop.receive(3)
    await shop.ended("100")

    assert shop.books("100") == Books(shipped=3, cancelled=2, charged=3 * PRICE)
    assert [entry.kind for entry in shop.payments.books("100")] == ["charge", "refund"]


async def test_a7_a_whole_cancellation_refunds_everything(shop: Shop) -> None:
    await shop.place("100", 5, timing="at_order", shipping_minor=700)

    answer = await shop.cancel("100")
    outcome = await shop.ended("100")

    assert answer.refunded_minor == outcome.refunded_minor == outcome.charged_minor == 5 * PRICE + 700
    assert shop.books("100") == Books(cancelled=5)
    assert shop.told("100") == ["confirmation", "cancelled", "refunded"]


async def test_a8_each_parcel_is_charged_exactly_its_value(shop: Shop) -> None:
    await shop.place("100", 7)
    for units in (3, 2):
        await shop.receive(units)
        await shop.until(
            "100", lambda order, units=units: order.backordered_units == (4 if units == 3 else 2)
        )
        await shop.until("100", lambda order: order.parcel is None)
    await shop.cancel("100", lines={SKU: 1})
    await shop.receive(1)
    await shop.ended("100")

    captures = [p.amount_minor for p in shop.state("100").payments if p.kind == "capture"]
    assert captures == [3 * PRICE, 2 * PRICE, 1 * PRICE]
    assert sum(captures) + 1 * PRICE == 7 * PRICE
    assert shop.books("100") == Books(shipped=6, cancelled=1, charged=6 * PRICE)


async def test_a17_shipping_is_charged_with_the_first_parcel_once(shop: Shop) -> None:
    await shop.place("100", lines=[line(SKU, 2, 1050), line(MINI, 1, 399)], shipping_minor=490)
    await shop.receive(2)
    await shop.until("100", lambda order: order.told("shipped"))
    await shop.receive(1, MINI)
    outcome = await shop.ended("100")

    captures = [p.amount_minor for p in shop.state("100").payments if p.kind == "capture"]
    assert captures == [2 * 1050 + 490, 399]
    assert outcome.charged_minor == shop.payments.balance("100") == 2 * 1050 + 490 + 399


async def test_a18_an_imported_order_takes_its_rightful_place(shop: Shop) -> None:
    now = await shop.now()
    await shop.place("new", 1)
    promised = (now + timedelta(days=30)).date()

    decision = await shop.place("old", 1, placed_at=now - timedelta(days=40), promised_on=str(promised))
    state = await shop.until("old", lambda order: order.told("confirmation"))
    await shop.pass_days(7.1)
    await shop.until("old", lambda order: len(order.notices) == 2)
    await shop.receive(1)
    await shop.ended("old")

    assert decision.outcome is DecisionOutcome.BACKORDERED
    assert state.promised_on == promised
    assert shop.told("old") == ["confirmation", "update", "shipped"]
    assert shop.books("new") == Books(backordered=1)
