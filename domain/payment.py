"""Money that moves: its kinds, the calls that move it, and what came of them."""

from enum import StrEnum

from domain.model import Instant, Model
from domain.money import Money


class PaymentKind(StrEnum):
    AUTHORISE = "authorise"
    CAPTURE = "capture"
    VOID = "void"
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"

    @property
    def moves_money(self) -> bool:
        return self in {PaymentKind.CHARGE, PaymentKind.CAPTURE, PaymentKind.REFUND}


AUTHENTICATION_REQUIRED = "authentication_required"
"""The decline code of a bank that wants to hear from the customer first."""


class PaymentState(Model):
    kind: PaymentKind
    amount_minor: int
    currency: str
    at: Instant
    reference: str | None = None


class Attempt(Model):
    """One call to the payment provider, under its key; stored before it is made."""

    key: str
    order_id: str
    parcel: int
    kind: PaymentKind
    amount_minor: int
    currency: str
    method: str
    reference: str | None = None
    stored_at: Instant | None = None


class OutsideKind(StrEnum):
    DISPUTE = "dispute"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"


class OutsideEvent(Model):
    """Something that happened to money at the provider without us, or after us.

    `kind` and `reference` name the fact: a provider tells it again until it is taken. `payment` is the reference of
    the charge or authorisation, by which the order is found when `order_id` is not told. `key` is that of our own
    call, when it was one.
    """

    event_id: str
    kind: OutsideKind
    order_id: str | None
    key: str | None
    reference: str
    payment: str | None
    amount: Money
    at: Instant
