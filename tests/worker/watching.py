"""A shop whose worker and web are processes, and everything that watches them."""

import json
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.commands import COMMAND
from tests.e2e.providers import Program, RealShop, real_shop, running, working
from tests.shop import SKU


def free_port() -> int:
    """Below those that a system hands out by itself: no test beside this one gets it before it is used."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@dataclass(frozen=True)
class Watched:
    """A shop at work, and where it answers."""

    shop: RealShop
    worker: Program
    web: Program
    address: str
    metrics: str
    health: str
    http: httpx.AsyncClient

    async def place(self, order_id: str, units: int = 2) -> dict[str, Any]:
        """As the order system does."""
        return await self._post("orders", self.shop.order(order_id, units).model_dump_json())

    async def receive(self, change_id: str, units: int) -> dict[str, Any]:
        change = {"change_id": change_id, "kind": "received", "happened_at": "2026-01-01T00:00:00Z"}
        line = {"sku": SKU, "quantity": units}
        return await self._post("inventory-changes", json.dumps({**change, "lines": [line]}))

    async def _post(self, door: str, body: str) -> dict[str, Any]:
        token = (self.shop.folder / "oms.token").read_text()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = await self.http.post(f"{self.address}/api/v1/{door}", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def reads(self) -> dict[str, float]:
        """All metrics by name and labels."""
        text = (await self.http.get(f"http://{self.metrics}/metrics")).text
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}


@asynccontextmanager
async def watched(folder: Path, **settings: str) -> AsyncIterator[Watched]:
    """The shop with a worker and a web process, and ports for metrics and health."""
    metrics, health = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    told = {"BACKORDER_METRICS_ADDRESS": metrics, "BACKORDER_HEALTH_ADDRESS": health, **settings}
    command = (str(COMMAND), "web", "--port", "0", "--json")
    async with (
        real_shop(folder, **told) as shop,
        working(shop) as worker,
        running(folder / "web.log", shop.settings, *command) as web,
        httpx.AsyncClient() as http,
    ):
        shop.programs.append(web)
        address = json.loads(await web.says('"web"'))["web"]
        yield Watched(shop, worker, web, address, metrics, health, http)
