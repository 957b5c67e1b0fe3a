"""The objects of the Stripe of our own, as Stripe shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.fakes.loopback import HttpRefusal

Body = dict[str, Any]
Form = dict[str, str]


class Refused(HttpRefusal):
    """An error of Stripe's; one that was refused before its endpoint began is not `saved` under its key."""

    def __init__(self, status: int, code: str | None, *, saved: bool = True, **more: Any) -> None:
        super().__init__(code)
        kinds = {401: "authentication_error", 402: "card_error", 409: "idempotency_error", 500: "api_error"}
        kind = kinds.get(status, "invalid_request_error")
        message = "Words of Stripe's about pm_secret at https://api.example."
        self.status = status
        self.saved = saved
        self.body: Body = {"error": {"type": kind, "code": code, "message": message, **more}}


@dataclass
class Intent:
    id: str
    amount: int
    currency: str
    method: str
    customer: str | None
    manual: bool
    metadata: Form
    created: int
    capture_before: int | None
    status: str = "requires_payment_method"
    received: int = 0
    moved: Body | None = None
    error: Body | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    charge_id: str | None = None

    def __post_init__(self) -> None:
        self.charge_id = self.id.replace("pi_", "ch_")

    def shown(self, expanded: str = "") -> Body:
        charge = self.charge() if self.charge_id and "latest_charge" in expanded else self.charge_id
        return {
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_received": self.received,
            "currency": self.currency,
            "capture_method": "manual" if self.manual else "automatic",
            "customer": self.customer,
            "payment_method": self.method,
            "metadata": self.metadata,
            "created": self.created,
            "status": self.status,
            "last_payment_error": self.error,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "latest_charge": charge,
        }

    def charge(self, *, with_intent: bool = False) -> Body:
        """What is not there is left out, as Stripe does."""
        card = {} if self.capture_before is None else {"capture_before": self.capture_before}
        return {
            "id": self.charge_id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.received,
            "currency": self.currency,
            "created": self.created,
            "metadata": {},
            "payment_intent": self.shown() if with_intent else self.id,
            "payment_method_details": {"type": "card", "card": card},
            "balance_transaction": self.moved,
        }

    def dispute(self, name: str, now: datetime) -> Body:
        return {
            "id": name,
            "object": "dispute",
            "amount": self.received,
            "currency": self.currency,
            "charge": self.charge_id,
            "payment_intent": self.id,
            "metadata": {},
            "created": seconds(now),
            "status": "needs_response",
        }


def let_go(intent: Intent, at: int, reason: str | None) -> None:
    intent.status, intent.canceled_at, intent.cancellation_reason = "canceled", at, reason


def unexpected(intent: Intent) -> Refused:
    return Refused(400, "payment_intent_unexpected_state", payment_intent=intent.shown())


def key_of(refund: Body) -> str:
    key: str = refund["metadata"].get("key", refund["id"])
    return key


def metadata(form: Form) -> Form:
    return {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}


def expanded(form: Form) -> str:
    return " ".join(value for name, value in form.items() if name.startswith("expand["))


def seconds(now: datetime) -> int:
    return int(now.timestamp())
