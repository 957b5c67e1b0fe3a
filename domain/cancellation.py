"""Cancelling: what may be asked, and which units go first."""

from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from pydantic import Field

from domain.model import Currency, Id, Model, StrictModel
from domain.money import Money
from domain.order import Quantity


class Reason(StrEnum):
    CHANGED_MIND = "changed_mind"
    FOUND_ELSEWHERE = "found_elsewhere"
    TOO_SLOW = "too_slow"
    PRICE = "price"
    DUPLICATE = "duplicate"
    FRAUD = "fraud"
    DELAY_NOT_ACCEPTED = "delay_not_accepted"
    PAYMENT_FAILED = "payment_failed"
    STALE = "stale"
    DISCONTINUED = "discontinued"
    SUPPLIER = "supplier"
    OTHER = "other"


class CancelledLine(StrictModel):
    sku: Id
    quantity: Quantity


class Cancellation(Model):
    """A wish to cancel: everything not shipped, or the units named in `lines`.

    Only `reason` is needed. Without a `cancellation_id` each wish counts as a new one.
    """

    cancellation_id: Id | None = None
    reason: Reason = Reason.OTHER
    requested_by: Annotated[str, Field(max_length=200)] = "customer"
    note: Annotated[str, Field(max_length=2000)] | None = None
    lines: tuple[CancelledLine, ...] | None = None

    def digest(self) -> str:
        return sha256(self.model_dump_json().encode()).hexdigest()[:32]


class CancelResult(StrEnum):
    CANCELLED = "cancelled"
    PARTLY_SHIPPED = "partly_shipped"
    TOO_LATE = "too_late"


class CancellationOutcome(Model):
    order_id: str
    outcome: CancelResult
    units_cancelled: int
    units_shipped: int
    refunded_minor: int = 0
    currency: Currency
    message: str = ""


class Split(Model):
    """Units of one line taken from backordered first, then allocated, then claimed."""

    backordered: int
    allocated: int
    claimed: int

    @property
    def units(self) -> int:
        return self.backordered + self.allocated + self.claimed


def split(quantity: int, *, backordered: int, allocated: int, claimed: int) -> Split:
    """Which of a line's units a cancellation of `quantity` takes; never more than there are."""
    from_backordered = min(quantity, backordered)
    from_allocated = min(quantity - from_backordered, allocated)
    from_claimed = min(quantity - from_backordered - from_allocated, claimed)
    return Split(backordered=from_backordered, allocated=from_allocated, claimed=from_claimed)


def result(cancelled: int, shipped: int, asked: int, *, ended: bool) -> CancelResult:
    """`cancelled`: all that was still open or asked for; `partly_shipped`: some units are gone; `too_late`: nothing was cancelled."""
    if cancelled == 0 and (ended or asked):
        return CancelResult.TOO_LATE
    return CancelResult.PARTLY_SHIPPED if shipped or cancelled < asked else CancelResult.CANCELLED


def message(cancelled: int, shipped: int, refund: Money, *, charged: bool) -> str:
    """One or two sentences for whoever asked; amounts are told by the notice, in the customer's language."""
    if cancelled == 0:
        return (
            "Nothing was cancelled: the units have already shipped."
            if shipped
            else "Nothing was left to cancel."
        )
    units = "1 unit" if cancelled == 1 else f"{cancelled} units"
    first = (
        f"All {units} cancelled."
        if shipped == 0
        else f"{units.capitalize()} cancelled; {shipped} already shipped."
    )
    if refund:
        return f"{first} Your refund is on its way."
    return first if charged else f"{first} Your card was not charged."
