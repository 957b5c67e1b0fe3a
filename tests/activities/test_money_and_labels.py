"""Answers that are no success, and questions about calls that nobody answered for."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from domain.money import Money
from domain.parcel import ParcelStage
from domain.state import OrderState
from domain.status import Status
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.payment import PaymentRequest
from store.parcels import Step
from tests.activities.desk import Desk, step
from tests.store.stockroom import PRICE, Units, day, january

DECLINED = "pm_card_chargeDeclined"
NOWHERE = {"name": "Ada", "street": "1 Lost Road", "city": "Nowhere", "postal_code": "00000", "country": "US"}


def paying(method: str, timing: str = "at_shipment") -> dict[str, Any]:
    return {"payment": {"timing": timing, "method": method}}


async def test_a_decline_is_an_answer_and_counts_once_however_often_it_comes(desk: Desk) -> None:
    await desk.claimed(**paying(DECLINED))

    for attempt in (1, 2, 3):
        state: OrderState = await desk.run(desk.payments.authorise_payment, step(12), attempt)

    assert state.status is Status.PAYMENT_HOLD
    assert (state.parcels[0].declines, state.parcels[0].final_decline) == (1, False)
    assert [entry.state for entry in desk.provider.books("100")] == ["declined"]


async def test_a_declined_charge_at_order_rejects_the_order_and_frees_its_units(desk: Desk) -> None:
    await desk.placed(**paying(DECLINED, "at_order"))

    for attempt in (1, 2):
        placed = await desk.run(desk.payments.charge_order, step(6, 0), attempt)

    assert placed.state.status is Status.REJECTED
    assert [reason.code for reason in placed.state.decision.reasons] == ["payment_declined"]
    assert desk.room.product() == (2, 0)


async def test_a_capture_that_fails_for_good_is_an_answer_too(desk: Desk) -> None:
    await desk.labelled(**paying("pm_card_captureFails"))

    for attempt in (1, 2):
        state: OrderState = await desk.run(desk.payments.capture_payment, step(13), attempt)

    assert state.parcels[0].stage is ParcelStage.UNPAID
    assert state.unpaid.minor == 2 * PRICE
    assert desk.provider.balance("100") == 0


async def test_an_authorisation_that_nobody_answered_for_is_found_and_voided(desk: Desk) -> None:
    await desk.claimed()
    desk.provider.fail("authorise", 1, acted=True)
    with pytest.raises(OutcomeUnknown):
        await desk.run(desk.payments.authorise_payment, step(12))
    desk.room.cancel("100", on=13)

    state: OrderState = await desk.run(desk.payments.void_payment, step(14))

    assert desk.effects() == {"authorise": 1, "void": 1}
    assert not state.parcels[0].money_held


async def test_an_authorisation_that_is_found_declined_stands_so_in_the_ledger(desk: Desk) -> None:
    await desk.claimed(**paying(DECLINED))
    desk.provider.fail("authorise", 1, acted=True)
    with pytest.raises(OutcomeUnknown):
        await desk.run(desk.payments.authorise_payment, step(12))
    desk.room.cancel("100", on=13)

    for attempt in (1, 2):
        state: OrderState = await desk.run(desk.payments.void_payment, step(14), attempt)

    assert [entry.state for entry in desk.provider.books("100")] == ["declined"]
    assert desk.room.payments("100")[0][1] == "declined"
    assert not state.parcels[0].money_held


async def test_an_authorisation_that_never_happened_leaves_nothing_to_void(desk: Desk) -> None:
    await desk.claimed()
    desk.provider.fail("authorise", 1)
    with pytest.raises(GatewayUnavailable):
        await desk.run(desk.payments.authorise_payment, step(12))
    desk.room.cancel("100", on=13)

    for attempt in (1, 2):
        state: OrderState = await desk.run(desk.payments.void_payment, step(14), attempt)

    assert desk.effects() == {}
    assert not state.parcels[0].money_held


@pytest.mark.parametrize(("acted", "charged"), [(True, 2 * PRICE), (False, 0)])
async def test_a_charge_that_nobody_answered_for_is_looked_up_and_never_made(
    desk: Desk, *, acted: bool, charged: int
) -> None:
    await desk.placed(timing="at_order")
    desk.provider.fail("charge", 1, acted=acted)
    with pytest.raises((OutcomeUnknown, GatewayUnavailable)):
        await desk.run(desk.payments.charge_order, step(6, 0))

    for attempt in (1, 2):
        state: OrderState = await desk.run(desk.payments.look_up_charge, step(7, 0), attempt)

    assert not state.charge_unknown
    assert state.charged.minor == desk.provider.balance("100") == charged


@pytest.mark.parametrize(("lands", "charged"), [(True, 2 * PRICE), (False, 0)])
async def test_a_charge_that_may_still_be_under_way_is_not_called_never_made(
    desk: Desk, *, lands: bool, charged: int
) -> None:
    await desk.placed(timing="at_order")
    began = day(5)
    soon = Step(order_id="100", at=began + timedelta(seconds=30))

    with pytest.raises(ApplicationError) as unknown:
        await desk.run(desk.payments.look_up_charge, soon)
    assert (unknown.value.type, unknown.value.next_retry_delay) == ("OutcomeUnknown", timedelta(seconds=60))
    assert desk.room.payments("100") == [("100/0/charge/1", "started")]

    if lands:
        amount = Money(minor=2 * PRICE, currency="USD")
        request = PaymentRequest(
            key="100/0/charge/1", order_id="100", amount=amount, method="pm_card_visa", at=soon.at
        )
        await desk.provider.charge(request)
    tried_again = {"scheduled_time": began, "current_attempt_scheduled_time": began + timedelta(minutes=1)}
    state: OrderState = await desk.run(desk.payments.look_up_charge, soon, 2, **tried_again)

    assert not state.charge_unknown
    assert state.charged.minor == desk.provider.balance("100") == charged


async def test_a_refund_gives_back_what_is_due_and_the_next_one_what_is_due_then(desk: Desk) -> None:
    await desk.charged()
    desk.room.cancel("100", lines={"WIDGET-PRO-BLUE": 1}, on=13)
    await desk.run(desk.payments.refund_payment, step(14, 0))
    desk.room.cancel("100", on=15)

    for attempt in (1, 2):
        state: OrderState = await desk.run(desk.payments.refund_payment, step(16, 0), attempt)

    assert [entry.key for entry in desk.provider.books("100")] == [
        "100/0/charge/1",
        "100/0/refund/1",
        "100/0/refund/2",
    ]
    assert (state.refunded.minor, desk.provider.balance("100")) == (2 * PRICE, 0)


@pytest.mark.parametrize(
    ("fields", "service"),
    [
        ({}, "Ground"),
        ({"expedited": True}, "Standard Overnight"),
        ({"need_by": str(january(16))}, "Ground"),
        ({"need_by": str(january(14))}, "2nd Day Air"),
    ],
)
async def test_the_label_is_bought_at_the_rate_that_suits_the_order(
    desk: Desk, fields: dict[str, Any], service: str
) -> None:
    await desk.authorised(**fields)

    state: OrderState = await desk.run(desk.shipping.buy_label, step(12))

    assert [label.service for label in desk.carrier.labels("100")] == [service]
    assert (state.parcels[0].service, state.parcels[0].stage) == (service, ParcelStage.LABELLED)
    assert desk.room.units("100") == Units(shipped=2)


@pytest.mark.parametrize("operation", ["rates", "buy"])
async def test_a_label_that_was_surely_not_bought_lets_its_parcel_be_undone(
    desk: Desk, operation: str
) -> None:
    await desk.authorised()
    desk.carrier.fail(operation, 1)

    with pytest.raises(GatewayUnavailable):
        await desk.run(desk.shipping.buy_label, step(12))

    assert not desk.room.state("100").parcels[0].label_unknown


async def test_a_label_that_may_have_been_bought_is_looked_up_before_anything_else(desk: Desk) -> None:
    await desk.authorised()
    desk.carrier.fail("buy", 1, acted=True)
    with pytest.raises(OutcomeUnknown):
        await desk.run(desk.shipping.buy_label, step(12))
    assert desk.room.state("100").parcels[0].label_unknown

    state: OrderState = await desk.run(desk.shipping.look_up_label, step(13))

    assert state.parcels[0].stage is ParcelStage.LABELLED
    assert state.parcels[0].tracking == desk.carrier.labels("100")[0].tracking
    assert desk.effects()["label"] == 1


async def test_a_label_that_was_looked_up_and_not_found_was_never_bought(desk: Desk) -> None:
    await desk.authorised()

    for attempt in (1, 2):
        state: OrderState = await desk.run(desk.shipping.look_up_label, step(13), attempt)

    assert state.parcels[0].stage is ParcelStage.AUTHORISED
    assert not state.parcels[0].label_unknown
    assert desk.effects()["label"] == 0


async def test_an_address_that_no_carrier_reaches_holds_the_parcel(desk: Desk) -> None:
    await desk.authorised(ship_to=NOWHERE)

    state = await desk.run(desk.shipping.buy_label, step(12))

    assert state.status is Status.ADDRESS_HOLD
    assert not state.parcels[0].label_unknown
    assert desk.effects()["label"] == 0
