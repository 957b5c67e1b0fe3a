"""Whether a process is alive and ready: the truth, soon, and without secrets."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from starter.embedded.temporal_server import TemporalServer
from store.database import Database
from store.migrate import behind, migrate
from tests.worker.watching import free_port
from worker import health
from worker.health import Look, Stage, answering, looks
from worker.settings import BadSetting


@asynccontextmanager
async def asking(**asked: Look) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(openapi_url=None)
    app.include_router(health.router(asked))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        yield http


async def test_a_process_is_ready_while_all_that_it_needs_answers(database: Database, tmp_path: Path) -> None:
    server = await TemporalServer.start(tmp_path, 0, 0)
    try:
        client = await Client.connect(server.address)
        async with asking(**looks(database, client)) as http:
            answer = await http.get("/readyz")
    finally:
        await server.stop()

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "database": "ok", "temporal": "ok"},
    )


async def test_what_is_out_of_reach_is_said_and_nothing_else(tmp_path: Path) -> None:
    away = Database("postgresql+psycopg://shop:hunter-two@127.0.0.1:1/shop")
    client = await Client.connect("127.0.0.1:1", lazy=True)

    async with asking(**looks(away, client)) as http:
        ready, alive = await http.get("/readyz"), await http.get("/healthz")

    away.close()
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert ready.json() == {"status": "not ready", "database": "out of reach", "temporal": "out of reach"}


@pytest.mark.parametrize(
    ("revision", "ready"), [("0001", False), (None, False), ("9999", True)], ids=["older", "none", "newer"]
)
async def test_a_database_that_lacks_a_migration_is_not_ready_and_a_newer_one_is(
    sqlite_database: Database, revision: str | None, *, ready: bool
) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        if revision:
            connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{revision}')")  # noqa: S608
    client = await Client.connect("127.0.0.1:1", lazy=True)

    async with asking(database=looks(sqlite_database, client)["database"]) as http:
        answer = await http.get("/readyz")

    assert answer.status_code == (200 if ready else 503)
    assert answer.json()["database"] == ("ok" if ready else "is not at its newest migration")


async def test_readiness_waits_neither_for_who_writes_nor_for_a_slow_carrier(
    sqlite_database: Database,
) -> None:
    client = await Client.connect("127.0.0.1:1", lazy=True)
    threads, carrier_answers = ThreadPoolExecutor(1), threading.Event()
    asyncio.get_running_loop().set_default_executor(threads)
    quoting = asyncio.create_task(asyncio.to_thread(carrier_answers.wait))

    try:
        with sqlite_database.engine.begin() as busy:
            busy.exec_driver_sql("BEGIN IMMEDIATE")
            async with asking(database=looks(sqlite_database, client)["database"]) as http:
                answer = await http.get("/readyz")
    finally:
        carrier_answers.set()
        await quoting

    assert (answer.status_code, answer.json()["database"]) == (200, "ok")


async def test_an_answer_that_hangs_is_waited_for_two_seconds_and_never_asked_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.05)
    asked, let_go = [0], asyncio.Event()

    async def hangs() -> str | None:
        asked[0] += 1
        await let_go.wait()
        return None

    async with asking(database=hangs) as http:
        first, second = await http.get("/readyz"), await http.get("/readyz")
        let_go.set()
        await asyncio.sleep(0)
        third = await http.get("/readyz")

    assert [one.status_code for one in (first, second, third)] == [503, 503, 200]
    assert first.json()["database"] == "no answer within 0.05 s"
    assert asked[0] <= 2


async def test_a_worker_is_ready_from_its_first_poll_until_it_drains() -> None:
    stage = Stage()
    async with asking(worker=stage.look) as http:
        starting = await http.get("/readyz")
        stage.words = None
        working = await http.get("/readyz")
        stage.words = "is draining"
        draining = await http.get("/readyz")

    assert [one.status_code for one in (starting, working, draining)] == [503, 200, 503]
    assert [one.json()["worker"] for one in (starting, working, draining)] == [
        "is starting",
        "ok",
        "is draining",
    ]


async def test_without_an_address_nobody_listens() -> None:
    async with answering(None, {}):
        pass


async def test_an_address_answers_for_as_long_as_it_should_and_a_taken_one_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with answering(address, {"worker": Stage().look}), httpx.AsyncClient() as http:
        answer = await http.get(f"http://{address}/readyz")

        with pytest.raises(BadSetting) as bad:
            async with answering(address, {}):
                pass

    assert answer.json() == {"status": "not ready", "worker": "is starting"}
    assert str(bad.value) == f"BACKORDER_HEALTH_ADDRESS: {address}: address already in use"


def test_the_database_of_a_newer_version_is_left_as_it_is(sqlite_database: Database) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert migrate(sqlite_database) is False
    assert not sqlite_database.read(behind)
