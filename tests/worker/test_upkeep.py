"""What runs beside a worker: it begins anew after an error that nobody foresaw, and says so."""

import asyncio
import logging
import time
from datetime import datetime

import pytest
from sqlalchemy.pool import QueuePool

from store import gauges
from store.database import LONGEST_CLOSE_SECONDS, Database
from tests.cutting import tcp_line
from tests.fakes.oms_server import OmsServer
from tests.proxy import Fault
from tests.scenarios.test_f_webhooks import Clock, _delivered, _write, relaying
from tests.shop import eventually
from worker.relay import relay
from worker.upkeep import LONGEST_END, beside


async def test_work_that_fails_is_told_of_and_begins_anew(caplog: pytest.LogCaptureFixture) -> None:
    begun = [0]

    async def work(stop: asyncio.Event) -> None:
        begun[0] += 1
        if begun[0] < 3:
            raise RuntimeError("nobody foresaw it")
        await stop.wait()

    async with beside("counting sheep", work, first_pause=0.01):
        await eventually(lambda: begun[0] == 3, "the third time")

    assert [one.getMessage() for one in caplog.records] == [
        "counting sheep ended by an unforeseen error; it begins anew in 0.01 s",
        "counting sheep ended by an unforeseen error; it begins anew in 0.02 s",
    ]
    assert all(one.levelno == logging.ERROR and one.exc_info for one in caplog.records)


async def test_work_that_pauses_after_a_failure_ends_when_told_to() -> None:
    async def work(_stop: asyncio.Event) -> None:
        raise RuntimeError("nobody foresaw it")

    async with asyncio.timeout(5), beside("counting sheep", work, first_pause=600):
        await asyncio.sleep(0)


async def test_work_that_does_not_end_is_given_up_and_said(caplog: pytest.LogCaptureFixture) -> None:
    async def work(_stop: asyncio.Event) -> None:
        await asyncio.Event().wait()

    async with asyncio.timeout(5), beside("counting sheep", work, longest_end=0.05):
        await asyncio.sleep(0)

    assert [one.getMessage() for one in caplog.records] == [
        "counting sheep is given up: not finished within 0.05 s of the end"
    ]


@pytest.mark.slow
async def test_a_worker_that_is_told_to_go_does_not_wait_for_a_database_that_froze(
    postgres_database: Database,
) -> None:
    async with tcp_line(postgres_database) as line:
        await line.database.aread(gauges.latest_row)
        pool = line.database.engine.pool
        assert isinstance(pool, QueuePool)
        line.suffer(Fault.SILENT)

        began = time.monotonic()
        async with asyncio.timeout(60):
            async with relay(line.database, None):
                await eventually(lambda: pool.checkedout() == 1, "a question without an answer")
            await asyncio.to_thread(line.database.close)

        assert time.monotonic() - began < LONGEST_END + LONGEST_CLOSE_SECONDS + 5
        await line.come_back()


class _Stumbling(Clock):
    """A clock that can't tell the time when it is first asked."""

    asked = 0

    def __call__(self) -> datetime:
        self.asked += 1
        if self.asked == 1:
            raise LookupError("nobody foresaw it")
        return super().__call__()


async def test_events_go_on_after_an_error_that_nobody_foresaw(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    oms = OmsServer()
    _write(sqlite_database, "100-a", "100-b")

    async with relaying(sqlite_database, oms, _Stumbling()):
        await _delivered(sqlite_database, 2)

    assert [got.event_id for got in oms.taken] == ["100-a", "100-b"]
    assert [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR] == [
        "sending events ended by an unforeseen error; it begins anew in 1 s"
    ]
