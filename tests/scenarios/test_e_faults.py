"""Bad weather on every line at once: database, mail, payment provider, carrier and Temporal."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from store.database import Database
from tests.crowd import Crowd
from tests.crowd_books import faults
from tests.live import AS_IT_IS, HASTY, live_shop
from tests.proxy import Line, line_to_port
from tests.weather import storm

SEED = "bad weather"


@dataclass
class Roads:
    """A line of its own to each place."""

    open: AsyncExitStack
    lines: dict[str, Line] = field(default_factory=dict)

    async def way(self, name: str, port: int) -> int:
        self.lines[name] = await self.open.enter_async_context(line_to_port(port))
        return self.lines[name].port


@pytest.mark.slow
async def test_orders_run_through_a_short_storm_on_every_line(
    postgres_database: Database, tmp_path: Path
) -> None:
    await _orders_in_a_storm(
        postgres_database, tmp_path, HASTY, orders=20, seconds=10, fair=2, bad=1.5, seed=SEED
    )


@pytest.mark.soak
@pytest.mark.parametrize("seed", [f"{SEED}-{number}" for number in range(1, 3)])
async def test_a_hundred_orders_run_through_a_long_storm_on_every_line(
    postgres_database: Database, tmp_path: Path, seed: str
) -> None:
    await _orders_in_a_storm(
        postgres_database, tmp_path, AS_IT_IS, orders=100, seconds=120, fair=15, bad=25, seed=seed
    )


async def _orders_in_a_storm(
    database: Database,
    folder: Path,
    command: tuple[str, ...],
    *,
    orders: int,
    seconds: float,
    fair: float,
    bad: float,
    seed: str,
) -> None:
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        roads = Roads(stack)
        shop = await stack.enter_async_context(
            live_shop(database, folder, way=roads.way, real_providers=True, command=command)
        )
        await shop.worker.start()
        crowd = Crowd(shop, orders, seconds=seconds, seed=seed)
        happened, _ = await asyncio.gather(storm(roads.lines, seed, seconds, fair, bad), crowd.live())
        await crowd.ended(600)

        assert faults(crowd) == [], happened
        assert shop.worker.runs
        assert shop.worker.starts == 1
        print(  # noqa: T201 - what a soak is for
            f"\nStorm {seed!r}: {len(happened)} faults on {len(roads.lines)} lines, {orders} orders,"
            f" {shop.inbox.doubles()} of {len(shop.inbox.received)} mails twice, 0 lost,"
            f" {time.monotonic() - began:.0f} s"
        )
