from collections.abc import Iterator

import pytest

from store.database import Database
from tests.store.stockroom import Stockroom


@pytest.fixture
def stock(sqlite_database: Database) -> Iterator[Stockroom]:
    """A stockroom; whatever a test did, its books are right in the end."""
    stockroom = Stockroom(sqlite_database)
    yield stockroom
    assert stockroom.findings() == []
