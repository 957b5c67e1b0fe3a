"""Shops for scenarios: on both databases where stock is under stress, with both kinds of providers where money is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from store.database import Database
from tests.shop import Shop, World, open_shop, sandboxes
from tests.worlds import providers

REMEMBERS: dict[str, Any] = {}
FORGETS = {"max_cached_workflows": 0}
WITH_REAL_PROVIDERS = ("test_a_", "test_c_")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What each scenario is told with, besides its own.

    The story of a backorder a second time by a worker that forgets every workflow after each task (E8); money and
    parcels a second time with Stripe and EasyPost, by their HTTP.
    """
    module = metafunc.module.__name__.rpartition(".")[2]
    if module == "test_a_story" and "shop" in metafunc.fixturenames:
        metafunc.parametrize("shop", [REMEMBERS, FORGETS], ids=["remembers", "forgets"], indirect=True)
    if module.startswith(WITH_REAL_PROVIDERS) and "world" in metafunc.fixturenames:
        metafunc.parametrize("world", [sandboxes, providers], ids=["sandbox", "providers"], indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = getattr(request, "param", sandboxes)
    return chosen


@pytest.fixture
async def shop(
    request: pytest.FixtureRequest, sqlite_database: Database, tmp_path: Path, world: World
) -> AsyncIterator[Shop]:
    worker: dict[str, Any] = getattr(request, "param", REMEMBERS)
    async with open_shop(sqlite_database, tmp_path, world=world, **worker) as opened:
        yield opened


@pytest.fixture
async def shop_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, tmp_path) as opened:
        yield opened
