"""Placing while receiving, on PostgreSQL: what a second worker adds, and how long a checkout waits meanwhile."""

import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field

from benchmarks.processes import cpu_seconds, named, worker
from benchmarks.shop import dev_server, ended, every, mail_sink, opened, order
from benchmarks.table import Figure, most, rate_ratio, time_ratio
from domain.policy import Product
from starter.client import Backorders
from store import catalog
from tests.postgres import postgres

ORDERS = 150
SKUS = tuple(f"M-{number}" for number in range(5))
SLOTS, GATEWAY_MS = 4, 500
"""As real gateways are: slow. A worker of so few slots waits for them most of its time, and leaves the server idle."""

AT_ONCE = 30
PIECE = 3


@dataclass
class Run:
    """Orders a second, seconds of each checkout, and processor seconds by part."""

    rate: float = 0
    checkouts: list[float] = field(default_factory=list)
    took: dict[str, float] = field(default_factory=dict)

    @property
    def usual(self) -> float:
        return statistics.median(self.checkouts)


async def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, postgres() as server:
        server.create("mixed")
        url = server.url("mixed")
        with closing(opened(url)) as database:
            database.write(catalog.load_products, tuple(Product(sku=sku, title=sku) for sku in SKUS))
            async with dev_server() as (client, _), mail_sink() as port:
                where = (client.service_client.config.target_host, url, name, port)
                doors = Backorders(client, database)
                slow = (*where, SLOTS, GATEWAY_MS)
                one, two = await _with(1, slow, doors, "slow-1"), await _with(2, slow, doors, "slow-2")
                full = await _with(2, where, doors, "full")
                alone = await _placing_alone(where, doors)
    parts = ", ".join(f"{part} {seconds / ORDERS * 1000:.0f}" for part, seconds in full.took.items())
    return [
        rate_ratio("two workers against one, placing while receiving, PostgreSQL", two.rate, one.rate, 1.6),
        time_ratio("a checkout while receipts come in, against none", full.usual, alone.usual, 3),
        most(f"processor time of one order ({parts})", sum(full.took.values()) / ORDERS * 1000, "ms", 400),
    ]


async def _with(workers: int, where: tuple[object, ...], doors: Backorders, name: str) -> Run:
    """All orders placed and shipped by so many workers, while their stock comes in pieces."""
    async with AsyncExitStack() as stack:
        pids = [await stack.enter_async_context(worker("ours", *where)) for _ in range(workers)]
        await _lives(doors, f"warm-{name}", 20)
        return await _lives(doors, name, ORDERS, pids)


async def _lives(doors: Backorders, name: str, orders: int, pids: list[int] | None = None) -> Run:
    run = Run()
    ids = [f"{name}-{number}" for number in range(orders)]
    before = _took(pids)
    began = time.perf_counter()
    await asyncio.gather(_place(doors, ids, run), _receive(doors, name, orders))
    await ended(doors.client, ids)
    run.rate = orders / (time.perf_counter() - began)
    run.took = {part: seconds - before[part] for part, seconds in _took(pids).items()}
    return run


async def _place(doors: Backorders, ids: list[str], run: Run) -> None:
    async def one(number: int, order_id: str) -> None:
        began = time.perf_counter()
        await doors.place(order(order_id, SKUS[number % len(SKUS)]))
        run.checkouts.append(time.perf_counter() - began)

    await every((one(number, order_id) for number, order_id in enumerate(ids)), AT_ONCE)


async def _receive(doors: Backorders, name: str, orders: int) -> None:
    """All products in receipts of a few units each, which are just enough."""
    left = orders // len(SKUS)
    for piece in range(left, 0, -PIECE):
        await doors.receive(f"{name}-{piece}", dict.fromkeys(SKUS, min(PIECE, piece)))


async def _placing_alone(where: tuple[object, ...], doors: Backorders) -> Run:
    run = Run()
    async with worker("ours", *where), worker("ours", *where):
        await _place(doors, [f"alone-{number}" for number in range(ORDERS)], run)
    return run


def _took(workers: list[int] | None) -> dict[str, float]:
    """Processor seconds so far, by part."""
    return {
        "workers": cpu_seconds(workers or ()),
        "Temporal": cpu_seconds(named("start-dev")),
        "PostgreSQL": cpu_seconds(named("postgres")),
    }
