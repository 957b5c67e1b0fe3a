"""Parcels under stress: expired money, unpaid goods, addresses nobody delivers to, hand-overs."""

from datetime import timedelta

import pytest

from domain.cancellation import CancelResult
from domain.changes import How, PaymentMethod, QuantityChange, Settlement
from domain.notices import Kind
from domain.parcel import ParcelStage
from domain.state import OrderState
from domain.status import Status
from starter.errors import Refusal
from tests.gates import OUTAGES_END
from tests.scenarios.books import check, kinds
from tests.scenarios.wishes import NOWHERE, changed
from tests.shop import PRICE, SKU, Books, Shop


async def unpaid(shop: Shop) -> OrderState:
    """An order of two whose parcel has left and whose capture failed for good."""
    await shop.receive(2)
    await shop.place("100", 2, method="pm_card_captureFails")
    return await shop.until("100", lambda order: order.told(Kind.PAYMENT_PROBLEM))


def settlement(how: How) -> Settlement:
    return Settlement(parcel=1, how=how, reason="bank transfer", requested_by="operations:li")


@pytest.mark.parametrize("shop", [OUTAGES_END], indirect=True, ids=["an outage that ends"])
async def test_c2_an_authorisation_that_expired_is_made_anew_before_the_label_is_bought(shop: Shop) -> None:
    began = await shop.now()
    shop.carrier.down_until(began + timedelta(hours=5))
    await shop.receive(2)

    await shop.place("100", 2, method="pm_card_expiresSoon")
    await shop.until("100", lambda order: order.parcel is not None and order.parcel.money_held)
    await shop.ended_within("100", 2, step_hours=1)

    assert kinds(shop, "100")[0] == ("authorise", "succeeded")
    assert kinds(shop, "100")[-2:] == [("authorise", "succeeded"), ("capture", "succeeded")]
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.labels("100") == 1


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


@pytest.mark.parametrize("how", [How.PAID_ELSEWHERE, How.WRITTEN_OFF])
async def test_c5_a_settlement_ends_an_unpaid_parcel_and_the_books_show_the_amount(
    shop: Shop, how: How
) -> None:
    await unpaid(shop)

    answer = await shop.doors.settle("100", settlement(how))
    outcome = await shop.ended("100")

    assert answer.message == f"Parcel 1 is settled: {how}."
    assert (outcome.status, outcome.unpaid_minor) == (Status.COMPLETED, 2 * PRICE)
    assert shop.books("100") == Books(shipped=2, charged=0)
    assert shop.labels("100") == 1
    assert shop.changes("100") == [("settlement", "operations:li")]


async def test_c5_a_stopped_parcel_is_taken_back_and_its_units_go_to_the_next(shop: Shop) -> None:
    await unpaid(shop)
    await shop.place("101", 2)

    await shop.doors.settle("100", settlement(How.STOPPED))
    outcome = await shop.ended("100")
    await shop.ended("101")

    assert (outcome.status, outcome.unpaid_minor, outcome.parcels) == (Status.CANCELLED, 0, 0)
    assert shop.books("100") == Books(cancelled=2)
    assert shop.labels("100") == 0
    assert shop.told("100")[-1] == "cancelled"
    check(shop, "101", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c5_another_method_pays_for_what_has_left_and_nothing_is_sent_again(shop: Shop) -> None:
    await unpaid(shop)

    await shop.doors.change_payment_method("100", PaymentMethod(method="pm_card_visa"))
    outcome = await shop.ended("100")

    assert (outcome.status, outcome.unpaid_minor) == (Status.COMPLETED, 0)
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)
    assert shop.labels("100") == 1
    assert shop.told("100") == ["confirmation", "shipped", "payment_problem"]


async def test_c5_only_an_unpaid_parcel_is_settled(shop: Shop) -> None:
    await shop.receive(1)
    await shop.place("100", 2)
    await shop.until("100", lambda order: order.told(Kind.SHIPPED))

    with pytest.raises(Refusal, match="parcel 1 is not unpaid"):
        await shop.doors.settle("100", settlement(How.WRITTEN_OFF))

    assert shop.changes("100") == []


async def nowhere(shop: Shop) -> OrderState:
    """An order of two that is to go where no carrier delivers."""
    await shop.receive(2)
    await shop.place("100", 2, ship_to=NOWHERE)
    return await shop.until("100", lambda order: order.told(Kind.ADDRESS_PROBLEM))


async def test_c7_an_address_that_no_carrier_accepts_waits_for_another_one(shop: Shop) -> None:
    state = await nowhere(shop)
    assert state.status is Status.ADDRESS_HOLD
    assert shop.books("100") == Books(claimed=2)
    support = shop.mail.copied_to("operations@shop.example")
    assert ["00000" in str(mail.get_body(("plain",))) for mail in support] == [True]

    await shop.doors.change_address("100", changed(requested_by="support:maria"))
    await shop.ended("100")

    assert shop.changes("100") == [("ship_to", "support:maria")]
    told = ("confirmation", "address_problem", "shipped")
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), *told)


async def test_c7_another_address_that_no_carrier_accepts_is_told_again(shop: Shop) -> None:
    await nowhere(shop)

    await shop.doors.change_address("100", changed(street="1 Nowhere Lane", postal_code="00000"))
    await shop.until("100", lambda order: order.told(Kind.ADDRESS_PROBLEM, "1-2"))
    await shop.doors.change_address("100", changed())
    await shop.ended("100")

    told = ("confirmation", "address_problem", "address_problem", "shipped")
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), *told)


async def test_c7_a_held_order_is_cancelled_meanwhile(shop: Shop) -> None:
    await nowhere(shop)

    answer = await shop.cancel("100")
    await shop.ended("100")

    assert answer.outcome is CancelResult.CANCELLED
    check(shop, "100", Books(cancelled=2), "confirmation", "address_problem", "cancelled")


async def test_a_waiting_order_goes_to_its_new_address(shop: Shop) -> None:
    await shop.place("100", 2, ship_to=NOWHERE)

    await shop.doors.change_address("100", changed())
    await shop.receive(2)
    await shop.ended("100")

    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_fewer_units_cancel_the_rest_and_more_are_refused(shop: Shop) -> None:
    await shop.place("100", 5)

    fewer = await shop.doors.change_quantity("100", QuantityChange(sku=SKU, quantity=3))
    with pytest.raises(Refusal, match="more units are another order"):
        await shop.doors.change_quantity("100", QuantityChange(sku=SKU, quantity=4))
    with pytest.raises(Refusal, match="WIDGET-NONE"):
        await shop.doors.change_quantity("100", QuantityChange(sku="WIDGET-NONE", quantity=1))
    await shop.receive(5)
    await shop.ended("100")

    assert fewer.cancelled is not None
    assert fewer.cancelled.units_cancelled == 2
    assert shop.changes("100") == [("quantity", "customer")]
    told = ("confirmation", "cancelled", "shipped")
    check(shop, "100", Books(shipped=3, cancelled=2, charged=3 * PRICE), *told)
