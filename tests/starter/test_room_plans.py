"""Each page of the operations room finds its rows by an index, however many orders there are."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import Connection

from benchmarks import room
from benchmarks.asked import asked
from benchmarks.year import fill, oldest_waiting
from store import gauges
from store.database import Database

# Tables that grow with the shop; the others have a row a product, a day or a word of operations.
GROW = (
    "orders",
    "lines",
    "stock_ledger",
    "parcels",
    "payments",
    "notices",
    "cancellations",
    "changes",
    "delays",
    "bells",
    "events",
    "quotes",
    "inventory_changes",
    "deliveries",
)
_SCANNED = re.compile(r"Seq Scan on (\w+)")


@pytest.fixture
def year(postgres_database: Database) -> Database:
    fill(postgres_database, 400, 100, room.NOW)
    return postgres_database


def scanned(database: Database, path: str) -> list[str]:
    """What a page asks that reads a growing table from its beginning even where the planner would rather not."""
    with asked(database) as heard:
        answer = asyncio.run(room.shown(database, path))
    assert answer.status_code in {200, 303}, path
    assert heard.statements
    return list(_scans(database, heard.statements))


def _scans(database: Database, statements: list[tuple[str, Any]]) -> Iterator[str]:
    with database.engine.connect() as connection:
        plain: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        plain.execute("SET enable_seqscan = off")
        for statement, values in statements:
            if not statement.startswith("SET "):
                plan = "\n".join(row[0] for row in plain.execute(f"EXPLAIN {statement}", values))
                yield from (f"{table}: {statement}" for table in _SCANNED.findall(plan) if table in GROW)


@pytest.mark.slow
def test_every_page_of_the_room_and_every_figure_of_monitoring_goes_by_an_index(year: Database) -> None:
    pages = room.paths(oldest_waiting(400, 100)).values()

    found = {path: scanned(year, path) for path in pages}
    with asked(year) as heard:
        for question in (gauges.open_orders, gauges.concerns, gauges.oldest_event):
            year.read(question)
        year.read(gauges.latest_row)
        year.read(gauges.given, 1, 2)

    assert found == {path: [] for path in pages}
    assert len(heard.statements) >= 5
    assert list(_scans(year, heard.statements)) == []


def test_a_question_without_an_index_is_noticed(postgres_database: Database) -> None:
    by_digest = "SELECT count(*) FROM orders WHERE digest = %(digest)s"

    assert list(_scans(postgres_database, [(by_digest, {"digest": "x"})]))
