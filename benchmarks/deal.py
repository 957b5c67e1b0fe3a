"""Dealing from deep queues, and what the ledger costs, on each database."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from benchmarks.table import Figure, time_ratio
from domain.policy import Policy, Product
from store import catalog
from store.database import Database
from store.deal import QUEUE, Deal, lock
from store.migrate import migrate
from store.tables import LineRow, OrderRow
from tests.postgres import postgres

DEEP, SHALLOW = 1_000_000, 1_000
TRIES = 5
START = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 20_000
_CAUSES = count()


def measure() -> Iterator[Figure]:
    with databases() as found:
        for name, database in found:
            yield from _of(name, database)


def _of(name: str, database: Database) -> Iterator[Figure]:
    fill(database, "DEEP", DEEP)
    fill(database, "SHALLOW", SHALLOW)
    analyse(database)
    deep = best(lambda: _deal(database, "DEEP", 100))
    shallow = best(lambda: _deal(database, "SHALLOW", 100))
    yield time_ratio(f"100 units to 1,000,000 lines against 1,000 ({name})", deep, shallow, 3)
    bare = best(lambda: _bare(database, "DEEP", 10_000))
    dealt = best(lambda: _deal(database, "DEEP", 10_000))
    yield time_ratio(f"10,000 units with ledger and bells against the bare update ({name})", dealt, bare, 3)


@contextmanager
def databases() -> Iterator[list[tuple[str, Database]]]:
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        server.create("bench")
        found = [
            ("SQLite", Database(f"sqlite:///{Path(folder) / 'bench.db'}")),
            ("PostgreSQL", Database(server.url("bench"))),
        ]
        for _, database in found:
            migrate(database)
        try:
            yield found
        finally:
            for _, database in found:
                database.close()


def fill(database: Database, sku: str, lines: int) -> None:
    """A queue of lines of 1 to 5 units, 3 on average."""
    database.write(catalog.load_products, (Product(sku=sku, title=sku),))
    for first in range(0, lines, _BATCH):
        database.write(_insert, sku, first, min(_BATCH, lines - first))


def _insert(session: Session, sku: str, first: int, count: int) -> None:
    terms = Policy().model_dump(mode="json")
    numbers = range(first, first + count)
    session.execute(insert(OrderRow), [_order(f"{sku}-{number}", number, terms) for number in numbers])
    session.execute(insert(LineRow), [_line(f"{sku}-{number}", sku, number) for number in numbers])


def _order(order_id: str, number: int, terms: dict[str, object]) -> dict[str, object]:
    at = START + timedelta(seconds=number)
    return {
        "order_id": order_id,
        "digest": "",
        "body": {},
        "customer_id": "C",
        "status": "waiting",
        "priority": "standard",
        "timing": "at_shipment",
        "fulfilment": "split",
        "method": "pm",
        "currency": "USD",
        "shipping_minor": 0,
        "terms": {} if number else terms,
        "time_zone": "UTC",
        "placed_at": at,
        "asked_at": at,
        "unreadable": [],
        "rests": [],
    }


def _line(order_id: str, sku: str, number: int) -> dict[str, object]:
    at, units = START + timedelta(seconds=number), 1 + number % 5
    return {
        "order_id": order_id,
        "sku": sku,
        "number": 1,
        "title": sku,
        "unit_price_minor": 100,
        "ordered": units,
        "backordered": units,
        "queue_at": at,
        "placed_at": at,
    }


def analyse(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def best(once: Callable[[], float]) -> float:
    return min(once() for _ in range(TRIES))


class _Undo(Exception):  # noqa: N818 - ends a transaction, so that each try meets the same queue
    pass


def timed(database: Database, work: Callable[[Session], None]) -> float:
    """The seconds of the work inside its transaction, which is then undone."""
    taken = 0.0

    def once(session: Session) -> None:
        nonlocal taken
        began = time.perf_counter()
        work(session)
        session.flush()
        taken = time.perf_counter() - began
        raise _Undo

    try:
        database.write(once)
    except _Undo:
        return taken
    raise AssertionError("the transaction was kept")


def _deal(database: Database, sku: str, units: int) -> float:
    def work(session: Session) -> None:
        product = lock(session, (sku,))[sku]
        product.on_hand += units
        given = Deal(session, f"bench-{next(_CAUSES)}", START).run(product)
        assert given == units

    return timed(database, work)


def _bare(database: Database, sku: str, units: int) -> float:
    """The floor: the same units to the same lines by one UPDATE that writes nothing down."""

    def work(session: Session) -> None:
        front = (
            select(LineRow.order_id, LineRow.backordered.label("units"), *QUEUE[:2])
            .where(LineRow.sku == sku, LineRow.backordered > 0)
            .order_by(*QUEUE)
            .limit(units)
            .subquery()
        )
        places = (front.c.queue_at, front.c.placed_at, front.c.order_id)
        running = select(
            front.c.order_id,
            front.c.units,
            func.sum(front.c.units).over(order_by=places, rows=(None, 0)).label("running"),
        ).subquery()
        share = func.min if session.bind and session.bind.dialect.name == "sqlite" else func.least
        part = share(running.c.units, units - running.c.running + running.c.units)
        session.execute(
            update(LineRow)
            .where(
                LineRow.order_id == running.c.order_id,
                LineRow.sku == sku,
                running.c.running - running.c.units < units,
            )
            .values(backordered=LineRow.backordered - part, allocated=LineRow.allocated + part)
            .execution_options(synchronize_session=False)
        )

    return timed(database, work)
