"""Shops for scenarios: on both databases where stock is under stress, with both kinds of providers where money is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from store.database import Database
from tests.shop import Shop, World, open_shop, sandboxes
from tests.worlds import providers

REMEMBERS: dict[str, Any] = {}
FORGETS: dict[str, Any] = {"max_cached_workflows": 0}
ON_POSTGRESQL: dict[str, Any] = {"database": "postgres_database"}
WITH_REAL_PROVIDERS = ("test_a_", "test_c_")
STORY = {
    "remembers": (REMEMBERS, sandboxes),
    "forgets": (FORGETS, sandboxes),
    "providers-on-postgresql": (ON_POSTGRESQL, providers),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What each scenario is told with, besides its own.

    The story of a backorder a second time by a worker that forgets every workflow after each task (E8), and a third
    time on PostgreSQL with Stripe and EasyPost; delays on both databases; money and parcels a second time with Stripe
    and EasyPost, by their HTTP.
    """
    module = metafunc.module.__name__.rpartition(".")[2]
    if module == "test_a_story" and "shop" in metafunc.fixturenames:
        metafunc.parametrize(("shop", "world"), STORY.values(), ids=STORY, indirect=True)
        return
    if module == "test_d_delays":
        metafunc.parametrize("shop", [REMEMBERS, ON_POSTGRESQL], ids=["sqlite", "postgresql"], indirect=True)
    if module.startswith(WITH_REAL_PROVIDERS) and "world" in metafunc.fixturenames:
        metafunc.parametrize("world", [sandboxes, providers], ids=["sandbox", "providers"], indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = getattr(request, "param", sandboxes)
    return chosen


@pytest.fixture
async def shop(request: pytest.FixtureRequest, tmp_path: Path, world: World) -> AsyncIterator[Shop]:
    worker = dict(getattr(request, "param", REMEMBERS))
    database: Database = request.getfixturevalue(worker.pop("database", "sqlite_database"))
    async with open_shop(database, tmp_path, world=world, **worker) as opened:
        yield opened


@pytest.fixture
async def shop_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, tmp_path) as opened:
        yield opened
