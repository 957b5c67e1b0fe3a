"""What a customer may ask for, and what he is asked: nothing that the rules would refuse."""

from datetime import date
from typing import Any

import pytest

from domain.choice import Wish
from domain.delays import Delay, Silence
from domain.money import Money
from domain.notices import Kind
from domain.offers import Asked, Offers, Question, offers
from domain.order import Fulfilment, Timing
from domain.parcel import ParcelStage
from domain.payment import AUTHENTICATION_REQUIRED
from domain.state import LineState, OrderState
from domain.status import Status
from tests.domain.samples import CONFIRMED, MINI, PRICE, SKU, day, january, line, parcel, sent, state

WAITS = line(backordered=3)
AT_ORDER = {"timing": Timing.AT_ORDER}


def asked(**parts: Any) -> Offers:
    known = (CONFIRMED, sent(Kind.CHOICE, on=6))
    order = state(line(allocated=3, backordered=2), fulfilment=Fulfilment.ASK, notices=known)
    return offers(order.model_copy(update=parts), day(7))


def delay(silence: Silence = Silence.CANCELS, answer_by: date | None = None, **answer: Any) -> Delay:
    return Delay(
        notice_id="100-delay-1",
        number=1,
        deadline=january(20),
        offered_on=january(25),
        silence=silence,
        answer_by=answer_by or january(28),
        told_at=day(17),
        **answer,
    )


OFFERED: list[tuple[str, OrderState, dict[str, int], bool, bool]] = [
    ("waits", state(WAITS), {SKU: 3}, True, True),
    ("paid already", state(WAITS, **AT_ORDER), {SKU: 3}, True, False),
    ("being placed", state(WAITS, status=Status.PLACING), {}, False, False),
    ("rejected", state(line(cancelled=3), status=Status.REJECTED), {}, False, False),
    ("shipped", state(line(shipped=3), status=Status.COMPLETED), {}, False, False),
    ("a line of two has left", state(line(shipped=1), line(MINI, allocated=2)), {MINI: 2}, True, True),
    (
        "being packed",
        state(line(claimed=2, backordered=1), parcels=(parcel(ParcelStage.AUTHORISED),)),
        {SKU: 3},
        True,
        True,
    ),
    (
        "on its way, and not paid yet",
        state(line(shipped=2, backordered=1), parcels=(parcel(ParcelStage.LABELLED),)),
        {SKU: 1},
        True,
        True,
    ),
    (
        "on its way, and unpaid",
        state(line(shipped=2), status=Status.PAYMENT_HOLD, parcels=(parcel(ParcelStage.UNPAID),)),
        {},
        False,
        True,
    ),
]


@pytest.mark.parametrize(
    ("order", "cancel", "address", "pay"), [row[1:] for row in OFFERED], ids=[row[0] for row in OFFERED]
)
def test_what_has_not_left_can_be_cancelled_and_readdressed_and_what_is_not_charged_paid_otherwise(
    order: OrderState, cancel: dict[str, int], address: bool, pay: bool
) -> None:
    offered = offers(order, day(7))

    assert (offered.cancel, offered.address, offered.pay) == (cancel, address, pay)


def test_a_choice_is_offered_once_it_was_asked_for_and_until_it_was_made() -> None:
    assert asked().choose == (Wish.SPLIT, Wish.TOGETHER, Wish.CANCEL)
    assert asked().questions == (Question(about=Asked.CHOICE, by=january(8)),)

    assert asked(notices=(CONFIRMED,)).choose == ()
    assert asked(fulfilment=Fulfilment.TOGETHER).choose == ()
    whole: tuple[LineState, ...] = (line(allocated=3, backordered=2, may_split=False),)
    assert asked(lines=whole).choose == (Wish.TOGETHER, Wish.CANCEL)


@pytest.mark.parametrize("silence", [Silence.KEEPS, Silence.CANCELS])
def test_a_delay_is_answered_while_silence_would_answer(silence: Silence) -> None:
    told = delay(silence)

    assert offers(state(WAITS, delays=(told,)), day(18)).consent == told
    assert offers(state(line(claimed=3), delays=(told,)), day(18)).consent is None
    for answered in (delay(silence, accepted=True), delay(Silence.NOTHING)):
        assert offers(state(WAITS, delays=(told, answered)), day(18)).consent is None


def test_a_day_that_has_passed_is_not_asked_for() -> None:
    late = state(WAITS, delays=(delay(answer_by=january(20)),))

    assert offers(late, day(20)).questions == (Question(about=Asked.CONSENT, by=january(20)),)
    assert offers(late, day(21)).questions == (Question(about=Asked.CONSENT),)


def test_what_is_left_of_the_last_day_is_asked_without_one() -> None:
    order = state(
        line(allocated=3, backordered=2),
        fulfilment=Fulfilment.ASK,
        notices=(CONFIRMED, sent(Kind.CHOICE, on=6)),
    )
    last = 6 + order.terms.choice_deadline_days

    assert offers(order, day(last - 1)).questions[0].by == january(last - 1)
    assert offers(order, day(last)).questions[0].by is None


def test_who_gave_another_card_is_not_asked_for_one_while_it_is_tried() -> None:
    declined = parcel(ParcelStage.CLAIMED, declined_at=day(6), declines=1, new_method=True)

    assert offers(state(line(claimed=2), parcels=(declined,)), day(7)).questions == ()


def test_payment_comes_before_all_other_questions() -> None:
    declined = parcel(ParcelStage.CLAIMED, declined_at=day(6), declines=1, address_refused=True)
    order = state(line(claimed=2), parcels=(declined,))
    amount = Money(minor=2 * PRICE, currency="USD")
    by = day(6 + order.terms.payment_grace_days - 1).date()

    assert offers(order, day(7)).questions == (
        Question(about=Asked.PAYMENT, by=by, amount=amount),
        Question(about=Asked.ADDRESS),
    )
    bank = declined.model_copy(update={"decline_code": AUTHENTICATION_REQUIRED, "address_refused": False})
    (question,) = offers(order.model_copy(update={"parcels": (bank,)}), day(7)).questions
    assert question.about is Asked.AUTHENTICATION
    gone = parcel(ParcelStage.UNPAID)
    unpaid = state(line(shipped=2), status=Status.PAYMENT_HOLD, parcels=(gone,))
    assert offers(unpaid, day(7)).questions == (Question(about=Asked.PAYMENT, amount=amount, sent=True),)
