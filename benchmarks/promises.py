"""What it costs to renew promises: with the dates that move, not with the queue."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from benchmarks.deal import START, analyse, best, databases, fill, timed
from benchmarks.table import Figure, time_ratio
from domain.inventory import ChangeKind, ChangeLine, InventoryChange
from store import inventory
from store.database import Database
from store.inventory import Change
from store.stock_tables import BellRow
from store.tables import LineRow, ProductRow

DEEP, SHALLOW = 100_000, 1_000
_CHANGES = count()
_MOVED = 30
"""Units of the purchase order that slips: ten lines of three."""


def measure() -> Iterator[Figure]:
    with databases() as found:
        for name, database in found:
            for sku, lines in (("DEEP", DEEP), ("SHALLOW", SHALLOW)):
                fill(database, sku, lines)
                database.write(_supply, sku, lines)
            analyse(database)
            deep = best(lambda: _slip(database, "DEEP"))  # noqa: B023 - called at once
            shallow = best(lambda: _slip(database, "SHALLOW"))  # noqa: B023 - called at once
            yield time_ratio(
                f"10 promises moved in a queue of 100,000 against 1,000 ({name})", deep, shallow, 3
            )


def _supply(session: Session, sku: str, lines: int) -> None:
    """All of the queue is dated: by an early arrival, a small one, and a late one."""
    waiting = select(func.sum(LineRow.backordered)).where(LineRow.sku == sku).scalar_subquery()
    session.execute(update(ProductRow).where(ProductRow.sku == sku).values(waiting=waiting))
    early = (lines // 2) * 3
    for inbound_id, units, days in (("EARLY", early, 30), ("SMALL", _MOVED, 40), ("LATE", lines * 3, 90)):
        inventory.apply(session, _announced(sku, inbound_id, units, START.date() + timedelta(days=days)))


def _slip(database: Database, sku: str) -> float:
    def work(session: Session) -> None:
        change = _announced(sku, "SMALL", _MOVED, START.date() + timedelta(days=60))
        inventory.apply(session, change)
        session.flush()
        bells = select(func.count()).where(BellRow.cause == f"inventory-{change.change.change_id}")
        assert session.scalar(bells) == 10

    return timed(database, work)


def _announced(sku: str, inbound_id: str, units: int, eta: date) -> Change:
    line = ChangeLine(sku=sku, quantity=units, inbound_id=f"{sku}-{inbound_id}", eta=eta)
    change = InventoryChange(
        change_id=f"bench-{next(_CHANGES)}", kind=ChangeKind.INBOUND, happened_at=START, lines=(line,)
    )
    return Change(change=change, at=START)
