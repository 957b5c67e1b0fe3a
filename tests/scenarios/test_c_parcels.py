"""Parcels under stress: expired money, unpaid goods, addresses nobody delivers to, hand-overs."""

from datetime import timedelta

import pytest

from domain.cancellation import CancelResult
from domain.changes import AddressChange, How, PaymentMethod, QuantityChange, Settlement
from domain.notices import Kind
from domain.parcel import ParcelStage
from domain.policy import Policy
from domain.state import OrderState
from domain.status import Status
from starter.errors import Refusal
from store import catalog
from tests.gates import OUTAGES_END
from tests.scenarios.books import check, kinds
from tests.shop import PRICE, SKU, Books, Shop

HOME = {
    "name": "Ada Jensen",
    "street": "14 Harbour Street",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}
NOWHERE = HOME | {"postal_code": "00000"}


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


def changed(**fields: str) -> AddressChange:
    return AddressChange.model_validate(HOME | fields)


async def test_c7_an_address_that_no_carrier_accepts_waits_for_another_one(shop: Shop) -> None:
    state = await nowhere(shop)
    assert state.status is Status.ADDRESS_HOLD
    assert shop.books("100") == Books(claimed=2)
    support = shop.mail.to("operations@shop.example")
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


async def handed_over(shop: Shop) -> None:
    policy = Policy(shipped_when="handed_over")
    shop.database.write(catalog.load_policy, policy, await shop.now())


async def ready(
    shop: Shop, order_id: str = "100", units: int = 2, method: str = "pm_card_visa"
) -> OrderState:
    """An order whose parcel stands ready for the warehouse."""
    await handed_over(shop)
    await shop.receive(units)
    await shop.place(order_id, units, method=method)
    return await shop.until(order_id, lambda order: any(p.stage is ParcelStage.READY for p in order.parcels))


async def test_c9_capture_and_notice_wait_for_the_hand_over(shop: Shop) -> None:
    state = await ready(shop)
    await shop.until("100", lambda order: order.told(Kind.CONFIRMATION))
    assert state.status is Status.SHIPPING
    assert shop.books("100") == Books(claimed=2)
    assert kinds(shop, "100") == [("authorise", "succeeded")]
    assert shop.labels("100") == 1
    assert shop.status("100").parcels[0].label_url

    await shop.doors.hand_over("100", 1)
    await shop.ended("100")

    assert shop.changes("100") == [("handed_over", "warehouse")]
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c9_a_cancellation_before_the_hand_over_voids_the_label_and_charges_nothing(shop: Shop) -> None:
    await ready(shop)

    answer = await shop.cancel("100")
    await shop.ended("100")

    assert answer.outcome is CancelResult.CANCELLED
    assert kinds(shop, "100") == [("authorise", "succeeded"), ("void", "succeeded")]
    check(shop, "100", Books(cancelled=2), "confirmation", "cancelled")


async def test_c9_part_of_a_ready_parcel_is_cancelled_and_the_rest_gets_a_label_of_its_own(
    shop: Shop,
) -> None:
    await ready(shop)

    await shop.cancel("100", lines={SKU: 1})
    state = await shop.until(
        "100", lambda order: [p.stage for p in order.parcels] == [ParcelStage.UNDONE, ParcelStage.READY]
    )
    await shop.doors.hand_over("100", state.parcels[1].number)
    await shop.ended("100")

    told = ("confirmation", "cancelled", "shipped")
    check(shop, "100", Books(shipped=1, cancelled=1, charged=PRICE), *told)


async def test_c9_after_the_hand_over_it_is_too_late(shop: Shop) -> None:
    await ready(shop)
    await shop.doors.hand_over("100", 1)
    await shop.until("100", lambda order: order.shipped_units == 2)

    answer = await shop.cancel("100")

    assert answer.outcome is CancelResult.TOO_LATE
    await shop.ended("100")
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c9_another_address_before_the_hand_over_gets_a_label_of_its_own(shop: Shop) -> None:
    await ready(shop)
    (old,) = shop.carrier.labels("100")

    await shop.doors.change_address("100", changed())
    state = await shop.until(
        "100",
        lambda order: order.parcels[0].stage is ParcelStage.READY and not order.parcels[0].labels_to_void,
    )
    await shop.doors.hand_over("100", 1)
    await shop.ended("100")

    assert state.parcels[0].tracking != old.tracking
    assert [label.voided for label in shop.carrier.labels("100")] == [True, False]
    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")


async def test_c9_money_that_expires_while_the_parcel_stands_ready_is_held_anew(shop: Shop) -> None:
    await ready(shop, method="pm_card_expiresSoon")

    await shop.pass_days(0.01)
    await shop.until("100", lambda _order: len(kinds(shop, "100")) >= 2)
    with shop.env.auto_time_skipping_disabled():
        await shop.doors.hand_over("100", 1)
        await shop.ended("100")

    assert kinds(shop, "100")[-2:] == [("authorise", "succeeded"), ("capture", "succeeded")]
    assert shop.books("100") == Books(shipped=2, charged=2 * PRICE)


async def test_c9_a_hand_over_that_cannot_be_is_kept_and_the_order_goes_on(shop: Shop) -> None:
    await ready(shop)

    await shop.handle("100").signal("parcel_handed_over", 7)
    await shop.handle("100").signal("parcel_handed_over", "one")
    await shop.until("100", lambda order: order.unreadable == 2)
    await shop.handle("100").signal("parcel_handed_over", 1)
    await shop.ended("100")

    check(shop, "100", Books(shipped=2, charged=2 * PRICE), "confirmation", "shipped")
