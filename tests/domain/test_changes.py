"""What may be changed on the way, and what is refused with its reason."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain import changes
from domain.changes import AddressChange, Change, How, PaymentMethod, QuantityChange, Settlement
from domain.choice import Choice
from domain.errors import ChangeRefused, UnknownLine
from domain.order import Address
from domain.parcel import ParcelStage
from domain.payment import Attempt, PaymentKind
from domain.state import OrderState
from domain.status import Status
from tests.domain.samples import SKU, example, line, parcel, state

UNPAID = state(line(shipped=2), parcels=(parcel(ParcelStage.UNPAID, asks=1),), status=Status.PAYMENT_HOLD)


def test_the_contracts_bodies_are_read() -> None:
    assert Choice.model_validate(example("choice")).choice == "together"
    assert PaymentMethod.model_validate(example("payment_method")).method == "pm_card_mastercard"
    assert Settlement.model_validate(example("settlement")).how is How.PAID_ELSEWHERE
    address = AddressChange.model_validate(example("address"))
    assert address.address == Address.model_validate(example("address"))
    assert address.requested_by == "customer"


BAD: list[tuple[type[Any], dict[str, Any], str]] = [
    (Choice, {"choice": "later"}, "choice"),
    (Choice, {"choice": "split", "requested_by": ""}, "requested_by"),
    (Choice, {"choice": "split", "requested_by": "a\r\nb"}, "requested_by"),
    (AddressChange, {"name": "Ada"}, "street"),
    (PaymentMethod, {"method": "pm 1"}, "method"),
    (QuantityChange, {"sku": SKU, "quantity": 0}, "quantity"),
    (QuantityChange, {"sku": "a b", "quantity": 1}, "sku"),
    (Settlement, {"parcel": 0, "how": "stopped", "reason": "x"}, "parcel"),
    (Settlement, {"parcel": 1, "how": "forgotten", "reason": "x"}, "how"),
    (Settlement, {"parcel": 1, "how": "stopped", "reason": " "}, "reason"),
]


@pytest.mark.parametrize(("model", "body", "field"), BAD)
def test_a_bad_field_is_named(model: type[Any], body: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)

    assert field in {fault["loc"][0] for fault in refused.value.errors()}


def test_fewer_units_are_a_cancellation_of_those_too_many() -> None:
    order = state(line(backordered=3, shipped=1, cancelled=1))

    too_many = changes.units_too_many(order, QuantityChange(sku=SKU, quantity=3))

    assert (too_many.sku, too_many.quantity) == (SKU, 1)


@pytest.mark.parametrize(("quantity", "why"), [(5, "more units are another order"), (4, "it is 4 already")])
def test_a_quantity_that_is_not_smaller_is_refused_with_the_reason(quantity: int, why: str) -> None:
    order = state(line(backordered=4, cancelled=1))

    with pytest.raises(ChangeRefused, match=why) as refused:
        changes.units_too_many(order, QuantityChange(sku=SKU, quantity=quantity))

    assert refused.value.what == "quantity"


def test_a_line_that_the_order_has_not_cannot_be_changed() -> None:
    with pytest.raises(UnknownLine):
        changes.units_too_many(state(line(backordered=1)), QuantityChange(sku="OTHER", quantity=1))


ENDED: list[OrderState] = [
    state(line(shipped=2), status=Status.COMPLETED),
    state(line(cancelled=2), status=Status.REJECTED),
    state(line(shipped=2), status=Status.SHIPPING),
]


@pytest.mark.parametrize("order", ENDED)
def test_what_has_left_or_ended_is_not_changed_any_more(order: OrderState) -> None:
    with pytest.raises(ChangeRefused, match="too late"):
        changes.check_open(order, Change.ADDRESS)
    with pytest.raises(ChangeRefused, match="too late"):
        changes.check_payable(order)


def test_what_has_left_unpaid_can_still_be_paid() -> None:
    changes.check_payable(UNPAID)


def test_an_unpaid_parcel_is_settled_once() -> None:
    wish = Settlement(parcel=1, how=How.WRITTEN_OFF, reason="small")
    settled = parcel(ParcelStage.UNPAID, settled="written_off")

    assert changes.unpaid_parcel(UNPAID, wish).number == 1
    for order in (state(line(shipped=2), parcels=(settled,)), state(line(claimed=2)), ENDED[0]):
        with pytest.raises(ChangeRefused, match="parcel 1 is not unpaid"):
            changes.unpaid_parcel(order, wish)


def test_an_unpaid_parcel_whose_payment_is_under_way_is_not_settled() -> None:
    capture = Attempt(
        key="100/1/capture/2",
        order_id="100",
        parcel=1,
        kind=PaymentKind.CAPTURE,
        amount_minor=100,
        currency="USD",
        method="pm_card_visa",
    )
    wish = Settlement(parcel=1, how=How.PAID_ELSEWHERE, reason="bank transfer")

    with pytest.raises(ChangeRefused, match="parcel 1: its payment is under way"):
        changes.unpaid_parcel(UNPAID.model_copy(update={"started": (capture,)}), wish)
