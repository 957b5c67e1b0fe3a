"""The invariants of stock, asked of the database; each answer is a sentence about what is wrong."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from domain.status import Status
from domain.supply import Arrival, covering
from store.deal import QUEUE
from store.tables import BellRow, LineRow, OrderRow, ProductRow, StockLedgerRow

_LINE_PARTS = ("backordered", "allocated", "claimed", "shipped", "cancelled")


def findings(session: Session) -> list[str]:
    """Every broken invariant; empty when the books are right."""
    return [
        *_on_hand(session),
        *_reserved(session),
        *_waiting(session),
        *_lines(session),
        *_deal(session),
        *_promises(session),
    ]


def _on_hand(session: Session) -> Iterator[str]:
    movements = select(StockLedgerRow.sku, func.sum(StockLedgerRow.on_hand).label("units")).group_by(
        StockLedgerRow.sku
    )
    sums = movements.subquery()
    statement = (
        select(ProductRow.sku, ProductRow.on_hand, func.coalesce(sums.c.units, 0))
        .join(sums, sums.c.sku == ProductRow.sku, isouter=True)
        .where(ProductRow.on_hand != func.coalesce(sums.c.units, 0))
    )
    for sku, on_hand, units in session.execute(statement):
        yield f"{sku}: {on_hand} on hand, but its movements add up to {units}"


def _reserved(session: Session) -> Iterator[str]:
    held = select(LineRow.sku, func.sum(LineRow.allocated + LineRow.claimed).label("units")).group_by(
        LineRow.sku
    )
    sums = held.subquery()
    statement = (
        select(ProductRow.sku, ProductRow.reserved, func.coalesce(sums.c.units, 0))
        .join(sums, sums.c.sku == ProductRow.sku, isouter=True)
        .where(ProductRow.reserved != func.coalesce(sums.c.units, 0))
    )
    for sku, reserved, units in session.execute(statement):
        yield f"{sku}: {reserved} reserved, but its lines hold {units}"


def _waiting(session: Session) -> Iterator[str]:
    needed = select(func.coalesce(func.sum(LineRow.backordered), 0)).where(
        LineRow.sku == ProductRow.sku, LineRow.backordered > 0
    )
    units = needed.scalar_subquery()
    statement = select(ProductRow.sku, ProductRow.waiting, units).where(ProductRow.waiting != units)
    for sku, waiting, needs in session.execute(statement):
        yield f"{sku}: {waiting} units are counted as waiting, but its lines need {needs}"


def _lines(session: Session) -> Iterator[str]:
    """Each line's units are the sums of its ledger rows."""
    columns: list[Any] = [func.sum(getattr(StockLedgerRow, part)).label(part) for part in _LINE_PARTS]
    sums = (
        select(StockLedgerRow.order_id, StockLedgerRow.sku, *columns)
        .where(StockLedgerRow.order_id != "")
        .group_by(StockLedgerRow.order_id, StockLedgerRow.sku)
        .subquery()
    )
    statement = select(LineRow, *(sums.c[part] for part in _LINE_PARTS)).join(
        sums, (sums.c.order_id == LineRow.order_id) & (sums.c.sku == LineRow.sku), isouter=True
    )
    for line, *units in session.execute(statement):
        wrong = [
            part
            for part, count in zip(_LINE_PARTS, units, strict=True)
            if getattr(line, part) != (count or 0)
        ]
        if wrong:
            yield f"order {line.order_id}, {line.sku}: {', '.join(wrong)} differ from the ledger"


def _deal(session: Session) -> Iterator[str]:
    """No line needs a unit while a later line holds one, or while one is free."""
    later = aliased(LineRow)
    place = (later.queue_at, later.placed_at, later.order_id)
    behind = (
        select(literal(1))
        .where(later.sku == LineRow.sku, later.allocated > 0, tuple_(*place) > tuple_(*QUEUE))
        .exists()
    )
    for line in session.scalars(select(LineRow).where(LineRow.backordered > 0, behind)):
        yield f"order {line.order_id}, {line.sku}: needs {line.backordered} while a later line holds some"
    free = (
        select(LineRow)
        .join(ProductRow, ProductRow.sku == LineRow.sku)
        .where(LineRow.backordered > 0, ProductRow.on_hand > ProductRow.reserved)
    )
    for line in session.scalars(free):
        yield f"order {line.order_id}, {line.sku}: needs {line.backordered} while some are free"


def _promises(session: Session) -> Iterator[str]:
    """Each waiting line has the date of the first arrival that covers all ahead of it and itself."""
    for product in session.scalars(select(ProductRow)):
        supply = [Arrival.model_validate(arrival) for arrival in product.supply]
        queue = select(LineRow).where(LineRow.sku == product.sku, LineRow.backordered > 0).order_by(*QUEUE)
        needed, by_date = 0, Counter[date]()
        for line in session.scalars(queue.execution_options(yield_per=1000)):
            needed += line.backordered
            arrival = covering(supply, needed)
            if line.supply_on != (arrival.on if arrival else None):
                yield f"order {line.order_id}, {line.sku}: dated {line.supply_on}, covered by {arrival}"
            if line.supply_on:
                by_date[line.supply_on] += line.backordered
        if any(by_date[arrival.on] != arrival.needed for arrival in supply):
            yield f"{product.sku}: what is needed of its supply is counted wrongly"


def should_run(session: Session, after: str = "", limit: int = 500) -> list[str]:
    """Ids of orders that must have a workflow, in pages."""
    statement = select(OrderRow.order_id).where(OrderRow.ended_at.is_(None), OrderRow.order_id > after)
    statement = statement.where(OrderRow.status != Status.REJECTED)
    return list(session.scalars(statement.order_by(OrderRow.order_id).limit(limit)))


def unrung_bells(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(BellRow).where(BellRow.rung_at.is_(None))) or 0
