"""What the sandbox payment provider refuses for good."""

import sqlite3
from collections.abc import Callable
from typing import Final

from domain.money import Money
from gateways import payment_books as books
from gateways.errors import PermanentRefusal
from gateways.payment import Authorised
from gateways.payment_books import Entry

CAPTURE_FAILS: Final = "pm_card_captureFails"

Check = Callable[[sqlite3.Connection, Entry, Entry], None]
"""Refuses to write the second entry, which follows the first; both lie in the books given."""


def may_capture(db: sqlite3.Connection, payment: Entry, capture: Entry) -> None:
    """Once, before it expires, and at most what was authorised."""
    may_void(db, payment, capture)
    if books.follow_ups(db, payment.payment, "void"):
        raise refusal("authorization_voided", "the authorisation was voided")
    authorised = Authorised.model_validate_json(payment.outcome)
    if authorised.expires_at is not None and capture.at >= authorised.expires_at:
        raise refusal("authorization_expired", "the authorisation has expired")
    if capture.minor > payment.minor:
        raise refusal("amount_too_large", "more than was authorised")
    if payment.method == CAPTURE_FAILS:
        raise refusal("capture_failed", "the bank does not release the money")


def may_void(db: sqlite3.Connection, payment: Entry, _: Entry) -> None:
    """Only what was not taken yet."""
    if payment.kind == "charge" or books.follow_ups(db, payment.payment, "capture"):
        raise refusal("already_captured", "the money was taken before")


def may_refund(db: sqlite3.Connection, payment: Entry, refund: Entry) -> None:
    """At most what was taken and not given back yet."""
    taken = [payment] if payment.kind == "charge" else books.follow_ups(db, payment.payment, "capture")
    if not taken:
        raise refusal("not_captured", "nothing was taken that could be given back")
    returned = books.follow_ups(db, payment.payment, "refund")
    if _total(returned) + refund.minor > _total(taken):
        raise refusal("refund_exceeds_charge", "more than was taken")


def check_money(payment: Entry, amount: Money) -> None:
    check_positive(amount)
    if amount.currency != payment.currency:
        raise refusal("currency_mismatch", "the payment is in another currency")


def check_positive(amount: Money) -> None:
    if amount.minor <= 0:
        raise refusal("invalid_amount", "an amount is at least one minor unit")


def refusal(code: str, message: str) -> PermanentRefusal:
    return PermanentRefusal("payment", code, message)


def _total(entries: list[Entry]) -> int:
    return sum(entry.minor for entry in entries)
