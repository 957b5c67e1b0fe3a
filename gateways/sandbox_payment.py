"""A payment provider on this machine: real rules, no money."""

import sqlite3
from datetime import timedelta
from typing import Final, TypeVar

from domain.model import Instant
from domain.money import Money
from domain.payment import Attempt
from gateways import payment_books as books
from gateways import payment_rules as rules
from gateways.errors import GatewayUnavailable, OutcomeUnknown
from gateways.payment import (
    Authorised,
    BookEntry,
    BookKind,
    Captured,
    Charged,
    Declined,
    PaymentOutcome,
    PaymentRequest,
    Refunded,
    Voided,
)
from gateways.payment_books import Entry
from gateways.sandbox import Sandbox, digest

AUTHORISATION_LIFE: Final = timedelta(days=7)
SHORT_LIFE: Final = timedelta(minutes=1)

DECLINES: Final = {
    "pm_card_chargeDeclined": ("generic_decline", "The card was declined.", False),
    "pm_card_insufficient_funds": ("insufficient_funds", "The card has insufficient funds.", False),
    "pm_card_stolen": ("stolen_card", "The card was reported stolen.", True),
    "pm_card_authenticationRequired": ("authentication_required", "The bank asks for authentication.", False),
}
EXPIRES_SOON: Final = "pm_card_expiresSoon"
UNAVAILABLE_ONCE: Final = "pm_card_unavailableOnce"
TIMEOUT_AFTER: Final = "pm_card_timeoutAfterCharge"

Paid = TypeVar("Paid", Authorised, Charged)
Followed = TypeVar("Followed", Captured, Voided, Refunded)


class SandboxPayments(Sandbox):
    """Behaves by the name of the test method, remembers its keys across restarts, fails on demand."""

    gateway = "payment"
    operations = frozenset({*books.OUTCOMES, "find"})
    tables = books.TABLES

    async def authorise(self, request: PaymentRequest) -> Authorised | Declined:
        """Set the amount aside for 7 days (1 minute for `pm_card_expiresSoon`)."""
        life = SHORT_LIFE if request.method == EXPIRES_SOON else AUTHORISATION_LIFE
        outcome = Authorised(
            key=request.key,
            reference=_payment_reference(request.key),
            amount=request.amount,
            expires_at=request.at + life,
        )
        return self._pay("authorise", request, outcome)

    async def charge(self, request: PaymentRequest) -> Charged | Declined:
        """Take the amount at once."""
        outcome = Charged(
            key=request.key, reference=_payment_reference(request.key), amount=request.amount, at=request.at
        )
        return self._pay("charge", request, outcome)

    async def capture(self, key: str, reference: str, amount: Money, at: Instant) -> Captured:
        """Take up to the authorised amount, once, before it expires."""
        outcome = Captured(key=key, reference=reference, amount=amount, at=at)
        return self._follow("capture", outcome, reference, amount, at, check=rules.may_capture)

    async def void(self, key: str, reference: str, at: Instant) -> Voided:
        """Let an authorisation go."""
        outcome = Voided(key=key, reference=reference)
        return self._follow("void", outcome, reference, None, at, check=rules.may_void)

    async def refund(self, key: str, reference: str, amount: Money, at: Instant) -> Refunded:
        """Give back up to what was taken and not given back yet."""
        outcome = Refunded(key=key, reference=f"re_{digest(key)[:24]}", amount=amount, at=at)
        return self._follow("refund", outcome, reference, amount, at, check=rules.may_refund)

    async def find(self, attempt: Attempt) -> PaymentOutcome | None:
        """What came of this call."""

        def look(db: sqlite3.Connection) -> PaymentOutcome | None:
            entry = books.by_key(db, attempt.key)
            return None if entry is None else entry.read()

        return self._call("find", look)

    async def entries(self, since: Instant, until: Instant) -> list[BookEntry]:
        """What moved money in a period."""
        with self._transaction() as db:
            return [entry.shown() for entry in books.moved(db, since, until)]

    def books(self, order_id: str | None = None) -> list[BookEntry]:
        """Every entry in the order of writing, of one order or of all."""
        with self._transaction() as db:
            return [entry.shown() for entry in books.entries(db, order_id)]

    def balance(self, order_id: str) -> int:
        """Minor units that the shop holds of this order: charged + captured - refunded."""
        with self._transaction() as db:
            return books.balance(db, order_id)

    def _pay(self, kind: BookKind, request: PaymentRequest, outcome: Paid) -> Paid | Declined:
        answer = _decline(request) or outcome
        entry = Entry(
            key=request.key,
            body=digest(kind, request.order_id, *_parts(request.amount), request.method),
            kind=kind,
            order_id=request.order_id,
            method=request.method,
            payment=outcome.reference,
            reference=outcome.reference,
            minor=request.amount.minor,
            currency=request.amount.currency,
            at=request.at,
            state="declined" if isinstance(answer, Declined) else "succeeded",
            outcome=answer.model_dump_json(),
        )

        def act(db: sqlite3.Connection) -> Paid | Declined:
            known = self._known(db, entry.key, entry.body)
            if known is not None:
                return _reread(known, type(outcome))
            if request.method == UNAVAILABLE_ONCE and books.first_call(db, request.key):
                raise GatewayUnavailable(self.gateway, "test method")
            rules.check_positive(request.amount)
            books.write(db, entry)
            self._lose_answer(request.method)
            return answer

        return self._call(kind, act, request.at)

    def _follow(
        self,
        kind: BookKind,
        outcome: Followed,
        reference: str,
        amount: Money | None,
        at: Instant,
        *,
        check: rules.Check,
    ) -> Followed:
        """Write what follows a payment; `amount` None means all of it."""
        body = digest(kind, reference, *(("all",) if amount is None else _parts(amount)))

        def act(db: sqlite3.Connection) -> Followed:
            known = self._known(db, outcome.key, body)
            if known is not None:
                return type(outcome).model_validate_json(known.outcome)
            payment = books.payment(db, reference)
            if payment is None:
                raise self._refusal("unknown_reference", "no such payment")
            money = payment.amount if amount is None else amount
            entry = payment.model_copy(
                update={"body": body, "kind": kind, "at": at, **_answered(outcome, money)}
            )
            rules.check_money(payment, money)
            check(db, payment, entry)
            books.write(db, entry)
            if kind == "capture":
                self._lose_answer(payment.method)
            return outcome

        return self._call(kind, act, at)

    def _known(self, db: sqlite3.Connection, key: str, body: str) -> Entry | None:
        """What was written under this key; another body under it is refused."""
        known = books.by_key(db, key)
        if known is not None and known.body != body:
            raise self._refusal("idempotency_conflict", "this key was used with another body")
        return known

    def _lose_answer(self, method: str) -> None:
        """Once the work is done, the answer gets lost on its way."""
        if method == TIMEOUT_AFTER:
            raise OutcomeUnknown(self.gateway, "test method")


def _decline(request: PaymentRequest) -> Declined | None:
    if request.method in DECLINES:
        code, message, final = DECLINES[request.method]
    elif request.method.startswith("pm_"):
        return None
    else:
        code, message, final = "unknown_method", "No such payment method.", True
    return Declined(key=request.key, code=code, message=message, final=final)


def _answered(outcome: Followed, money: Money) -> dict[str, object]:
    """What an answer says of its entry in the books."""
    return {
        "key": outcome.key,
        "reference": outcome.reference,
        "minor": money.minor,
        "currency": money.currency,
        "outcome": outcome.model_dump_json(),
    }


def _reread(entry: Entry, kind: type[Paid]) -> Paid | Declined:
    return (Declined if entry.declined else kind).model_validate_json(entry.outcome)


def _payment_reference(key: str) -> str:
    return f"pi_{digest(key)[:24]}"


def _parts(amount: Money) -> tuple[int, str]:
    return amount.minor, amount.currency
