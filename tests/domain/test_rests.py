"""A gateway that is away delays its own step and nothing else; and what an order waits for next."""

import pytest

from domain.cancellation import Reason
from domain.life import finished, next_step, next_wait, still_due
from domain.notices import Kind
from domain.order import Timing
from domain.parcel import ParcelStage
from domain.payment import PaymentKind
from domain.state import CancelledUnits, OrderState, Rest
from domain.status import Status
from domain.steps import Claim, Label, Step, Tell, Void, Wait
from tests.domain.samples import CONFIRMED, PRICE, day, line, paid, parcel, rest, sent, state

NOW = day(8)
RETRY = Wait("gateway_retry", day(9))
CHARGED = (paid(PaymentKind.CHARGE, 2 * PRICE),)


def _undone(*rests: Rest) -> OrderState:
    return state(line(backordered=2), parcels=(parcel(ParcelStage.UNDONE, money_held=True),), rests=rests)


DELAYED: list[tuple[str, OrderState, str]] = [
    ("authorise", state(line(claimed=2), parcels=(parcel(ParcelStage.CLAIMED),)), "parcel/1"),
    ("label", state(line(claimed=2), parcels=(parcel(ParcelStage.AUTHORISED),)), "parcel/1"),
    ("capture", state(line(shipped=2), parcels=(parcel(ParcelStage.LABELLED),)), "parcel/1"),
    ("void", _undone(), "void/1"),
    ("refund", state(line(cancelled=2), timing=Timing.AT_ORDER, payments=CHARGED), "refund"),
    (
        "look up the charge",
        state(line(cancelled=2), timing=Timing.AT_ORDER, status=Status.REJECTED, charge_unknown=True),
        "refund",
    ),
    ("mail", state(line(backordered=2), notices=()), "mail"),
]


@pytest.mark.parametrize(("order", "what"), [row[1:] for row in DELAYED], ids=[row[0] for row in DELAYED])
def test_a_step_that_rests_is_tried_again_at_its_moment(order: OrderState, what: str) -> None:
    step = next_step(order, NOW)
    resting = order.model_copy(update={"rests": (rest(what, until=9),)})

    assert next_step(resting, NOW) == RETRY
    assert next_step(resting, day(9)) == step
    assert not finished(resting)


ELSEWHERE: list[tuple[str, OrderState, Step]] = [
    (
        "mail rests, units are claimed",
        state(line(allocated=2), notices=(), rests=(rest("mail", 9),)),
        Claim(),
    ),
    (
        "mail rests, the label is bought",
        state(
            line(claimed=2), parcels=(parcel(ParcelStage.AUTHORISED),), notices=(), rests=(rest("mail", 9),)
        ),
        Label(1),
    ),
    (
        "the carrier rests, the customer is told",
        state(
            line(claimed=2),
            parcels=(parcel(ParcelStage.AUTHORISED),),
            notices=(),
            rests=(rest("parcel/1", 9),),
        ),
        Tell(Kind.CONFIRMATION, "placed"),
    ),
    ("another parcel rests", _undone(rest("parcel/2", 9)), Void(1)),
    (
        "a void rests, the units go on",
        _undone(rest("void/1", 9)).model_copy(update={"lines": (line(allocated=2),)}),
        Claim(),
    ),
]


@pytest.mark.parametrize(("order", "step"), [row[1:] for row in ELSEWHERE], ids=[row[0] for row in ELSEWHERE])
def test_while_one_step_rests_the_others_go_on(order: OrderState, step: Step) -> None:
    assert next_step(order, NOW) == step


def test_an_order_never_ends_while_a_notice_rests() -> None:
    cancelled = state(
        line(cancelled=2),
        cancellations=(CancelledUnits(cancellation_id="C-1", reason=Reason.PRICE, units=2),),
        rests=(rest("mail", 9),),
    )

    assert next_step(cancelled, NOW) == RETRY


HELD = parcel(ParcelStage.CLAIMED, declined_at=day(8), declines=1)
TOLD = (CONFIRMED, sent(Kind.PAYMENT_PROBLEM))

NEXT: list[tuple[str, OrderState, Wait]] = [
    ("an update", state(line(backordered=2)), Wait("update", day(12))),
    ("stock", state(line(allocated=2, backordered=0)), Wait("inventory", None)),
    ("a gateway before an update", state(line(backordered=2), rests=(rest("mail", 9),)), RETRY),
    (
        "an update before a gateway",
        state(line(backordered=2), rests=(rest("mail", 13),)),
        Wait("update", day(12)),
    ),
    (
        "the earlier of two gateways",
        state(line(claimed=2), rests=(rest("mail", 10), rest("parcel/1", 9))),
        RETRY,
    ),
    (
        "a gateway whose moment is now counts no more",
        state(line(backordered=2), rests=(rest("mail", 8),)),
        Wait("update", day(12)),
    ),
    (
        "a gateway whose moment is past counts no more",
        state(line(backordered=2), rests=(rest("mail", 7),)),
        Wait("update", day(12)),
    ),
    (
        "a retry of the payment",
        state(line(claimed=2), parcels=(HELD,), notices=TOLD),
        Wait("payment_retry", day(9)),
    ),
    (
        "the end of the grace",
        state(line(claimed=2), parcels=(HELD.model_copy(update={"final_decline": True}),), notices=TOLD),
        Wait("payment_retry", day(15)),
    ),
    (
        "an undone parcel is retried no more",
        state(line(backordered=2), parcels=(HELD.model_copy(update={"stage": ParcelStage.UNDONE}),)),
        Wait("update", day(12)),
    ),
]


@pytest.mark.parametrize(("order", "wait"), [row[1:] for row in NEXT], ids=[row[0] for row in NEXT])
def test_the_earliest_moment_is_waited_for(order: OrderState, wait: Wait) -> None:
    assert next_wait(order, NOW) == wait


STILL_DUE: list[tuple[str, OrderState, str, bool]] = [
    ("a parcel to be labelled", state(line(claimed=2), parcels=(parcel(ParcelStage.AUTHORISED),)), "parcel/1", True),
    ("a parcel that has left", state(line(shipped=2), parcels=(parcel(ParcelStage.SHIPPED),)), "parcel/1", False),
    ("a parcel that stands ready", state(line(claimed=2), parcels=(parcel(ParcelStage.READY),)), "parcel/1", False),
    ("another parcel", state(line(claimed=2), parcels=(parcel(ParcelStage.CLAIMED, 2),)), "parcel/1", False),
    ("money to be let go", state(line(cancelled=2), parcels=(parcel(ParcelStage.UNDONE, money_held=True),)), "void/1", True),
    ("money that was let go", state(line(cancelled=2), parcels=(parcel(ParcelStage.UNDONE),)), "void/1", False),
    ("a mail to be sent", state(line(backordered=2), notices=()), "mail", True),
    ("a mail that was sent", state(line(backordered=2)), "mail", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "what", "due"), [row[1:] for row in STILL_DUE], ids=[row[0] for row in STILL_DUE]
)
def test_a_step_that_was_done_though_nobody_heard_of_it_does_not_rest(
    order: OrderState, what: str, due: bool
) -> None:
    assert still_due(order, what, NOW) is due
