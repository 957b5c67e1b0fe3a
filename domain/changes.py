"""What may be changed on the way, by whom: address, quantity, payment method, fulfilment, an unpaid parcel's end."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from domain.cancellation import CancellationOutcome, CancelledLine
from domain.choice import Choice
from domain.errors import ChangeRefused, UnknownLine
from domain.limits import beyond_limits
from domain.model import By, Id, Instant, Model, Text
from domain.order import Address, Quantity
from domain.parcel import ParcelState
from domain.payment import PaymentKind
from domain.state import OrderState


class Change(StrEnum):
    """The field of an order that a change is about, as its record names it."""

    ADDRESS = "ship_to"
    QUANTITY = "quantity"
    METHOD = "method"
    FULFILMENT = "fulfilment"
    SETTLEMENT = "settlement"
    HANDOVER = "handed_over"
    CONSENT = "delay"
    HOLD = "hold"
    RELEASE = "release"
    PRIORITY = "priority"
    EMAIL = "email"
    NOTICE = "notice"
    PATIENCE = "patience"
    WORKFLOW = "workflow"


class AddressChange(Address):
    """Another address for what has not left."""

    requested_by: By = "customer"

    @property
    def address(self) -> Address:
        return Address.model_validate(self.model_dump(exclude={"requested_by"}))


class PaymentMethod(Model):
    """Another method to pay with, as the provider's token."""

    method: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^\S+$")]
    requested_by: By = "customer"


class QuantityChange(Model):
    """Fewer units of a line: those that are too many are cancelled. More is another order."""

    sku: Id
    quantity: Quantity
    requested_by: By = "customer"


class How(StrEnum):
    """How an unpaid parcel ended: the money came another way, never comes, or the parcel was taken back."""

    PAID_ELSEWHERE = "paid_elsewhere"
    WRITTEN_OFF = "written_off"
    STOPPED = "stopped"


class Settlement(Model):
    parcel: Annotated[int, Field(ge=1)]
    how: How
    reason: Text
    requested_by: By = "operations"


class Handover(Model):
    """The warehouse gave a parcel to its carrier."""

    number: Annotated[int, Field(ge=1)]


class Consent(Model):
    """The customer's answer to an option notice; refusing it cancels the order."""

    notice_id: Annotated[str, Field(max_length=100)]
    accepted: bool
    requested_by: By = "customer"


class Hold(Model):
    """Stop an order: nothing of it ships until it is released."""

    reason: Text
    requested_by: By = "operations"


class KeepWaiting(Model):
    """The customer would rather go on waiting: from now on the wait may get as long as if it began today."""

    keep_waiting: Literal[True] = True
    requested_by: By = "customer"


class LawHold(Model):
    """Let operations look at an order whose legal deadline has passed; at `until` the law's default applies."""

    until: Instant
    requested_by: By = "law"


class Release(Model):
    """Let a held order go on; `release` tells it from a hold on its way."""

    reason: Text
    requested_by: By = "operations"
    release: Literal[True] = True


class Prioritisation(Model):
    """Move an order `days` ahead of the place that the policy gives it; 0 takes that back, less than 0 moves it back."""

    days: Annotated[int, Field(ge=-3650, le=3650)]
    reason: Text
    requested_by: By = "operations"


class ChangeOutcome(Model):
    """What a change came to, in a sentence for whoever asked; of a cancellation, its own outcome too."""

    order_id: str
    message: str
    cancelled: CancellationOutcome | None = None


def check_limits(order_id: str, wish: BaseModel) -> None:
    """Raise `ChangeRefused` for the first field that holds what no database keeps."""
    for fault in beyond_limits(wish)[:1]:
        raise ChangeRefused(order_id, fault["field"], fault["problem"])


def check_open(state: OrderState, what: Change) -> None:
    """Raise `ChangeRefused` once nothing of the order is left that could be changed."""
    if not state.status.open or not state.open_units:
        raise ChangeRefused(state.order_id, what, "too late: nothing of the order is still here")


def check_payable(state: OrderState) -> None:
    """Raise `ChangeRefused` once there is nothing left to pay."""
    if not state.status.open or not (state.open_units or any(parcel.owed for parcel in state.parcels)):
        raise ChangeRefused(state.order_id, Change.METHOD, "too late: nothing is left to be paid")


def units_too_many(state: OrderState, change: QuantityChange) -> CancelledLine:
    """The units that the smaller quantity cancels.

    Raises:
        UnknownLine: the order has no such line.
        ChangeRefused: the quantity is not smaller.
    """
    line = next((line for line in state.lines if line.sku == change.sku), None)
    if line is None:
        raise UnknownLine(state.order_id, change.sku)
    if change.quantity > line.kept:
        why = "more units are another order, with a place in the queue of its own"
        raise ChangeRefused(state.order_id, Change.QUANTITY, why)
    if change.quantity == line.kept:
        raise ChangeRefused(state.order_id, Change.QUANTITY, f"it is {line.kept} already")
    return CancelledLine(sku=change.sku, quantity=line.kept - change.quantity)


def unanswered(state: OrderState, consent: Consent) -> None:
    """Raise `ChangeRefused` when the notice was not told, was answered before, or is overtaken by a later one."""
    latest = state.delays[-1] if state.delays else None
    if latest is None or latest.notice_id != consent.notice_id:
        known = any(delay.notice_id == consent.notice_id for delay in state.delays)
        why = "a later notice took its place" if known else "no such notice was sent"
        raise ChangeRefused(state.order_id, "notice_id", why)
    if latest.accepted not in {None, consent.accepted}:
        raise ChangeRefused(state.order_id, "accepted", "it was answered before")


def check_waiting(state: OrderState) -> None:
    """Raise `ChangeRefused` when nothing of the order waits for stock."""
    check_open(state, Change.PATIENCE)
    if not state.backordered_units:
        raise ChangeRefused(state.order_id, Change.PATIENCE, "it does not wait for anything")


def check_release(state: OrderState) -> None:
    """Raise `ChangeRefused` when operations hold nothing; what the law holds is not theirs to release."""
    check_open(state, Change.RELEASE)
    if state.held is not None:
        return
    until = state.law_hold_until
    law = (
        f"the law's default applies at {until:%Y-%m-%d %H:%M} UTC; cancel, or let the stock come"
        if until
        else ""
    )
    raise ChangeRefused(state.order_id, Change.RELEASE, law or "it is not held")


def unpaid_parcel(state: OrderState, settlement: Settlement) -> ParcelState:
    """The parcel to settle; `ChangeRefused` when that parcel is not unpaid, or may be paid at this moment."""
    for parcel in state.parcels:
        if parcel.number == settlement.parcel and parcel.owed:
            if state.call(PaymentKind.CAPTURE, parcel.number):
                raise ChangeRefused(
                    state.order_id, "parcel", f"parcel {parcel.number}: its payment is under way"
                )
            return parcel
    raise ChangeRefused(state.order_id, "parcel", f"parcel {settlement.parcel} is not unpaid")


ChangeWish = (
    Choice
    | AddressChange
    | QuantityChange
    | Settlement
    | Handover
    | PaymentMethod
    | Consent
    | Prioritisation
    | Hold
    | Release
    | KeepWaiting
    | LawHold
)
"""All that may be changed of an order on its way; which of them it is, its fields say.

The one with the most of its fields wins, and of two the first.
"""
