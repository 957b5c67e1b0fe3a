"""The life of an order: given its state and a time, what is due next?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import parcels
from domain.money import Money
from domain.notices import Kind, told_that_day, update_at, updates_passed
from domain.order import Timing
from domain.state import OrderState, ParcelStage, ParcelState, PaymentKind
from domain.status import Status


@dataclass(frozen=True)
class Claim:
    """Take the allocated units into a parcel."""


@dataclass(frozen=True)
class Authorise:
    parcel: int

    @property
    def rests_as(self) -> str:
        return parcel_rest(self.parcel)


@dataclass(frozen=True)
class Label:
    parcel: int

    @property
    def rests_as(self) -> str:
        return parcel_rest(self.parcel)


@dataclass(frozen=True)
class Capture:
    parcel: int

    @property
    def rests_as(self) -> str:
        return parcel_rest(self.parcel)


@dataclass(frozen=True)
class Void:
    """Give back the money held for a parcel that was undone."""

    parcel: int

    @property
    def rests_as(self) -> str:
        return f"void/{self.parcel}"


@dataclass(frozen=True)
class GiveUp:
    """The grace period for another payment method is over."""

    parcel: int


@dataclass(frozen=True)
class LookUpCharge:
    """What became of a charge whose answer never came."""

    rests_as = "refund"


@dataclass(frozen=True)
class Refund:
    amount: Money

    rests_as = "refund"


@dataclass(frozen=True)
class Tell:
    kind: Kind
    occasion: str

    rests_as = "mail"


@dataclass(frozen=True)
class Wait:
    """Nothing to do until `until` (None: until something arrives); `what` comes then."""

    what: str
    until: datetime | None


@dataclass(frozen=True)
class End:
    """Nothing is left to do."""


Gateway = Authorise | Label | Capture | Void | LookUpCharge | Refund | Tell
"""Steps that reach outside, and rest when the outside is away."""

Step = Claim | Authorise | Label | Capture | Void | GiveUp | LookUpCharge | Refund | Tell | Wait | End


def parcel_rest(number: int) -> str:
    return f"parcel/{number}"


def label_rests(state: OrderState, now: datetime) -> bool:
    """An open question to a carrier who is away: a cancellation waits for its answer."""
    parcel = state.parcel
    return parcel is not None and parcel.label_unknown and state.resting(parcel_rest(parcel.number), now)


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
    settled = not (state.charge_unknown or state.refund_due or state.unpaid)
    voided = not any(_to_void(parcel) for parcel in state.parcels)
    told = rejected or _notice(state) is None
    return settled and voided and told and state.parcel is None and (rejected or state.open_units == 0)


def next_wait(state: OrderState, now: datetime) -> Wait:
    """The earliest moment at which something falls due by itself."""
    moments = [wait for wait in _moments(state, now) if wait.until is not None and wait.until > now]
    return min(moments, key=lambda wait: wait.until or now, default=Wait("inventory", None))


def status_of(state: OrderState) -> Status:
    """The status that an order's units and parcels add up to."""
    if state.status in {Status.PLACING, Status.REJECTED}:
        return state.status
    if finished(state):
        return Status.COMPLETED if state.shipped_units else Status.CANCELLED
    if state.unpaid or any(parcel.declined_at and parcel.undoable for parcel in state.parcels):
        return Status.PAYMENT_HOLD
    if state.parcel is not None or (state.shipped_units and not state.open_units):
        return Status.SHIPPING
    return Status.PARTLY_SHIPPED if state.shipped_units else Status.WAITING


def _due(state: OrderState, now: datetime) -> Iterator[Step]:
    yield from _money_due(state)
    if state.parcel is not None:
        yield from _parcel_due(state, state.parcel, now)
    elif parcels.claimable(state):
        yield Claim()
    notice = _notice(state) or _update(state, now)
    if notice is not None:
        yield notice


def _money_due(state: OrderState) -> Iterator[Step]:
    for parcel in state.parcels:
        if _to_void(parcel):
            yield Void(parcel.number)
    if state.charge_unknown and state.status is Status.REJECTED:
        yield LookUpCharge()
    if state.refund_due:
        yield Refund(state.refund_due)


def _parcel_due(state: OrderState, parcel: ParcelState, now: datetime) -> Iterator[Step]:
    if parcel.stage is ParcelStage.LABELLED:
        yield Capture(parcel.number)
    elif parcel.declined_at is not None and not parcel.new_method:
        if now >= _grace_ends(state, parcel.declined_at):
            yield GiveUp(parcel.number)
        elif (retry := _retry_at(state, parcel)) is not None and now >= retry:
            yield Authorise(parcel.number)
    elif parcel.label_unknown or _paid_for(state, parcel) or _authorised(parcel, now):
        yield Label(parcel.number)
    else:
        yield Authorise(parcel.number)


def _paid_for(state: OrderState, parcel: ParcelState) -> bool:
    """Paid at order, or free of charge."""
    return state.timing is Timing.AT_ORDER or parcel.amount_minor == 0


def _authorised(parcel: ParcelState, now: datetime) -> bool:
    """An authorisation that runs out is made anew before the label is bought: goods never ship unpaid."""
    lasts = parcel.authorised_until is None or parcel.authorised_until > now
    return parcel.stage is ParcelStage.AUTHORISED and lasts


def _notice(state: OrderState) -> Tell | None:
    """The notice that something already happened asks for."""
    if state.status in {Status.PLACING, Status.REJECTED}:
        return None
    if not state.told(Kind.CONFIRMATION):
        return Tell(Kind.CONFIRMATION, "placed")
    for parcel in state.parcels:
        shipped = parcel.stage in {ParcelStage.SHIPPED, ParcelStage.UNPAID}
        if shipped and not state.told(Kind.SHIPPED, str(parcel.number)):
            return Tell(Kind.SHIPPED, str(parcel.number))
        if (
            parcel.declined_at
            and parcel.undoable
            and not state.told(Kind.PAYMENT_PROBLEM, str(parcel.number))
        ):
            return Tell(Kind.PAYMENT_PROBLEM, str(parcel.number))
    for cancellation in state.cancellations:
        if cancellation.units and not state.told(Kind.CANCELLED, cancellation.cancellation_id):
            return Tell(Kind.CANCELLED, cancellation.cancellation_id)
    refunds = sum(payment.kind is PaymentKind.REFUND for payment in state.payments)
    told = sum(notice.kind is Kind.REFUNDED for notice in state.notices)
    return Tell(Kind.REFUNDED, str(told + 1)) if told < refunds else None


def _update(state: OrderState, now: datetime) -> Tell | None:
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


def _moments(state: OrderState, now: datetime) -> Iterator[Wait]:
    for rest in state.rests:
        yield Wait("gateway_retry", rest.retry_at)
    parcel = state.parcel
    if parcel is not None and parcel.declined_at is not None and parcel.undoable:
        yield Wait("payment_retry", _retry_at(state, parcel))
        yield Wait("payment_retry", _grace_ends(state, parcel.declined_at))
    if state.accepted_at is not None and state.backordered_units:
        every = state.terms.update_every_days
        passed = updates_passed(state.accepted_at, now, every, state.time_zone)
        yield Wait("update", update_at(state.accepted_at, passed + 1, every, state.time_zone))


def _to_void(parcel: ParcelState) -> bool:
    return parcel.stage is ParcelStage.UNDONE and parcel.money_held


def _rests(state: OrderState, step: Step, now: datetime) -> bool:
    return isinstance(step, Gateway) and state.resting(step.rests_as, now)


def _retry_at(state: OrderState, parcel: ParcelState) -> datetime | None:
    """The next day of the retry schedule, counted from the first decline; none left, or forbidden: None."""
    days = state.terms.payment_retry_days
    if parcel.declined_at is None or parcel.final_decline or parcel.declines > len(days):
        return None
    return parcel.declined_at + timedelta(days=days[parcel.declines - 1])


def _grace_ends(state: OrderState, declined_at: datetime) -> datetime:
    return declined_at + timedelta(days=state.terms.payment_grace_days)
