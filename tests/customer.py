"""A customer at the page behind the link in a letter: over ASGI, against a real shop."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from gateways.links import Links
from gateways.payment_page import PaymentPage
from gateways.sandbox_payment_page import SandboxPaymentPage
from starter.tokens import Tokens
from starter.web.app import pages
from starter.web.house import House
from tests.shop import LINKS, Shop
from worker.settings import Settings

AT = "https://shop.example"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL)


class Visitor:
    """Someone with links; looks and sends forms as a browser without JavaScript does."""

    def __init__(self, shop: Shop, browser: httpx.AsyncClient, clock: list[Any]) -> None:
        self.shop = shop
        self.browser = browser
        self._clock = clock

    async def get(self, path: str, **headers: str) -> httpx.Response:
        self._clock[:] = [await self.shop.now()]
        return await self.browser.get(path, headers=headers)

    async def look(self, order_id: str) -> httpx.Response:
        return await self.get(page_of(order_id))

    async def send(self, order_id: str, form: str, **fields: str) -> httpx.Response:
        """Send a form of the page, with what it holds hidden, and follow to what came of it."""
        hidden = _hidden((await self.look(order_id)).text, f"{page_of(order_id)}/{form}")
        return await self.post(f"{page_of(order_id)}/{form}", **(hidden | fields))

    async def post(self, path: str, **fields: str) -> httpx.Response:
        self._clock[:] = [await self.shop.now()]
        with self.shop.env.auto_time_skipping_disabled():
            return await self.browser.post(path, data=fields, follow_redirects=True)


def page_of(order_id: str) -> str:
    """The path of an order's page."""
    return LINKS.order_page(order_id).removeprefix(AT)


def text(answer: httpx.Response) -> str:
    """What a person reads, in one line."""
    return " ".join(unescape(_TAGS.sub(" ", answer.text)).replace("\N{NO-BREAK SPACE}", " ").split())


def told(answer: httpx.Response) -> str:
    """What the page says came of the last wish."""
    found = re.search(r'<div class="result [^>]*>(.*?)</div>', answer.text, re.DOTALL)
    return (
        " ".join(unescape(_TAGS.sub(" ", found[1])).replace("\N{NO-BREAK SPACE}", " ").split())
        if found
        else ""
    )


def _hidden(page: str, action: str) -> dict[str, str]:
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    return {unescape(name): unescape(value) for name, value in _HIDDEN.findall(form)}


@asynccontextmanager
async def visiting(
    shop: Shop, folder: Path, cards: PaymentPage | None = None, **settings: Any
) -> AsyncIterator[Visitor]:
    """A visitor of this shop's pages; `cards`: where another payment method is given, the sandbox's unless told."""
    clock = [await shop.now()]
    app = customer_app(shop, folder, cards, clock, **settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=AT) as browser:
        yield Visitor(shop, browser, clock)


def customer_app(
    shop: Shop,
    folder: Path,
    cards: PaymentPage | None,
    clock: list[Any],
    links: Links = LINKS,
    **settings: Any,
) -> FastAPI:
    """The pages of a shop, by the clock that `clock` holds."""
    house = House(
        Settings(data_dir=folder, **settings),
        shop.doors,
        shop.database,
        links,
        Tokens(),
        clock=lambda: clock[0],
        payment_page=cards or SandboxPaymentPage(),
    )
    return pages(house)
