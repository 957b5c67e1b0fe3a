"""A shop's HTTP API as its users call it, in this process."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from starter.client import Backorders
from starter.tokens import Scope, Tokens, held_by
from starter.web.app import pages
from starter.web.house import House
from store.database import Database
from tests.shop import LINKS, Shop
from worker.settings import Settings

PATH = "/api/v1"
NAMES = {Scope.OMS: "shop", Scope.SUPPORT: "maria", Scope.OPERATIONS: "li"}
TOKENS = Tokens(tuple(held_by(name, scope, f"token-of-{scope}") for scope, name in NAMES.items()))


def headers(scope: Scope | None) -> dict[str, str]:
    return {} if scope is None else {"Authorization": f"Bearer token-of-{scope}"}


@dataclass(frozen=True)
class Api:
    """Everything is asked with a scope's token; None: without one."""

    http: httpx.AsyncClient
    shop: Shop | None = None

    async def get(self, path: str, scope: Scope | None = Scope.OMS, **parameters: Any) -> httpx.Response:
        return await self.http.get(PATH + path, params=parameters, headers=headers(scope))

    async def post(self, path: str, body: Any = None, scope: Scope | None = Scope.OMS) -> httpx.Response:
        """A body of bytes as it is, any other as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = headers(scope) | {"Content-Type": "application/json"}
        return await self.http.post(PATH + path, content=content, headers=sent)

    async def order(self, order_id: str, units: int = 1, **fields: Any) -> dict[str, Any]:
        """A shop's order as its JSON."""
        assert self.shop
        order = await self.shop.order(order_id, units, **fields)
        return order.model_dump(mode="json")

    async def place(self, order_id: str, units: int = 1, **fields: Any) -> httpx.Response:
        return await self.post("/orders", await self.order(order_id, units, **fields))

    async def receive(self, change_id: str, units: int, sku: str) -> httpx.Response:
        assert self.shop
        happened_at = (await self.shop.now()).isoformat()
        lines = [{"sku": sku, "quantity": units}]
        body = {"change_id": change_id, "kind": "received", "happened_at": happened_at, "lines": lines}
        return await self.post("/inventory-changes", body)


def house_of(backorders: Backorders, database: Database, tokens: Tokens = TOKENS, **more: Any) -> House:
    return House(Settings(), backorders, database, LINKS, tokens, **more)


@asynccontextmanager
async def asking(house: House, shop: Shop | None = None) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(pages(house))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example", timeout=60) as http:
        yield Api(http, shop)


async def patient(shop: Shop) -> Client:
    """A client that lets time pass as it does: waiting for a result skips none."""
    address = shop.client.service_client.config.target_host
    return await Client.connect(address, data_converter=pydantic_data_converter)


@asynccontextmanager
async def open_api(shop: Shop) -> AsyncIterator[Api]:
    backorders = Backorders(await patient(shop), shop.database, clock=shop.doors._clock)  # noqa: SLF001 - the shop's own
    async with asking(house_of(backorders, shop.database), shop) as api:
        yield api
