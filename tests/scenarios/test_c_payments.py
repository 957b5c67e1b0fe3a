"""Money under stress: lost answers, declined cards, captures that fail, and carriers that are away."""

from datetime import timedelta

import pytest

from domain.cancellation import CancelResult, Reason
from domain.decision import DecisionOutcome, Refusal
from domain.notices import Kind
from domain.parcel import ParcelStage
from domain.state import OrderState
from domain.status import Status
from tests.gates import OUTAGES_END
from tests.shop import PRICE, Books, Shop

DECLINED = "pm_card_chargeDeclined"


def kinds(shop: Shop, order_id: str) -> list[tuple[str, str]]:
    return [(entry.kind, entry.state) for entry in shop.payments.books(order_id)]


def check(shop: Shop, order_id: str, expected: Books, *told: str) -> None:
    """The final books: units, money on both sides, labels and notices."""
    assert shop.books(order_id) == expected
    assert shop.differences(order_id) == []
    assert shop.labels(order_id) == told.count("shipped")
    assert sorted(shop.told(order_id)) == sorted(told)
    assert shop.findings() == []


async def shows(shop: Shop, order_id: str) -> tuple[str, str]:
    """The order's status, and what comes next, as its workflow says."""
    report = await shop.handle(order_id).query("status")
    return report["status"], report["next"]["what"]


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


async def test_c1_a_card_declined_at_order_rejects_the_order_and_frees_its_units(shop: Shop) -> None:
    await shop.receive(2)

    decision = await shop.place("100", 2, timing="at_order", method=DECLINED)
    await shop.ended("100")
    await shop.place("101", 2)
    await shop.ended("101")

    assert decision.outcome is DecisionOutcome.REJECTED
    assert [reason.code for reason in decision.reasons] == [Refusal.PAYMENT_DECLINED]
    check(shop, "100", Books(cancelled=2))
    check(shop, "101", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c5_a_capture_that_fails_for_good_is_shown_unpaid_and_never_ships_twice(shop: Shop) -> None:
    await shop.receive(2)
    await shop.place("100", 2, method="pm_card_captureFails")
    state = await shop.until("100", lambda order: order.told(Kind.SHIPPED))

    answer = await shop.cancel("100")
    await shop.pass_days(8)
    await shop.handle("100").signal("inventory_received", {"cause": "later"})
    await shop.pass_days(1)

    assert state.status is shop.state("100").status is Status.PAYMENT_HOLD
    assert answer.outcome is CancelResult.TOO_LATE
    assert [parcel.stage for parcel in shop.state("100").parcels] == [ParcelStage.UNPAID]
    assert shop.state("100").unpaid.minor == 2 * PRICE
    assert shop.books("100") == Books(shipped=2, charged=0)
    assert shop.differences("100") == [f"only ours: ('100/1/capture/1', 'capture', {2 * PRICE}, 'declined')"]
    assert shop.labels("100") == 1
    assert shop.told("100") == ["confirmation", "shipped", "payment_problem"]
    assert shop.findings() == []


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
