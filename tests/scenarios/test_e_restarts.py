"""Temporal's server goes away and comes back on its file; the worker stays, and goes on."""

import asyncio
import signal
from pathlib import Path

import pytest

from store import audit
from store.database import Database
from tests.crowd import Crowd
from tests.crowd_books import faults
from tests.live import HASTY, live_shop

WAYS = (signal.SIGTERM, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("how", WAYS, ids=["stopped", "killed"])
async def test_e2_temporal_starts_again_on_its_file_while_orders_wait_and_others_are_under_way(
    sqlite_database: Database, tmp_path: Path, how: signal.Signals
) -> None:
    async with live_shop(sqlite_database, tmp_path, command=HASTY) as shop:
        await shop.worker.start()
        crowd = Crowd(shop, 20, seconds=8, seed="restarted", pieces=6)
        living = asyncio.create_task(crowd.live())
        for _ in range(2):
            await asyncio.sleep(3)
            assert sqlite_database.read(audit.should_run)
            await shop.restart_server(how, away_seconds=1)
        await living
        await crowd.ended(200)

        assert faults(crowd) == []
        assert shop.inbox.doubles() == 0
        assert shop.worker.runs
        assert shop.worker.starts == 1
