"""What an order waits for, and why, in words; and what comes next by itself."""

from datetime import timedelta
from typing import Any

import pytest

from domain.delays import Delay, Silence
from domain.life import next_wait
from domain.next_words import comes
from domain.notices import Kind
from domain.order import Fulfilment
from domain.parcel import ParcelLine, ParcelStage
from domain.policy import Law, Policy
from domain.state import Held, LineState, OrderState
from domain.status import Status
from domain.steps import Wait
from domain.waiting_words import contents, waits_for
from tests.domain.samples import CONFIRMED, MINI, SKU, day, january, line, parcel, rest, sent, state

NOW = day(8)
CLAIMED, AUTHORISED, READY = ParcelStage.CLAIMED, ParcelStage.AUTHORISED, ParcelStage.READY
DECLINED: dict[str, Any] = {"declined_at": day(8), "declines": 1, "decline_code": "insufficient_funds"}
HELD = Held(by="operations:li", reason="Ada Jensen has moved", at=day(7))
ASKED = (CONFIRMED, sent(Kind.CHOICE, "1", on=7))


def but(one: LineState, **says: Any) -> LineState:
    return one.model_copy(update=says)


def claimed(stage: ParcelStage = CLAIMED, **fields: Any) -> OrderState:
    return state(line(claimed=2), parcels=(parcel(stage, **fields),))


def late(silence: Silence, *, on: int) -> OrderState:
    told = Delay(
        notice_id="100-delay-1",
        number=1,
        told_at=day(6),
        deadline=january(on),
        offered_on=None,
        silence=silence,
        answer_by=january(20) if silence is Silence.CANCELS else None,
    )
    law = Law.FTC if silence is Silence.CANCELS else Law.EU
    return state(line(backordered=1), law=law, delays=(told,), accepted_at=day(on) - timedelta(days=30))


SAYS: list[tuple[str, OrderState, str]] = [
    (
        "no date is known",
        state(line(backordered=5)),
        f"5 units of {SKU}: not here yet; no supply with a date is known.",
    ),
    (
        "a date is known",
        state(but(line(backordered=1), promised_on=january(20))),
        f"1 unit of {SKU}: not here yet; expected to ship by 2026-01-20.",
    ),
    (
        "it waits for the rest",
        state(line(backordered=1), line(MINI, allocated=2), fulfilment=Fulfilment.TOGETHER),
        f"2 units of {MINI}: here, and waits for the rest, because the order goes together.",
    ),
    (
        "its product is not sent in parts",
        state(but(line(backordered=1, allocated=2), may_split=False)),
        f"2 units of {SKU}: here, and waits for the rest, because its worth or its product keeps it in one parcel.",
    ),
    (
        "it may not leave yet",
        state(but(line(allocated=2), release_on=january(20))),
        f"2 units of {SKU}: here, and not released before 2026-01-20.",
    ),
    ("it is packed next", state(line(allocated=2)), f"2 units of {SKU}: here, and packed next."),
    (
        "another parcel goes first",
        state(line(allocated=1), line(MINI, claimed=2), parcels=(parcel(AUTHORISED),)),
        f"1 unit of {SKU}: here, and packed once parcel 1 is on its way.",
    ),
    (
        "the customer is asked",
        state(line(backordered=1, allocated=2), fulfilment=Fulfilment.ASK, notices=ASKED),
        "Without an answer by 2026-01-10 12:00 UTC all of it goes together.",
    ),
    (
        "the card was declined",
        claimed(**DECLINED),
        (
            "The payment for parcel 1 was declined (insufficient_funds). "
            "The customer is asked for another payment method."
        ),
    ),
    (
        "the card is tried again",
        claimed(**DECLINED),
        (
            "The same method is tried again at 2026-01-09 12:00 UTC. "
            "Its units stay claimed until 2026-01-15 12:00 UTC; then they go to the next in line."
        ),
    ),
    (
        "the card is not tried again",
        claimed(**DECLINED | {"final_decline": True}),
        "The same method is not tried again.",
    ),
    (
        "the bank asks",
        claimed(**DECLINED | {"decline_code": "authentication_required"}),
        "The customer is asked to confirm it with the bank, or to pay another way.",
    ),
    (
        "it left unpaid",
        state(line(shipped=2), parcels=(parcel(ParcelStage.UNPAID),)),
        "Parcel 1 left and could not be charged (no reason given)",
    ),
    ("no carrier goes there", claimed(AUTHORISED, address_refused=True), "No carrier delivers parcel 1"),
    ("the warehouse has it", claimed(READY), "waits for the warehouse to hand it over."),
    (
        "operations hold it",
        state(line(allocated=2), held=HELD),
        "Held by operations:li since 2026-01-07 12:00 UTC: nothing of it ships until it is released.",
    ),
    (
        "the shop ships nothing",
        state(line(allocated=2), paused=True),
        "Shipping is paused for the whole shop.",
    ),
    (
        "a deadline passed unseen",
        state(line(backordered=2), law_hold_until=day(9)),
        "Past its legal deadline: operations may look until 2026-01-09 12:00 UTC, then the law ends it.",
    ),
    (
        "the law gives it time",
        state(line(backordered=2), law=Law.FTC),
        "By law it must ship by 2026-02-04, or the customer is asked whether to wait.",
    ),
    (
        "the law asked its customer",
        late(Silence.CANCELS, on=7),
        "By law the customer was asked whether to wait: without a yes the order ends at 2026-01-21 00:00 UTC.",
    ),
    (
        "it is late, and may be cancelled",
        late(Silence.NOTHING, on=7),
        "It is late by law since 2026-01-07: the customer was asked, and may cancel.",
    ),
]


@pytest.mark.parametrize(("order", "sentence"), [row[1:] for row in SAYS], ids=[row[0] for row in SAYS])
def test_an_order_says_it_when(order: OrderState, sentence: str) -> None:
    assert sentence in " ".join(waits_for(order, NOW))


AWAY: list[tuple[str, OrderState, str]] = [
    (
        "parcel/1",
        claimed(),
        (
            "The payment provider is out of reach: to hold the money for parcel 1 was tried 1 time, next try "
            "2026-01-09 12:00 UTC."
        ),
    ),
    ("parcel/1", claimed(AUTHORISED), "The carrier is out of reach: to buy the label of parcel 1"),
    (
        "parcel/1",
        state(line(shipped=2), parcels=(parcel(ParcelStage.LABELLED),)),
        "The payment provider is out of reach: to take the money for parcel 1",
    ),
    (
        "void/1",
        state(line(backordered=2), parcels=(parcel(ParcelStage.UNDONE, money_held=True),)),
        "The payment provider is out of reach: to free the money held for parcel 1",
    ),
    (
        "label/1",
        state(line(backordered=2), parcels=(parcel(ParcelStage.UNDONE, labels_to_void=("1",)),)),
        "The carrier is out of reach: to take back the label of parcel 1",
    ),
    (
        "refund",
        state(line(cancelled=2), status=Status.REJECTED, charge_unknown=True),
        "The payment provider is out of reach: to give money back",
    ),
    (
        "mail",
        state(line(backordered=2), notices=()),
        "The mail server is out of reach: to send the e-mail “confirmation”",
    ),
    ("mail", state(line(backordered=2)), "The outside is out of reach: to take the next step"),
]


@pytest.mark.parametrize(("what", "order", "sentence"), AWAY)
def test_what_is_out_of_reach_is_named_with_the_next_try(what: str, order: OrderState, sentence: str) -> None:
    said = waits_for(order.model_copy(update={"rests": (rest(what, 9),)}), NOW)

    assert sentence in " ".join(said)


def test_what_was_refused_wants_a_person() -> None:
    refused = rest("parcel/1", 9).model_copy(
        update={"refused": "payment: account_closed: the account is closed"}
    )

    said = waits_for(claimed().model_copy(update={"rests": (refused,)}), NOW)

    assert said == (
        (
            "The payment provider refuses to hold the money for parcel 1 (payment: account_closed: the account is closed): "
            "a person must look. Asked again at 2026-01-09 12:00 UTC."
        ),
    )


def test_a_stale_wait_says_when_it_ends() -> None:
    order = state(line(backordered=1), accepted_at=day(5) - timedelta(days=85))
    occasion = f"{day(5) + timedelta(days=5):%Y-%m-%d}"
    warned = order.model_copy(update={"notices": (CONFIRMED, sent(Kind.STALE_WARNING, occasion, on=5))})

    assert "it ends at 2026-01-12 12:00 UTC." in " ".join(waits_for(warned, NOW))
    assert comes(warned, Wait("stale", day(12))) == "the end of a wait that got too long"
    assert comes(order, Wait("stale", day(5))) == "the warning of a wait that gets too long"


def test_moments_are_those_of_the_shop() -> None:
    order = claimed(**DECLINED).model_copy(update={"time_zone": "Europe/Berlin"})

    assert "2026-01-09 13:00 CET" in " ".join(waits_for(order, NOW))


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED, Status.REJECTED, Status.PLACING])
def test_an_order_that_is_not_open_waits_for_nothing(status: Status) -> None:
    assert waits_for(state(line(cancelled=1), status=status), NOW) == ()


def test_what_people_wrote_as_a_reason_stays_out() -> None:
    assert "Ada" not in " ".join(waits_for(state(line(allocated=2), held=HELD), NOW))


def test_a_parcel_of_many_products_names_three() -> None:
    lines = tuple(ParcelLine(sku=f"S{number}", quantity=number) for number in range(1, 6))

    assert contents(lines) == "1 × S1, 2 × S2, 3 × S3, 2 more products"


SELDOM: dict[str, Any] = {"edition": 2, "terms": Policy(update_every_days=300)}
"""No regular word comes before the law's."""

NEXT: list[tuple[str, OrderState, str]] = [
    ("an update", state(line(backordered=1)), "the regular e-mail to the customer"),
    ("nothing", state(line(claimed=2), parcels=(parcel(CLAIMED),)), "nothing by itself"),
    ("a retry", claimed(**DECLINED), "another try of its payment"),
    (
        "the end of the grace",
        claimed(**DECLINED | {"final_decline": True}),
        "without a payment by then, its units go to the next in line",
    ),
    (
        "money that expires",
        claimed(READY, authorised_until=day(9)),
        "the money held for its parcel is held anew",
    ),
    (
        "a choice",
        state(line(backordered=1, allocated=2), fulfilment=Fulfilment.ASK, notices=ASKED),
        "without an answer by then, all of it goes together",
    ),
    ("a release", state(but(line(allocated=2), release_on=january(20))), "the release of its goods"),
    (
        "a gateway",
        state(line(backordered=1), rests=(rest("mail", 9),)),
        "another try of what was out of reach",
    ),
    (
        "the law's question",
        state(line(backordered=1), law=Law.FTC, **SELDOM),
        "the customer is asked whether to wait, as the law wants it",
    ),
    (
        "the law's end",
        late(Silence.CANCELS, on=7).model_copy(update=SELDOM),
        "the law's end of the wait",
    ),
]


@pytest.mark.parametrize(("order", "words"), [row[1:] for row in NEXT], ids=[row[0] for row in NEXT])
def test_what_comes_next_is_said_in_words(order: OrderState, words: str) -> None:
    assert words in comes(order, next_wait(order, NOW))
