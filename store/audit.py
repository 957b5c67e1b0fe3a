"""The invariants of stock, asked of the database; each answer is a sentence about what is wrong."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from domain.audit import Finding, Kind
from domain.supply import Arrival, covering
from store.deal import QUEUE
from store.stock_tables import BellRow, StockLedgerRow
from store.tables import LineRow, OrderRow, ProductRow

_LINE_PARTS = ("backordered", "allocated", "claimed", "shipped", "cancelled")


def findings(session: Session) -> list[str]:
    """Every broken invariant of stock, in words; empty when the books are right."""
    return [found.finding for found in of_stock(session)]


def of_stock(session: Session) -> Iterator[Finding]:
    """Every broken invariant of stock."""
    yield from _on_hand(session)
    yield from _reserved(session)
    yield from _oversold(session)
    yield from _waiting(session)
    yield from _lines(session)
    yield from _units(session)
    yield from _ledger(session)
    yield from _deal(session)
    yield from _promises(session)


def _on_hand(session: Session) -> Iterator[Finding]:
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
        yield _of_sku(Kind.ON_HAND, sku, f"{on_hand} on hand, but its movements add up to {units}")


def _reserved(session: Session) -> Iterator[Finding]:
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
        yield _of_sku(Kind.RESERVED, sku, f"{reserved} reserved, but its lines hold {units}")


def _oversold(session: Session) -> Iterator[Finding]:
    """The table refuses it too; a copy of it may have lost that rule."""
    statement = select(ProductRow.sku, ProductRow.reserved, ProductRow.on_hand).where(
        or_(ProductRow.reserved < 0, ProductRow.reserved > ProductRow.on_hand)
    )
    for sku, reserved, on_hand in session.execute(statement):
        yield _of_sku(Kind.OVERSOLD, sku, f"{reserved} reserved of {on_hand} on hand")


def _waiting(session: Session) -> Iterator[Finding]:
    needed = select(func.coalesce(func.sum(LineRow.backordered), 0)).where(
        LineRow.sku == ProductRow.sku, LineRow.backordered > 0
    )
    units = needed.scalar_subquery()
    statement = select(ProductRow.sku, ProductRow.waiting, units).where(ProductRow.waiting != units)
    for sku, waiting, needs in session.execute(statement):
        yield _of_sku(
            Kind.WAITING, sku, f"{waiting} units are counted as waiting, but its lines need {needs}"
        )


def _lines(session: Session) -> Iterator[Finding]:
    """Each line's units are the sums of its ledger rows."""
    columns: list[Any] = [func.sum(getattr(StockLedgerRow, part)).label(part) for part in _LINE_PARTS]
    sums = (
        select(StockLedgerRow.order_id, StockLedgerRow.sku, *columns)
        .where(StockLedgerRow.order_id != "")
        .group_by(StockLedgerRow.order_id, StockLedgerRow.sku)
        .subquery()
    )
    differs = [getattr(LineRow, part) != func.coalesce(sums.c[part], 0) for part in _LINE_PARTS]
    statement = (
        select(LineRow.order_id, LineRow.sku, *differs)
        .join(sums, (sums.c.order_id == LineRow.order_id) & (sums.c.sku == LineRow.sku), isouter=True)
        .where(or_(*differs))
    )
    for order_id, sku, *wrong in session.execute(statement):
        parts = ", ".join(part for part, is_wrong in zip(_LINE_PARTS, wrong, strict=True) if is_wrong)
        yield _of_line(Kind.LINE, order_id, sku, f"{parts} differ from the ledger")


def _units(session: Session) -> Iterator[Finding]:
    """The table refuses it too; a copy of it may have lost that rule."""
    parts = [getattr(LineRow, part) for part in _LINE_PARTS]
    wrong = or_(LineRow.ordered != sum(parts[1:], parts[0]), *(part < 0 for part in parts))
    for order_id, sku in session.execute(select(LineRow.order_id, LineRow.sku).where(wrong)):
        yield _of_line(Kind.UNITS, order_id, sku, "its units are not those that were ordered")


def _ledger(session: Session) -> Iterator[Finding]:
    key = (StockLedgerRow.cause, StockLedgerRow.part, StockLedgerRow.sku, StockLedgerRow.order_id)
    statement = select(*key, func.count()).group_by(*key).having(func.count() > 1)
    for cause, part, sku, order_id, count in session.execute(statement):
        yield Finding(
            kind=Kind.LEDGER_TWICE,
            finding=f"{cause}, part {part}, {sku}: stands in the ledger {count} times",
            sku=sku,
            order_id=order_id or None,
            key=cause,
        )


def _deal(session: Session) -> Iterator[Finding]:
    """No line needs a unit while a later line holds one, or while one is free."""
    later = aliased(LineRow)
    place = (later.queue_at, later.placed_at, later.order_id)
    behind = (
        select(literal(1))
        .where(later.sku == LineRow.sku, later.allocated > 0, tuple_(*place) > tuple_(*QUEUE))
        .exists()
    )
    needy = (LineRow.order_id, LineRow.sku, LineRow.backordered)
    for order_id, sku, needs in session.execute(select(*needy).where(LineRow.backordered > 0, behind)):
        yield _of_line(Kind.DEAL, order_id, sku, f"needs {needs} while a later line holds some")
    free = (
        select(*needy)
        .join(ProductRow, ProductRow.sku == LineRow.sku)
        .where(and_(LineRow.backordered > 0, ProductRow.on_hand > ProductRow.reserved))
    )
    for order_id, sku, needs in session.execute(free):
        yield _of_line(Kind.DEAL, order_id, sku, f"needs {needs} while some are free")


def _promises(session: Session) -> Iterator[Finding]:
    """Each waiting line has the date of the first arrival that covers all ahead of it and itself.

    A question for each SKU: what covers a line is reckoned along its queue, as the promises themselves are.
    """
    for product in session.scalars(select(ProductRow)):
        supply = [Arrival.model_validate(arrival) for arrival in product.supply]
        queue = select(LineRow).where(LineRow.sku == product.sku, LineRow.backordered > 0).order_by(*QUEUE)
        needed, by_date = 0, Counter[date]()
        for line in session.scalars(queue.execution_options(yield_per=1000)):
            needed += line.backordered
            arrival = covering(supply, needed)
            if line.supply_on != (arrival.on if arrival else None):
                says = f"dated {line.supply_on}, covered by {arrival.on if arrival else 'nothing that is to come'}"
                yield _of_line(Kind.DATE, line.order_id, line.sku, says)
            if line.supply_on:
                by_date[line.supply_on] += line.backordered
        if any(by_date[arrival.on] != arrival.needed for arrival in supply):
            yield _of_sku(Kind.SUPPLY, product.sku, "what is needed of its supply is counted wrongly")


def _of_sku(kind: Kind, sku: str, says: str) -> Finding:
    return Finding(kind=kind, finding=f"{sku}: {says}", sku=sku)


def _of_line(kind: Kind, order_id: str, sku: str, says: str) -> Finding:
    return Finding(kind=kind, finding=f"order {order_id}, {sku}: {says}", order_id=order_id, sku=sku)


def should_run(session: Session, after: str = "", limit: int = 500) -> list[str]:
    """Ids of orders that must have a workflow, in pages: also of a rejected one whose money is not back yet."""
    statement = select(OrderRow.order_id).where(OrderRow.ended_at.is_(None), OrderRow.order_id > after)
    return list(session.scalars(statement.order_by(OrderRow.order_id).limit(limit)))


def unrung_bells(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(BellRow).where(BellRow.rung_at.is_(None))) or 0
