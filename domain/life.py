"""The life of an order: given its state and a time, what is due next?"""

from collections.abc import Iterator
from datetime import datetime

from domain import choice, dunning, news, parcels, waiting
from domain.order import Timing
from domain.parcel import ParcelStage, ParcelState
from domain.state import OrderState
from domain.status import Status
from domain.steps import (
    Authorise,
    Capture,
    Claim,
    End,
    Gateway,
    GiveUp,
    KeepTogether,
    Label,
    LookUpCharge,
    Refund,
    Step,
    Void,
    VoidLabel,
    Wait,
    parcel_rest,
)


def label_rests(state: OrderState, now: datetime) -> bool:
    """An open question to a carrier who is away: a cancellation waits for its answer."""
    parcel = state.parcel
    return parcel is not None and parcel.label_unknown and state.resting(parcel_rest(parcel.number), now)


def still_due(state: OrderState, rests_as: str, now: datetime) -> bool:
    """Whether a step of this name is still to be made: its last try may have done it, and its answer got lost."""
    return resting_step(state, rests_as, now) is not None


def resting_step(state: OrderState, rests_as: str, now: datetime) -> Gateway | None:
    """The step that is to be made under this name."""
    due = (step for step in _due(state, now) if isinstance(step, Gateway) and step.rests_as == rests_as)
    return next(due, None)


def may_leave(state: OrderState, parcel: ParcelState, now: datetime) -> bool:
    """Goods never leave unpaid: their money is there, or held, or none is wanted."""
    return _paid_for(state, parcel) or parcel.authorised(now)


def next_step(state: OrderState, now: datetime) -> Step:
    """What is due next. Money before goods, goods before words, words before waiting."""
    due = next((step for step in _due(state, now) if not _rests(state, step, now)), None)
    if due is not None:
        return due
    return End() if finished(state) else next_wait(state, now)


def finished(state: OrderState) -> bool:
    """Every unit shipped or cancelled, every cent settled, every notice told."""
    if state.status is Status.PLACING:
        return False
    rejected = state.status is Status.REJECTED
    settled = not (state.charge_unknown or state.refund_due or any(p.owed for p in state.parcels))
    undone = not any(parcel.to_void or parcel.labels_to_void for parcel in state.parcels)
    told = rejected or news.untold(state) is None
    return settled and undone and told and state.parcel is None and (rejected or state.open_units == 0)


def next_wait(state: OrderState, now: datetime) -> Wait:
    """The earliest moment at which something falls due by itself."""
    moments = [wait for wait in _moments(state, now) if wait.until is not None and wait.until > now]
    return min(moments, key=lambda wait: wait.until or now, default=Wait("inventory", None))


def status_of(state: OrderState) -> Status:  # noqa: PLR0911 - one row a status
    """The status that an order's units and parcels add up to."""
    if state.status in {Status.PLACING, Status.REJECTED}:
        return state.status
    if finished(state):
        return Status.COMPLETED if state.shipped_units else Status.CANCELLED
    if state.held is not None or waiting.held_for_law(state):
        return Status.HELD
    if any(parcel.payment_wanted for parcel in state.parcels):
        return Status.PAYMENT_HOLD
    if state.parcel is not None and state.parcel.address_refused:
        return Status.ADDRESS_HOLD
    if state.parcel is not None or (state.shipped_units and not state.open_units):
        return Status.SHIPPING
    if choice.deadline(state) is not None:
        return Status.AWAITING_CHOICE
    return Status.PARTLY_SHIPPED if state.shipped_units else Status.WAITING


def _due(state: OrderState, now: datetime) -> Iterator[Step]:
    yield from _money_due(state, now)
    if state.parcel is not None:
        yield from _parcel_due(state, state.parcel, now)
    elif parcels.claimable(state, now):
        yield Claim()
    elif (deadline := choice.deadline(state)) is not None and now >= deadline:
        yield KeepTogether()
    end = waiting.ends(state, now)
    if end is not None:
        yield end
    yield from news.due(state, now)


def _money_due(state: OrderState, now: datetime) -> Iterator[Step]:
    for parcel in state.parcels:
        if parcel.labels_to_void:
            yield VoidLabel(parcel.number)
        if parcel.to_void:
            yield Void(parcel.number)
        elif parcel.owed and parcel.authorised(now):
            yield Capture(parcel.number)
        elif parcel.owed and (parcel.new_method or parcel.money_held):
            yield Authorise(parcel.number)
    if state.charge_unknown and state.status is Status.REJECTED:
        yield LookUpCharge()
    if state.refund_due:
        yield Refund(state.refund_due)


def _parcel_due(state: OrderState, parcel: ParcelState, now: datetime) -> Iterator[Step]:
    if parcel.stage is ParcelStage.LABELLED:
        yield Capture(parcel.number)
    elif parcel.declined_at is not None and not parcel.new_method:
        yield from _hold_due(state, parcel, parcel.declined_at, now)
    elif parcel.address_refused:
        return  # until the address is changed
    elif parcel.label_unknown:
        yield Label(parcel.number)
    elif parcels.stopped(state):
        return
    elif not may_leave(state, parcel, now):
        yield Authorise(parcel.number)
    elif parcel.stage is not ParcelStage.READY:
        yield Label(parcel.number)


def _hold_due(state: OrderState, parcel: ParcelState, declined_at: datetime, now: datetime) -> Iterator[Step]:
    retry = dunning.retry_at(state.terms, parcel)
    if now >= dunning.grace_ends(state.terms, declined_at):
        yield GiveUp(parcel.number)
    elif retry is not None and now >= retry:
        yield Authorise(parcel.number)


def _paid_for(state: OrderState, parcel: ParcelState) -> bool:
    """Paid at order, or free of charge."""
    return state.timing is Timing.AT_ORDER or parcel.amount_minor == 0


def _moments(state: OrderState, now: datetime) -> Iterator[Wait]:
    for rest in state.rests:
        yield Wait("gateway_retry", rest.retry_at)
    parcel = state.parcel
    if parcel is not None and parcel.undoable:
        if parcel.declined_at is not None:
            yield Wait("payment_retry", dunning.retry_at(state.terms, parcel))
            yield Wait("payment_retry", dunning.grace_ends(state.terms, parcel.declined_at))
        elif parcel.stage is ParcelStage.READY:
            yield Wait("payment_retry", parcel.authorised_until)
    yield Wait("choice_deadline", choice.deadline(state))
    for release in parcels.released_at(state):
        yield Wait("release", release)
    yield from waiting.moments(state)
    yield from news.next_update(state, now)


def _rests(state: OrderState, step: Step, now: datetime) -> bool:
    return isinstance(step, Gateway) and state.resting(step.rests_as, now)
