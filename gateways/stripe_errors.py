"""What Stripe's errors mean to us, by the codes of https://docs.stripe.com/error-codes.

Stripe's own words are never passed on, nor kept as a cause: they may carry ids, keys and addresses. Codes are enough.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NoReturn, TypeVar

import httpx
import stripe

from domain.payment import AUTHENTICATION_REQUIRED
from gateways.errors import GatewayError, GatewayUnavailable, OutcomeUnknown, PermanentRefusal
from gateways.payment import Declined

T = TypeVar("T")
U = TypeVar("U")

GATEWAY: Final = "stripe"
UNKNOWN_METHOD: Final = "unknown_method"

FINAL_DECLINES: Final = frozenset(
    {
        "stolen_card",
        "lost_card",
        "pickup_card",
        "restricted_card",
        "fraudulent",
        "merchant_blacklist",
        "security_violation",
        "invalid_account",
        "incorrect_number",
        "invalid_number",
        "expired_card",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "card_not_supported",
        "currency_not_supported",
        "not_permitted",
        "service_not_allowed",
        "transaction_not_allowed",
        "do_not_try_again",
        "new_account_information_available",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "stop_payment_order",
    }
)
"""Declines after which this card must not be asked again for this customer.

Stripe's next steps for these name another card or the bank (https://docs.stripe.com/declines/codes); Visa bills
repeats after its category 1 answers ("issuer will never approve": 04, 07, 14, 15, 41, 43, 46, 57, R0, R1, R3) and
Mastercard after merchant advice 03 and 21. Stripe tells the networks' advice as `advice_code`, which wins.
"""

_STOP: Final = "do_not_try_again"
_NOT_DONE: Final = frozenset({"lock_timeout", "idempotency_key_in_use"})
_BY_ITSELF: Final = frozenset({"automatic", "expired"})
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_EQUAL: Final = {
    "resource_missing": "unknown_reference",
    "charge_expired_for_capture": "authorization_expired",
    "capture_charge_authorization_expired": "authorization_expired",
    "capture_unauthorized_payment": "capture_failed",
    "charge_already_captured": "already_captured",
    "charge_already_refunded": "refund_exceeds_charge",
    "parameter_invalid_integer": "invalid_amount",
}
"""Stripe's codes and what gateways/payment_rules.py calls the same."""

Refusal = stripe.CardError | stripe.InvalidRequestError


async def asked(call: Awaitable[T], refused: Callable[[Refusal], U], *, writing: bool = True) -> T | U:
    """What Stripe answered, or what `refused` makes of a refusal; other failures become ours.

    Nothing is raised while Stripe's error is being handled, so that it never hangs on to ours as its context.
    """
    try:
        return await call
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        refusal: Refusal | None = error
    except stripe.StripeError as error:
        refusal, failure = None, _failure(error, writing=writing)
    if refusal is not None:
        return refused(refusal)
    raise failure


def told(key: str, error: stripe.ErrorObject | stripe.PaymentIntent.LastPaymentError | None) -> Declined:
    """The bank's answer in our words; Stripe leaves out what it was not told."""
    return declined(key, *(getattr(error, name, None) for name in ("code", "decline_code", "advice_code")))


def declined(
    key: str, code: str | None, decline_code: str | None = None, advice: str | None = None
) -> Declined:
    """A decline by its codes; `authentication_required` keeps its name, and is never final."""
    found = code if code == AUTHENTICATION_REQUIRED else decline_code or code or "declined"
    final = found != AUTHENTICATION_REQUIRED and (found in FINAL_DECLINES or advice == _STOP)
    return Declined(key=key, code=found, message="The bank declined the payment.", final=final)


def payment_refused(key: str) -> Callable[[Refusal], Declined]:
    """A card that is declined, unknown or of no more use is an answer about the method; the rest is our mistake."""

    def refused(error: Refusal) -> Declined:
        if isinstance(error, stripe.CardError):
            return told(key, error.error)
        if error.param == "payment_method":
            code = UNKNOWN_METHOD if error.code == "resource_missing" else error.code or "unusable_method"
            return Declined(
                key=key, code=code, message="This payment method cannot be used any more.", final=True
            )
        return refuse(error)

    return refused


def capture_refused(error: Refusal) -> NoReturn:
    """A bank that does not release the money, an authorisation that is gone, or more than was authorised."""
    if isinstance(error, stripe.CardError):
        raise refusal("capture_failed")
    intent = _intent(error)
    if intent is not None and intent.status == "canceled":
        gone = intent.cancellation_reason in _BY_ITSELF
        raise refusal("authorization_expired" if gone else "authorization_voided")
    if intent is not None and intent.status == "succeeded":
        raise refusal("already_captured")
    refuse(error)


def void_refused(error: Refusal) -> None:
    """Nothing, when it is canceled already, by us or by time; Stripe calls that an unexpected state."""
    intent = _intent(error)
    if intent is not None and intent.status == "canceled":
        return
    if intent is not None and intent.status == "succeeded":
        raise refusal("already_captured")
    refuse(error)


def refund_refused(error: Refusal) -> NoReturn:
    """More than is left of the payment, and a payment without a charge, have no code, only a parameter's name."""
    if error.code == "payment_intent_unexpected_state" or (error.code, error.param) == (
        None,
        "payment_intent",
    ):
        raise refusal("not_captured")
    if error.code == "amount_too_large" or (error.code, error.param) == (None, "amount"):
        raise refusal("refund_exceeds_charge")
    refuse(error)


def missing(error: Refusal) -> None:
    """What Stripe does not know, when looking something up, is no failure."""
    if error.code != "resource_missing":
        refuse(error)


def refuse(error: Refusal) -> NoReturn:
    code = error.code or "refused"
    raise refusal(_EQUAL.get(code, code))


def refusal(code: str) -> PermanentRefusal:
    return PermanentRefusal(GATEWAY, code, "Stripe refuses this request.")


def _failure(error: stripe.StripeError, *, writing: bool) -> GatewayError:
    """Whether anything may have happened is the question; a key or right that is missing is mended by operations."""
    match error:
        case stripe.AuthenticationError() | stripe.PermissionError():
            return GatewayUnavailable(GATEWAY, "authentication")
        case stripe.RateLimitError():
            return GatewayUnavailable(GATEWAY, "rate_limit")
        case stripe.IdempotencyError():
            return refusal("idempotency_conflict")
        case stripe.APIConnectionError():
            sent = not isinstance(error.__cause__, _UNSENT)
            detail = type(error.__cause__).__name__
        case _:
            sent = _code(error) not in _NOT_DONE
            detail = str(error.http_status)
    return OutcomeUnknown(GATEWAY, detail) if sent and writing else GatewayUnavailable(GATEWAY, detail)


def _code(error: stripe.StripeError) -> str | None:
    return error.error.code if error.error is not None else None


def _intent(error: Refusal) -> stripe.PaymentIntent | None:
    return error.error.payment_intent if error.error is not None else None
