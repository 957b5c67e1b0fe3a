"""Our ledger and a provider's books, written side by side, so that a test may spoil one of them."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from domain.money import Money
from gateways.payment import Authorised, Charged, PaymentProvider, PaymentRequest
from gateways.sandbox_payment import SandboxPayments
from gateways.stripe_payment import StripePayments
from store.database import Database
from store.life_tables import PaymentRow
from tests.fakes.stripe_server import API_KEY, FakeStripe
from tests.gateways.stripe.samples import Clock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class TwoBooks:
    """Writes what happened into both; `forget` and `refund_outside` are what a provider does behind our back."""

    database: Database
    provider: PaymentProvider
    clock: Clock
    settings: dict[str, str]
    forget: Callable[[str], None]
    refund_outside: Callable[[str, int], Awaitable[str]]

    async def charge(
        self, order_id: str, minor: int, at: datetime = NOON, ours_at: datetime | None = None
    ) -> str:
        """The reference of a payment at order."""
        charged = await self.provider.charge(self._request(order_id, "charge", minor, at))
        assert isinstance(charged, Charged)
        self._write(charged.key, "charge", minor, ours_at or at, charged.reference)
        return charged.reference

    async def capture(self, order_id: str, minor: int, at: datetime = NOON) -> None:
        held = await self.provider.authorise(self._request(order_id, "authorise", minor, at))
        assert isinstance(held, Authorised)
        key = f"{order_id}/1/capture/1"
        taken = await self.provider.capture(key, held.reference, _dollars(minor), at)
        self._write(key, "capture", minor, at, taken.reference)

    async def refund(self, order_id: str, reference: str, minor: int, at: datetime = NOON) -> None:
        self.clock.time = at
        key = f"{order_id}/0/refund/1"
        given = await self.provider.refund(key, reference, _dollars(minor), at)
        self._write(key, "refund", minor, at, given.reference)

    def lose_ours(self, key: str) -> None:
        self.database.write(lambda session: session.execute(delete(PaymentRow).where(PaymentRow.key == key)))

    def change_ours(self, key: str, minor: int) -> None:
        changed = update(PaymentRow).where(PaymentRow.key == key).values(amount_minor=minor)
        self.database.write(lambda session: session.execute(changed))

    def _request(self, order_id: str, kind: str, minor: int, at: datetime) -> PaymentRequest:
        self.clock.time = at
        key = f"{order_id}/{0 if kind == 'charge' else 1}/{kind}/1"
        return PaymentRequest(
            key=key, order_id=order_id, amount=_dollars(minor), method="pm_card_visa", at=at
        )

    def _write(self, key: str, kind: str, minor: int, at: datetime, reference: str) -> None:
        order_id, parcel, *_ = key.split("/")
        row = PaymentRow(key=key, order_id=order_id, parcel=int(parcel), kind=kind, attempt=1)
        row.amount_minor, row.currency, row.method = minor, "USD", "pm_card_visa"
        row.state, row.reference, row.at = "succeeded", reference, at
        self.database.write(Session.add, row)


@asynccontextmanager
async def at_the_sandbox(database: Database, folder: Path) -> AsyncIterator[TwoBooks]:
    clock, file = Clock(), folder / "sandbox-payments.db"

    def forget(key: str) -> None:
        with sqlite3.connect(file) as db:
            db.execute("DELETE FROM entries WHERE key = ?", (key,))
        db.close()

    with SandboxPayments(file) as bank:

        async def outside(reference: str, minor: int) -> str:
            return (await bank.refund("dashboard-1", reference, _dollars(minor), clock.time)).key

        yield TwoBooks(database, bank, clock, _settings(database, folder), forget, outside)


@asynccontextmanager
async def at_stripe(database: Database, folder: Path) -> AsyncIterator[TwoBooks]:
    clock = Clock()
    stripe = FakeStripe(clock)
    books = stripe.stripe

    def forget(key: str) -> None:
        reference = next(one.reference for one in stripe.books() if one.key == key)
        ours = {reference, reference.replace("re_", "pi_")}
        books.moves = [one for one in books.moves if _moved_for(one) not in ours]

    async def outside(reference: str, minor: int) -> str:
        return str((await stripe.refund_in_dashboard(reference, minor))["id"])

    async with stripe.serving() as url, aclosing(StripePayments(API_KEY, url)) as bank:
        settings = _settings(database, folder) | {
            "BACKORDER_PAYMENT": "stripe",
            "BACKORDER_STRIPE_API_KEY": API_KEY,
            "BACKORDER_STRIPE_API_BASE": url,
        }
        yield TwoBooks(database, bank, clock, settings, forget, outside)


def _moved_for(move: dict[str, dict[str, str]]) -> str:
    """A payment by its own id, a refund by the refund's."""
    source = move["source"]
    return source.get("id", source["payment_intent"])


def _settings(database: Database, folder: Path) -> dict[str, str]:
    return {"BACKORDER_DATABASE_URL": str(database.url), "BACKORDER_DATA_DIR": str(folder)}


def _dollars(minor: int) -> Money:
    return Money(minor=minor, currency="USD")
