"""What happens at Stripe without us: a customer's bank disputes a payment, the shop refunds in the dashboard."""

import json
from typing import Any, Final

import stripe
from pydantic import AliasPath, BaseModel, Field

from domain.payment import OutsideEvent, OutsideKind
from gateways import stripe_books as books
from gateways.errors import BadSignature

TOLERANCE_SECONDS: Final = 300
"""How old a signature may be, so that a letter overheard cannot be sent again; Stripe's own default."""

DISPUTE: Final = "charge.dispute.created"
REFUND_MADE: Final = "refund.created"
REFUND_TOLD: Final = frozenset({REFUND_MADE, "refund.updated", "refund.failed", "charge.refund.updated"})


class _Event(BaseModel):
    """The fields of Stripe's event that we read; a dispute or a refund lies in it."""

    id: str
    type: str
    created: int
    reference: str = Field(validation_alias=AliasPath("data", "object", "id"))
    amount: int = Field(validation_alias=AliasPath("data", "object", "amount"))
    currency: str = Field(validation_alias=AliasPath("data", "object", "currency"))
    payment: str | None = Field(None, validation_alias=AliasPath("data", "object", "payment_intent"))
    status: str | None = Field(None, validation_alias=AliasPath("data", "object", "status"))
    metadata: dict[str, str] | None = Field(None, validation_alias=AliasPath("data", "object", "metadata"))

    def told(self, kind: OutsideKind) -> OutsideEvent:
        labels = self.metadata or {}
        return OutsideEvent(
            event_id=self.id,
            kind=kind,
            order_id=labels.get(books.ORDER),
            key=labels.get(books.KEY),
            reference=self.reference,
            payment=self.payment,
            amount=books.money(self.amount, self.currency),
            at=books.instant(self.created),
        )


def read_event(payload: bytes, signature: str, secret: str) -> OutsideEvent | None:
    """The event in this body, whose `Stripe-Signature` must be right; None when it is no concern of ours.

    A refund under our own key is known already, unless it failed: the money came back, and is owed again. One made
    outside counts when it is made, as its amount never changes. One failure may come in up to three events.

    Raises:
        BadSignature: nobody may act on this body.
    """
    body = _verified(payload, signature, secret)
    kind = body.get("type")
    if kind != DISPUTE and kind not in REFUND_TOLD:
        return None
    event = _Event.model_validate(body)
    if kind == DISPUTE:
        return event.told(OutsideKind.DISPUTE)
    if event.status in books.CAME_BACK:
        return event.told(OutsideKind.REFUND_FAILED)
    made_outside = kind == REFUND_MADE and books.KEY not in (event.metadata or {})
    return event.told(OutsideKind.REFUND) if made_outside else None


def _verified(payload: bytes, signature: str, secret: str) -> dict[str, Any]:
    try:
        stripe.WebhookSignature.verify_header(payload, signature, secret, TOLERANCE_SECONDS)
        body = json.loads(payload)
    except (stripe.SignatureVerificationError, ValueError, TypeError):  # the last two: not UTF-8, not ASCII
        body = None
    if not isinstance(body, dict):
        raise BadSignature
    return body
