"""C1: a declined card at shipment: the customer is asked, the units wait for the grace period and no longer."""

from datetime import timedelta

import pytest

from domain.cancellation import CancelResult, Reason
from domain.changes import PaymentMethod
from domain.notices import Kind
from domain.state import OrderState
from domain.status import Status
from tests.gates import OUTAGES_END
from tests.scenarios.books import check, kinds, shows
from tests.shop import PRICE, Books, Shop

DECLINED = "pm_card_chargeDeclined"


async def _on_hold(shop: Shop, order_id: str, units: int, method: str = DECLINED) -> OrderState:
    await shop.place(order_id, units, method=method)
    return await shop.until(order_id, lambda order: order.told(Kind.PAYMENT_PROBLEM))


async def test_c1_a_declined_card_holds_the_units_until_another_method_pays_for_them(shop: Shop) -> None:
    await shop.receive(2)
    held = await _on_hold(shop, "100", 2)
    assert held.status is Status.PAYMENT_HOLD
    assert await shows(shop, "100") == ("payment_hold", "payment_retry")
    assert shop.books("100") == Books(claimed=2)

    await shop.handle("100").signal("payment_method_updated", {"method": "pm_card_visa"})
    outcome = await shop.ended("100")

    assert outcome.parcels == 1
    assert kinds(shop, "100") == [
        ("authorise", "declined"),
        ("authorise", "succeeded"),
        ("capture", "succeeded"),
    ]
    assert [parcel.number for parcel in shop.state("100").parcels] == [1]
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "payment_problem", "shipped")


async def test_c1_no_other_method_in_time_hands_the_units_to_the_next_and_charges_nobody(shop: Shop) -> None:
    await shop.receive(2)
    held = await _on_hold(shop, "100", 2)
    await shop.env.sleep(
        timedelta(hours=1)
    )  # so that the other's weekly letter is due after the grace period
    await shop.place("101", 2)
    began = held.parcels[0].declined_at
    assert began

    outcome = await shop.ended_within("100", 8)
    await shop.ended("101")

    tries = [entry.at - began for entry in shop.payments.books("100")]
    assert [round(delay / timedelta(days=1)) for delay in tries] == [0, 1, 3, 5]
    assert outcome.status is Status.CANCELLED
    ended = shop.state("100").ended_at
    assert ended
    assert ended - began >= timedelta(days=7)
    assert [one.reason for one in shop.state("100").cancellations] == [Reason.PAYMENT_FAILED]
    check(shop, "100", Books(cancelled=2), "confirmation", "payment_problem", "cancelled")
    check(shop, "101", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c1_a_card_that_must_not_be_tried_again_is_not(shop: Shop) -> None:
    await shop.receive(2)
    await _on_hold(shop, "100", 2, "pm_card_stolen")

    outcome = await shop.ended_within("100", 8)

    assert outcome.status is Status.CANCELLED
    assert kinds(shop, "100") == [("authorise", "declined")]
    check(shop, "100", Books(cancelled=2), "confirmation", "payment_problem", "cancelled")


async def test_c1_a_held_order_is_cancelled_by_its_customer_at_once(shop: Shop) -> None:
    await shop.receive(2)
    await _on_hold(shop, "100", 2)

    answer = await shop.cancel("100")
    await shop.ended("100")

    assert answer.outcome is CancelResult.CANCELLED
    check(shop, "100", Books(cancelled=2), "confirmation", "payment_problem", "cancelled")


@pytest.mark.parametrize("shop", [OUTAGES_END], indirect=True, ids=["an outage that ends"])
async def test_c1_the_retry_of_a_declined_card_finds_the_provider_away_and_waits_for_it(shop: Shop) -> None:
    await shop.receive(2)
    held = await _on_hold(shop, "100", 2)
    began = held.parcels[0].declined_at
    assert began
    shop.payments.down_until(began + timedelta(days=1, hours=3))

    await shop.pass_days(1.1)
    await shop.until("100", lambda order: bool(order.rests))
    assert await shows(shop, "100") == ("payment_hold", "gateway_retry")
    await shop.pass_days(0.2)
    await shop.until("100", lambda order: order.parcels[0].declines == 2)
    await shop.handle("100").signal("payment_method_updated", {"method": "pm_card_visa"})
    await shop.ended("100")

    assert kinds(shop, "100")[-2:] == [("authorise", "succeeded"), ("capture", "succeeded")]
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "payment_problem", "shipped")


async def test_c1_the_letter_names_the_day_and_the_page_to_answer_on(shop: Shop) -> None:
    await shop.receive(2)
    held = await _on_hold(shop, "100", 2)
    began = held.parcels[0].declined_at
    assert began

    (letter,) = [mail for mail in shop.letters("100") if "payment" in mail["Subject"]]
    body = letter.get_body(("plain",))
    assert body is not None
    last = began + timedelta(days=6)  # the last day on which any hour is in time
    assert f"{last:%B} {last.day}, {last.year}" in body.get_content()
    assert "https://shop.example/o/" in body.get_content()


async def test_c1_a_bank_that_wants_to_hear_from_its_customer_is_not_asked_again_by_itself(
    shop: Shop,
) -> None:
    await shop.receive(2)
    await shop.place("100", 2, method="pm_card_authenticationRequired")
    await shop.until("100", lambda order: order.told(Kind.PAYMENT_AUTHENTICATION))

    outcome = await shop.ended_within("100", 8)

    assert outcome.status is Status.CANCELLED
    assert kinds(shop, "100") == [("authorise", "declined")]
    check(shop, "100", Books(cancelled=2), "confirmation", "payment_authentication", "cancelled")


async def test_c1_a_second_card_that_is_declined_is_told_once_more_and_a_third_one_pays(shop: Shop) -> None:
    await shop.receive(2)
    await _on_hold(shop, "100", 2)

    answer = await shop.doors.change_payment_method("100", PaymentMethod(method="pm_card_insufficient_funds"))
    await shop.until("100", lambda order: order.parcels[0].asks == 2)
    await shop.until("100", lambda order: order.told(Kind.PAYMENT_PROBLEM, "1-2"))
    await shop.doors.change_payment_method("100", PaymentMethod(method="pm_card_visa"))
    await shop.ended("100")

    assert answer.message == "The new payment method is used from now on."
    assert shop.changes("100") == [("method", "customer"), ("method", "customer")]
    told = ("confirmation", "payment_problem", "payment_problem", "shipped")
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), *told)


async def test_c1_units_go_on_to_the_next_though_part_of_the_order_has_left(shop: Shop) -> None:
    await shop.receive(1)
    await shop.place("100", 3)
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))
    await shop.doors.change_payment_method("100", PaymentMethod(method=DECLINED))
    await shop.place("101", 2)
    await shop.receive(2)
    await shop.until("100", lambda order: order.told(Kind.PAYMENT_PROBLEM))

    outcome = await shop.ended_within("100", 8)
    await shop.ended("101")

    assert outcome.status is Status.COMPLETED
    assert (outcome.units_shipped, outcome.units_cancelled) == (1, 2)
    told = ("confirmation", "shipped", "payment_problem", "cancelled")
    check(shop, "100", Books(shipped=1, cancelled=2, charged=PRICE), *told)
    check(shop, "101", Books(shipped=2, charged=2 * PRICE), "confirmation", "update", "shipped")
