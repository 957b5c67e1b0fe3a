"""What time, the shop and the customer do to an order that waits, and what is on record of it."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.cancellation import Cancellation, CancelledLine, Reason
from domain.changes import Consent
from domain.delays import Offer, Silence
from domain.notices import Kind
from domain.policy import Policy, Product
from domain.waiting import BY_ITSELF
from store import cancelling, delays, keys, orders, shop, supply
from store.cancelling import Cancelled, Cancelling
from store.delays import DelayRecord
from store.mailed import told
from store.notices import Telling, facts
from tests.store.stockroom import SKU, Stockroom, Units, day, january

REFRESHED = "refreshed"


def refresh(stock: Stockroom, on: int) -> set[str]:
    """The dates of a day, as its review brings them; who must hear of it."""
    cause = f"{REFRESHED}-{on}"
    stock.database.write(supply.refresh, SKU, cause, day(on), "UTC")
    return {order_id for order_id, _ in stock.heard(cause)}


def promised(stock: Stockroom, order_id: str = "100") -> date | None:
    return stock.line(order_id).promised_on


def sells(stock: Stockroom, **says: Any) -> None:
    stock.catalogue(Product(sku=SKU, title="Widget", **says))


def test_a_release_that_came_without_supply_leaves_no_date(stock: Stockroom) -> None:
    sells(stock, release_on=january(12))
    stock.place("100", on=5)
    assert promised(stock) == january(12)

    assert refresh(stock, 12) == {"100"}
    assert (promised(stock), stock.line("100").release_on) == (january(12), None)
    assert refresh(stock, 13) == {"100"}

    assert promised(stock) is None
    assert refresh(stock, 14) == set()


def test_a_usual_date_that_passed_is_given_anew_and_gone_once_the_shop_takes_it_back(
    stock: Stockroom,
) -> None:
    sells(stock, usual_restock_days=6)
    stock.place("100", on=5)
    assert promised(stock) == january(12)

    assert refresh(stock, 13) == {"100"}
    assert promised(stock) == january(20)
    sells(stock)
    assert refresh(stock, 20) == set()
    assert refresh(stock, 21) == {"100"}

    assert promised(stock) is None


def test_a_release_that_is_put_off_or_brought_forward_moves_the_date(stock: Stockroom) -> None:
    sells(stock, release_on=january(12))
    stock.place("100", on=5)

    for release in (19, 14):
        sells(stock, release_on=january(release))
        assert refresh(stock, release - 8) == {"100"}
        assert promised(stock) == january(release)


def _stale(stock: Stockroom, *, on: int) -> Cancelled:
    """The cancellation that an order asks of itself, by what it last read."""
    wish = Cancellation(
        cancellation_id="100-stale-1",
        reason=Reason.STALE,
        requested_by=BY_ITSELF,
        lines=(CancelledLine(sku=SKU, quantity=2),),
    )
    asked = Cancelling(order_id="100", cancellation=wish, at=day(on))
    return stock.database.write(cancelling.cancel, asked)


def _warned(stock: Stockroom, *, on: int) -> None:
    state = stock.state("100")
    assert state.accepted_at
    ends = state.accepted_at + timedelta(days=10)
    stock.tell("100", Kind.STALE_WARNING, f"{ends:%Y-%m-%d}", on=on)


def test_a_stale_order_is_cancelled_but_not_once_its_stock_came(stock: Stockroom) -> None:
    """An order that asked by its last reading while the receipt's bell was still to be rung."""
    stock.policy(Policy(stale_after_days_without_promise=10, stale_warning_days=3, delay_rule={}))
    stock.place("100", 2, on=5)
    _warned(stock, on=12)
    stock.receive(2, on=15)

    overtaken = _stale(stock, on=16)
    stock.adjust(-2, on=17)
    cancelled = _stale(stock, on=18)

    assert (overtaken.outcome.units_cancelled, overtaken.state.allocated_units) == (0, 2)
    assert overtaken.state.cancellations == ()
    assert cancelled.outcome.units_cancelled == 2
    assert stock.units("100") == Units(cancelled=2)
    assert stock.findings() == []


def _told_of_a_delay(stock: Stockroom) -> None:
    telling = Telling(order_id="100", kind=Kind.DELAY_OPTION, occasion="1", at=day(20))
    said = stock.database.read(facts, telling)
    offer = Offer(deadline=january(23), offered_on=None, silence=Silence.CANCELS, answer_by=january(30))
    stock.database.write(
        told, telling, delivered=True, message_id="<1>", facts=said.model_copy(update={"offer": offer})
    )


def _record(stock: Stockroom) -> DelayRecord:
    (record,) = stock.database.read(delays.report, "100").delays
    return record


def test_an_answer_stands_as_it_was_first_given(stock: Stockroom) -> None:
    stock.place("100", 2, on=5)
    _told_of_a_delay(stock)
    yes = Consent(notice_id="100-delay-1", accepted=True)

    first = stock.change("100", yes, on=21)
    again = stock.change("100", yes.model_copy(update={"requested_by": "support"}), on=25)

    assert again.outcome.message == first.outcome.message
    assert (_record(stock).answered_by, _record(stock).answered_at) == ("customer", day(21))


def test_consent_ends_the_laws_hold_and_the_same_again_not_another_one(stock: Stockroom) -> None:
    stock.place("100", 2, on=5)
    _told_of_a_delay(stock)
    yes = Consent(notice_id="100-delay-1", accepted=True)
    held = {"law_hold_until": day(29)}
    stock.database.write(lambda session: orders.change(session, "100", **held))

    stock.change("100", yes, on=28)
    assert stock.state("100").law_hold_until is None
    stock.database.write(lambda session: orders.change(session, "100", **held))
    stock.change("100", yes, on=28)

    assert stock.state("100").law_hold_until == day(29)


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_an_order_that_gets_units_while_shipping_is_resumed_can_go_on(stock: Stockroom, when: str) -> None:
    """It either sees the switch, or hears of it."""
    stock.receive(1, on=4)
    stock.database.write(shop.pause, "stocktaking", "operations", day(5))
    if when == "before":
        stock.place("100", on=6)
    cause = stock.database.write(shop.resume, "done", "operations", day(7))
    if when == "between":
        stock.place("100", on=7)
    stock.database.write(shop.wake, cause, day(7))
    if when == "after":
        stock.place("100", on=8)

    assert cause == keys.resumed(day(7))
    assert stock.state("100").paused is False
    assert bool(stock.heard(cause)) == (when != "after")
