"""Which notice is due: for something that happened, or because a regular word to a waiting customer is."""

from collections.abc import Iterator
from datetime import date, datetime

from domain import choice, dunning, waiting
from domain.notices import Kind, told_that_day, update_at, updates_passed
from domain.parcel import ParcelStage, ParcelState
from domain.payment import PaymentKind, PaymentState
from domain.state import OrderState
from domain.status import Status
from domain.steps import Tell, Wait


def due(state: OrderState, now: datetime) -> Iterator[Tell]:
    """The notice to send now, if any: what happened, what the law asks, what moved, the regular word."""
    tell = untold(state, now) or waiting.notice(state, now) or promise_moved(state) or update(state, now)
    if tell is not None:
        yield tell


def untold(state: OrderState, now: datetime | None = None) -> Tell | None:
    """The first notice that something already happened asks for; at a time, the question of the customer's choice too."""
    if state.status in {Status.PLACING, Status.REJECTED}:
        return None
    return next((tell for tell in asked_for(state, now) if not state.told(tell.kind, tell.occasion)), None)


def asked_for(state: OrderState, now: datetime | None = None) -> Iterator[Tell]:
    """Every notice that what happened asks for, told or not."""
    yield Tell(Kind.CONFIRMATION, "placed")
    for parcel in state.parcels:
        yield from _of_parcel(parcel)
    if now is not None and choice.wanted(state, now):
        yield choice.NOTICE
    for cancellation in state.cancellations:
        if cancellation.units:
            yield Tell(Kind.CANCELLED, cancellation.cancellation_id)
    for refund in refunds_to_tell(state):
        yield Tell(Kind.REFUNDED, refund.reference or "")


def refunds_to_tell(state: OrderState) -> list[PaymentState]:
    """Each refund is told by its reference; those of 0.1 were told by their number."""
    refunds = [payment for payment in state.payments if payment.kind is PaymentKind.REFUND]
    numbered = sum(notice.kind is Kind.REFUNDED and notice.occasion.isdigit() for notice in state.notices)
    return refunds[numbered:]


def _of_parcel(parcel: ParcelState) -> Iterator[Tell]:
    if parcel.stage in {ParcelStage.SHIPPED, ParcelStage.UNPAID}:
        yield Tell(Kind.SHIPPED, str(parcel.number))
    if parcel.payment_wanted and (parcel.undoable or parcel.asks):
        yield dunning.notice(parcel)
    if parcel.address_refused and parcel.undoable:
        yield Tell(Kind.ADDRESS_PROBLEM, f"{parcel.number}-{parcel.label_attempt}")


def promise_moved(state: OrderState) -> Tell | None:
    """A date that was told and moved by more than the tolerance, or is not known any more, or is known again.

    A first date waits for the next regular word, and one that an option notice has just called missed is no news.
    """
    if state.edition == 1 or state.accepted_at is None or not state.waits_for_a_date:
        return None
    told, expected = state.promised_on, state.expected_on
    if told is None:
        missed = max((delay.deadline for delay in state.delays), default=date.min)
        moved = expected is not None and state.original_promised_on is not None and expected > missed
    else:
        moved = expected is None or abs((expected - told).days) > state.terms.promise_tolerance_days
    number = sum(notice.kind is Kind.PROMISE_MOVED for notice in state.notices) + 1
    return Tell(Kind.PROMISE_MOVED, str(number)) if moved else None


def update(state: OrderState, now: datetime) -> Tell | None:
    """The regular word to a customer who waits; silent on a day on which something else was sent."""
    if state.accepted_at is None or not state.backordered_units:
        return None
    every = state.terms.update_every_days
    number = updates_passed(state.accepted_at, now, every, state.time_zone)
    if number == 0 or state.told(Kind.UPDATE, str(number)):
        return None
    moment = update_at(state.accepted_at, number, every, state.time_zone)
    told = [notice.at for notice in state.notices]
    # One that is late falls on another day than its own; both must be silent.
    if any(told_that_day(when, told, state.time_zone) for when in (moment, now)):
        return None
    return Tell(Kind.UPDATE, str(number))


def next_update(state: OrderState, now: datetime) -> Iterator[Wait]:
    """The moment of the next regular word."""
    if state.accepted_at is not None and state.backordered_units:
        every = state.terms.update_every_days
        passed = updates_passed(state.accepted_at, now, every, state.time_zone)
        yield Wait("update", update_at(state.accepted_at, passed + 1, every, state.time_zone))
