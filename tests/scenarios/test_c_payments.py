"""Money under stress: lost answers, declined cards, captures that fail, and carriers that are away."""

from datetime import timedelta

import pytest

from domain.cancellation import CancelResult
from domain.decision import DecisionOutcome, Refusal
from tests.gates import OUTAGES_END
from tests.scenarios.books import check, kinds, shows
from tests.shop import PRICE, Books, Shop


@pytest.mark.parametrize("lost", ["authorise", "capture"])
async def test_c3_the_answer_of_a_payment_at_shipment_is_lost_and_the_retry_finds_it(
    shop: Shop, lost: str
) -> None:
    shop.payments.fail(lost, 1, acted=True)
    await shop.receive(2)

    await shop.place("100", 2)
    await shop.ended("100")

    assert kinds(shop, "100") == [("authorise", "succeeded"), ("capture", "succeeded")]
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c3_the_answer_of_a_charge_at_order_is_lost_and_the_retry_finds_it(shop: Shop) -> None:
    shop.payments.fail("charge", 1, acted=True)

    decision = await shop.place("100", 2, timing="at_order")
    await shop.receive(2)
    await shop.ended("100")

    assert decision.outcome is DecisionOutcome.BACKORDERED
    assert kinds(shop, "100") == [("charge", "succeeded")]
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


@pytest.mark.parametrize("timing", ["at_order", "at_shipment"])
async def test_c3_a_card_whose_every_answer_is_lost_once_is_charged_once(shop: Shop, timing: str) -> None:
    await shop.receive(2)

    await shop.place("100", 2, timing=timing, method="pm_card_timeoutAfterCharge")
    await shop.ended("100")

    taken = [kind for kind, _ in kinds(shop, "100") if kind in {"charge", "capture"}]
    assert len(taken) == 1
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c3_the_answer_of_a_refund_is_lost_and_the_money_goes_back_once(shop: Shop) -> None:
    await shop.place("100", 2, timing="at_order")
    shop.payments.fail("refund", 1, acted=True)

    await shop.cancel("100")
    await shop.ended("100")

    assert kinds(shop, "100") == [("charge", "succeeded"), ("refund", "succeeded")]
    check(shop, "100", Books(cancelled=2), "confirmation", "cancelled", "refunded")


async def test_c1_a_card_declined_at_order_rejects_the_order_and_frees_its_units(shop: Shop) -> None:
    await shop.receive(2)

    decision = await shop.place("100", 2, timing="at_order", method="pm_card_chargeDeclined")
    await shop.ended("100")
    await shop.place("101", 2)
    await shop.ended("101")

    assert decision.outcome is DecisionOutcome.REJECTED
    assert [reason.code for reason in decision.reasons] == [Refusal.PAYMENT_DECLINED]
    check(shop, "100", Books(cancelled=2))
    check(shop, "101", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


@pytest.mark.slow
@pytest.mark.parametrize("shop", [OUTAGES_END], indirect=True, ids=["an outage that ends"])
async def test_c6_no_carrier_for_a_day_makes_orders_wait_and_cancellations_are_served_meanwhile(
    shop: Shop,
) -> None:
    began = await shop.now()
    shop.carrier.down_until(began + timedelta(days=1))
    await shop.receive(4)
    await shop.place("100", 2)
    await shop.place("101", 2)
    await shop.pass_days(0.2)
    for order_id in ("100", "101"):
        await shop.until(order_id, lambda order: bool(order.rests))
    assert await shows(shop, "100") == ("shipping", "gateway_retry")

    answer = await shop.cancel("101")
    await shop.ended("101")

    assert answer.outcome is CancelResult.CANCELLED
    assert await shop.now() - began < timedelta(hours=12)
    check(shop, "101", Books(cancelled=2), "confirmation", "cancelled")
    await shop.ended_within("100", 2, step_hours=1)
    assert (await shop.now()) - began >= timedelta(days=1)
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")
