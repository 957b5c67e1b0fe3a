"""Stripe's letters to a shop, over its HTTP doors in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial

import httpx

from gateways.stripe_events import read_event
from starter.tokens import Tokens
from starter.web.app import pages
from starter.web.house import House
from tests.fakes.stripe_server import WEBHOOK_SECRET, FakeStripe
from tests.shop import LINKS, Shop
from worker.settings import Settings

PATH = "/webhooks/stripe"


@dataclass(frozen=True)
class Doors:
    """A shop with its provider's books and the door that the provider writes to."""

    shop: Shop
    http: httpx.AsyncClient

    @property
    def stripe(self) -> FakeStripe:
        assert isinstance(self.shop.payments, FakeStripe)
        return self.shop.payments

    def reference(self, order_id: str, kind: str) -> str:
        """Stripe's own name of what it did for an order; the last of its kind."""
        return [one.reference for one in self.stripe.books(order_id) if one.kind == kind][-1]

    async def told(self, kind: str, about: dict[str, object]) -> httpx.Response:
        """Stripe's letter, signed now."""
        return await self.post(*await self.stripe.event(kind, about))

    async def post(self, body: bytes, signature: str | None) -> httpx.Response:
        headers = {} if signature is None else {"Stripe-Signature": signature}
        return await self.http.post(PATH, content=body, headers=headers)


@asynccontextmanager
async def open_doors(shop: Shop, *, secret: str | None = WEBHOOK_SECRET) -> AsyncIterator[Doors]:
    reader = None if secret is None else partial(read_event, secret=secret)
    house = House(Settings(), shop.doors, shop.database, LINKS, Tokens(), reader)
    transport = httpx.ASGITransport(pages(house))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as http:
        yield Doors(shop, http)


def text(letter: EmailMessage) -> str:
    """The words of a mail."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
