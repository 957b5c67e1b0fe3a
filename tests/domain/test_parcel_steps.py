"""Parcels that stand ready, that nobody paid for, that can't be delivered: what is due next, and what it is called."""

from typing import Any

import pytest

from domain.life import finished, next_step, status_of
from domain.notices import Kind
from domain.order import Timing
from domain.parcel import ParcelStage, ParcelState
from domain.payment import AUTHENTICATION_REQUIRED
from domain.state import OrderState
from domain.status import Status
from domain.steps import Authorise, Capture, GiveUp, Label, Step, Tell, Void, VoidLabel, Wait
from tests.domain.samples import CONFIRMED, day, line, parcel, sent, state

NOW = day(8)
PROBLEM = sent(Kind.PAYMENT_PROBLEM)
SHIPPED = sent(Kind.SHIPPED)


def unpaid(**fields: Any) -> ParcelState:
    return parcel(ParcelStage.UNPAID, asks=1, decline_code="expired_card", **fields)


def holding(one: ParcelState, **fields: Any) -> OrderState:
    told = {"notices": (CONFIRMED, SHIPPED, PROBLEM, sent(Kind.ADDRESS_PROBLEM, "1-1")), **fields}
    return state(line(shipped=2) if one.sent else line(claimed=2), parcels=(one,), **told)


DUE: list[tuple[str, OrderState, Step]] = [
    ("ready: nothing until it is handed over", holding(parcel(ParcelStage.READY)), Wait("inventory", None)),
    (
        "ready: its money runs out later",
        holding(parcel(ParcelStage.READY, authorised_until=day(9))),
        Wait("payment_retry", day(9)),
    ),
    (
        "ready: its money has run out",
        holding(parcel(ParcelStage.READY, authorised_until=day(7))),
        Authorise(1),
    ),
    (
        "ready, paid at order",
        holding(parcel(ParcelStage.READY, money_held=False), timing=Timing.AT_ORDER),
        Wait("inventory", None),
    ),
    (
        "ready: the new authorisation was declined",
        holding(parcel(ParcelStage.READY, money_held=False, declined_at=day(1), declines=9)),
        GiveUp(1),
    ),
    (
        "no carrier goes there",
        holding(parcel(ParcelStage.AUTHORISED, address_refused=True)),
        Wait("inventory", None),
    ),
    (
        "no carrier goes there, and its money runs out: not held anew for nothing",
        holding(parcel(ParcelStage.AUTHORISED, address_refused=True, authorised_until=day(7))),
        Wait("inventory", None),
    ),
    ("the address was changed", holding(parcel(ParcelStage.AUTHORISED, label_attempt=2)), Label(1)),
    ("a label bought in vain", holding(parcel(ParcelStage.UNDONE, labels_to_void=("k",))), VoidLabel(1)),
    ("a refused capture's money", holding(unpaid(money_held=True, capture_refused=True)), Void(1)),
    ("unpaid: nothing until somebody acts", holding(unpaid()), Wait("inventory", None)),
    ("unpaid, and another method came", holding(unpaid(new_method=True)), Authorise(1)),
    ("unpaid, and its money is held", holding(unpaid(money_held=True)), Capture(1)),
    (
        "unpaid, and what was held has run out",
        holding(unpaid(money_held=True, authorised_until=day(7))),
        Authorise(1),
    ),
    (
        "the bank wants to hear from the customer: no retry, only the end of the grace period",
        holding(
            parcel(
                ParcelStage.CLAIMED,
                declined_at=day(7),
                declines=1,
                asks=1,
                decline_code=AUTHENTICATION_REQUIRED,
            ),
            notices=(CONFIRMED, sent(Kind.PAYMENT_AUTHENTICATION)),
        ),
        Wait("payment_retry", day(14)),
    ),
]


@pytest.mark.parametrize(("order", "step"), [row[1:] for row in DUE], ids=[row[0] for row in DUE])
def test_what_is_due_next(order: OrderState, step: Step) -> None:
    assert next_step(order, NOW) == step


TOLD: list[tuple[str, OrderState, Tell]] = [
    ("the bank asks", holding(parcel(ParcelStage.CLAIMED, declined_at=day(8), asks=1, decline_code=AUTHENTICATION_REQUIRED), notices=(CONFIRMED,)), Tell(Kind.PAYMENT_AUTHENTICATION, "1")),
    ("a second method is declined", holding(parcel(ParcelStage.CLAIMED, declined_at=day(8), asks=2)), Tell(Kind.PAYMENT_PROBLEM, "1-2")),
    ("it left unpaid", holding(unpaid(), notices=(CONFIRMED, SHIPPED)), Tell(Kind.PAYMENT_PROBLEM, "1")),
    ("no carrier goes there", holding(parcel(ParcelStage.AUTHORISED, address_refused=True), notices=(CONFIRMED,)), Tell(Kind.ADDRESS_PROBLEM, "1-1")),
    ("nor to the next address", holding(parcel(ParcelStage.AUTHORISED, address_refused=True, label_attempt=2)), Tell(Kind.ADDRESS_PROBLEM, "1-2")),
]  # fmt: skip


@pytest.mark.parametrize(("order", "tell"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD])
def test_the_customer_is_told(order: OrderState, tell: Tell) -> None:
    assert next_step(order, NOW) == tell


CALLED: list[tuple[OrderState, Status]] = [
    (holding(parcel(ParcelStage.READY)), Status.SHIPPING),
    (holding(parcel(ParcelStage.AUTHORISED, address_refused=True)), Status.ADDRESS_HOLD),
    (holding(unpaid()), Status.PAYMENT_HOLD),
    (holding(parcel(ParcelStage.READY, money_held=False, declined_at=day(7))), Status.PAYMENT_HOLD),
    (holding(unpaid(settled="written_off")), Status.COMPLETED),
    (holding(unpaid(settled="written_off", money_held=True, capture_refused=True)), Status.SHIPPING),
]


@pytest.mark.parametrize(("order", "status"), CALLED)
def test_what_the_order_is_called(order: OrderState, status: Status) -> None:
    assert status_of(order) is status


def test_an_order_ends_when_its_unpaid_parcel_is_settled_and_shows_the_amount() -> None:
    settled = holding(unpaid(settled="paid_elsewhere"))

    assert finished(settled)
    assert settled.unpaid.minor == settled.parcels[0].amount_minor
    assert not finished(holding(unpaid()))


def test_an_order_ends_only_when_its_labels_are_given_back() -> None:
    undone = parcel(ParcelStage.UNDONE, labels_to_void=("100/1/label/1",))
    cancelled = state(line(cancelled=2), parcels=(undone,))

    assert not finished(cancelled)
    assert finished(cancelled.model_copy(update={"parcels": (parcel(ParcelStage.UNDONE),)}))
