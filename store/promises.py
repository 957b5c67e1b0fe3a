"""What date a line may expect: that of the inbound units that cover everything ahead of it and itself."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, func, insert, literal, select, tuple_, update
from sqlalchemy.orm import Session

from store.deal import QUEUE
from store.tables import BellRow, InboundRow, LineRow


def expected_on(session: Session, line: LineRow) -> date | None:
    """The date for one line, from the supply announced so far; None when supply does not reach it."""
    if not line.backordered:
        return None
    needed = queue_ahead(session, line) + line.backordered
    running = func.sum(InboundRow.quantity).over(order_by=(InboundRow.eta, InboundRow.inbound_id))
    arriving = (
        select(InboundRow.eta, running.label("by_then"))
        .where(InboundRow.sku == line.sku, InboundRow.quantity > 0, ~InboundRow.cancelled)
        .subquery()
    )
    found: date | None = session.scalar(select(func.min(arriving.c.eta)).where(arriving.c.by_then >= needed))
    return found


def queue_ahead(session: Session, line: LineRow) -> int:
    """Units that lines ahead of this one still need."""
    place = (line.queue_at, line.placed_at, line.order_id)
    bound = [literal(value, column.type) for value, column in zip(place, QUEUE, strict=True)]
    statement = select(func.sum(LineRow.backordered)).where(
        LineRow.sku == line.sku, LineRow.backordered > 0, tuple_(*QUEUE) < tuple_(*bound)
    )
    return session.scalar(statement) or 0


def renew(session: Session, sku: str, cause: str, at: datetime, by: str | None = None) -> int:
    """Give each waiting line of the SKU its date anew, and hang a bell where one moved; the number of bells.

    `by`: the order whose own transaction this is; it needs no bell.
    """
    session.flush()
    if not _any_dates(session, sku):
        return 0
    by_line = _dates(sku)
    moved = and_(
        by_line.c.order_id == LineRow.order_id,
        LineRow.sku == sku,
        LineRow.promised_on.is_distinct_from(by_line.c.eta),
    )
    hangs = exists().where(
        BellRow.cause == cause, BellRow.order_id == LineRow.order_id, BellRow.signal == "promise_changed"
    )
    reached = select(
        literal(cause), LineRow.order_id, literal("promise_changed"), literal(at, BellRow.at.type)
    ).where(moved, LineRow.order_id != (by or ""), ~hangs)
    rung: Any = session.execute(insert(BellRow).from_select(["cause", "order_id", "signal", "at"], reached))
    session.execute(
        update(LineRow)
        .where(moved)
        .values(promised_on=by_line.c.eta)
        .execution_options(synchronize_session=False)
    )
    return int(rung.rowcount)


def stands_ahead(session: Session, line: LineRow) -> bool:
    """Whether lines behind this one wait, whose dates it may have moved."""
    place = (line.queue_at, line.placed_at, line.order_id)
    bound = [literal(value, column.type) for value, column in zip(place, QUEUE, strict=True)]
    waiting = exists().where(
        LineRow.sku == line.sku, LineRow.backordered > 0, tuple_(*QUEUE) > tuple_(*bound)
    )
    return bool(session.scalar(select(waiting)))


def _any_dates(session: Session, sku: str) -> bool:
    """Whether a waiting line has a date, or supply that may give it one is announced."""
    supply = exists().where(InboundRow.sku == sku, InboundRow.quantity > 0, ~InboundRow.cancelled)
    dated = exists().where(LineRow.sku == sku, LineRow.backordered > 0, LineRow.promised_on.is_not(None))
    return bool(session.scalar(select(supply | dated)))


def _dates(sku: str) -> Any:
    queue = (
        select(LineRow.order_id, func.sum(LineRow.backordered).over(order_by=QUEUE).label("needed"))
        .where(LineRow.sku == sku, LineRow.backordered > 0)
        .subquery()
    )
    running = func.sum(InboundRow.quantity).over(order_by=(InboundRow.eta, InboundRow.inbound_id))
    arriving = (
        select(InboundRow.eta, running.label("by_then"))
        .where(InboundRow.sku == sku, InboundRow.quantity > 0, ~InboundRow.cancelled)
        .subquery()
    )
    return (
        select(queue.c.order_id, func.min(arriving.c.eta).label("eta"))
        .join(arriving, arriving.c.by_then >= queue.c.needed, isouter=True)
        .group_by(queue.c.order_id)
        .subquery()
    )
