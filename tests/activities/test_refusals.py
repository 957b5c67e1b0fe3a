"""Gateways that answer, and say no for good: the books stay right, and somebody can see it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.payments import Payments
from activities.shipping import PURCHASE_SECONDS, Shipping
from domain.model import Instant
from domain.money import Money
from domain.parcel import ParcelStage
from domain.state import OrderState
from gateways.carrier import AddressRefused, Label, ParcelSpec, Rate
from gateways.errors import GatewayUnavailable, PermanentRefusal
from gateways.payment import REFUND_FAILED, Refunded
from gateways.sandbox_carrier import SandboxCarrier
from gateways.sandbox_payment import SandboxPayments
from store import moved
from store.rests import Resting
from tests.activities.desk import Desk, step
from tests.store.stockroom import PRICE

AT = datetime(2026, 1, 12, tzinfo=UTC)


class Stubborn:
    """A provider whose one method refuses; everything else is the one that it stands before."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class ComesBack(Stubborn):
    async def refund(self, _key: str, _reference: str, _amount: Money, _at: Instant) -> Refunded:
        raise PermanentRefusal("payment", REFUND_FAILED, "it came back")


class SellsNothing(Stubborn):
    async def buy(self, _key: str, _spec: ParcelSpec, _rate: Rate, _at: Instant) -> Label | AddressRefused:
        raise PermanentRefusal("carrier", "account_closed", "no labels are sold")


async def test_a_refund_that_came_back_is_owed_again_under_a_key_of_its_own(desk: Desk) -> None:
    await desk.owing()
    assert isinstance(desk.provider, SandboxPayments)
    stubborn: Any = ComesBack(desk.provider)
    payments = Payments(desk.room.database, stubborn)

    with pytest.raises(PermanentRefusal):
        await desk.run(payments.refund_payment, step(14, 0))
    assert desk.room.state("100").refund_due.minor == 2 * PRICE
    state: OrderState = await desk.run(desk.payments.refund_payment, step(15, 0))

    assert (state.refunded.minor, state.refund_due.minor) == (2 * PRICE, 0)
    assert desk.room.payments("100")[1:] == [
        ("100/0/refund/1", "failed"),
        ("100/0/refund/2", "succeeded"),
    ]
    assert desk.room.database.read(moved.stuck) == []


async def test_a_refused_step_rests_for_a_day_and_is_shown_to_operations(desk: Desk) -> None:
    await desk.owing()
    resting = Resting(order_id="100", what="refund", at=step(14).at, refused="payment: closed")

    state: OrderState = await desk.run(desk.stock.rest_step, resting)

    (rest,) = state.rests
    assert (rest.retry_at - resting.at).days == 1
    (stuck,) = desk.room.database.read(moved.stuck)
    assert (stuck.order_id, stuck.what, stuck.why) == ("100", "refund", "payment: closed")


async def test_a_label_that_was_refused_was_never_bought(desk: Desk) -> None:
    await desk.authorised()
    assert isinstance(desk.carrier, SandboxCarrier)
    stubborn: Any = SellsNothing(desk.carrier)
    shipping = replace(Shipping(desk.room.database, desk.carrier), carrier=stubborn)

    with pytest.raises(PermanentRefusal):
        await desk.run(shipping.buy_label, step(12))

    (parcel,) = desk.room.state("100").parcels
    assert (parcel.stage, parcel.label_unknown) == (ParcelStage.AUTHORISED, False)
    assert desk.effects()["label"] == 0


@pytest.mark.parametrize(
    "about",
    [
        {"start_to_close_timeout": timedelta(seconds=PURCHASE_SECONDS)},
        {"started_time": AT + timedelta(seconds=120 - PURCHASE_SECONDS), "scheduled_time": AT, "attempt": 3},
    ],
    ids=["of its try", "of all its tries"],
)
async def test_a_purchase_that_could_outlast_the_time_of_its_activity_is_not_begun(
    desk: Desk, about: dict[str, Any]
) -> None:
    await desk.authorised()

    with pytest.raises(GatewayUnavailable, match="took too long"):
        await desk.run(desk.shipping.buy_label, step(12), **about)

    assert not desk.room.state("100").parcels[0].label_unknown
    assert desk.effects()["label"] == 0


async def test_money_that_somebody_took_in_the_providers_dashboard_counts_as_taken(desk: Desk) -> None:
    await desk.labelled()
    (held,) = [entry for entry in desk.provider.books("100") if entry.kind == "authorise"]

    class TakenOutside(Stubborn):
        async def capture(self, key: str, reference: str, amount: Money, at: Instant) -> Any:
            await desk.provider.capture(key, reference, amount, at)
            raise PermanentRefusal("payment", "already_captured", "the money was taken before")

    outside: Any = TakenOutside(desk.provider)
    state: OrderState = await desk.run(Payments(desk.room.database, outside).capture_payment, step(13))

    assert state.parcels[0].stage is ParcelStage.SHIPPED
    assert state.charged.minor == held.amount.minor
