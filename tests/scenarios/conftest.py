"""Shops for scenarios: on SQLite, or on both databases where the scenario touches stock under stress."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from store.database import Database
from tests.shop import Shop, open_shop

REMEMBERS: dict[str, Any] = {}
FORGETS = {"max_cached_workflows": 0}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """E8: the story of a backorder is told a second time by a worker that forgets every workflow after each task."""
    if metafunc.module.__name__.endswith("test_a_story") and "shop" in metafunc.fixturenames:
        metafunc.parametrize("shop", [REMEMBERS, FORGETS], ids=["remembers", "forgets"], indirect=True)


@pytest.fixture
async def shop(
    request: pytest.FixtureRequest, sqlite_database: Database, tmp_path: Path
) -> AsyncIterator[Shop]:
    worker: dict[str, Any] = getattr(request, "param", REMEMBERS)
    async with open_shop(sqlite_database, tmp_path, **worker) as opened:
        yield opened


@pytest.fixture
async def shop_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, tmp_path) as opened:
        yield opened
