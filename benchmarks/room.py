"""The operations room over a year of business: what each page asks of PostgreSQL, all its questions together."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import httpx
from pydantic import SecretStr
from temporalio.client import Client

from benchmarks.asked import asked
from benchmarks.deal import best
from benchmarks.table import Figure
from benchmarks.year import fill, oldest_waiting
from gateways.links import Links
from starter.client import Backorders
from starter.tokens import Scope, Tokens, held_by
from starter.web.app import pages
from starter.web.house import House
from store import gauges
from store.database import Database
from store.migrate import migrate
from tests.postgres import postgres
from worker.settings import Settings

ORDERS, WAITING = 500_000, 50_000
MOST_MS = 300
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOKEN = "a token of the bench"  # noqa: S105 - lets nobody in but the bench


def paths(order_id: str) -> dict[str, str]:
    """The pages by name; those of an order are of this one."""
    return {
        "home": "/operations",
        "orders": "/operations/orders",
        "orders of a status": "/operations/orders?status=waiting",
        "orders of a SKU": "/operations/orders?sku=S-007",
        "orders of a customer": "/operations/orders?customer=C-4711",
        "an order": f"/operations/orders/{order_id}",
        "why an order waits": f"/operations/orders/{order_id}/why",
        "a SKU": "/operations/skus/S-007",
        "search": "/operations/search?q=customer-4711@example.com",
        "search by the beginning": f"/operations/search?q={order_id[:-2]}",
        "notices": "/operations/notices",
        "events": "/operations/events",
        "value": "/operations/reports",
        "cancellations": "/operations/reports/cancellations",
        "replenishment": "/operations/reports/replenishment",
    }


def measure() -> Iterator[Figure]:
    with postgres() as server:
        server.create("room")
        with closing(Database(server.url("room"))) as database:
            migrate(database)
            fill(database, ORDERS, WAITING, NOW)
            for name, path in paths(oldest_waiting(ORDERS, WAITING)).items():
                yield _figure(name, best(lambda: seconds(database, path)))  # noqa: B023 - called at once
            yield _figure("(what monitoring asks every 15 s)", best(lambda: monitoring(database)))


def _figure(name: str, taken: float) -> Figure:
    value = round(taken * 1000, 1)
    title = f"questions of the room's page '{name}', 1,000,000 lines, 100,000 open"
    return Figure(title, value, "ms", MOST_MS, round(value / MOST_MS, 2), 1)


def seconds(database: Database, path: str) -> float:
    """How long the database took for one page."""
    with asked(database) as heard:
        answer = asyncio.run(shown(database, path))
    assert answer.status_code in {200, 303}, (path, answer.status_code)
    return heard.seconds


def monitoring(database: Database) -> float:
    """How long the database took for a worker's own figures, after the first time."""
    latest = database.read(gauges.latest_row)
    with asked(database) as heard:
        for question in (gauges.open_orders, gauges.concerns, gauges.oldest_event):
            database.read(question)
        database.read(gauges.given, latest, latest)
    return heard.seconds


async def shown(database: Database, path: str) -> httpx.Response:
    """A page as operations see it; of Temporal nothing is asked."""
    client = await Client.connect("127.0.0.1:1", lazy=True)
    holder = held_by("bench", Scope.OPERATIONS, TOKEN)
    house = House(
        Settings(secret_key=SecretStr(TOKEN)),
        Backorders(client, database),
        database,
        Links("http://shop.example", "bench"),
        Tokens((holder,)),
        clock=lambda: NOW,
    )
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
    transport = httpx.ASGITransport(pages(house))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as http:
        return await http.get(path, headers=headers)
