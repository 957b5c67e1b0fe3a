from collections.abc import Iterator

import pytest

from store.database import Database
from tests.store.stockroom import Stockroom


@pytest.fixture
def stock(database: Database) -> Iterator[Stockroom]:
    """A stockroom on each database; whatever a test did, its books are right in the end."""
    stockroom = Stockroom(database)
    yield stockroom
    assert stockroom.findings() == []
