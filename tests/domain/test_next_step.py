"""What is due next: money before goods, goods before words, words before waiting."""

from typing import Any

import pytest

from domain.cancellation import Reason
from domain.life import next_step
from domain.money import Money
from domain.notices import Kind
from domain.order import Timing
from domain.parcel import ParcelStage, ParcelState
from domain.payment import PaymentKind
from domain.policy import Policy
from domain.state import CancelledUnits, OrderState
from domain.status import Status
from domain.steps import (
    Authorise,
    Capture,
    Claim,
    End,
    GiveUp,
    Label,
    LookUpCharge,
    Refund,
    Step,
    Tell,
    Void,
    Wait,
)
from tests.domain.samples import CONFIRMED, PRICE, day, line, paid, parcel, sent, state

CLAIMED, AUTHORISED = ParcelStage.CLAIMED, ParcelStage.AUTHORISED
LABELLED, SHIPPED, UNDONE = ParcelStage.LABELLED, ParcelStage.SHIPPED, ParcelStage.UNDONE
AT_ORDER = Timing.AT_ORDER
PROBLEM = sent(Kind.PAYMENT_PROBLEM)
NOW = day(8)

Cases = list[tuple[str, OrderState, Step]]


def rows(cases: Cases) -> dict[str, Any]:
    return {"argvalues": [case[1:] for case in cases], "ids": [case[0] for case in cases]}


def with_parcel(one: ParcelState, **fields: Any) -> OrderState:
    return state(line(shipped=2) if one.sent else line(claimed=2), parcels=(one,), **fields)


def declined(on: int, times: int = 1, **fields: Any) -> ParcelState:
    return parcel(CLAIMED, declined_at=day(on), declines=times, **fields)


PARCEL: Cases = [
    ("units are there", state(line(allocated=2)), Claim()),
    ("some are there", state(line(allocated=2, backordered=1)), Claim()),
    (
        "together waits",
        state(line(allocated=2, backordered=1), fulfilment="together"),
        Wait("update", day(12)),
    ),
    ("claimed", with_parcel(parcel(CLAIMED)), Authorise(1)),
    ("claimed, paid at order", with_parcel(parcel(CLAIMED), timing=AT_ORDER), Label(1)),
    ("claimed, free of charge", with_parcel(parcel(CLAIMED, amount_minor=0)), Label(1)),
    ("authorised", with_parcel(parcel(AUTHORISED)), Label(1)),
    ("authorised for long", with_parcel(parcel(AUTHORISED, authorised_until=day(9))), Label(1)),
    ("authorisation runs out now", with_parcel(parcel(AUTHORISED, authorised_until=NOW)), Authorise(1)),
    ("authorisation ran out", with_parcel(parcel(AUTHORISED, authorised_until=day(7))), Authorise(1)),
    (
        "ran out, the label may be bought",
        with_parcel(parcel(AUTHORISED, authorised_until=day(7), label_unknown=True)),
        Label(1),
    ),
    ("label bought", with_parcel(parcel(LABELLED)), Capture(1)),
    ("one parcel at a time", state(line(claimed=2, allocated=1), parcels=(parcel(CLAIMED),)), Authorise(1)),
]

DECLINES: Cases = [
    ("declined today", with_parcel(declined(8), notices=(CONFIRMED, PROBLEM)), Wait("payment_retry", day(9))),
    ("first retry", with_parcel(declined(7), notices=(CONFIRMED, PROBLEM)), Authorise(1)),
    (
        "declined again",
        with_parcel(declined(7, 2), notices=(CONFIRMED, PROBLEM)),
        Wait("payment_retry", day(10)),
    ),
    ("second retry", with_parcel(declined(5, 2), notices=(CONFIRMED, PROBLEM)), Authorise(1)),
    ("third retry", with_parcel(declined(3, 3), notices=(CONFIRMED, PROBLEM)), Authorise(1)),
    (
        "no retry left",
        with_parcel(declined(3, 4), notices=(CONFIRMED, PROBLEM)),
        Wait("payment_retry", day(10)),
    ),
    (
        "never to be retried",
        with_parcel(declined(2, final_decline=True), notices=(CONFIRMED, PROBLEM)),
        Wait("payment_retry", day(9)),
    ),
    ("the grace ends now", with_parcel(declined(1, 4), notices=(CONFIRMED, PROBLEM)), GiveUp(1)),
    ("the grace is over, never told", with_parcel(declined(1)), GiveUp(1)),
    ("another method", with_parcel(declined(8, new_method=True)), Authorise(1)),
    ("another method in the last moment", with_parcel(declined(1, new_method=True)), Authorise(1)),
    ("the customer is asked", with_parcel(declined(8)), Tell(Kind.PAYMENT_PROBLEM, "1")),
]

MONEY: Cases = [
    (
        "an undone parcel's money",
        state(line(allocated=2), parcels=(parcel(UNDONE, money_held=True),)),
        Void(1),
    ),
    (
        "nothing was held",
        state(line(backordered=2), parcels=(parcel(UNDONE),)),
        Wait("update", day(12)),
    ),
    (
        "a rejected order that may have been charged",
        state(line(cancelled=2), status=Status.REJECTED, timing=AT_ORDER, charge_unknown=True),
        LookUpCharge(),
    ),
    (
        "a rejected order that was charged",
        state(
            line(cancelled=2),
            status=Status.REJECTED,
            timing=AT_ORDER,
            payments=(paid(PaymentKind.CHARGE, 500),),
        ),
        Refund(Money(minor=500, currency="USD")),
    ),
    (
        "half of it cancelled",
        state(
            line(allocated=1, cancelled=1), timing=AT_ORDER, payments=(paid(PaymentKind.CHARGE, 2 * PRICE),)
        ),
        Refund(Money(minor=PRICE, currency="USD")),
    ),
    (
        "an order that is being charged",
        state(line(backordered=2), status=Status.PLACING, accepted_at=None, charge_unknown=True, notices=()),
        Wait("inventory", None),
    ),
]


def cancelled(units: int) -> tuple[CancelledUnits, ...]:
    return (CancelledUnits(cancellation_id="C-1", reason=Reason.PRICE, units=units),)


WORDS: Cases = [
    ("accepted", state(line(backordered=2), notices=()), Tell(Kind.CONFIRMATION, "placed")),
    ("accepted, in stock", state(line(allocated=2), notices=()), Claim()),
    ("shipped", with_parcel(parcel(SHIPPED)), Tell(Kind.SHIPPED, "1")),
    ("shipped unpaid", with_parcel(parcel(ParcelStage.UNPAID)), Tell(Kind.SHIPPED, "1")),
    (
        "the second shipped",
        state(
            line(shipped=3),
            parcels=(parcel(SHIPPED), parcel(SHIPPED, 2, 1)),
            notices=(CONFIRMED, sent(Kind.SHIPPED)),
        ),
        Tell(Kind.SHIPPED, "2"),
    ),
    ("cancelled", state(line(cancelled=2), cancellations=cancelled(2)), Tell(Kind.CANCELLED, "C-1")),
    (
        "nothing was cancelled",
        state(line(backordered=2), cancellations=cancelled(0)),
        Wait("update", day(12)),
    ),
    (
        "refunded",
        state(line(cancelled=2), payments=(paid(PaymentKind.REFUND, 100, "re-1"),)),
        Tell(Kind.REFUNDED, "re-1"),
    ),
    (
        "refunded again",
        state(
            line(cancelled=2),
            payments=(paid(PaymentKind.REFUND, 100, "re-1"), paid(PaymentKind.REFUND, 200, "re-2")),
            notices=(CONFIRMED, sent(Kind.REFUNDED, "re-1")),
        ),
        Tell(Kind.REFUNDED, "re-2"),
    ),
    (
        "refunded again, and first told by its number",
        state(
            line(cancelled=2),
            payments=(paid(PaymentKind.REFUND, 100, "re-1"), paid(PaymentKind.REFUND, 200, "re-2")),
            notices=(CONFIRMED, sent(Kind.REFUNDED, "1")),
        ),
        Tell(Kind.REFUNDED, "re-2"),
    ),
    (
        "a declined parcel undone",
        state(line(cancelled=2), parcels=(declined(7).model_copy(update={"stage": UNDONE}),)),
        End(),
    ),
    ("rejected", state(line(cancelled=2), status=Status.REJECTED, notices=()), End()),
]

ENDS: Cases = [
    ("all cancelled", state(line(cancelled=2)), End()),
    ("all shipped", with_parcel(parcel(SHIPPED), notices=(CONFIRMED, sent(Kind.SHIPPED))), End()),
    (
        "shipped, and never paid",
        with_parcel(parcel(ParcelStage.UNPAID), notices=(CONFIRMED, sent(Kind.SHIPPED))),
        Wait("inventory", None),
    ),
    ("waits for stock", state(line(backordered=2)), Wait("update", day(12))),
    (
        "waits, told more often",
        state(line(backordered=2), terms=Policy(update_every_days=5)),
        Wait("update", day(10)),
    ),
]


@pytest.mark.parametrize(("order", "step"), **rows(PARCEL))
def test_a_parcel_is_claimed_authorised_labelled_and_captured(order: OrderState, step: Step) -> None:
    assert next_step(order, NOW) == step


@pytest.mark.parametrize(("order", "step"), **rows(DECLINES))
def test_a_declined_card_is_retried_on_its_days_until_the_grace_ends(order: OrderState, step: Step) -> None:
    assert next_step(order, NOW) == step


@pytest.mark.parametrize(("order", "step"), **rows(MONEY))
def test_money_that_is_owed_goes_back_first(order: OrderState, step: Step) -> None:
    assert next_step(order, NOW) == step


@pytest.mark.parametrize(("order", "step"), **rows(WORDS))
def test_the_customer_is_told_once_of_each_thing_that_happened(order: OrderState, step: Step) -> None:
    assert next_step(order, NOW) == step


@pytest.mark.parametrize(("order", "step"), **rows(ENDS))
def test_an_order_ends_when_every_unit_and_every_cent_has_its_place(order: OrderState, step: Step) -> None:
    assert next_step(order, NOW) == step


def test_money_comes_before_goods_and_goods_before_words() -> None:
    everything = state(
        line(allocated=2, cancelled=1),
        timing=AT_ORDER,
        payments=(paid(PaymentKind.CHARGE, 3 * PRICE),),
        notices=(),
    )
    refunded = everything.model_copy(update={"payments": (paid(PaymentKind.CHARGE, 2 * PRICE),)})
    in_parcel = refunded.model_copy(update={"lines": (line(claimed=2, cancelled=1),)})

    assert next_step(everything, NOW) == Refund(Money(minor=PRICE, currency="USD"))
    assert next_step(refunded, NOW) == Claim()
    assert next_step(in_parcel, NOW) == Tell(Kind.CONFIRMATION, "placed")
