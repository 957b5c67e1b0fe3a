"""What Stripe's objects say in our words.

Amounts are minor units on both sides, zero-decimal currencies (JPY, KRW …) too, with Stripe's special cases
(https://docs.stripe.com/currencies): ISK and UGX have no decimals, and Stripe wants two, always 00. Amounts of
three-decimal currencies (BHD, JOD, KWD, OMR, TND) must end in 0, or Stripe refuses them.
"""

from datetime import UTC, datetime
from typing import Final

import stripe

from domain.money import Money
from domain.payment import AUTHENTICATION_REQUIRED
from gateways.errors import OutcomeUnknown
from gateways.payment import (
    REFUND_FAILED,
    Authorised,
    BookEntry,
    BookKind,
    Captured,
    Charged,
    Declined,
    Refunded,
)
from gateways.stripe_errors import GATEWAY, declined, refusal, told

KEY: Final = "key"
ORDER: Final = "order_id"
CAPTURE_KEY: Final = "capture_key"

_WITH_TWO_ZEROS: Final = frozenset({"ISK", "UGX"})
_TAKEN: Final = frozenset({"charge", "payment"})
_GIVEN_BACK: Final = frozenset({"refund", "payment_refund"})
CAME_BACK: Final = frozenset({"failed", "canceled"})


def minor(amount: Money) -> int:
    """What Stripe calls this amount."""
    return amount.minor * 100 if amount.currency in _WITH_TWO_ZEROS else amount.minor


def authorised(key: str, intent: stripe.PaymentIntent) -> Authorised | Declined:
    """An authorisation that was canceled meanwhile expired then, whatever its card had said."""
    answer = _unpaid(key, intent)
    if answer is not None:
        return answer
    until = intent.canceled_at or _capture_before(intent)
    return Authorised(
        key=key,
        reference=intent.id,
        amount=money(intent.amount, intent.currency),
        expires_at=None if until is None else instant(until),
    )


def charged(key: str, intent: stripe.PaymentIntent) -> Charged | Declined:
    answer = _unpaid(key, intent)
    if answer is not None:
        return answer
    amount = money(intent.amount_received, intent.currency)
    return Charged(key=key, reference=intent.id, amount=amount, at=_moved_at(intent))


def captured(key: str, intent: stripe.PaymentIntent) -> Captured:
    """At the instant of its balance transaction; a PaymentIntent does not say when it was captured."""
    amount = money(intent.amount_received, intent.currency)
    return Captured(key=key, reference=intent.id, amount=amount, at=_moved_at(intent))


def refunded(key: str, refund: stripe.Refund) -> Refunded:
    """A refund that failed gave nothing back, and its key will never do: PermanentRefusal `refund_failed`."""
    if refund.status in CAME_BACK:
        raise refusal(REFUND_FAILED)
    amount = money(refund.amount, refund.currency)
    return Refunded(key=key, reference=refund.id, amount=amount, at=instant(refund.created))


def entry(transaction: stripe.BalanceTransaction) -> BookEntry | None:
    """None for what is no payment of an order (fees, payouts, disputes), and for a refund that came back.

    The amount is the payment's own: the balance may be kept in another currency. What was made outside, in the
    dashboard, has Stripe's id for a key.
    """
    source = transaction.source
    if transaction.type in _TAKEN and isinstance(source, stripe.Charge):
        return _taken(source, transaction.created)
    came_back = isinstance(source, stripe.Refund) and source.status in CAME_BACK
    if transaction.type in _GIVEN_BACK and isinstance(source, stripe.Refund) and not came_back:
        key = label(source, KEY) or source.id
        return _entry("refund", key, source.id, money(source.amount, source.currency), transaction.created)
    return None


def label(labelled: stripe.PaymentIntent | stripe.Charge | stripe.Refund, name: str) -> str | None:
    """One of the metadata that we give our calls."""
    value = getattr(labelled.metadata, name, None)
    return None if value is None else str(value)


def _taken(charge: stripe.Charge, created: int) -> BookEntry:
    intent = charge.payment_intent
    amount = money(charge.amount_captured, charge.currency)
    if not isinstance(intent, stripe.PaymentIntent):
        return _entry("charge", charge.id, charge.id, amount, created)
    if intent.capture_method == "manual":
        return _entry("capture", label(intent, CAPTURE_KEY) or charge.id, intent.id, amount, created)
    return _entry("charge", label(intent, KEY) or charge.id, intent.id, amount, created)


def _entry(kind: BookKind, key: str, reference: str, amount: Money, created: int) -> BookEntry:
    return BookEntry(
        key=key, kind=kind, reference=reference, amount=amount, at=instant(created), state="succeeded"
    )


def _unpaid(key: str, intent: stripe.PaymentIntent) -> Declined | None:
    """Why no money was set aside or taken, if it was not."""
    if intent.status == "processing":
        raise OutcomeUnknown(GATEWAY, "processing")
    if intent.status in {"requires_action", "requires_confirmation"}:
        return declined(key, AUTHENTICATION_REQUIRED)
    error = intent.last_payment_error
    if intent.status in {"requires_payment_method", "canceled"} and error is not None:
        return told(key, error)
    if intent.status == "canceled" and _charge(intent) is None:
        return declined(key, "canceled")
    return None


def _capture_before(intent: stripe.PaymentIntent) -> int | None:
    """Cards alone have it, and not all of them; Stripe leaves out what is not there."""
    details = getattr(_charge(intent), "payment_method_details", None)
    until: int | None = getattr(getattr(details, "card", None), "capture_before", None)
    return until


def _moved_at(intent: stripe.PaymentIntent) -> datetime:
    charge = _charge(intent)
    moved = charge.balance_transaction if charge is not None else None
    if isinstance(moved, stripe.BalanceTransaction):
        return instant(moved.created)
    return instant(intent.created)


def _charge(intent: stripe.PaymentIntent) -> stripe.Charge | None:
    return intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None


def money(amount: int, currency: str) -> Money:
    ours = currency.upper()
    return Money(minor=amount // 100 if ours in _WITH_TWO_ZEROS else amount, currency=ours)


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
