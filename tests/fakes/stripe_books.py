"""What the Stripe of our own knows and refuses; no HTTP here. Forms are flat, as Stripe's SDK sends them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from domain.money import Money
from gateways.payment import BookEntry, BookKind
from gateways.payment_rules import CAPTURE_FAILS
from gateways.sandbox_payment import (
    AUTHORISATION_LIFE,
    DECLINES,
    EXPIRES_SOON,
    SHORT_LIFE,
    UNAVAILABLE_ONCE,
)
from tests.fakes.stripe_checkout import StripeCheckout
from tests.fakes.stripe_shapes import (
    Body,
    Form,
    Intent,
    Refused,
    expanded,
    key_of,
    let_go,
    metadata,
    seconds,
    unexpected,
)

SEARCHABLE_AFTER = timedelta(minutes=1)


@dataclass
class StripeBooks:
    intents: dict[str, Intent] = field(default_factory=dict)
    refunds: dict[str, Body] = field(default_factory=dict)
    moves: list[Body] = field(default_factory=list)
    customers: dict[str, str] = field(default_factory=dict)
    checkout: StripeCheckout = field(default_factory=StripeCheckout)
    entries: list[tuple[str, BookEntry]] = field(default_factory=list)
    _excused: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def create(self, form: Form, key: str, now: datetime) -> Body:
        intent = self._new(form, now)
        kind: BookKind = "authorise" if intent.manual else "charge"
        if intent.method == UNAVAILABLE_ONCE and key not in self._excused:
            self._excused.add(key)
            raise Refused(429, "rate_limit", saved=False)
        if intent.amount < 1:
            raise Refused(400, "parameter_invalid_integer", param="amount", saved=False)
        if self._is_unknown(intent):
            if all(entry.key != key for _, entry in self.entries):
                self._write(kind, key, intent, intent.amount, now, "declined")
            raise Refused(400, "resource_missing", param="payment_method", saved=False)
        self.intents[intent.id] = intent
        if intent.method in DECLINES:
            self._write(kind, key, intent, intent.amount, now, "declined")
            raise self._declined(intent)
        intent.status = "requires_capture"
        self._write(kind, key, intent, intent.amount, now)
        if not intent.manual:
            self._take(intent, intent.amount, now)
        return intent.shown(expanded(form))

    def capture(self, name: str, form: Form, now: datetime) -> Body:
        intent = self.intent(name, now)
        amount = int(form.get("amount_to_capture", intent.amount))
        if intent.status != "requires_capture":
            raise unexpected(intent)
        if amount < 1:
            raise Refused(400, "parameter_invalid_integer", param="amount_to_capture", saved=False)
        if amount > intent.amount:
            raise Refused(400, "amount_too_large", param="amount_to_capture")
        if intent.method == CAPTURE_FAILS:
            raise Refused(402, "card_declined", decline_code="generic_decline")
        intent.metadata |= metadata(form)
        self._take(intent, amount, now)
        self._write("capture", intent.metadata.get("capture_key", intent.charge_id), intent, amount, now)
        return intent.shown(expanded(form))

    def cancel(self, name: str, key: str, now: datetime) -> Body:
        intent = self.intent(name, now)
        if intent.status not in {"requires_capture", "canceled"}:
            raise unexpected(intent)
        self._write("void", key, intent, intent.amount, now)
        if intent.status == "canceled":
            raise unexpected(intent)
        let_go(intent, seconds(now), None)
        return intent.shown()

    def refund(self, form: Form, now: datetime) -> Body:
        intent = self.intent(form["payment_intent"], now)
        amount = int(form["amount"])
        if intent.status != "succeeded":
            raise Refused(400, None, param="payment_intent")
        if amount < 1:
            raise Refused(400, "parameter_invalid_integer", param="amount", saved=False)
        left = intent.received - sum(refund["amount"] for refund in self.refunds_of(intent.id, counting=True))
        if left == 0:
            raise Refused(400, "charge_already_refunded")
        if amount > left:
            raise Refused(400, None, param="amount")
        refund = {
            "id": self._id("re"),
            "object": "refund",
            "amount": amount,
            "currency": intent.currency,
            "payment_intent": intent.id,
            "metadata": metadata(form),
            "created": seconds(now),
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        self._move("refund", refund, -amount, now)
        self._write("refund", key_of(refund), intent, amount, now, reference=refund["id"])
        return refund

    def fail_refund(self, name: str, now: datetime) -> None:
        """The customer's bank sends the money back."""
        refund = self.refunds[name]
        refund["status"] = "failed"
        self._move("refund_failure", refund, refund["amount"], now)
        self.entries = [
            (order, entry.model_copy(update={"state": "declined"}) if entry.reference == name else entry)
            for order, entry in self.entries
        ]

    def charge_without_intent(self, name: str, amount: int, currency: str, now: datetime) -> None:
        charge = {"id": name, "object": "charge", "payment_intent": None, "amount_captured": amount}
        self._move("charge", charge | {"currency": currency, "metadata": {}}, amount, now)

    def dispute(self, name: str, now: datetime) -> Body:
        intent = self.intents[name]
        dispute = intent.dispute(self._id("dp"), now)
        self._move("adjustment", dispute, -intent.received, now)
        return dispute

    def method(self, name: str) -> Body:
        if not name.startswith("pm_"):
            raise Refused(404, "resource_missing", param="payment_method")
        return {"id": name, "object": "payment_method", "type": "card", "customer": self.customers.get(name)}

    def intent(self, name: str, now: datetime) -> Intent:
        """As it is by now: a hold that nobody took has expired."""
        if name not in self.intents:
            raise Refused(404, "resource_missing", param="intent")
        intent = self.intents[name]
        until = intent.capture_before
        if intent.status == "requires_capture" and until is not None and until <= now.timestamp():
            let_go(intent, until, "automatic")
        return intent

    def intents_of(self, customer: str | None, now: datetime) -> list[Intent]:
        """Newest first."""
        wanted = (one for one in reversed(self.intents.values()) if customer in {None, one.customer})
        return [self.intent(one.id, now) for one in wanted]

    def searched(self, query: str, now: datetime) -> list[Intent]:
        """By the one query that we make; the index lags behind."""
        key = query.removeprefix('metadata["key"]:"').removesuffix('"')
        known = (now - SEARCHABLE_AFTER).timestamp()
        intents = self.intents_of(None, now)
        return [one for one in intents if one.metadata.get("key") == key and one.created <= known]

    def refunds_of(self, name: str, *, counting: bool = False) -> list[Body]:
        """Newest first; `counting`: those that gave money back."""
        refunds = [one for one in self.refunds.values() if one["payment_intent"] == name]
        return [one for one in reversed(refunds) if not counting or one["status"] == "succeeded"]

    def moves_between(self, since: int, until: int) -> list[Body]:
        """Newest first, with what moved and its payment."""
        moves = [move for move in reversed(self.moves) if since <= move["created"] < until]
        return [move | {"source": self._source(move)} for move in moves]

    def _source(self, move: Body) -> Body:
        source: Body = move["source"]
        intent = self.intents.get(source["payment_intent"])
        if intent is None:
            return source
        if source["object"] == "charge":
            return intent.charge(with_intent=True)
        return source | {"payment_intent": intent.shown()}

    def _new(self, form: Form, now: datetime) -> Intent:
        created, method = seconds(now), form["payment_method"]
        manual = form["capture_method"] == "manual"
        life = SHORT_LIFE if method == EXPIRES_SOON else AUTHORISATION_LIFE
        return Intent(
            id=self._id("pi"),
            amount=int(form["amount"]),
            currency=form["currency"],
            method=method,
            customer=form.get("customer"),
            manual=manual,
            metadata=metadata(form),
            created=created,
            capture_before=created + int(life.total_seconds()) if manual else None,
        )

    def _is_unknown(self, intent: Intent) -> bool:
        """A saved method is known together with its customer only."""
        known = intent.method.startswith("pm_")
        return not known or self.customers.get(intent.method) != intent.customer

    def _declined(self, intent: Intent) -> Refused:
        decline_code = DECLINES[intent.method][0]
        asks = decline_code == "authentication_required"
        code = decline_code if asks else "card_declined"
        intent.error = {"code": code, "decline_code": decline_code}
        return Refused(402, code, decline_code=decline_code, payment_intent=intent.shown())

    def _take(self, intent: Intent, amount: int, now: datetime) -> None:
        intent.status, intent.received = "succeeded", amount
        source = {"object": "charge", "payment_intent": intent.id}
        intent.moved = self._move("charge", source, amount, now)

    def _move(self, kind: str, source: Body, amount: int, now: datetime) -> Body:
        move = {"object": "balance_transaction", "type": kind, "amount": amount, "source": source}
        move |= {"id": self._id("txn"), "created": seconds(now)}
        self.moves.append(move)
        return move | {"source": None}

    def _write(
        self,
        kind: BookKind,
        key: str,
        intent: Intent,
        amount: int,
        now: datetime,
        state: str = "succeeded",
        reference: str = "",
    ) -> None:
        entry = BookEntry.model_validate(
            {
                "key": key,
                "kind": kind,
                "reference": reference or intent.id,
                "amount": Money(minor=amount, currency=intent.currency.upper()),
                "at": datetime.fromtimestamp(seconds(now), UTC),
                "state": state,
            }
        )
        self.entries.append((intent.metadata.get("order_id", ""), entry))

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):024d}"
