"""Payments by Stripe: PaymentIntents on saved methods, confirmed while the customer is away.

Every write carries our key as Stripe's idempotency key, so that the same call gets the first result. Stripe keeps keys
for at least 24 hours (https://docs.stripe.com/api/idempotent_requests); after that only `find` protects from paying
twice. It keeps failures too: a 500 under a key stays a 500 until the key is pruned.
"""

import math
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final, Literal

import stripe
from stripe.params import PaymentIntentCreateParams, PaymentIntentListParams

from domain.model import Instant
from domain.money import Money
from domain.payment import Attempt, PaymentKind
from gateways import stripe_books as books
from gateways import stripe_errors as errors
from gateways.payment import (
    Authorised,
    BookEntry,
    Captured,
    Charged,
    Declined,
    PaymentOutcome,
    PaymentRequest,
    Refunded,
    Voided,
)
from gateways.stripe_client import to_stripe
from gateways.stripe_errors import asked

PAGE: Final = 100
SEARCHABLE_AFTER: Final = timedelta(hours=1)
"""A payment is found by search within a minute, and within this when Stripe has an outage."""

CHARGE: Final = "latest_charge.balance_transaction"


class StripePayments:
    """Speaks the payment protocol to Stripe; `api_base` replaces Stripe's own address (a test's)."""

    gateway: Final = errors.GATEWAY

    def __init__(self, api_key: str, api_base: str | None = None) -> None:
        client, self._http = to_stripe(api_key, api_base, retries=0)  # the activities retry
        self._stripe = client.v1

    async def authorise(self, request: PaymentRequest) -> Authorised | Declined:
        """Set the amount aside, as long as the card's network lets it."""
        intent = await self._pay(request, "manual")
        return intent if isinstance(intent, Declined) else books.authorised(request.key, intent)

    async def charge(self, request: PaymentRequest) -> Charged | Declined:
        """Take the amount at once."""
        intent = await self._pay(request, "automatic")
        return intent if isinstance(intent, Declined) else books.charged(request.key, intent)

    async def capture(self, key: str, reference: str, amount: Money, at: Instant) -> Captured:  # noqa: ARG002 - Stripe's clock counts
        """Take up to the authorised amount; Stripe knows its currency and is not asked to check ours."""
        call = self._stripe.payment_intents.capture_async(
            reference,
            {
                "amount_to_capture": books.minor(amount),
                "metadata": {books.CAPTURE_KEY: key},
                "expand": [CHARGE],
            },
            {"idempotency_key": key},
        )
        return books.captured(key, await asked(call, errors.capture_refused))

    async def void(self, key: str, reference: str, at: Instant) -> Voided:  # noqa: ARG002 - Stripe's clock counts
        """Let an authorisation go."""
        call = self._stripe.payment_intents.cancel_async(reference, {}, {"idempotency_key": key})
        await asked(call, errors.void_refused)
        return Voided(key=key, reference=reference)

    async def refund(self, key: str, reference: str, amount: Money, at: Instant) -> Refunded:  # noqa: ARG002 - Stripe's clock counts
        """Give back part or all; a refund that is pending counts, should it fail later an event tells."""
        call = self._stripe.refunds.create_async(
            {"payment_intent": reference, "amount": books.minor(amount), "metadata": {books.KEY: key}},
            {"idempotency_key": key},
        )
        return books.refunded(key, await asked(call, errors.refund_refused))

    async def find(self, attempt: Attempt) -> PaymentOutcome | None:
        """What came of this call; nothing is done.

        A capture or void is what the PaymentIntent shows, whoever did it. An unknown method is asked for in vain and
        leaves nothing to find. A refund that failed raises PermanentRefusal `refund_failed`: asking for it again under
        its key would be answered with its first, hopeful result.
        """
        if attempt.kind is PaymentKind.AUTHORISE or attempt.kind is PaymentKind.CHARGE:
            intent = await asked(self._made(attempt), errors.missing, writing=False)
            authorising = attempt.kind is PaymentKind.AUTHORISE
            told = books.authorised if authorising else books.charged
            return None if intent is None else told(attempt.key, intent)
        if attempt.reference is None:
            return None
        if attempt.kind is PaymentKind.REFUND:
            refund = await asked(self._given_back(attempt), errors.missing, writing=False)
            return None if refund is None else books.refunded(attempt.key, refund)
        return await self._followed(attempt.key, attempt.kind, attempt.reference)

    async def entries(self, since: Instant, until: Instant) -> list[BookEntry]:
        """Money that moved, from the balance transactions; Stripe's clock has whole seconds."""
        return await asked(self._entries(since, until), errors.refuse, writing=False)

    async def aclose(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK gives it no types

    async def _pay(
        self, request: PaymentRequest, capture: Literal["manual", "automatic"]
    ) -> stripe.PaymentIntent | Declined:
        body: PaymentIntentCreateParams = {
            "amount": books.minor(request.amount),
            "currency": request.amount.currency.lower(),
            "payment_method": request.method,
            "capture_method": capture,
            "confirm": True,
            "off_session": True,
            "metadata": {books.ORDER: request.order_id, books.KEY: request.key},
            "expand": [CHARGE],
        }
        customer = await self._customer(request.method)
        if customer is not None:
            body["customer"] = customer
        call = self._stripe.payment_intents.create_async(body, {"idempotency_key": request.key})
        return await asked(call, errors.payment_refused(request.key))

    async def _customer(self, method: str) -> str | None:
        """Whose method it is: Stripe takes a saved method together with its customer only."""
        call = self._stripe.payment_methods.retrieve_async(method)
        found = await asked(call, errors.missing, writing=False)
        if found is None or found.customer is None:
            return None
        return found.customer if isinstance(found.customer, str) else found.customer.id

    async def _made(self, attempt: Attempt) -> stripe.PaymentIntent | None:
        """The PaymentIntent of this key: lists are up to date and long, search is quick and lags behind."""
        async for intent in self._candidates(await self._customer(attempt.method)):
            if books.label(intent, books.KEY) == attempt.key:
                return intent
        query = f'metadata["{books.KEY}"]:"{attempt.key}"'
        found = await self._stripe.payment_intents.search_async(
            {"query": query, "limit": 1, "expand": [f"data.{CHARGE}"]}
        )
        return next(iter(found.data), None)

    async def _candidates(self, customer: str | None) -> AsyncIterator[stripe.PaymentIntent]:
        """Those that search may not know yet, newest first; by Stripe's clock, which ours need not agree with."""
        body: PaymentIntentListParams = {"limit": PAGE, "expand": [f"data.{CHARGE}"]}
        if customer is not None:
            body["customer"] = customer
        newest = None
        page = await self._stripe.payment_intents.list_async(body)
        async for intent in page.auto_paging_iter():
            newest = newest or intent.created
            if intent.created < newest - SEARCHABLE_AFTER.total_seconds():
                return
            yield intent

    async def _given_back(self, attempt: Attempt) -> stripe.Refund | None:
        page = await self._stripe.refunds.list_async(
            {"payment_intent": attempt.reference or "", "limit": PAGE}
        )
        async for refund in page.auto_paging_iter():
            if books.label(refund, books.KEY) == attempt.key:
                return refund
        return None

    async def _followed(self, key: str, kind: PaymentKind, reference: str) -> PaymentOutcome | None:
        call = self._stripe.payment_intents.retrieve_async(reference, {"expand": [CHARGE]})
        intent = await asked(call, errors.missing, writing=False)
        if intent is not None and kind is PaymentKind.CAPTURE and intent.status == "succeeded":
            return books.captured(key, intent)
        if intent is not None and kind is PaymentKind.VOID and intent.status == "canceled":
            return Voided(key=key, reference=reference)
        return None

    async def _entries(self, since: Instant, until: Instant) -> list[BookEntry]:
        page = await self._stripe.balance_transactions.list_async(
            {
                "created": {"gte": math.ceil(since.timestamp()), "lt": math.ceil(until.timestamp())},
                "limit": PAGE,
                "expand": ["data.source.payment_intent"],
            }
        )
        told = [books.entry(transaction) async for transaction in page.auto_paging_iter()]
        return [entry for entry in told if entry is not None][::-1]
