"""What an order costs while it waits: memory in the worker, room in the database and in Temporal, time to wake."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from temporalio.client import Client

from benchmarks.processes import cpu_seconds, memory_kb, worker
from benchmarks.shop import dev_server, every, mail_sink, opened, place, start_bare
from benchmarks.table import Figure, most, time_ratio
from starter.client import Backorders
from store.database import Database
from tests.postgres import postgres
from workflows.messages import backorder_workflow_id

ORDERS = 1_000
WARM = 200
IDLE_SECONDS = 10


async def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, postgres() as server:
        server.create("waiting")
        folder = Path(name)
        url = server.url("waiting")
        with closing(opened(url)) as database:
            async with dev_server(folder / "temporal.db") as (client, _), mail_sink() as port:
                where = (client.service_client.config.target_host, url, folder, port)
                bare, lean = [await _floor(kind, client, where) for kind in ("bare", "lean")]
                return await _ours(database, client, where, folder / "temporal.db", bare, lean)


@dataclass(frozen=True)
class Waited:
    """What workflows that wait take of a worker: KB for each; seconds for one to wake, in memory and out of it."""

    kb: float
    woken: float
    rebuilt: float


async def _floor(kind: str, client: Client, where: tuple[object, ...]) -> Waited:
    async with worker(kind, *where) as pid:
        grown = await _grown(
            pid, lambda name, orders: every(start_bare(client, f"{kind}-{one}") for one in _ids(name, orders))
        )
        woken = await _woken(client, f"{kind}-wait-{{}}")
    async with worker(kind, *where):
        return Waited(grown, woken, await _woken(client, f"{kind}-wait-{{}}"))


async def _ours(
    database: Database, client: Client, where: tuple[object, ...], file: Path, bare: Waited, lean: Waited
) -> list[Figure]:
    doors = Backorders(client, database)
    named = backorder_workflow_id("wait-{}")
    async with worker("ours", *where) as pid:
        stored, kept = _size(database), _bytes(file)
        grown = await _grown(pid, lambda name, orders: place(doors, _ids(name, orders)))
        stored, kept = _size(database) - stored, _bytes(file) - kept
        before = cpu_seconds([pid])
        await _idle()
        idle = cpu_seconds([pid]) - before
        woken = await _woken(client, named)
    async with worker("ours", *where):
        ours = Waited(grown, woken, await _woken(client, named))
    return [*_of_waiting(ours, bare, lean), *_of_rooms(stored, kept, idle)]


def _of_waiting(ours: Waited, bare: Waited, lean: Waited) -> list[Figure]:
    above = "memory of a worker per cached waiting order, above a bare one"
    return [
        most(f"{above} as the SDK runs it", ours.kb - bare.kb, "KB", 40),
        most(f"{above} run as ours are", ours.kb - lean.kb, "KB", 40),
        most("memory of a worker per cached waiting order", ours.kb, "KB", 200),
        time_ratio("waking a cached waiting order, against a bare one", ours.woken, lean.woken, 2),
        time_ratio(
            "waking a waiting order after a restart, against a bare one", ours.rebuilt, bare.rebuilt, 2
        ),
    ]


def _of_rooms(stored: float, kept: float, idle: float) -> list[Figure]:
    orders = ORDERS + WARM
    ours = "PostgreSQL per waiting order, with its ledger, letter and events"
    return [
        most(ours, stored / orders / 1000, "KB", 20),
        most("Temporal's store per waiting order", kept / orders / 1000, "KB", 60),
        most(
            f"a worker's processor time for 10,000 waiting orders, {IDLE_SECONDS} s",
            idle * 10_000 / orders,
            "s",
            5,
        ),
    ]


async def _grown(pid: int, begin: Callable[[str, int], Awaitable[None]]) -> float:
    """KB for each that waits; the first ones warm the process up."""
    await begin("warm", WARM)
    await _idle(3)
    before = memory_kb(pid)
    await begin("wait", ORDERS)
    await _idle(3)
    return (memory_kb(pid) - before) / ORDERS


async def _woken(client: Client, named: str) -> float:
    """Seconds for each of those that wait to hear a question and answer."""
    handles = [client.get_workflow_handle(named.format(number)) for number in range(ORDERS)]
    began = time.perf_counter()
    await every((handle.query("status") for handle in handles), 50)
    return (time.perf_counter() - began) / ORDERS


def _ids(name: str, orders: int) -> list[str]:
    return [f"{name}-{number}" for number in range(orders)]


async def _idle(seconds: float = IDLE_SECONDS) -> None:
    """Nothing happens for so long: that is what is measured."""
    await asyncio.sleep(seconds)


def _size(database: Database) -> int:
    with database.engine.connect() as connection:
        size: int = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return size


def _bytes(file: Path) -> int:
    """With what SQLite has not yet moved into the file itself."""
    return sum(one.stat().st_size for one in file.parent.glob(f"{file.name}*"))
