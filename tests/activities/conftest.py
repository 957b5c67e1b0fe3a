from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import Database
from tests.activities.desk import Desk
from tests.shop import gateways, sandboxes


@pytest.fixture
async def desk(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk whose books are right whatever a test did."""
    async with sandboxes(tmp_path) as outside, gateways(sqlite_database, outside) as (parts, mail):
        opened = Desk(sqlite_database, parts, mail)
        yield opened
        assert opened.room.findings() == []
