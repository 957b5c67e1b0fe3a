"""A clerk in the operations room: over ASGI, as a browser without JavaScript looks and sends forms."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import Any

import httpx
from temporalio.client import Client

from starter.client import Backorders
from starter.tokens import Scope, Tokens, held_by
from starter.web.app import pages
from starter.web.house import House
from store.database import Database
from tests.shop import LINKS, Shop
from worker.settings import Settings

AT = "http://shop.example"
ROOM = "/operations"
NAMES = {Scope.OMS: "shop", Scope.SUPPORT: "maria", Scope.OPERATIONS: "li"}
TOKENS = Tokens(tuple(held_by(name, scope, f"token-of-{scope}") for scope, name in NAMES.items()))
BROWSER = {"Accept": "text/html", "Origin": AT}
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL)


@dataclass
class Clerk:
    """Someone at the pages; with a shop, its time stands still while a form is sent."""

    http: httpx.AsyncClient
    shop: Shop | None = None
    clock: list[datetime] = field(default_factory=list)

    async def sign_in(self, scope: Scope = Scope.OPERATIONS, **fields: str) -> httpx.Response:
        return await self.post("/sign-in", token=f"token-of-{scope}", **fields)

    async def get(self, path: str = "", **headers: str) -> httpx.Response:
        await self._look_at_the_clock()
        return await self.http.get(ROOM + path, headers=headers)

    async def read(self, path: str = "") -> str:
        """A page that is there, as a person reads it."""
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, text(answer))
        return text(answer)

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        await self._look_at_the_clock()
        if self.shop is None:
            return await self.http.post(ROOM + path, data=fields, headers=headers)
        with self.shop.env.auto_time_skipping_disabled():
            return await self.http.post(ROOM + path, data=fields, headers=headers)

    async def correct(self, order_id: str, what: str, **fields: str) -> str:
        """Send a form of an order's page; what was said then, with the page's other words."""
        answer = await self.post(f"/orders/{order_id}/{what}", **fields)
        assert answer.status_code == 303, text(answer)
        assert answer.headers["Location"] == f"{ROOM}/orders/{order_id}"
        return await self.read(f"/orders/{order_id}")

    async def _look_at_the_clock(self) -> None:
        if self.shop is not None:
            self.clock[:] = [await self.shop.now()]


def text(answer: httpx.Response) -> str:
    """The words of a page, in one line."""
    return " ".join(unescape(_TAGS.sub(" ", answer.text)).split())


@asynccontextmanager
async def clerk(
    database: Database, now: datetime, tokens: Tokens = TOKENS, **settings: Any
) -> AsyncIterator[Clerk]:
    """One who only looks at the books: nobody works behind them."""
    nobody = Backorders(await Client.connect("127.0.0.1:1", lazy=True), database)
    clock = [now]
    house = House(Settings(**settings), nobody, database, LINKS, tokens, clock=lambda: clock[0])
    async with _browser(house) as http:
        yield Clerk(http, clock=clock)


@asynccontextmanager
async def clerk_of(shop: Shop, **settings: Any) -> AsyncIterator[Clerk]:
    """One in a shop that works."""
    clock = [await shop.now()]
    house = House(Settings(**settings), shop.doors, shop.database, LINKS, TOKENS, clock=lambda: clock[0])
    async with _browser(house) as http:
        one = Clerk(http, shop, clock)
        await one.sign_in()
        yield one


def _browser(house: House) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(pages(house))
    return httpx.AsyncClient(transport=transport, base_url=AT, headers=BROWSER, timeout=60)
