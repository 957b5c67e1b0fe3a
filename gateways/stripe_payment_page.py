"""Payment methods by Stripe Checkout in setup mode: the customer saves a card there, and nothing is charged.

https://docs.stripe.com/payments/save-and-reuse?platform=web
"""

import re

import stripe

from gateways import stripe_errors as errors
from gateways.payment_page import REFERENCE, NotChosen
from gateways.stripe_client import to_stripe
from gateways.stripe_errors import asked

_SESSION = "{CHECKOUT_SESSION_ID}"
"""Stripe writes the session's id in its place."""

_ID = re.compile(r"cs_[A-Za-z0-9_]{1,250}")


class StripePaymentPage:
    """Checkout Sessions; `api_base` replaces Stripe's own address (a test's)."""

    def __init__(self, api_key: str, api_base: str | None = None) -> None:
        client, self._http = to_stripe(api_key, api_base, retries=1)
        self._stripe = client.v1

    async def open(self, order_id: str, currency: str, page_url: str) -> str:
        """A new session; one that nobody finishes expires by itself within a day."""
        call = self._stripe.checkout.sessions.create_async(
            {
                "mode": "setup",
                "currency": currency.lower(),
                "customer_creation": "always",  # a method is used again together with its customer only
                "client_reference_id": order_id,
                "success_url": f"{page_url}/card?{REFERENCE}={_SESSION}",
                "cancel_url": page_url,
            }
        )
        session = await asked(call, errors.refuse, writing=False)
        if session.url is None:
            raise errors.refusal("no_url")
        return session.url

    async def chosen(self, order_id: str, reference: str) -> str:
        """The method of a finished session of this order."""
        if not _ID.fullmatch(reference):
            raise NotChosen
        call = self._stripe.checkout.sessions.retrieve_async(reference, {"expand": ["setup_intent"]})
        session = await asked(call, errors.missing, writing=False)
        if session is None or session.client_reference_id != order_id or session.status != "complete":
            raise NotChosen
        return _method(session)

    async def aclose(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK gives it no types


def _method(session: stripe.checkout.Session) -> str:
    intent = session.setup_intent
    if not isinstance(intent, stripe.SetupIntent) or intent.status != "succeeded":
        raise NotChosen
    method = intent.payment_method
    if method is None:
        raise NotChosen
    return method if isinstance(method, str) else method.id
