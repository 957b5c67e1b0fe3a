"""Shops for scenarios: on SQLite, or on both databases where the scenario touches stock under stress."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import Database
from tests.shop import Shop, open_shop


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(sqlite_database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def shop_on_both(database: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(database, tmp_path) as opened:
        yield opened
