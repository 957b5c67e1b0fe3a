"""The worker is killed again and again while orders of all kinds run; nothing is lost, nothing is done twice."""

import asyncio
import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from store.database import Database
from tests.crowd import Crowd
from tests.crowd_books import faults
from tests.live import AS_IT_IS, HASTY, LiveShop, live_shop

SEED = "killed"
UNRECORDED_SECONDS = 10
"""Between a mail server's yes and our record of it, on a busy machine."""


@dataclass
class Killings:
    """A worker that lives for a moment, and then the next one."""

    shop: LiveShop
    times: int
    longest: float
    at: list[float] = field(default_factory=list)

    async def go_on(self) -> None:
        drawn = random.Random(SEED)  # noqa: S311 - no secret
        for _ in range(self.times):
            await self.shop.worker.start()
            await asyncio.sleep(drawn.uniform(0.2, self.longest))
            await self.shop.worker.end(signal.SIGKILL)
            self.at.append(time.monotonic())
        await self.shop.worker.start()

    def unexplained(self) -> list[str]:
        """Mails that came twice although no kill fell between the first one and its record."""
        return [
            letter
            for letter, came in self.shop.inbox.arrivals().items()
            for first in came[:-1]
            if not any(0 <= at - first <= UNRECORDED_SECONDS for at in self.at)
        ]


@pytest.mark.slow
async def test_e1_the_worker_is_killed_a_few_times_while_orders_run(
    sqlite_database: Database, tmp_path: Path
) -> None:
    await _orders_under_kills(sqlite_database, tmp_path, HASTY, orders=24, kills=4, longest=2)


@pytest.mark.soak
async def test_e1_the_worker_is_killed_30_times_while_200_orders_run(
    database: Database, tmp_path: Path
) -> None:
    await _orders_under_kills(database, tmp_path, AS_IT_IS, orders=200, kills=30, longest=5)


async def _orders_under_kills(
    database: Database, folder: Path, command: tuple[str, ...], orders: int, kills: int, longest: float
) -> None:
    began = time.monotonic()
    async with live_shop(database, folder, command=command) as shop:
        killings = Killings(shop, kills, longest)
        crowd = Crowd(shop, orders, seconds=kills * (longest / 2 + 2), seed=SEED)
        await asyncio.gather(killings.go_on(), crowd.live())
        await crowd.ended(400)

        assert faults(crowd) == []
        assert killings.unexplained() == []
        assert len(killings.at) == kills
        print(  # noqa: T201 - what a soak is for
            f"\nE1 on {database.url.get_backend_name()}: {kills} kills survived, {orders} orders,"
            f" {shop.inbox.doubles()} of {len(shop.inbox.received)} mails twice, 0 lost,"
            f" {time.monotonic() - began:.0f} s"
        )
