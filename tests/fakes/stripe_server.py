"""A Stripe of our own on loopback: it speaks HTTP, keeps books and idempotency keys, and fails on demand."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import stripe
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateways.payment import BookEntry
from gateways.sandbox_payment import TIMEOUT_AFTER
from tests.fakes.loopback import Loopback, real_time
from tests.fakes.stripe_books import StripeBooks
from tests.fakes.stripe_routes import Work, route
from tests.fakes.stripe_shapes import Body, Refused

API_KEY = "sk_test_of_our_own"
WEBHOOK_SECRET = "whsec_of_our_own"

KEY_LIFE = timedelta(hours=24)
"""Stripe forgets keys any time after this; the one of our own at once."""

TOO_MANY, DROPPED = 429, 0


@dataclass(frozen=True)
class _Fault:
    """What happens instead of an answer; `acted`: the work is done and the connection dropped."""

    status: int = TOO_MANY
    code: str | None = "rate_limit"
    param: str | None = None
    acted: bool = False


@dataclass(frozen=True)
class _Saved:
    """What was answered under a key, and to what."""

    asked: tuple[str, frozenset[tuple[str, str]]]
    at: datetime
    status: int
    body: Body


class FakeStripe(Loopback[_Fault]):
    """`async with FakeStripe(clock=…).serving() as url`: the url is `StripePayments`' `api_base`.

    Its books and faults are asked as those of `SandboxPayments` are, so that a scenario runs with either. A `find` is
    each look-up of a payment or refund, so that one call of the gateway may be several.
    """

    operations = frozenset(
        {"authorise", "charge", "capture", "void", "refund", "find", "checkout", "session"}
    )

    def __init__(self, clock: Callable[[], Awaitable[datetime]] = real_time) -> None:
        super().__init__(clock)
        self.stripe = StripeBooks()
        self._saved: dict[str, _Saved] = {}
        self._busy: set[str] = set()

    def books(self, order_id: str | None = None) -> list[BookEntry]:
        """Every entry in the order of writing, of one order or of all."""
        return [entry for order, entry in self.stripe.entries if order_id in {None, order}]

    def balance(self, order_id: str) -> int:
        """Minor units that the shop holds of this order: charged + captured - refunded."""
        signs = {"charge": 1, "capture": 1, "refund": -1}
        taken = [entry for entry in self.books(order_id) if entry.state == "succeeded"]
        return sum(signs.get(entry.kind, 0) * entry.amount.minor for entry in taken)

    def fail(self, operation: str, times: int, *, acted: bool = False) -> None:
        """Let the next calls be refused as too many, or (`acted`) do their work and lose the answer."""
        self._plan(operation, times, _Fault(acted=acted))

    def answer(self, operation: str, status: int, code: str = "", param: str | None = None) -> None:
        """Let the next call be answered with this error and nothing done; `DROPPED`: with nothing at all."""
        self._plan(operation, 1, _Fault(status, code or None, param))

    def save_method(self, method: str, customer: str) -> None:
        """The customer keeps this method with the shop."""
        self.stripe.customers[method] = customer

    def finish_checkout(self, session: str, method: str, intent: str = "succeeded") -> str:
        """The customer gives this method at Stripe's page, and is a customer of the shop's there; where he is sent."""
        self.save_method(method, customer := f"cus_{session}")
        return self.stripe.checkout.finish(session, method, customer, intent)

    async def refund_in_dashboard(self, payment: str, amount: int) -> Body:
        return self.stripe.refund({"payment_intent": payment, "amount": str(amount)}, await self._clock())

    async def capture_in_dashboard(self, payment: str) -> Body:
        return self.stripe.capture(payment, {}, await self._clock())

    async def fail_refund(self, reference: str) -> Body:
        """The customer's bank sends the money back; the refund as it is then."""
        self.stripe.fail_refund(reference, await self._clock())
        return self.stripe.refunds[reference]

    async def charge_without_intent(self, reference: str, amount: int, currency: str) -> None:
        """A payment as they were made before PaymentIntents."""
        self.stripe.charge_without_intent(reference, amount, currency, await self._clock())

    async def dispute(self, payment: str) -> Body:
        """The customer's bank takes the money back."""
        return self.stripe.dispute(payment, await self._clock())

    async def event(self, kind: str, about: Body, signed_at: datetime | None = None) -> tuple[bytes, str]:
        """A webhook's body and its `Stripe-Signature`, signed now by the real clock unless told."""
        created = int((await self._clock()).timestamp())
        event = {"id": f"evt_{len(self.calls):024d}", "object": "event", "type": kind, "created": created}
        payload = json.dumps(event | {"data": {"object": about}})
        signed = int((signed_at or datetime.now(UTC)).timestamp())
        header = stripe.WebhookSignature.generate_signature_header(payload, WEBHOOK_SECRET, signed)
        return payload.encode(), header

    async def _answer(self, request: Request) -> Response | None:
        """None: the connection is dropped."""
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            raise Refused(401, "api_key_invalid")
        query = request.url.query if request.method == "GET" else (await request.body()).decode()
        form = dict(parse_qsl(query, keep_blank_values=True))
        key = request.headers.get("idempotency-key", "")
        operation, work = route(self.stripe, request.method, request.url.path, form, key)
        if key and key in self._busy:
            raise Refused(409, "idempotency_key_in_use")
        self._busy.add(key)
        try:
            return await self._done(operation, work, key, (request.url.path, frozenset(form.items())))
        finally:
            self._busy.discard(key)

    async def _done(
        self, operation: str, work: Work, key: str, asked: tuple[str, frozenset[tuple[str, str]]]
    ) -> Response | None:
        now = await self._clock()
        if self._is_down(now):
            raise Refused(TOO_MANY, "rate_limit")
        fault = self._next_fault(operation)
        if fault and not fault.acted:
            return None if fault.status == DROPPED else _error(fault)
        if not key:
            body = work(now)
            return None if fault else JSONResponse(body)
        saved, replayed = self._once(work, key, asked, now)
        first = not replayed and saved.status == 200 and operation in {"authorise", "charge", "capture"}
        if fault or (first and saved.body["payment_method"] == TIMEOUT_AFTER):
            return None
        return JSONResponse(
            saved.body, saved.status, headers={"idempotent-replayed": "true"} if replayed else None
        )

    def _once(
        self, work: Work, key: str, asked: tuple[str, frozenset[tuple[str, str]]], now: datetime
    ) -> tuple[_Saved, bool]:
        """What is answered under this key, and whether it was before."""
        known = self._saved.get(key)
        if known is not None and now < known.at + KEY_LIFE:
            if known.asked != asked:
                raise Refused(400, None, type="idempotency_error")
            return known, True
        try:
            saved = _Saved(asked, now, 200, json.loads(json.dumps(work(now))))
        except Refused as refused:
            saved = _Saved(asked, now, refused.status, refused.body)
            if not refused.saved:
                return saved, False
        self._saved[key] = saved
        return saved, False


def _error(fault: _Fault) -> Response:
    return JSONResponse(Refused(fault.status, fault.code, param=fault.param).body, fault.status)
